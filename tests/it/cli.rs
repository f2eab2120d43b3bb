//! The command line: what each sub-command says on stdout and on stderr, and how it exits.

use std::{fs, os::unix::fs::PermissionsExt};

use shop_profile::auth::{ApiToken, TokenFormat};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::{
    binary::{self, Ended, Server},
    both_databases,
    database::Database,
};

const SARA: &str = r#"{"id":1,"username":"sara","mobile_number":"09120000000","email":"sara@example.com","avatar":"https://example.com/a.png","first_name":"Sara","last_name":"Ahmadi","full_name":"Sara Ahmadi","gender":"female","is_profile_completed":true}"#;

both_databases![
    a_database_is_migrated_and_looked_at,
    customers_are_added_shown_and_switched,
    keys_are_issued_listed_and_revoked,
    what_is_not_migrated_is_not_served_unasked,
];

async fn run(database: &Database, arguments: &str) -> Ended {
    binary::run(database.url(), &arguments.split(' ').collect::<Vec<_>>()).await
}

async fn a_database_is_migrated_and_looked_at(database: Database) {
    if database.backend() == sea_orm::DbBackend::Sqlite {
        // Looking creates nothing.
        let file = database.url().trim_start_matches("sqlite://");
        let stderr = format!(
            "error: cannot open the database sqlite://{file}: Connection Error: error returned from database: (code: 14) unable to open database file\n"
        );
        run(&database, "migrate --status").await.assert(1, "", &stderr);
        database.open().await.close().await;
    }
    let names = [
        "m20261123_000001_create_customer",
        "m20261123_000002_create_api_token",
        "m20261125_000003_rename_username_key",
    ];
    let steps = |state: &str| names.map(|name| format!("{name}\t{state}\n")).concat();
    let pending = "error: 3 pending: run `shop-profile migrate`\n";
    run(&database, "migrate --status").await.assert(1, &steps("pending"), pending);
    run(&database, "migrate").await.assert(0, &steps("applied"), "");
    run(&database, "migrate").await.assert(0, "", "");
    run(&database, "migrate --status").await.assert(0, &steps("applied"), "");
}

