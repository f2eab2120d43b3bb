//! Settings by a file, by variables and on the command line: which one counts, and how `config` shows it.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    binary::{self, Ended},
    database::Database,
};

const PASSWORD: &str = "hunter2secret";

/// Runs a command in a folder with this file `shop.toml`.
async fn run(file: &str, arguments: &str, variables: &[(&str, &str)]) -> Ended {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shop.toml"), file).unwrap();
    let mut command = binary::command(&arguments.split(' ').collect::<Vec<_>>());
    command.current_dir(folder.path()).envs(variables.iter().copied());
    Ended::from(command.output().await.unwrap())
}

/// The value and the source of a setting.
async fn setting(key: &str, file: &str, arguments: &str, variables: &[(&str, &str)]) -> (Value, String) {
    let shown = run(file, &format!("config --json {arguments}"), variables).await.ok();
    assert!(!shown.contains(PASSWORD), "{shown}");
    let lines = shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = lines.into_iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{key}: {shown}"));
    (found["value"].clone(), found["source"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_command_line_counts_more_than_a_variable_and_that_more_than_the_file() {
    let file = "# Settings of the shop\nlog = \"warn\"\n[serve]\ndemo = true\n";
    let (config, variable) = ("--config shop.toml", ("SHOP_PROFILE_LOG", "debug"));
    for (arguments, variables, value, source) in [
        ("--log-format text", &[][..], "info", "default"),
        (config, &[], "warn", "shop.toml, line 2"),
        (config, &[variable], "debug", "environment variable SHOP_PROFILE_LOG"),
        ("--config shop.toml --log error", &[variable], "error", "command line"),
    ] {
        let found = setting("log", file, arguments, variables).await;
        assert_eq!(found, (value.into(), source.to_owned()), "{arguments} {variables:?}");
    }
    let by_variable = [("SHOP_PROFILE_CONFIG", "shop.toml"), ("SHOP_PROFILE_DEMO", "off")];
    assert_eq!(setting("serve.demo", file, "--log info", &by_variable[..1]).await.0, "on");
    let found = setting("serve.demo", file, "--log info", &by_variable).await;
    assert_eq!(found, ("off".into(), "environment variable SHOP_PROFILE_DEMO".to_owned()));
}

/// A switch of the file is turned off on the command line, too.
#[tokio::test]
async fn a_server_runs_with_the_file() {
    let database = Database::sqlite();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("shop.toml");
    let text = format!(
        "database-url = \"{}\"\n[serve]\ndemo = true\nlisten = 0\nallow-origin = [\"https://a.example\", \"https://b.example\"]\n",
        database.url()
    );
    fs::write(&file, text).unwrap();
    let mut serve = binary::command(&["serve", "--demo=off", "--config", file.to_str().unwrap()]);
    serve.env("SHOP_PROFILE_GRAPHIQL", "off");
    let server = binary::Server::spawn(serve).await;
    let started = server.logged("started").await;
    for word in ["demo=false", "graphiql=false", "https://a.example, https://b.example", database.url()] {
        assert!(started.contains(word), "{word}: {started}");
    }
}

/// One language or several: what is given nearer to the command counts.
#[tokio::test]
async fn the_language_counts_that_is_given_nearer_to_the_command() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("shop.toml");
    let languages = async |text: &str, arguments: &[&str], variables: &[(&str, &str)]| {
        fs::write(&file, format!("[serve]\ndemo = true\nlisten = 0\n{text}\n")).unwrap();
        let mut serve = binary::command(&[&["serve", "--config", file.to_str().unwrap()], arguments].concat());
        serve.envs(variables.iter().copied());
        let started = binary::Server::spawn(serve).await.logged("started").await;
        started.split(" languages=").nth(1).unwrap().split(" introspection").next().unwrap().to_owned()
    };
    let (one, several) = ("language = \"fa\"", "languages = [\"en\", \"fa\"]");
    let negotiated = languages(several, &[], &[]).await;
    let fixed = languages(one, &[], &[]).await;
    assert_ne!(negotiated, fixed);
    assert_eq!(languages(several, &["--language", "fa"], &[]).await, fixed);
    assert_eq!(languages(several, &[], &[("SHOP_PROFILE_LANGUAGE", "fa")]).await, fixed);
    assert_eq!(languages(one, &["--languages", "en,fa"], &[]).await, negotiated);
    assert_eq!(languages("", &["--languages", "en,fa"], &[("SHOP_PROFILE_LANGUAGE", "fa")]).await, negotiated);
}

#[tokio::test]
async fn a_table_lines_up_for_people_and_has_tabs_in_a_pipe() {
    let shown = run("", "config", &[]).await.ok();
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines[0], "KEY\tVALUE\tSOURCE");
    assert!(lines.contains(&"serve.listen\t127.0.0.1:8000\tdefault"), "{shown}");
    assert!(lines.contains(&"shadow.upstream\tnone\tdefault"), "{shown}");
}

#[tokio::test]
async fn secrets_are_hidden() {
    let url = format!("postgres://shop:{PASSWORD}@db.example/shop");
    let file = format!(
        "layout = \"django\"\ndatabase-url = \"{url}\"\nmedia-url = \"https://shop:{PASSWORD}@cdn.example/\"\n"
    );
    let shown = "postgres://db.example:5432/shop";
    for (arguments, variables) in [
        ("--config shop.toml".to_owned(), None),
        ("--log info".to_owned(), Some(("DATABASE_URL", url.as_str()))),
        (format!("--database-url {url}"), None),
    ] {
        let found = setting("database-url", &file, &arguments, variables.as_slice()).await.0;
        assert_eq!(found, shown, "{arguments}");
    }
    assert_eq!(setting("media-url", &file, "--config shop.toml", &[]).await.0, "(not shown)");
    let help = run(&file, "serve --help --config shop.toml", &[("DATABASE_URL", &url)]).await;
    assert!(help.code == Some(0) && !help.stdout.contains(PASSWORD), "{help:?}");
}

#[tokio::test]
async fn the_url_of_the_database_may_be_in_a_file() {
    let database = Database::sqlite();
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, format!("{}\n", database.url())).unwrap();
    let migrate = async |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = binary::command(&[&["migrate"], arguments].concat());
        Ended::from(command.envs(variables.iter().copied()).current_dir(folder.path()).output().await.unwrap())
    };
    let by_file = ("DATABASE_URL_FILE", secret.to_str().unwrap());
    let shown = migrate(&[by_file], &[]).await.ok();
    assert!(shown.contains(database.url()), "{shown}");
    let other = format!("sqlite://{}/other.db", folder.path().display());
    let shown = migrate(&[by_file], &["--database-url", &other]).await.ok();
    assert!(shown.contains(&other), "the command line counts more: {shown}");
    let ended = migrate(&[by_file, ("DATABASE_URL", &other)], &[]).await;
    let expected = "error: --database-url (environment variable DATABASE_URL) and --database-url-file (environment variable \
                    DATABASE_URL_FILE) are both given: expected one of them\n";
    ended.assert(2, "", expected);
}

