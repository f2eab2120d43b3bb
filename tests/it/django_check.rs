//! `django check` and `django grants`, and the commands of operators, on tables as Django makes them.

use crate::support::{
    binary::{self, Ended},
    both_databases,
    database::Database,
    django::{TOKEN, create_shop, execute},
};

both_databases! {
    a_usual_shop_is_found_without_options,
    an_empty_database_lacks_the_tokens_table,
    everything_that_is_missing_is_named_at_once,
    a_column_of_another_type_or_generated_is_missing_something,
    check_reports_triggers_and_partial_indexes,
    usernames_that_differ_in_case_are_counted_and_not_shown,
    a_column_of_a_one_to_one_table_is_found,
    several_one_to_one_tables_require_an_option,
    rejects_a_user_table_that_the_tokens_do_not_reference,
    odd_names_are_quoted,
    commands_that_write_are_rejected_under_the_django_layout,
    customers_are_shown_and_exported,
    serve_does_not_create_its_own_tables_in_a_django_database,
    an_option_about_django_needs_the_layout,
}

async fn check(database: &Database, options: &[&str]) -> Ended {
    let ended = binary::run(database.url(), &[&["django", "check"], options].concat()).await;
    assert_eq!(ended.stderr, "", "{ended:?}");
    assert!(!ended.stdout.contains("secret") && !ended.stdout.contains(TOKEN), "{ended:?}");
    ended
}

#[track_caller]
fn assert_has(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    for word in words {
        assert!(ended.stdout.contains(word), "{word:?} in {}", ended.stdout);
    }
}

async fn a_usual_shop_is_found_without_options(database: Database) {
    create_shop(&database).await;
    let ended = check(&database, &[]).await;
    assert_has(
        &ended,
        0,
        &[
            "shop_customer.username",
            "150",
            "200",
            "authtoken_token.key",
            "those of Django 4.2 and 5.2, which were tested",
            "add --touch COLUMN: updated_at",
            "post_save",
        ],
    );
    let last = ended.stdout.lines().last().map(str::trim);
    assert_eq!(last, Some("shop-profile serve --layout django"));
    let ended = check(&database, &["--touch", "updated_at", "--complete-profile", "first_name"]).await;
    assert_has(&ended, 0, &["no other column holds a date"]);
    let line = "shop-profile serve --layout django --complete-profile first_name --touch updated_at";
    assert_eq!(ended.stdout.lines().last().map(str::trim), Some(line));
}

async fn an_empty_database_lacks_the_tokens_table(database: Database) {
    execute(&database, "CREATE TABLE other (id integer)").await;
    assert_has(&check(&database, &[]).await, 1, &["there is no table authtoken_token", "--token-table"]);
}

async fn everything_that_is_missing_is_named_at_once(database: Database) {
    create_shop(&database).await;
    execute(&database, "ALTER TABLE shop_customer RENAME COLUMN gender TO sex").await;
    execute(&database, "ALTER TABLE shop_customer RENAME COLUMN avatar TO picture").await;
    let words = ["--column gender=COLUMN", "--column avatar=COLUMN", "no column changed", "--touch changed"];
    let ended = check(&database, &["--touch", "changed"]).await;
    assert_has(&ended, 1, &words);
    assert!(!ended.stdout.contains("shop-profile serve"), "{ended:?}");
    let options = ["--column", "gender=sex", "--column", "avatar=shop_customer.picture"];
    assert_has(&check(&database, &options).await, 0, &["shop_customer.sex", "shop_customer.picture"]);
}

