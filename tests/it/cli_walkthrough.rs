//! What `serve` says about each kind of database and setting with which it cannot start, as an operator meets them. The
//! message names what is wrong, where, and what to do; it is one line, and no part of the password is in it.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use tempfile::TempDir;

use crate::migrations::STEPS;
use crate::support::{
    binary::{self, Ended},
    database::Database,
};

const KIND: &str = "--database-url (environment variable DATABASE_URL): unknown kind of database URL: expected \
                    sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE";
const MALFORMED: &str = "--database-url (environment variable DATABASE_URL): malformed database URL: expected \
                         postgres://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode special characters in USER and \
                         PASSWORD: @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25";

async fn serve(variables: &[(&str, &str)]) -> Ended {
    let mut serve = binary::command(&["serve"]);
    serve.env("SHOP_PROFILE_LISTEN", "127.0.0.1:0").env("SHOP_PROFILE_LOG", "error").envs(variables.iter().copied());
    serve.output().await.unwrap().into()
}

async fn assert_says(variables: &[(&str, &str)], code: i32, message: &str) {
    serve(variables).await.assert(code, "", &format!("error: {message}\n"));
}

async fn assert_database(url: &str, code: i32, message: &str) {
    assert_says(&[("DATABASE_URL", url)], code, message).await;
}

#[tokio::test]
async fn a_url_that_cannot_be_read() {
    for url in ["mysql://shop:hunter2@127.0.0.1/shop", "", "shop.db"] {
        assert_database(url, 2, KIND).await;
    }
    for url in [
        "postgres://shop:hun#ter2@127.0.0.1/shop",
        "postgres://shop:hun/ter2@127.0.0.1/shop",
        "postgres://shop:hun?ter2@127.0.0.1/shop",
        "postgres://shop:hun@ter/2@127.0.0.1/shop",
        "postgres://shop:hunter2@127.0.0.1:54x32/shop",
    ] {
        assert_database(url, 2, MALFORMED).await;
    }
    let parameter = |problem| format!("--database-url (environment variable DATABASE_URL): the database URL{problem}");
    for (query, problem) in [
        (
            "sslmode=yes",
            "'s parameter \"sslmode\" has a wrong value: expected disable, allow, prefer, require, verify-ca or verify-full",
        ),
        ("foo=bar", " has the unknown parameter \"foo\""),
    ] {
        assert_database(&format!("postgres://127.0.0.1/shop?{query}"), 2, &parameter(problem)).await;
    }
}

#[tokio::test]
async fn a_postgres_that_is_not_there() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cannot_open = "cannot open the database";
    for (url, message) in [
        (
            format!("postgres://shop:hunter2@{closed}/shop"),
            format!(
                "{cannot_open} postgres://{closed}/shop: {closed} refused the connection: is PostgreSQL running, and is \
                 this its port?"
            ),
        ),
        (
            "postgres://shop:hunter2@no-such-host.invalid/shop".to_owned(),
            format!(
                "{cannot_open} postgres://no-such-host.invalid:5432/shop: the host of no-such-host.invalid:5432 is \
                 unknown: check it in the database URL"
            ),
        ),
        (
            "postgres:///shop?host=/nowhere".to_owned(),
            format!(
                "{cannot_open} postgres:///nowhere/shop: there is no PostgreSQL socket in /nowhere: is PostgreSQL running?"
            ),
        ),
    ] {
        assert_database(&url, 1, &message).await;
    }
}

#[tokio::test]
async fn a_sqlite_file_that_cannot_be_used() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("text"), "not a database, but long enough to be taken for one".repeat(50)).unwrap();
    fs::create_dir(path("folder")).unwrap();
    for (name, reason) in [
        ("nowhere/shop.db", format!("the folder {} does not exist: create it", path("nowhere"))),
        ("folder", format!("{} is a folder: name a file in the database URL", path("folder"))),
        ("text", format!("{} is not a SQLite database", path("text"))),
    ] {
        let url = format!("sqlite://{}", path(name));
        assert_database(&url, 1, &format!("cannot open the database {url}: {reason}")).await;
    }
    // Root may read everything.
    fs::write(path("forbidden"), "").unwrap();
    fs::set_permissions(path("forbidden"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(path("forbidden")).is_err() {
        let url = format!("sqlite://{}", path("forbidden"));
        let reason = format!("no permission to open {}, or the -wal and -shm files beside it", path("forbidden"));
        assert_database(&url, 1, &format!("cannot open the database {url}: {reason}")).await;
    }
}

#[tokio::test]
async fn a_schema_that_is_behind() {
    let database = Database::sqlite();
    let variables = [("DATABASE_URL", database.url()), ("SHOP_PROFILE_NO_MIGRATE", "on")];
    fs::write(database.url().trim_start_matches("sqlite://").split('?').next().unwrap(), "").unwrap();
    let ended = serve(&variables).await;
    let count = STEPS.len();
    let expected =
        format!("error: the database's schema is not up to date ({count} pending): run `shop-profile migrate`\n");
    ended.assert(1, "", &expected);
}

#[tokio::test]
async fn an_address_or_a_word_that_cannot_be_used() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let in_use = format!(
        "cannot listen on {address}: Address already in use (os error 98): choose another address with --listen"
    );
    assert_says(&[("SHOP_PROFILE_LISTEN", &address)], 1, &in_use).await;
    let not_ours = "cannot listen on 192.0.2.1:80: Cannot assign requested address (os error 99): choose another \
                    address with --listen";
    assert_says(&[("SHOP_PROFILE_LISTEN", "192.0.2.1:80")], 1, not_ours).await;
    let switch = "--introspection <on|off> (environment variable SHOP_PROFILE_INTROSPECTION): expected on or off (or \
                  true, false, yes, no, 1, 0)";
    assert_says(&[("SHOP_PROFILE_INTROSPECTION", "maybe")], 2, switch).await;
    let level = "--log <FILTER> (environment variable SHOP_PROFILE_LOG): expected error, warn, info, debug, trace or \
                 off, or a list such as info,shop_profile=debug";
    assert_says(&[("SHOP_PROFILE_LOG", "verbose")], 2, level).await;
}
