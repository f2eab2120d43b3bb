//! Wrong configuration of every kind: one line that names the key, where it came from and what would be right. The exit code
//! is 2, and no secret is shown.

use std::fs;

use tempfile::TempDir;

use crate::support::binary::{self, Ended};

const SECRET: &str = "hunter2secret";

const FILE: &str = "serve --check --config shop.toml";
const SWITCH: &str = "expected on or off (or true, false, yes, no, 1, 0)";
const LISTEN: &str = "expected an IP address and a port, e.g. 127.0.0.1:8001";
const LOG: &str = "expected error, warn, info, debug, trace or off, or a list such as info,shop_profile=debug";
const ORIGIN: &str = "expected an origin: a scheme and a host without a path, such as https://shop.example";
const POSTGRES: &str = "malformed database URL: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode special \
                        characters in USER and PASSWORD: @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25";

const COLLECTOR: &str = "expected the URL of a collector without a path and without TLS, e.g. http://127.0.0.1:4318";
const NO_SPANS: &str = "this program sends no spans: it is built without the cargo feature `otlp`";

/// In the file `shop.toml`: its text, and the line about it.
#[rustfmt::skip]
const IN_FILE: &[(&str, &str)] = &[
    ("lgo = \"info\"", "lgo (shop.toml, line 1): unknown key: the nearest known one is log"),
    ("\ndatabase_url = \"postgres://shop:hunter2secret@h/d\"", "database_url (shop.toml, line 2): unknown key: the nearest known one is database-url"),
    ("listen = 8001", "listen (shop.toml, line 1): unknown key: the nearest known one is serve.listen"),
    ("[serve]\nlisten-on = 8001", "serve.listen-on (shop.toml, line 2): unknown key: the nearest known one is serve.listen"),
    ("[server]\nlisten = 8001", "server (shop.toml, line 1): unknown key: the nearest known one is serve"),
    ("[shadow]\nupstraem = \"http://127.0.0.1:1\"", "shadow.upstraem (shop.toml, line 2): unknown key: the nearest known one is shadow.upstream"),
    ("serve = 8001", "serve (shop.toml, line 1): expected a table, that is, [serve]"),
    ("config = \"other.toml\"", "config (shop.toml, line 1): unknown key: the nearest known one is"),
    ("log = \"verbose\"", "log (shop.toml, line 1): "),
    ("log = 3", "log (shop.toml, line 1): "),
    ("log = 3.5", "log (shop.toml, line 1): expected a string, a whole number, true or false"),
    ("log = 2026-11-29", "log (shop.toml, line 1): expected a string, a whole number, true or false"),
    ("log = [\"info\"]", "log (shop.toml, line 1): expected one value, not a list"),
    ("log-format = \"xml\"", "log-format (shop.toml, line 1): expected text or json"),
    ("layout = \"rails\"", "layout (shop.toml, line 1): expected native or django"),
    ("[serve]\nlisten = \"nowhere\"", "serve.listen (shop.toml, line 2): expected an IP address and a port, e.g. 127.0.0.1:8001"),
    ("[serve]\nlisten = {port = 1}", "serve.listen (shop.toml, line 2): expected a string, a whole number, true or false"),
    ("[serve]\ndemo = \"maybe\"", "serve.demo (shop.toml, line 2): expected on or off (or true, false, yes, no, 1, 0)"),
    ("[serve]\ndatabase-connections = -1", "serve.database-connections (shop.toml, line 2): expected a whole number"),
    ("[serve]\ndatabase-connections = 0", "serve.database-connections (shop.toml, line 2): expected a whole number in 1.."),
    ("[serve]\nwait-for-database = 60", "serve.wait-for-database (shop.toml, line 2): expected a time such as `60s`"),
    ("[serve]\nallow-origin = [\"https://a.example\", \"a.example/\"]", "serve.allow-origin (shop.toml, line 2): expected an origin"),
    ("[serve]\nallow-origin = [[\"https://a.example\"]]", "serve.allow-origin (shop.toml, line 2): expected a string, a whole number, true or false"),
    ("[shadow]\nupstream-timeout = 0", "shadow.upstream-timeout (shop.toml, line 2): expected a whole number in 1.."),
    ("log = \"info\"\nlog = \"warn\"", "shop.toml, line 2: not TOML: duplicate key"),
    ("database-url = postgres://shop:hunter2secret@h/d", "shop.toml, line 1: not TOML: "),
    ("log = \"info", "shop.toml, line 1: not TOML: "),
    ("database-url = \"mysql://shop:hunter2secret@h/d\"", "--database-url (shop.toml, line 1): unknown kind of database URL: expected"),
    ("database-url = \"sqlite://a.db\"\ndatabase-url-file = \"b\"", "--database-url (shop.toml, line 1) and --database-url-file (shop.toml, line 2) are both given: expected one of them"),
    ("database-url-file = \"postgres://shop:hunter2secret@h/d\"", "--database-url-file (shop.toml, line 1): cannot read (not shown): No such file or directory"),
    ("database-url-file = \"nowhere\"", "--database-url-file (shop.toml, line 1): cannot read nowhere: No such file or directory"),
    ("[serve]\nlanguage = \"fa\"\nlanguages = [\"en\", \"fa\"]", "--language cannot be used with --languages"),
    ("touch = [\"updated_at\"]", "--touch (shop.toml, line 1): it is about a Django shop's tables: add --layout django"),
];

#[tokio::test]
async fn in_the_file() {
    for (file, expected) in IN_FILE {
        assert_wrong(FILE, &[], file, expected).await;
    }
}