async fn a_column_of_another_type_or_generated_is_missing_something(database: Database) {
    create_shop(&database).await;
    execute(&database, "ALTER TABLE shop_customer ADD COLUMN number smallint").await;
    let generated = if database.is_postgres() {
        "ALTER TABLE shop_customer ADD COLUMN shown varchar(9) GENERATED ALWAYS AS (left(username, 9)) STORED"
    } else {
        "ALTER TABLE shop_customer ADD COLUMN shown varchar(9) GENERATED ALWAYS AS (substr(username, 1, 9))"
    };
    execute(&database, generated).await;
    let options = ["--column", "gender=number", "--column", "first_name=shown", "--touch", "username"];
    let words = [
        "gender: the column shop_customer.number has the type smallint: expected varchar or text",
        "first_name: the column shop_customer.shown is generated",
        "--touch: the column shop_customer.username",
    ];
    assert_has(&check(&database, &options).await, 1, &words);
}

async fn check_reports_triggers_and_partial_indexes(database: Database) {
    create_shop(&database).await;
    execute(&database, "CREATE UNIQUE INDEX one_name ON shop_customer (first_name) WHERE is_active").await;
    execute(&database, "CREATE TABLE knox_authtoken (digest varchar(128) PRIMARY KEY)").await;
    let trigger = if database.is_postgres() {
        "CREATE FUNCTION noise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER noise BEFORE UPDATE ON shop_customer FOR EACH ROW EXECUTE FUNCTION noise(); \
         ALTER TABLE shop_customer ENABLE ROW LEVEL SECURITY, ADD CONSTRAINT known CHECK (gender <> 'x')"
    } else {
        "CREATE TRIGGER noise AFTER UPDATE ON shop_customer BEGIN SELECT 1; END"
    };
    execute(&database, trigger).await;
    let ended = check(&database, &[]).await;
    assert_has(&ended, 0, &["noise", "one_name", "knox_authtoken"]);
    if database.is_postgres() {
        assert_has(&ended, 0, &["row-level security", "the constraint known checks shop_customer.gender"]);
    }
}

async fn usernames_that_differ_in_case_are_counted_and_not_shown(database: Database) {
    create_shop(&database).await;
    execute(&database, "UPDATE shop_customer SET username = 'SARA' WHERE id = 3").await;
    let ended = check(&database, &[]).await;
    assert_has(&ended, 0, &["look-alike usernames: 1", "1 and 3"]);
    assert!(!ended.stdout.to_lowercase().contains("sara"), "{ended:?}");
}

/// A table with a part of the profile.
const PROFILE: &str = "CREATE TABLE profiles_profile (id integer NOT NULL PRIMARY KEY, nickname varchar(6) NULL, \
                       user_id bigint NOT NULL UNIQUE REFERENCES shop_customer (id))";

async fn a_column_of_a_one_to_one_table_is_found(database: Database) {
    create_shop(&database).await;
    execute(&database, PROFILE).await;
    let ended = check(&database, &["--column", "gender=nickname"]).await;
    if database.is_postgres() {
        assert_has(&ended, 0, &["profiles_profile.nickname", "2 active users have no row in profiles_profile"]);
    } else {
        assert_has(&ended, 1, &["a part of the profile is in profiles_profile", "customer import --from-database"]);
    }
    execute(
        &database,
        "CREATE TABLE notes (id integer PRIMARY KEY, nick varchar(6), user_id bigint REFERENCES shop_customer (id))",
    )
    .await;
    let ended = check(&database, &["--column", "gender=notes.nick"]).await;
    assert_has(&ended, 1, &["no unique column of it references shop_customer"]);
}

async fn several_one_to_one_tables_require_an_option(database: Database) {
    create_shop(&database).await;
    execute(&database, PROFILE).await;
    execute(&database, &PROFILE.replace("profiles_profile", "accounts_profile")).await;
    let words =
        ["gender may be accounts_profile.nickname or profiles_profile.nickname", "--column gender=TABLE.nickname"];
    assert_has(&check(&database, &["--column", "gender=nickname"]).await, 1, &words);
}