/// Customer data is nobody else's on this machine.
#[tokio::test]
async fn a_sqlite_database_is_readable_by_its_owner_alone() {
    let database = Database::sqlite();
    run(&database, "migrate").await.assert_code(0);
    let file = fs::metadata(database.url().trim_start_matches("sqlite://")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

async fn customers_are_added_shown_and_switched(database: Database) {
    run(&database, "migrate").await.ok();
    let add = "customer add --username sara --mobile-number 09120000000 --email sara@example.com --first-name Sara \
               --last-name Ahmadi --gender female --avatar https://example.com/a.png";
    run(&database, add).await.assert(0, &format!("{SARA}\n"), "");
    for who in ["1", "sara", "SARA"] {
        run(&database, &format!("customer show {who}")).await.assert(0, &format!("{SARA}\n"), "");
    }
    let taken = "error: username: A user with that username already exists.\n\
                 mobile_number: A user with that mobile number already exists.\n\
                 email: A user with that email already exists.\n";
    run(&database, &add.replace("sara ", "Sara ")).await.assert(1, "", taken);
    let wrong = "error: username: This field may not be blank.\nemail: Enter a valid email address.\n\
                 avatar: Enter a valid URL.\ngender: \"x\" is not a valid choice.\n";
    run(&database, "customer add --email x --avatar x --gender x --username ").await.assert(1, "", wrong);

    run(&database, "customer deactivate sara").await.assert(0, "1\tinactive\n", "");
    run(&database, "customer activate 1").await.assert(0, "1\tactive\n", "");
    for command in ["customer show neda", "customer deactivate neda", "token issue neda", "token list neda"] {
        run(&database, command).await.assert(1, "", "error: there is no customer \"neda\"\n");
    }
    run(&database, "customer show 7").await.assert(1, "", "error: there is no customer \"7\"\n");
}

async fn keys_are_issued_listed_and_revoked(database: Database) {
    run(&database, "migrate").await.ok();
    run(&database, "customer add --username sara").await.ok();
    let phone = run(&database, "token issue sara --name phone").await.ok();
    let web = run(&database, "token issue 1 --expires-in never").await.ok();
    for key in [&phone, &web] {
        assert_eq!(ApiToken::from_plaintext(key.as_str()).format(), TokenFormat::Native, "{key}");
    }
    let server = Server::start(database.url(), &[]).await;
    for key in [&phone, &web] {
        server.get().key(key).send().await.assert_status(200);
    }
    run(&database, "token revoke 1").await.assert(0, "1\trevoked\n", "");
    run(&database, "token revoke 1").await.assert(1, "", "error: there is no live key 1\n");
    run(&database, "token revoke 7").await.assert(1, "", "error: there is no live key 7\n");
    server.get().key(&phone).send().await.assert_status(401);
    server.get().key(&web).send().await.assert_status(200);
    run(&database, "customer deactivate sara").await.ok();
    server.get().key(&web).send().await.assert(401, r#"{"detail":"User inactive or deleted."}"#);

    let list = run(&database, "token list sara").await.ok();
    let lines: Vec<Vec<_>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0], ["ID", "NAME", "STATE", "ISSUED", "EXPIRES", "LAST USED"]);
    assert_eq!((&lines[1][..3], &lines[2][..3]), (&["1", "phone", "revoked"][..], &["2", "", "live"][..]));
    assert!(lines[1][4].ends_with('Z') && lines[2][4] == "never", "{list}");
    assert!(!list.contains(&phone[4..]), "a key is shown once");
}

async fn what_is_not_migrated_is_not_served_unasked(database: Database) {
    database.open().await.close().await;
    let refused = "error: the database's schema is not up to date (3 pending): run `shop-profile migrate`\n";
    for command in ["serve --no-migrate --listen 127.0.0.1:0", "customer show 1", "token list 1"] {
        run(&database, command).await.assert(1, "", refused);
    }
    run(&database, "migrate --status").await.assert_code(1);
    // Asked, `serve` migrates.
    let server = Server::start(database.url(), &[]).await;
    run(&database, "migrate --status").await.assert_code(0);
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");
    let server = Server::start(database.url(), &["--no-migrate"]).await;
    server.get().send().await.assert_status(401);
}

#[tokio::test]
async fn a_taken_port_is_told_before_a_database_is_touched() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let url = format!("sqlite://{}/shop.db", folder.path().display());
    let ended = binary::run(&url, &["serve", "--listen", &address.to_string()]).await;
    let stderr = format!(
        "error: cannot listen on {address}: Address already in use (os error 98): choose another address with --listen\n"
    );
    ended.assert(1, "", &stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_one_clear_line() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| format!("{}/{name}", folder.path().display());
    fs::write(path("no-database"), "not a database, but long enough to be taken for one".repeat(50)).unwrap();
    let read_only = format!("sqlite://{}?mode=ro", path("read-only.db"));
    fs::write(path("read-only.db"), "").unwrap();
    for (url, problem) in [
        ("mysql://localhost/shop", "unknown kind of database URL"),
        ("shop.db", "unknown kind of database URL"),
        ("postgres:", "malformed database URL"),
        (&format!("sqlite://{}", path("nowhere/shop.db")), "unable to open database file"),
        (&format!("sqlite://{}", folder.path().display()), "unable to open database file"),
        (&format!("sqlite://{}", path("no-database")), "file is not a database"),
        (&read_only, "attempt to write a readonly database"),
        ("postgres://shop:secret@127.0.0.1:1/shop", "cannot open the database postgres://127.0.0.1/shop"),
    ] {
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
            let ended = binary::run(url, command).await;
            assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{url}: {ended:?}");
            assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(problem), "{url}: {ended:?}");
            assert!(ended.stderr.lines().count() == 1 && !ended.stderr.contains("secret"), "{url}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn wrong_usage_is_exit_code_2() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--demo", "--no-migrate"],
        &["customer", "add"],
        &["customer", "show"],
        &["token", "issue", "sara", "--expires-in", "tomorrow"],
        &["token", "revoke", "phone"],
        &["schema", "--log-format", "xml"],
    ] {
        let ended = binary::run("sqlite://unused.db", arguments).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("Usage:") || ended.stderr.contains("--help"), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test]
async fn help_and_version_are_answers() {
    let ended = binary::run("sqlite://unused.db", &["--help"]).await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    for word in ["serve", "migrate", "customer", "token", "schema", "--database-url", "shop-profile serve --demo"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let version = format!("shop-profile {}\n", env!("CARGO_PKG_VERSION"));
    binary::run("sqlite://unused.db", &["--version"]).await.assert(0, &version, "");
}

#[tokio::test]
async fn the_schema_needs_no_database() {
    let ended = binary::run("nonsense://", &["schema"]).await;
    ended.assert(0, &shop_profile::graphql::sdl(), "");
}

#[tokio::test]
async fn a_variable_that_nobody_reads_is_a_warning() {
    let mut command = binary::command(&["schema"]);
    command.env("SHOP_PROFILE_LISEN", "127.0.0.1:1").env("SHOP_PROFILE_LISTEN", "127.0.0.1:1");
    let ended = Ended::from(command.output().await.unwrap());
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains("WARN") && ended.stderr.contains("SHOP_PROFILE_LISEN"), "{ended:?}");
}