#[tokio::test]
async fn by_a_variable() {
    let origin = |name: &str, option: &str, problem: &str| format!("{option} (environment variable {name}): {problem}");
    for (name, value, option, problem) in [
        ("SHOP_PROFILE_LISTEN", "nowhere", "--listen <ADDRESS>", LISTEN),
        ("SHOP_PROFILE_LISTEN", "", "--listen <ADDRESS>", LISTEN),
        ("SHOP_PROFILE_LISTEN", "postgres://shop:hunter2secret@h/d", "--listen <ADDRESS>", LISTEN),
        ("SHOP_PROFILE_LOG", "verbose", "--log <FILTER>", LOG),
        ("SHOP_PROFILE_LOG_FORMAT", "xml", "--log-format <FORMAT>", "expected text or json"),
        ("SHOP_PROFILE_INTROSPECTION", "maybe", "--introspection <on|off>", SWITCH),
        ("SHOP_PROFILE_DEMO", "", "--demo[=<on|off>]", SWITCH),
        ("SHOP_PROFILE_ALLOW_ORIGIN", "*", "--allow-origin <ORIGIN>", ORIGIN),
        ("SHOP_PROFILE_DATABASE_CONNECTIONS", "many", "--database-connections <N>", "expected a whole number"),
        ("SHOP_PROFILE_LAYOUT", "rails", "--layout <native|django>", "expected native or django"),
        ("DATABASE_URL", "postgres://shop:hunter2#secret@h/d", "--database-url", POSTGRES),
        ("DATABASE_URL", "postgres://shop:hunter2secret@h:54x32/d", "--database-url", POSTGRES),
        ("SHOP_PROFILE_CONFIG", "nowhere", "--config", "cannot read nowhere: No such file or directory"),
        (
            "DATABASE_URL_FILE",
            "postgres://shop:hunter2secret@h/d",
            "--database-url-file",
            "cannot read (not shown): No such file or directory",
        ),
        ("DATABASE_URL_FILE", "nowhere", "--database-url-file", "cannot read nowhere: No such file or directory"),
    ] {
        assert_wrong("serve --check", &[(name, value)], "", &origin(name, option, problem)).await;
    }
    let unknown = "(environment variable): no option reads it: the nearest known one is";
    for (name, nearest) in [
        ("SHOP_PROFILE_LISEN", "SHOP_PROFILE_LISTEN"),
        ("SHOP_PROFILE_LOGFORMAT", "SHOP_PROFILE_LOG_FORMAT"),
        ("SHOP_PROFILE_ALLOW_ORIGINS", "SHOP_PROFILE_ALLOW_ORIGIN"),
    ] {
        for arguments in ["serve --check", "config", "shadow --upstream http://127.0.0.1:1"] {
            assert_wrong(arguments, &[(name, SECRET)], "", &format!("{name} {unknown} {nearest}")).await;
        }
    }
}

#[tokio::test]
async fn on_the_command_line() {
    for (arguments, expected) in [
        ("serve --listen nowhere", format!("--listen <ADDRESS> (command line): {LISTEN} (see --help)")),
        ("serve --listen", "--listen <ADDRESS> (command line): expected a value (see --help)".to_owned()),
        ("serve --listn 8001", "unexpected argument --listn (command line): the nearest known one is --listen".into()),
        ("serve --demo=maybe", format!("--demo[=<on|off>] (command line): {SWITCH}")),
        ("serve --demo --no-migrate", "--demo cannot be used with --no-migrate: its database is always new".into()),
        ("serve --log-format xml", "--log-format <FORMAT> (command line): expected text or json".into()),
        (
            "serve --touch updated_at",
            "--touch (command line): it is about a Django shop's tables: add --layout django".into(),
        ),
        (
            "serve --check --metrics-listen 8000",
            "--metrics-listen names the address and port of --listen: expected another port".into(),
        ),
        (
            "shadow --upstream http://127.0.0.1:1 --listen :8001 --metrics-listen 127.0.0.1:8001",
            "--metrics-listen names the address and port of --listen: expected another port".into(),
        ),
        (
            "serve --check --otlp-endpoint https://127.0.0.1:4318",
            format!(
                "--otlp-endpoint <URL> (command line): {}",
                if cfg!(feature = "otlp") { COLLECTOR } else { NO_SPANS }
            ),
        ),
        ("serve --check --language fa --languages en,fa", "--language cannot be used with --languages".into()),
        ("shadow", "missing: --upstream <URL> (see --help)".into()),
        ("shadow --upstream-timeout 0", "expected a whole number in 1..".into()),
        (
            "serve --check --config nowhere.toml",
            "--config (command line): cannot read nowhere.toml: No such file".into(),
        ),
        ("serve --check --config .", "--config (command line): cannot read .: Is a directory".into()),
        ("serve --check --database-url shop.db", "--database-url (command line): unknown kind of database URL".into()),
        (
            "schema --database-url postgres://shop:hunter2secret@h/d",
            "--database-url (command line): `schema` does not use it (see --help)".into(),
        ),
    ] {
        assert_wrong(arguments, &[], "", &expected).await;
    }
}

async fn assert_wrong(arguments: &str, variables: &[(&str, &str)], file: &str, expected: &str) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shop.toml"), file).unwrap();
    let mut command = binary::command(&arguments.split(' ').collect::<Vec<_>>());
    command.current_dir(folder.path()).envs(variables.iter().copied());
    let ended = Ended::from(command.output().await.unwrap());
    let case = format!("{arguments} {variables:?} {file}: {ended:?}");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{case}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(expected), "{case}, not {expected}");
    assert_eq!(ended.stderr.lines().count(), 1, "{case}");
    assert!(!ended.stderr.contains("hunter2"), "{case}");
}