#[tokio::test]
async fn a_check_reads_everything_and_starts_nothing() {
    let file = "database-url = \"sqlite://shop.db\"\n[serve]\nlisten = 8001\n";
    let check = run(file, "serve --check --config shop.toml", &[]).await;
    check.assert(0, "the configuration can be used\n", "");
    let wrong = "error: --database-url (shop.toml, line 1): unknown kind of database URL: expected sqlite://FILE or \
                 postgres://USER:PASSWORD@HOST/DATABASE\n";
    let file = "database-url = \"mysql://shop\"\n";
    for arguments in ["serve --check --config shop.toml", "config --config shop.toml"] {
        run(file, arguments, &[]).await.assert(2, "", wrong);
    }
}

/// A Kubernetes service called `shop-profile` puts variables of its own into each container.
#[tokio::test]
async fn variables_of_kubernetes_are_no_mistake() {
    let links = [("SHOP_PROFILE_SERVICE_HOST", "10.0.0.1"), ("SHOP_PROFILE_PORT_80_TCP", "tcp://10.0.0.1:80")];
    let in_kubernetes = [&links[..], &[("KUBERNETES_SERVICE_HOST", "10.0.0.2")]].concat();
    run("", "serve --check", &in_kubernetes).await.assert_code(0);
    run("", "serve --check", &links).await.assert_code(2);
}

/// Also where `--help` does not show the option.
#[tokio::test]
async fn the_file_counts_for_every_command() {
    for (arguments, hint) in [("token list sara", "Django's admin (Tokens)"), ("customer list", "Django's admin")] {
        let ended = run("layout = \"django\"\n", &format!("{arguments} --config shop.toml"), &[]).await;
        assert!(ended.code == Some(2) && ended.stderr.contains(hint), "{ended:?}");
        let help = run("", &format!("{} --help", arguments.trim_end_matches(" sara")), &[]).await.ok();
        assert!(help.contains("--database-url") && !help.contains("--user-table"), "{help}");
    }
    let help = run("", "schema --help", &[]).await.ok();
    assert!(help.contains("--log-format") && !help.contains("--database-url"), "{help}");
}
