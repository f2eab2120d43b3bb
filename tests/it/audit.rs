//! The audit log: a line for each change that is stored, with ids and names and no value.

use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use crate::{
    log::lines,
    support::{
        Subject,
        binary::{self, Ended, Server},
        both_databases,
        database::Database,
        shop::Shop,
    },
};

both_databases![
    each_stored_change_of_a_customer_is_a_line,
    the_token_is_named_when_it_was_looked_up,
    each_change_of_an_operator_is_a_line,
];

const UPDATE: &str = "mutation($i: UpdateMyProfileInput!, $try: Boolean!) { updateMyProfile(input: $i, validateOnly: $try) \
                      { customer { id } } }";

/// The lines of the audit log, each with its message.
fn audit(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == "audit").map(|line| line["fields"].clone()).collect()
}

async fn each_stored_change_of_a_customer_is_a_line(shop: Shop) {
    let sara = shop.customer("sara").await;
    let limits = ["--rate-limit-updates", "60", "--log-format", "json", "--log", "warn,shop_profile::cli=info"];
    let server = Server::start(shop.database.url(), &limits).await;
    let patch = |body: Value| server.patch(body).token(&sara.token);
    let update = |input: Value, is_dry| server.graphql(UPDATE, json!({"i": input, "try": is_dry})).token(&sara.token);
    let by_rest = patch(json!({"gender": "female", "first_name": "Sara"})).send().await.assert_status(200);
    let by_graphql = update(json!({"lastName": "Ahmadi"}), false).send().await.assert_status(200);
    // Nothing of this is stored.
    patch(json!({})).send().await.assert_status(200);
    patch(json!({"first_name": "Sara"})).send().await.assert_status(200);
    patch(json!({"username": ""})).send().await.assert_status(400);
    patch(json!({"first_name": "S"})).header("if-match", "\"1-1\"").send().await.assert_status(412);
    update(json!({"lastName": "A"}), true).send().await.assert_status(200);
    server.patch(json!({"first_name": "S"})).token("x").send().await.assert_status(401);
    server.terminate().await;
    let (_, log) = server.ended().await;
    let line = |api: &str, fields: &str, request: &str| json!({"message": "profile changed", "request": request, "api": api, "customer": sara.id, "token": 1, "fields": fields});
    let expected = [
        line("rest", "first_name,gender", by_rest.header("x-request-id")),
        line("graphql", "last_name", by_graphql.header("x-request-id")),
    ];
    assert_eq!(audit(&log), expected, "{log}");
}

/// Without any limit an update is one statement, which does not read the token.
async fn the_token_is_named_when_it_was_looked_up(shop: Shop) {
    let sara = shop.customer("sara").await;
    let server = Server::start(shop.database.url(), &["--log-format", "json"]).await;
    server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    server.terminate().await;
    let (_, log) = server.ended().await;
    let [line] = &lines(&log, "profile changed")[..] else { panic!("{log}") };
    assert_eq!((&line["customer"], line.get("token")), (&json!(sara.id), None), "{line}");
}

/// The audit lines of a command.
async fn audited(database: &Database, arguments: &[&str]) -> Vec<Value> {
    let mut command = binary::command(&[arguments, &["--log-format", "json"]].concat());
    command.env("DATABASE_URL", database.url());
    let ended = Ended::from(command.output().await.unwrap());
    ended.assert_code(0);
    let user = std::fs::metadata("/proc/self").unwrap().uid();
    let lines = audit(&ended.stderr);
    lines
        .iter()
        .for_each(|line| assert_eq!((&line["api"], &line["user"]), (&json!("command"), &json!(user)), "{line}"));
    lines
}

