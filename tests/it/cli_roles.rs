//! Commands under a PostgreSQL role without the right to change the schema, and on a read-only server.

use sea_orm::ConnectionTrait;

use crate::migrations::STEPS;
use crate::support::{
    Subject,
    binary::{self, Server},
    database::Database,
    shop::Shop,
};

/// `url` with a setting of the connection.
pub fn with_setting(url: &str, name: &str, value: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options[{name}]={value}")
}

/// A role that may read and write rows and do nothing else. Dropped with what it was granted.
pub struct Role<'a> {
    database: &'a Database,
    pub name: String,
}

impl<'a> Role<'a> {
    pub async fn new(database: &'a Database, name: &str) -> Self {
        let name = format!("shop_it_{name}_{}", std::process::id());
        let db = database.connect().await;
        for sql in [
            format!("CREATE ROLE {name}"),
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"),
        ] {
            db.execute_unprepared(&sql).await.unwrap();
        }
        Self { database, name }
    }

    /// A role that may connect, and nothing else.
    async fn without_rights(database: &'a Database, name: &str) -> Self {
        let role = Self::new(database, name).await;
        let revoke = format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", role.name);
        database.connect().await.execute_unprepared(&revoke).await.unwrap();
        role
    }

    pub fn url(&self) -> String {
        with_setting(self.database.direct_url(), "role", &self.name)
    }

