//! What a command says about a database that it cannot use: the cause, what to do, and no password.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use sea_orm::ConnectionTrait;
use shop_profile::store::{OpenOptions, Store};
use tempfile::TempDir;

use crate::support::{
    binary::{self, Ended},
    database::Database,
};

/// Runs `migrate` and `customer show`: one creates a database, the other does not. Both must say this on one line.
async fn assert_error(url: &str, expected: &str) {
    assert_ends(url, 1, expected).await;
}

async fn assert_ends(url: &str, code: i32, expected: &str) {
    for arguments in [&["migrate"][..], &["customer", "show", "sara"]] {
        let ended = binary::run(url, arguments).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(code), ""), "{url}: {ended:?}");
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(expected), "{url}: {ended:?}");
        let is_plain = |text: &str| ["at line", "(code:", "Error:"].iter().all(|word| !text.contains(word));
        assert!(ended.stderr.lines().count() == 1 && is_plain(&ended.stderr), "{url}: {ended:?}");
    }
}

#[tokio::test]
async fn a_wrong_url_is_explained() {
    let unknown = "unknown kind of database URL: expected sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE";
    let percent = "malformed database URL: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode";
    for (url, expected) in [
        ("mysql://localhost/shop", unknown),
        ("shop.db", unknown),
        ("postgres:", percent),
        ("postgres://shop:secret@127.0.0.1:54x32/shop", percent),
        ("postgres://shop:sec#ret@127.0.0.1/shop", percent),
        ("postgres://shop:sec/ret@127.0.0.1/shop", percent),
        ("postgres://shop:sec?ret@127.0.0.1/shop", percent),
        ("postgres://127.0.0.1/shop?sslmode=yes", "parameter \"sslmode\" has a wrong value: expected disable, allow"),
        ("postgres://127.0.0.1/shop?foo=bar", "unknown parameter \"foo\""),
        ("sqlite://shop.db?mode=nonsense", "malformed database URL: expected sqlite://FILE"),
    ] {
        assert_ends(url, 2, expected).await;
        assert_ends(url, 2, "error: --database-url (environment variable DATABASE_URL): ").await;
    }
}