async fn each_change_of_an_operator_is_a_line(shop: Shop) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.csv").display().to_string();
    std::fs::write(&file, "username,tokens\nreza,0123456789abcdefghij\nneda,\n").unwrap();
    let customer = json!({"customer": 1});
    let token = json!({"customer": 1, "token": 1});
    for (arguments, message, expected) in [
        (&["customer", "add", "--username", "sara", "--email", "sara@shop.example"][..], "customer added", &customer),
        (&["customer", "set", "sara", "--email", "", "--mobile-number", "0912"], "customer changed", &customer),
        (&["customer", "set", "sara", "--mobile-number", "0912"], "", &json!({})),
        (&["customer", "deactivate", "sara"], "customer deactivated", &customer),
        (&["customer", "activate", "sara"], "customer activated", &customer),
        (&["token", "issue", "sara", "--name", "phone"], "token issued", &token),
        (&["token", "revoke", "1"], "token revoked", &token),
        (&["customer", "show", "sara"], "", &json!({})),
        (&["customer", "import", &file, "--dry-run"], "", &json!({})),
        (&["customer", "import", &file], "customers imported", &json!({"imported": 2, "updated": 0, "tokens": 1})),
        (&["customer", "import", &file, "--on-conflict", "skip"], "", &json!({})),
        (&["customer", "delete", "reza", "--yes"], "customer deleted", &json!({"customer": 2, "tokens": 1})),
    ] {
        let lines = audited(&shop.database, arguments).await;
        let messages: Vec<_> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
        assert_eq!(messages.concat(), message, "{arguments:?}: {lines:?}");
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(lines[0][field], *value, "{arguments:?}: {field}");
        }
        let text = format!("{lines:?}");
        assert!(!["sara", "0912", "phone", "reza"].iter().any(|value| text.contains(value)), "{text}");
    }
}

/// By a command and by a server, each with its own lines alone, in the format of the log and whatever its filter is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_the_lines_of_commands_and_servers() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    let path = file.display().to_string();
    let mut set = binary::command(&["customer", "set", "sara", "--email", "sara@shop.example"]);
    set.env("DATABASE_URL", shop.database.url()).env("SHOP_PROFILE_LOG", "off").env("SHOP_PROFILE_AUDIT_LOG", &path);
    assert_eq!(Ended::from(set.output().await.unwrap()).stderr, "");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("INFO audit: customer changed") && text.ends_with("fields=\"email\"\n"), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);

    let server = Server::start(shop.database.url(), &["--audit-log", &path, "--log-format", "json"]).await;
    server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    server.terminate().await;
    let (_, log) = server.ended().await;
    let all = std::fs::read_to_string(&file).unwrap();
    let by_server = all.strip_prefix(&text).unwrap();
    assert_eq!((audit(by_server), by_server.lines().count()), (audit(&log), 1), "{all}");

    let mut add = binary::command(&["customer", "add", "--username", "reza", "--audit-log", "/nowhere/audit.log"]);
    let ended = Ended::from(add.env("DATABASE_URL", shop.database.url()).output().await.unwrap());
    ended.assert(
        2,
        "",
        "error: --audit-log: cannot write /nowhere/audit.log: No such file or directory (os error 2)\n",
    );
    assert_eq!(shop.store.count_rows().await.unwrap().0, 1);
    // A command that only looks needs no file.
    let mut list = binary::command(&["customer", "list", "--audit-log", "/nowhere/audit.log"]);
    Ended::from(list.env("DATABASE_URL", shop.database.url()).output().await.unwrap()).assert_code(0);
}

#[tokio::test]
async fn a_full_disk_under_the_audit_log_is_said_at_once() {
    let database = Database::sqlite();
    database.open().await.migrate().await.unwrap();
    let mut add = binary::command(&["customer", "add", "--username", "reza", "--audit-log", "/dev/full"]);
    let ended = Ended::from(add.env("DATABASE_URL", database.url()).output().await.unwrap());
    assert!(ended.stderr.contains("WARN") && ended.stderr.contains("file were dropped lines=1"), "{}", ended.stderr);

    let server = Server::start(database.url(), &["--audit-log", "/dev/full"]).await;
    let token = binary::run(database.url(), &["token", "issue", "reza"]).await.ok();
    server.patch(json!({"first_name": "Reza"})).token(token.trim()).send().await.assert_status(200);
    server.terminate().await;
    let (_, log) = server.ended().await;
    assert!(log.contains("file were dropped lines=1") && log.contains("dropped_log_lines=1"), "{log}");
}

#[tokio::test]
async fn the_audit_log_is_switched_off_by_its_name() {
    let database = Database::sqlite();
    database.open().await.migrate().await.unwrap();
    for (filter, is_on) in [("error", true), ("error,audit=off", false), ("off", false)] {
        let mut add = binary::command(&["customer", "add", "--username", &format!("sara{}", filter.len())]);
        add.env("DATABASE_URL", database.url()).env("SHOP_PROFILE_LOG", filter);
        let ended = Ended::from(add.output().await.unwrap());
        ended.assert_code(0);
        assert_eq!(ended.stderr.contains("customer added"), is_on, "{filter}: {}", ended.stderr);
    }
}
