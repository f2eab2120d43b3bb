//! The command line: what each sub-command says on stdout and on stderr, and how it exits.

use std::{fs, os::unix::fs::PermissionsExt};

use shop_profile::{
    auth::{ApiToken, TokenFormat},
    store::DatabaseUrl,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::{
    binary::{self, Ended, Server},
    both_databases,
    database::Database,
};

use crate::migrations::STEPS as MIGRATIONS;

const SARA: &str = r#"{"id":1,"username":"sara","mobile_number":"09120000000","email":"sara@example.com","avatar":"https://example.com/a.png","first_name":"Sara","last_name":"Ahmadi","full_name":"Sara Ahmadi","gender":"female","is_profile_completed":true}"#;

both_databases![
    migrates_a_database_and_shows_its_state,
    adds_shows_deactivates_and_activates_customers,
    commands_take_a_username_or_the_option_id,
    issues_lists_and_revokes_tokens,
    a_pending_schema_is_rejected_unless_serve_may_migrate,
];

async fn run(database: &Database, arguments: &str) -> Ended {
    binary::run(database.url(), &arguments.split(' ').collect::<Vec<_>>()).await
}

async fn migrates_a_database_and_shows_its_state(database: Database) {
    if database.backend() == sea_orm::DbBackend::Sqlite {
        run(&database, "migrate --status").await.assert_code(1);
        let file = database.url().trim_start_matches("sqlite://");
        assert!(!fs::exists(file).unwrap(), "looking creates nothing");
        database.open().await.close().await;
    }
    let steps = |state: &str| MIGRATIONS.map(|name| format!("{name}\t{state}\n")).concat();
    let count = MIGRATIONS.len();
    let pending = format!("error: {count} pending: run `shop-profile migrate`\n");
    run(&database, "migrate --status").await.assert(1, &steps("pending"), &pending);
    let shown = database.url().parse::<DatabaseUrl>().unwrap();
    let applied = format!("{}{count} migrations applied to {shown}\n", steps("applied"));
    run(&database, "migrate").await.assert(0, &applied, "");
    run(&database, "migrate").await.assert(0, &format!("{shown} is up to date\n"), "");
    run(&database, "migrate --status").await.assert(0, &steps("applied"), "");
}

/// It holds customers' data.
#[tokio::test]
async fn a_sqlite_database_is_readable_by_its_owner_alone() {
    let database = Database::sqlite();
    run(&database, "migrate").await.assert_code(0);
    let file = fs::metadata(database.url().trim_start_matches("sqlite://")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

async fn adds_shows_deactivates_and_activates_customers(database: Database) {
    run(&database, "migrate").await.ok();
    let add = "customer add --username sara --mobile-number 09120000000 --email sara@example.com --first-name Sara \
               --last-name Ahmadi --gender female --avatar https://example.com/a.png";
    run(&database, add).await.assert(0, &format!("{SARA}\n"), "");
    for who in ["--id 1", "sara", "SARA"] {
        let shown = run(&database, &format!("customer show {who} --json")).await.ok();
        let beside = shown.strip_prefix(SARA.trim_end_matches('}')).unwrap_or_else(|| panic!("{shown}"));
        assert!(beside.starts_with(",\"is_active\":true,\"live_tokens\":0,\"created_at\":\"20"), "{shown}");
    }
    let taken = "error: username: A user with that username already exists.\n\
                 mobile_number: A user with that mobile number already exists.\n\
                 email: A user with that email already exists.\n";
    run(&database, &add.replace("sara ", "Sara ")).await.assert(1, "", taken);
    let wrong = "error: username: This field may not be blank.\nemail: Enter a valid email address.\n\
                 avatar: Enter a valid URL.\ngender: \"x\" is not a valid choice. Expected male or female.\n";
    run(&database, "customer add --email x --avatar x --gender x --username ").await.assert(1, "", wrong);

    run(&database, "customer deactivate sara").await.assert(0, "1\tinactive\n", "");
    run(&database, "customer activate --id 1").await.assert(0, "1\tactive\n", "");
    for command in ["customer show neda", "customer deactivate neda", "token issue neda", "token list neda"] {
        run(&database, command).await.assert(1, "", "error: there is no customer with the username \"neda\"\n");
    }
    run(&database, "customer show --id 7").await.assert(1, "", "error: there is no customer with the id 7\n");
    let hint = "error: there is no customer with the username \"7\": an id is given by --id\n";
    run(&database, "customer show 7").await.assert(1, "", hint);
}

async fn commands_take_a_username_or_the_option_id(database: Database) {
    run(&database, "migrate").await.assert_code(0);
    for username in ["victim", "+1", "1", "-1", "007"] {
        run(&database, &format!("customer add --username={username}")).await.ok();
    }
    for (customer, id) in [("+1", 2), ("1", 3), ("-- -1", 4), ("007", 5), ("--id 1", 1), ("--id=3", 3)] {
        let shown = run(&database, &format!("customer show --json {customer}")).await.ok();
        assert!(shown.starts_with(&format!("{{\"id\":{id},")), "{customer}: {shown}");
    }
    run(&database, "customer deactivate +1").await.assert(0, "2\tinactive\n", "");
    run(&database, "customer activate 1").await.assert(0, "3\tactive\n", "");
    run(&database, "token issue 007").await.ok();
    assert_eq!(run(&database, "token list --id 5").await.ok().lines().count(), 2);
    assert_eq!(run(&database, "token list --id 1").await.ok().lines().count(), 1);
    for command in ["customer show", "customer show sara --id 1", "customer show --id sara"] {
        run(&database, command).await.assert_code(2);
    }
}

async fn issues_lists_and_revokes_tokens(database: Database) {
    run(&database, "migrate").await.ok();
    run(&database, "customer add --username sara").await.ok();
    let phone = run(&database, "token issue sara --name phone").await.ok();
    let web = run(&database, "token issue --id 1 --expires-in never").await.ok();
    for token in [&phone, &web] {
        assert_eq!(ApiToken::from_plaintext(token.as_str()).format(), TokenFormat::Native, "{token}");
    }
    let server = Server::start(database.url(), &[]).await;
    for token in [&phone, &web] {
        server.get().token(token).send().await.assert_status(200);
    }
    run(&database, "token revoke 1").await.assert(0, "1\trevoked\n", "");
    run(&database, "token revoke 1").await.assert(1, "", "error: there is no live token with the id 1\n");
    run(&database, "token revoke 7").await.assert(1, "", "error: there is no live token with the id 7\n");
    server.get().token(&phone).send().await.assert_status(401);
    server.get().token(&web).send().await.assert_status(200);
    run(&database, "customer deactivate sara").await.ok();
    server.get().token(&web).send().await.assert(401, r#"{"detail":"User inactive or deleted."}"#);

    let list = run(&database, "token list sara").await.ok();
    let lines: Vec<Vec<_>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0], ["ID", "NAME", "STATE", "ISSUED", "EXPIRES", "LAST USED"]);
    assert_eq!((&lines[1][..3], &lines[2][..3]), (&["1", "phone", "revoked"][..], &["2", "", "live"][..]));
    assert!(lines[1][4].ends_with('Z') && lines[2][4] == "never", "{list}");
    assert!(!list.contains(&phone[4..]), "a token is shown once");
}

async fn a_pending_schema_is_rejected_unless_serve_may_migrate(database: Database) {
    database.open().await.close().await;
    let count = MIGRATIONS.len();
    let pending =
        format!("error: the database's schema is not up to date ({count} pending): run `shop-profile migrate`\n");
    for command in ["serve --no-migrate --listen 127.0.0.1:0", "customer show sara", "token list sara"] {
        run(&database, command).await.assert(1, "", &pending);
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
        let is_explained = ["Usage:", "--help", "cannot be used with"].iter().any(|word| ended.stderr.contains(word));
        assert!(is_explained, "{arguments:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_wrong_argument_says_what_is_expected() {
    let expires_in = "expected a time such as `365d` or `12h`, at most `1000y`, or `never`";
    let token_id = "expected a token's id, from `token list CUSTOMER`";
    for (arguments, expected) in [
        ("token issue sara --expires-in 0d", expires_in),
        ("token issue sara --expires-in forever", expires_in),
        ("token issue sara --expires-in=-1d", expires_in),
        ("token issue sara --expires-in 10", expires_in),
        ("token issue sara --expires-in 1001y", expires_in),
        ("token revoke phone", token_id),
        ("token revoke sara", token_id),
    ] {
        let ended = binary::run("sqlite://unused.db", &arguments.split(' ').collect::<Vec<_>>()).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{arguments}: {ended:?}");
    }
}

#[tokio::test]
async fn a_likely_mistake_is_told_with_what_is_meant() {
    for (arguments, expected) in [
        (
            "customer add sara",
            "error: sara (command line): a new customer's username is an option: customer add --username sara\n",
        ),
        (
            "customer set sara --username s",
            "error: --username (command line): customers change this field themselves, by the APIs;",
        ),
    ] {
        let ended = binary::run("sqlite://unused.db", &arguments.split(' ').collect::<Vec<_>>()).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments}: {ended:?}");
        assert!(ended.stderr.starts_with(expected), "{arguments}: {ended:?}");
    }
}

#[tokio::test]
async fn help_and_version_are_printed_to_stdout_and_exit_with_0() {
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
async fn an_unknown_variable_is_a_warning() {
    let mut command = binary::command(&["schema"]);
    command.env("SHOP_PROFILE_LISEN", "127.0.0.1:1").env("SHOP_PROFILE_LISTEN", "127.0.0.1:1");
    let ended = Ended::from(command.output().await.unwrap());
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains("WARN") && ended.stderr.contains("SHOP_PROFILE_LISEN"), "{ended:?}");
}