async fn rejects_a_user_table_that_the_tokens_do_not_reference(database: Database) {
    create_shop(&database).await;
    let other = "CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY, username varchar(150) NOT NULL UNIQUE)";
    execute(&database, other).await;
    assert_has(&check(&database, &["--user-table", "auth_user"]).await, 1, &["not auth_user: leave out --user-table"]);
}

async fn odd_names_are_quoted(database: Database) {
    create_shop(&database).await;
    execute(&database, "ALTER TABLE shop_customer RENAME COLUMN gender TO \"the sex; drop\"").await;
    execute(&database, "ALTER TABLE shop_customer RENAME TO \"Order\"").await;
    let options = ["--column", "gender=the sex; drop"];
    let ended = check(&database, &options).await;
    assert_has(&ended, 0, &["Order.the sex; drop", "--column 'gender=the sex; drop'"]);
    let ended = binary::run(database.url(), &[&["django", "grants", "the \"role"], &options[..]].concat()).await;
    if database.is_postgres() {
        assert!(ended.stdout.contains("\"public\".\"Order\" TO \"the \"\"role\";"), "{ended:?}");
        assert!(ended.stdout.contains("\"the sex; drop\", \"is_active\", \"xmin\")"), "{ended:?}");
        assert_eq!(ended.code, Some(0));
        let grants = ["grants", "the \"role", "--layout", "django"];
        assert_eq!(binary::run(database.url(), &[&grants, &options[..]].concat()).await, ended);
    } else {
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.starts_with("error: SQLite has no roles") && ended.stderr.lines().count() == 1);
    }
}

async fn commands_that_write_are_rejected_under_the_django_layout(database: Database) {
    create_shop(&database).await;
    for command in [
        &["migrate"][..],
        &["customer", "add", "--username", "x"],
        &["customer", "deactivate", "sara"],
        &["customer", "delete", "sara", "--yes"],
        &["customer", "import", "x.csv"],
        &["customer", "duplicates"],
        &["token", "issue", "sara"],
        &["token", "revoke", "1"],
        &["copy", "--from", "sqlite://from.db", "--to", database.url()],
    ] {
        let ended = binary::run(database.url(), &[command, &["--layout", "django"]].concat()).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{command:?}: {ended:?}");
        assert!(ended.stderr.starts_with("error: this is a Django shop's database"), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

async fn customers_are_shown_and_exported(database: Database) {
    create_shop(&database).await;
    let run =
        async |arguments: &[&str]| binary::run(database.url(), &[arguments, &["--layout", "django"]].concat()).await;
    let reza = "{\"id\":2,\"username\":\"reza\",\"mobile_number\":null,\"email\":\"\",\"avatar\":\"\",\"first_name\":\"\",\
                \"last_name\":\"\",\"full_name\":\"\",\"gender\":\"\",\"is_profile_completed\":false}";
    let reza = format!("{},\"is_active\":false}}", reza.trim_end_matches('}'));
    assert_eq!(run(&["customer", "show", "reza", "--json"]).await.ok(), reza);
    assert_eq!(run(&["customer", "show", "--id", "2", "--json"]).await.ok(), reza);
    let missing = "error: there is no customer with the username \"Reza\"\n";
    run(&["customer", "show", "Reza"]).await.assert(1, "", missing);
    let exported = run(&["customer", "export", "--format", "csv"]).await.ok();
    let lines: Vec<_> = exported.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3], "3,mina,,mina,,Mina,,other,true");
}

async fn serve_does_not_create_its_own_tables_in_a_django_database(database: Database) {
    create_shop(&database).await;
    let ended = binary::run(database.url(), &["serve", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("--layout django"), "{ended:?}");
    execute(&database, "CREATE TABLE customer (id integer)").await;
}

async fn an_option_about_django_needs_the_layout(database: Database) {
    let ended = binary::run(database.url(), &["customer", "show", "x", "--touch", "updated_at"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("--touch (command line): it is about a Django shop's tables: add --layout django"),
        "{ended:?}"
    );
}
