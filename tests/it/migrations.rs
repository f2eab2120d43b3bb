//! The migrations make what the entities describe, once, wholly or not at all.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, Schema, Statement, TransactionTrait};
use serde_json::json;

use crate::support::{
    Subject,
    binary::{self, Server},
    both_databases,
    database::Database,
    shop::Shop,
};

pub(crate) const STEPS: [&str; 4] = [
    "m20261123_000001_create_customer",
    "m20261123_000002_create_api_token",
    "m20261125_000003_rename_username_key",
    SET_FILLFACTOR,
];
const SET_FILLFACTOR: &str = "m20261129_000004_set_fillfactor";

both_databases![
    the_tables_are_what_the_entities_describe,
    servers_that_start_at_once_migrate_once,
    a_failing_step_leaves_nothing_behind,
    a_database_ahead_of_this_build_is_served,
    a_normal_run_logs_no_notice_and_no_warning,
];

async fn the_tables_are_what_the_entities_describe(migrated: Database) {
    migrated.open().await.migrate().await.unwrap();
    let described = migrated.another().await;
    let db = described.connect().await;
    create_table(&db, entity::customer::Entity).await;
    create_table(&db, entity::api_token::Entity).await;
    let (migrated, described) = (columns(&migrated.connect().await).await, columns(&db).await);
    assert!(migrated.len() > 15, "{migrated:#?}");
    assert_eq!(migrated, described);
}

async fn create_table(db: &DatabaseConnection, entity: impl EntityTrait) {
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(entity)).await.unwrap();
}

/// A line for each column: its table, name, whether it may be null, is the primary key or unique.
async fn columns(db: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => SQLITE_COLUMNS,
        _ => POSTGRES_COLUMNS,
    };
    let mut columns = BTreeSet::new();
    for table in ["customer", "api_token"] {
        let statement = Statement::from_string(db.get_database_backend(), sql.replace("$table", table));
        for row in db.query_all_raw(statement).await.unwrap() {
            let name: String = row.try_get("", "name").unwrap();
            let flag = |flag: &str| row.try_get::<bool>("", flag).unwrap();
            let (null, key, unique) = (flag("nullable"), flag("key"), flag("is_unique"));
            columns.insert(format!("{table}.{name} nullable: {null}, primary key: {key}, unique: {unique}"));
        }
    }
    columns
}

/// Unique is what an index of this one column makes so. The row id that is SQLite's primary key is never null.
const SQLITE_COLUMNS: &str = "
    SELECT name, \"notnull\" = 0 AND pk = 0 AS nullable, pk > 0 AS key, EXISTS (
        SELECT 1 FROM pragma_index_list('$table') AS list
        WHERE list.\"unique\" AND (SELECT group_concat(name) FROM pragma_index_info(list.name)) = columns.name
    ) AS is_unique
    FROM pragma_table_info('$table') AS columns";
const POSTGRES_COLUMNS: &str = "
    SELECT attname::text AS name, NOT attnotnull AS nullable, coalesce(bool_or(indisprimary), false) AS key,
        coalesce(bool_or(indisunique AND NOT indisprimary), false) AS is_unique
    FROM pg_attribute LEFT JOIN pg_index ON indrelid = attrelid AND indkey::text = attnum::text
    WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped
    GROUP BY attname, attnotnull";

async fn servers_that_start_at_once_migrate_once(first: Database) {
    for database in [first.another().await, first.another().await, first.another().await, first] {
        let stores = join_all((0..8).map(|_| database.open())).await;
        let migrations = stores.into_iter().map(|store| tokio::spawn(async move { store.migrate().await.unwrap() }));
        let applied = join_all(migrations).await.into_iter().flat_map(Result::unwrap);
        assert_eq!(applied.collect::<Vec<_>>(), STEPS);
        assert_eq!(count(&database.connect().await, "seaql_migrations").await, STEPS.len() as i64);
    }
}

async fn a_failing_step_leaves_nothing_behind(database: Database) {
    let db = database.connect().await;
    // In the second step's way.
    db.execute_unprepared("CREATE TABLE api_token (foreign_to_us integer)").await.unwrap();
    let store = database.open().await;
    store.migrate().await.unwrap_err();
    assert_eq!(store.migrations().await.unwrap().pending().collect::<Vec<_>>(), STEPS);
    db.execute_unprepared("SELECT 1 FROM customer").await.unwrap_err();

    db.execute_unprepared("DROP TABLE api_token").await.unwrap();
    assert_eq!(store.migrate().await.unwrap(), STEPS);
    assert_eq!(store.migrate().await.unwrap(), [""; 0]);
}