#[tokio::test]
async fn no_option_shows_a_password_or_a_token() {
    const SECRET: &str = "hunter2secret";
    for url in [
        format!("postgres://shop:{SECRET}@127.0.0.1:54x32/shop"),
        format!("postgres://shop:p@ss/{SECRET}@127.0.0.1:1/shop"),
        format!("postgres://shop:12?{SECRET}@127.0.0.1:1/shop"),
        format!("postgres://shop:{SECRET}@127.0.0.1:1/shop"),
        format!("postgres://127.0.0.1:1/shop?pasword={SECRET}"),
        format!("postgres://127.0.0.1:1/shop?password={SECRET}&sslmode={SECRET}"),
        format!("mysql://shop:{SECRET}@127.0.0.1/shop"),
    ] {
        let url = url.as_str();
        for arguments in [
            &["migrate", "--database-url", url][..],
            &["copy", "--from", url, "--to", "sqlite://unused.db"],
            &["copy", "--from", "sqlite://unused.db", "--to", url],
            &["migrate", url],
            &["serve", "--listen", url],
            &["migrate", &format!("--databse-url={url}")],
        ] {
            let mut command = binary::command(arguments);
            let ended = Ended::from(command.env("SHOP_PROFILE_LOG", "trace").output().await.unwrap());
            assert!(ended.code.is_some_and(|code| code > 0), "{ended:?}");
            assert!(!format!("{ended:?}").contains(SECRET), "{arguments:?}: {ended:?}");
        }
        for (name, arguments) in [
            ("DATABASE_URL", &["migrate"][..]),
            ("SHOP_PROFILE_COPY_FROM", &["copy", "--to", "sqlite://unused.db"]),
            ("SHOP_PROFILE_LISTEN", &["serve"]),
        ] {
            let ended = Ended::from(binary::command(arguments).env(name, url).output().await.unwrap());
            assert!(!format!("{ended:?}").contains(SECRET), "{name}: {ended:?}");
        }
    }
    let database = Database::sqlite();
    binary::run(database.url(), &["migrate"]).await.assert_code(0);
    for token in ["shp_0123456789012345678901234567890123456789abcdef", "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"] {
        for arguments in [&["token", "revoke", token][..], &["token", "list", token], &["token", "list", "--id", token]]
        {
            let ended = binary::run(database.url(), arguments).await;
            assert!(ended.code > Some(0) && !ended.stderr.contains(token), "{arguments:?}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn a_sqlite_file_that_cannot_be_used_is_explained() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let url = |name: &str| format!("sqlite://{}", path(name));
    fs::write(path("text"), "not a database, but long enough to be taken for one".repeat(50)).unwrap();
    fs::write(path("empty"), "").unwrap();
    fs::create_dir(path("folder")).unwrap();
    let no_folder = format!("the folder {} does not exist", path("nowhere"));
    for (url, expected) in [
        (url("nowhere/shop.db"), no_folder),
        (url("folder"), format!("{} is a folder", path("folder"))),
        (url("text"), format!("{} is not a SQLite database", path("text"))),
        (format!("{}?mode=ro", url("empty")), format!("{} is read-only", path("empty"))),
    ] {
        assert_error(&url, &expected).await;
    }
    // A relative path is shown as an absolute one, with what creates the database.
    let mut show = binary::command(&["customer", "show", "sara"]);
    let ended = show.env("DATABASE_URL", "sqlite://shop.db").current_dir(folder.path()).output().await.unwrap();
    let expected = format!(
        "error: cannot open the database sqlite://shop.db: {} does not exist: `shop-profile migrate` creates it, and \
         --database-url or DATABASE_URL names another\n",
        path("shop.db")
    );
    Ended::from(ended).assert(1, "", &expected);
    assert!(!fs::exists(path("shop.db")).unwrap());
}

#[tokio::test]
async fn a_forbidden_sqlite_file_is_explained() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("shop.db");
    let url = format!("sqlite://{}", path.display());
    binary::run(&url, &["migrate"]).await.assert_code(0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let program = folder.path().join("shop-profile");
    let built = Path::new(env!("CARGO_BIN_EXE_shop-profile"));
    fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
    let mut show = tokio::process::Command::new(&program);
    show.args(["customer", "show", "sara"]).env_clear().env("DATABASE_URL", &url);
    if fs::metadata(folder.path()).unwrap().uid() == 0 {
        // Root may open everything.
        show.uid(65534);
    }
    let ended = Ended::from(show.output().await.unwrap());
    let expected = format!("no permission to open {}", path.display());
    assert!(ended.code == Some(1) && ended.stderr.contains(&expected), "{ended:?}");
}

#[tokio::test]
async fn a_read_only_url_creates_no_file() {
    let folder = TempDir::new().unwrap();
    for (mode, command) in [("ro", &["migrate"][..]), ("rw", &["migrate"]), ("rwc", &["customer", "show", "sara"])] {
        let url = format!("sqlite://{}?mode={mode}", folder.path().join("shop.db").display());
        let ended = binary::run(&url, command).await;
        assert!(ended.code == Some(1) && ended.stderr.contains("does not exist"), "{mode}: {ended:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{mode}");
    }
}

/// SQLite does not wait for this lock by itself: servers that start together on one new file met it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_that_is_locked_for_a_moment_is_opened() {
    let database = Database::sqlite();
    let other = database.connect().await;
    other.execute_unprepared("PRAGMA journal_mode = DELETE; CREATE TABLE other (id integer)").await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let url = database.url().parse().unwrap();
    let opened = tokio::spawn(async move { Store::open(&url, OpenOptions::default()).await });
    // Nothing announces that it has met the lock.
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute_unprepared("ROLLBACK").await.unwrap();
    opened.await.unwrap().unwrap().close().await;
}

#[tokio::test]
async fn a_postgres_that_rejects_the_connection_is_explained() {
    for (code, message, remedy) in [
        ("57P03", "the database system is starting up", ": try again in a moment"),
        ("28P01", "password authentication failed for user \"shop\"", ": check user and password in the database URL"),
        ("28000", "no pg_hba.conf entry for host \"127.0.0.1\"", ": allow it in the server's pg_hba.conf"),
        ("42501", "permission denied for database \"shopp\"", ": grant the role the right CONNECT on this database"),
        ("3D000", "database \"shopp\" does not exist", ": create it (createdb, or CREATE DATABASE) and run"),
        ("53300", "sorry, too many clients already", ": raise PostgreSQL's max_connections"),
    ] {
        let address = answer_connections(rejection(code, message));
        let url = format!("postgres://shop:secret@{address}/shopp?sslmode=disable");
        assert_error(&url, &format!("{message}{remedy}")).await;
    }
    let address = answer_connections(rejection("3D000", "database \"shop\" does not exist"));
    let names_none =
        "database \"shop\" does not exist: the database URL names none, and this is the user's name: write postgres://";
    assert_error(&format!("postgres://shop:secret@{address}?sslmode=disable"), names_none).await;
}

#[tokio::test]
async fn what_stands_between_the_program_and_tls_is_explained() {
    let offers_none = answer_connections(b"N".to_vec());
    let offers_some = answer_connections(b"S".to_vec());
    let is_no_postgres = answer_connections(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    let check = "check sslmode, sslrootcert, sslcert and sslkey in the database URL";
    for (address, query, expected) in [
        (offers_none, "sslmode=require", "offers no TLS, which sslmode in the database URL asks for: turn it on there"),
        (
            offers_some,
            "sslmode=verify-full&sslrootcert=/nowhere/root.crt",
            &format!("a file of TLS does not exist: {check}"),
        ),
        (is_no_postgres, "sslmode=prefer", "does not speak PostgreSQL's protocol: is this PostgreSQL's port?"),
    ] {
        assert_error(&format!("postgres://shop:secret@{address}/shop?{query}"), expected).await;
    }
}

/// How PostgreSQL rejects a connection.
pub fn rejection(code: &str, message: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0Fauth.c\0L334\0\0");
    let mut answer = vec![b'E'];
    answer.extend(u32::try_from(fields.len() + 4).unwrap().to_be_bytes());
    answer.extend(fields.as_bytes());
    answer
}

/// A server that answers this to every connection.
fn answer_connections(answer: Vec<u8>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the process.
    std::thread::spawn(move || {
        while let Ok((mut connection, _)) = listener.accept() {
            let answered: io::Result<()> = connection.read(&mut [0; 1024]).and_then(|_| connection.write_all(&answer));
            let _ = answered.and_then(|()| connection.read_to_end(&mut Vec::new()).map(drop));
        }
    });
    address
}

#[tokio::test]
async fn a_missing_database_or_role_is_explained() {
    let Some(database) = Database::postgres().await else { return };
    // A pooler has roles of its own, and keeps the next client of a missing database waiting.
    let url: url::Url = database.direct_url().parse().unwrap();
    let mut other = url.clone();
    other.set_path("no_such_database");
    assert_error(other.as_str(), "database \"no_such_database\" does not exist: create it").await;
    let mut other = url;
    other.set_username("no_such_role").unwrap();
    assert_error(other.as_str(), "role \"no_such_role\" does not exist").await;
}