    pub async fn drop(self) {
        let db = self.database.connect().await;
        db.execute_unprepared(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_ddl_rights_can_serve_and_read() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let role = Role::new(&shop.database, "rows").await;
    let url = role.url();

    for arguments in [&["--no-migrate"][..], &[]] {
        let server = Server::start(&url, arguments).await;
        server.get().token(&sara.token).send().await.assert_status(200);
        server.patch(serde_json::json!({"first_name": "S"})).token(&sara.token).send().await.assert_status(200);
    }
    for arguments in ["migrate --status", "migrate", "customer show sara", "customer export", "token list sara"] {
        binary::run(&url, &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    role.drop().await;
}

/// Exactly what `grants` prints: a server and `doctor` need no more, and each part of it is needed.
#[tokio::test(flavor = "multi_thread")]
async fn the_printed_rights_are_enough_and_none_is_too_much() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let role = Role::without_rights(&shop.database, "printed").await;
    let db = shop.database.connect().await;
    let grants = binary::run(shop.database.url(), &["grants", &role.name]).await.ok();
    db.execute_unprepared(&grants).await.unwrap();

    let server = Server::start(&role.url(), &["--no-migrate"]).await;
    let all = serde_json::json!({"username": "sara2", "avatar": "https://a.example/1.png", "first_name": "S",
                                 "last_name": "A", "gender": "female"});
    server.patch(all).token(&sara.token).send().await.assert_status(200);
    let taken = server.patch(serde_json::json!({"username": "SARA2"})).token(&sara.token).send().await;
    taken.assert_status(200);
    let etag = server.get().token(&sara.token).send().await.header("etag").to_owned();
    let conditional = server.patch(serde_json::json!({"first_name": "T"})).header("if-match", &etag);
    conditional.token(&sara.token).send().await.assert_status(200);
    server.terminate().await;
    let (_, log) = server.ended().await;
    assert!(!log.contains("permission denied"), "{log}");
    let used = shop.store.list_tokens(sara.id).await.unwrap();
    assert!(used[0].last_used_at.is_some(), "the server writes it when it stops");
    // The tests' PostgreSQL is fast and not durable.
    let problems = async || -> Vec<String> {
        let doctor = binary::run(&role.url(), &["doctor"]).await.stdout;
        let problems = doctor.lines().filter(|line| line.starts_with("problem ") && !line.contains("durability"));
        problems.map(str::to_owned).collect()
    };
    assert_eq!(problems().await, [""; 0]);

    let as_role = async |sql: &str| {
        let url = with_setting(shop.database.direct_url(), "role", &role.name);
        sea_orm::Database::connect(url).await.unwrap().execute_unprepared(sql).await
    };
    for sql in [
        "UPDATE customer SET email = 'x'",
        "UPDATE customer SET is_active = true",
        "UPDATE api_token SET expires_at = NULL",
        "DELETE FROM customer",
        "INSERT INTO api_token (digest, customer_id, created_at) VALUES ('', 1, now())",
        "SELECT created_at FROM customer",
        "SELECT name FROM api_token",
        "UPDATE seaql_migrations SET applied_at = 1",
    ] {
        let error = as_role(sql).await.unwrap_err().to_string();
        assert!(error.contains("permission denied"), "{sql}: {error}");
    }
    for line in grants.lines().filter(|line| line.starts_with("--    REVOKE") && line.contains('(')) {
        db.execute_unprepared(line.trim_start_matches("--")).await.unwrap();
        assert_ne!(problems().await, [""; 0], "{line}");
        db.execute_unprepared(&grants).await.unwrap();
    }
    role.drop().await;
}

#[tokio::test]
async fn sqlite_has_no_roles() {
    let database = Database::sqlite();
    let error =
        "error: SQLite has no roles and no rights on columns: who may write the file may change everything in it\n";
    binary::run(database.url(), &["grants", "app"]).await.assert(1, "", error);
}

/// What docs/operations.md grants, and what is said to a role that may not see the migrations.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough_and_none_is_too_much() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    let role = Role::without_rights(&shop.database, "least").await;
    let db = shop.database.connect().await;
    let grant = async |sql: &str| db.execute_unprepared(&sql.replace("shop_profile", &role.name)).await.unwrap();

    grant("GRANT SELECT, UPDATE ON customer, api_token TO shop_profile").await;
    for arguments in [&["migrate", "--status"][..], &["serve", "--no-migrate", "--listen", "127.0.0.1:0"], &["doctor"]]
    {
        let ended = binary::run(&role.url(), arguments).await;
        ended.assert_code(1);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("GRANT SELECT ON seaql_migrations TO the role"), "{ended:?}");
    }
    grant("GRANT SELECT ON seaql_migrations TO shop_profile").await;
    let server = Server::start(&role.url(), &["--no-migrate"]).await;
    server.patch(serde_json::json!({"first_name": "S"})).token(&sara.token).send().await.assert_status(200);

    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let grants: Vec<_> = document.lines().filter(|line| line.starts_with("GRANT ")).collect();
    assert_eq!(grants.len(), 3, "{grants:?}");
    for sql in grants {
        grant(sql).await;
    }
    for arguments in ["customer add --username omid", "token issue omid", "customer deactivate omid", "token revoke 2"]
    {
        binary::run(&role.url(), &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    role.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_ddl_rights_is_told_what_migrating_needs() {
    let Some(database) = Database::postgres().await else { return };
    let role = Role::new(&database, "empty").await;
    for arguments in [&["migrate"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let ended = binary::run(&role.url(), arguments).await;
        ended.assert_code(1);
        let needs = "cannot migrate the database: permission denied for schema public: the role needs the right CREATE";
        assert!(ended.stderr.contains(needs) && !ended.stderr.contains("at line"), "{ended:?}");
    }
    let pending = binary::run(&role.url(), &["serve", "--no-migrate", "--listen", "127.0.0.1:0"]).await;
    let expected = format!("({} pending): run `shop-profile migrate`", STEPS.len());
    assert!(pending.stderr.contains(&expected), "{pending:?}");
    role.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_read_work_on_a_read_only_server() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    shop.customer("sara").await;
    let url = with_setting(shop.database.direct_url(), "default_transaction_read_only", "on");
    for arguments in ["migrate --status", "migrate", "customer show sara", "customer export", "token list sara"] {
        binary::run(&url, &arguments.split(' ').collect::<Vec<_>>()).await.ok();
    }
    let empty = shop.database.another().await;
    let url = with_setting(empty.direct_url(), "default_transaction_read_only", "on");
    let ended = binary::run(&url, &["migrate"]).await;
    let read_only = "cannot execute CREATE TABLE in a read-only transaction: run `shop-profile migrate` on the primary";
    assert!(ended.code == Some(1) && ended.stderr.contains(read_only), "{ended:?}");
    binary::run(&url, &["migrate", "--status"]).await.assert_code(1);
}