async fn a_database_ahead_of_this_build_is_served(shop: Shop) {
    let sara = shop.customer("sara").await;
    let db = shop.database.connect().await;
    for sql in [
        "ALTER TABLE customer ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 7",
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_of_tomorrow', 1)",
    ] {
        db.execute_unprepared(sql).await.unwrap();
    }
    assert_eq!(shop.store.migrate().await.unwrap(), [""; 0]);
    assert!(shop.store.migrations().await.unwrap().pending().next().is_none());
    // The server that was running when the next version migrated, and one that starts now.
    shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    shop.get().token(&sara.token).send().await.assert_status(200);
    // Each says so.
    let ahead = "the database has 1 migration that this version does not know: m29990101_000001_of_tomorrow";
    for arguments in [&[][..], &["--no-migrate"]] {
        let server = Server::start(shop.database.url(), arguments).await;
        server.get().token(&sara.token).send().await.assert_status(200);
        assert!(server.logged(ahead).await.contains("WARN"));
    }
    let status = binary::run(shop.database.url(), &["migrate", "--status"]).await.ok();
    assert!(status.ends_with("m29990101_000001_of_tomorrow\tapplied, unknown to this version"), "{status}");
    let migrated = binary::run(shop.database.url(), &["migrate"]).await;
    assert!(migrated.code == Some(0) && migrated.stderr.contains(ahead), "{migrated:?}");
    // Several: how many, and the newest.
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990102_000002_of_tomorrow', 1)";
    db.execute_unprepared(sql).await.unwrap();
    let ahead =
        "the database has 2 migrations that this version does not know, the newest is m29990102_000002_of_tomorrow";
    let beside = "the version before the newest one serves beside it, as an upgrade needs, and an older one may fail";
    let shown = binary::run(shop.database.url(), &["customer", "show", "sara"]).await;
    assert!(shown.stderr.contains("WARN") && shown.stderr.contains(&format!("{ahead}: {beside}")), "{shown:?}");
    let doctor = binary::run(shop.database.url(), &["doctor"]).await;
    assert!(doctor.stdout.contains(&format!("note     schema: {ahead}")), "{doctor:?}");
    assert!(doctor.stdout.contains(&format!("-> {beside}")), "{doctor:?}");
}

/// The servers of the previous version have transactions open meanwhile.
#[tokio::test]
async fn room_is_left_in_postgresqls_pages_without_waiting_for_a_writer() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let db = shop.database.connect().await;
    assert_eq!(table_options(&db).await, FILLFACTORS);
    // As the previous version left it.
    db.execute_unprepared(&format!("DELETE FROM seaql_migrations WHERE version = '{SET_FILLFACTOR}'")).await.unwrap();
    for table in ["customer", "api_token"] {
        db.execute_unprepared(&format!("ALTER TABLE {table} RESET (fillfactor)")).await.unwrap();
    }
    assert_eq!(table_options(&db).await, ["api_token {}", "customer {}"]);
    let writer = shop.database.connect().await.begin().await.unwrap();
    for table in ["customer", "api_token"] {
        writer.execute_unprepared(&format!("UPDATE {table} SET id = id")).await.unwrap();
    }
    assert_eq!(tokio::time::timeout(HANGS, shop.store.migrate()).await.unwrap().unwrap(), [SET_FILLFACTOR]);
    assert_eq!(table_options(&db).await, FILLFACTORS);
    writer.commit().await.unwrap();
    shop.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
}

/// Far more than the migration takes.
const HANGS: Duration = Duration::from_secs(10);
const FILLFACTORS: [&str; 2] = ["api_token {fillfactor=90}", "customer {fillfactor=90}"];

/// A line for each table, with what is set for it.
async fn table_options(db: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT concat(relname, ' ', coalesce(reloptions::text, '{}')) AS line FROM pg_class \
               WHERE oid IN ('customer'::regclass, 'api_token'::regclass) ORDER BY relname";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "line").unwrap()).collect()
}

/// PostgreSQL sends a notice when a table is created "if not exists" and does.
async fn a_normal_run_logs_no_notice_and_no_warning(database: Database) {
    let db = database.connect().await;
    // As after an earlier version.
    for sql in [
        "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)",
        "CREATE TABLE migration_lock (id integer PRIMARY KEY)",
        "INSERT INTO migration_lock (id) VALUES (1)",
    ] {
        db.execute_unprepared(sql).await.unwrap();
    }
    for arguments in ["migrate", "migrate", "migrate --status", "customer add --username sara", "customer export"] {
        let mut command = binary::command(&arguments.split(' ').collect::<Vec<_>>());
        // Without the filter that hides the migrator's own lines.
        command.env("DATABASE_URL", database.url()).env("SHOP_PROFILE_LOG", "info,sea_orm_migration=warn,audit=off");
        let ended = binary::Ended::from(command.output().await.unwrap());
        assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{arguments}: {ended:?}");
    }
}

async fn count(db: &DatabaseConnection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) AS count FROM {table}");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get("", "count").unwrap()
}
