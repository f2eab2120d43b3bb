//! What operators do with customers and tokens beside adding them: list, show, set, find, revoke.

use std::process::Stdio;

use serde_json::{Value, json};
use shop_profile::auth::ApiToken;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::support::{
    binary::{self, Ended},
    both_databases,
    database::Database,
    shop::Shop,
};

both_databases![
    lists_customers_and_searches_them,
    shows_what_an_operator_asks,
    sets_what_customers_cannot_change,
    a_contact_of_another_customer_is_taken,
    finds_the_customer_of_a_token,
    revokes_tokens_in_each_way,
];

async fn run(database: &Database, arguments: &[&str]) -> Ended {
    binary::run(database.url(), arguments).await
}

/// Runs a command that reads this from stdin.
async fn run_with(database: &Database, arguments: &[&str], stdin: &str) -> Ended {
    let mut command = binary::command(arguments);
    command.env("DATABASE_URL", database.url()).env("SHOP_PROFILE_LOG", "warn,audit=off");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap().into()
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn lists_customers_and_searches_them(shop: Shop) {
    let database = &shop.database;
    for (username, rest) in [
        ("sara", &["--first-name", "Sara", "--email", "sara@shop.example"][..]),
        ("50%_off", &["--mobile-number", "0912"]),
        ("REZA", &["--last-name", "Ahmadi", "--first-name", "Élan"]),
    ] {
        // `%` is no letter of a username.
        let username = username.replace('%', "+");
        run(database, &[&["customer", "add", "--username", &username], rest].concat()).await.ok();
    }
    let usernames = async |arguments: &[&str]| -> Vec<String> {
        let listed = run(database, &[&["customer", "list", "--json"], arguments].concat()).await.ok();
        json_lines(&listed).iter().map(|row| row["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(usernames(&[]).await, ["sara", "50+_off", "REZA"]);
    for (search, found) in [
        ("SAR", &["sara"][..]),
        ("shop.EXAMPLE", &["sara"]),
        ("ahmadi", &["REZA"]),
        ("reza", &["REZA"]),
        ("Élan", &["REZA"]),
        ("0912", &["50+_off"]),
        // Neither is a pattern of LIKE.
        ("_", &["50+_off"]),
        ("%", &[]),
        ("\\", &[]),
        ("'", &[]),
    ] {
        assert_eq!(usernames(&["--search", search]).await, found, "{search}");
    }
    let text = run(database, &["customer", "list", "--limit", "1"]).await;
    let lines: Vec<_> = text.stdout.lines().collect();
    assert_eq!(lines[0], "ID\tUSERNAME\tFULL NAME\tMOBILE NUMBER\tEMAIL\tACTIVE\tUPDATED");
    assert!(lines[1].starts_with("1\tsara\tSara\tnone\tsara@shop.example\tyes\t20"), "{text:?}");
    assert_eq!((lines.len(), &*text.stderr), (2, "only the first 1 are listed: see --search and --limit\n"));
    let text = run(database, &["customer", "list", "--limit", "3"]).await.ok();
    assert_eq!(text.lines().count(), 4);
}

async fn shows_what_an_operator_asks(shop: Shop) {
    let sara = shop.customer("sara").await;
    let show =
        async |arguments: &[&str]| run(&shop.database, &[&["customer", "show", "sara"], arguments].concat()).await;
    let shown = show(&[]).await.ok();
    for line in ["FIELD\tVALUE", "username\tsara", "email\tnone", "is_active\tyes", "live_tokens\t1"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    for arguments in [&["token", "issue", "sara"][..], &["token", "revoke", "1"], &["customer", "deactivate", "sara"]] {
        run(&shop.database, arguments).await.assert_code(0);
    }
    let row = shop.row(sara.id).await;
    let shown = json_lines(&show(&["--json"]).await.ok());
    let date = |date: chrono::DateTime<chrono::Utc>| date.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for (key, value) in [
        ("id", json!(sara.id)),
        ("is_active", json!(false)),
        ("live_tokens", json!(1)),
        ("created_at", json!(date(row.created_at))),
        ("updated_at", json!(date(row.updated_at))),
    ] {
        assert_eq!(shown[0][key], value, "{key}");
    }
}

async fn sets_what_customers_cannot_change(shop: Shop) {
    let sara = shop.customer("sara").await;
    let set = async |arguments: &[&str]| run(&shop.database, &[&["customer", "set"], arguments].concat()).await;
    let changed = set(&["sara", "--mobile-number", " 0912 ", "--email", "sara@shop.example"]).await.ok();
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert_eq!((&changed["mobile_number"], &changed["email"]), (&json!("0912"), &json!("sara@shop.example")));
    assert_eq!(shop.get().token(&sara.token).send().await.json(), changed);
    let row = shop.row(sara.id).await;
    assert_eq!(row.version, 2);
    // What changes nothing leaves version and date alone.
    set(&["--id", &sara.id.to_string(), "--email", "sara@shop.example"]).await.assert_code(0);
    assert_eq!(shop.row(sara.id).await, row);
    set(&["SARA", "--mobile-number", ""]).await.assert_code(0);
    let row = shop.row(sara.id).await;
    assert_eq!((row.mobile_number, row.email.as_deref(), row.version), (None, Some("sara@shop.example"), 3));
    let wrong = "error: mobile_number: Ensure this field has no more than 32 characters.\n\
                 email: Enter a valid email address.\n";
    set(&["sara", "--mobile-number", &"1".repeat(33), "--email", "x"]).await.assert(1, "", wrong);
    set(&["sara"]).await.assert_code(2);
    let missing = "error: there is no customer with the username \"reza\"\n";
    set(&["reza", "--email", "reza@shop.example"]).await.assert(1, "", missing);
    assert_eq!(shop.row(sara.id).await.version, 3);
}

async fn a_contact_of_another_customer_is_taken(shop: Shop) {
    let (sara, _) = (shop.customer("sara").await, shop.customer("reza").await);
    let set = async |arguments: &[&str]| run(&shop.database, &[&["customer", "set"], arguments].concat()).await;
    set(&["reza", "--mobile-number", "0912", "--email", "reza@shop.example"]).await.assert_code(0);
    set(&["sara", "--mobile-number", "0913"]).await.assert_code(0);
    let taken = "error: email: A user with that email already exists.\n";
    set(&["sara", "--mobile-number", "0913", "--email", "reza@shop.example"]).await.assert(1, "", taken);
    set(&["sara", "--mobile-number", "0914", "--email", "reza@shop.example"]).await.assert(1, "", taken);
    let row = shop.row(sara.id).await;
    assert_eq!((row.mobile_number.as_deref(), row.email, row.version), (Some("0913"), None, 2));
}

async fn finds_the_customer_of_a_token(shop: Shop) {
    let sara = shop.customer("sara").await;
    let find = async |arguments: &[&str], token: &str| {
        run_with(&shop.database, &[&["token", "find", "--stdin"], arguments].concat(), token).await
    };
    let found = find(&["--json"], &format!("{}\n", sara.token)).await.ok();
    assert!(!found.contains(&sara.token));
    let found: Value = serde_json::from_str(&found).unwrap();
    let expected =
        [("id", json!(1)), ("state", json!("live")), ("customer_id", json!(sara.id)), ("username", json!("sara"))];
    for (key, value) in expected {
        assert_eq!(found[key], value, "{key}");
    }
    let shown = find(&[], &sara.token).await.ok();
    assert!(shown.contains("username\tsara") && shown.contains("last_used_at\tnever"), "{shown}");
    let unknown = "shp_0123456789012345678901234567890123456789abcdef";
    let typo = "error: this database does not have the token: its checksum is wrong, so it was mistyped or cut\n";
    find(&[], unknown).await.assert(1, "", typo);
    for other in [ApiToken::generate().unwrap().expose_secret(), "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"] {
        find(&[], other).await.assert(1, "", "error: this database does not have the token\n");
    }
    for header in ["Token ", "Authorization: Bearer "] {
        find(&[], &format!("{header}{}\n", sara.token)).await.assert(0, &format!("{shown}\n"), "");
    }
    let empty = "error: --stdin: expected an API token on the first line of stdin\n";
    find(&[], "\n").await.assert(2, "", empty);
    run(&shop.database, &["token", "find"]).await.assert_code(2);
}

async fn revokes_tokens_in_each_way(shop: Shop) {
    let (sara, reza) = (shop.customer("sara").await, shop.customer("reza").await);
    for name in ["phone", "phone", "web", "desk"] {
        run(&shop.database, &["token", "issue", "sara", "--name", name]).await.ok();
    }
    let revoke = async |arguments: &[&str]| run(&shop.database, &[&["token", "revoke"], arguments].concat()).await;
    revoke(&["--name", "phone", "--customer", "sara"]).await.assert(0, "3\trevoked\n4\trevoked\n", "");
    let none = "error: the customer has no live token called \"phone\"\n";
    revoke(&["--name", "phone", "--customer", "sara"]).await.assert(1, "", none);
    let by_token = async || run_with(&shop.database, &["token", "revoke", "--stdin"], &sara.token).await;
    by_token().await.assert(0, "1\trevoked\n", "");
    by_token().await.assert(1, "", "error: this database does not have the token, or it is revoked\n");
    shop.get().token(&sara.token).send().await.assert_status(401);
    let id = sara.id.to_string();
    revoke(&["--all", "--customer-id", &id]).await.assert(0, "5\trevoked\n6\trevoked\n", "");
    shop.get().token(&reza.token).send().await.assert_status(200);
    for wrong in [
        &[][..],
        &["--all"],
        &["--name", "phone"],
        &["--customer", "reza"],
        &["--all", "--customer", "reza", "--customer-id", "2"],
        &["2", "--customer", "reza"],
        &["2", "--all", "--customer", "reza"],
    ] {
        revoke(wrong).await.assert_code(2);
    }
    shop.get().token(&reza.token).send().await.assert_status(200);
}

/// Completes each command line as bash does: by the function of the script.
async fn completes_in_bash() {
    for (line, expected) in [
        ("shop-profile cu", "customer"),
        ("shop-profile customer ex", "export"),
        ("shop-profile customer import --on-conflict ", "fail skip update"),
        ("shop-profile serve --lis", "--listen"),
    ] {
        let script = r#"
            source <("$1" completions bash)
            read -ra COMP_WORDS <<< "$2"
            [[ "$2" != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _shop__profile shop-profile "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        "#;
        let bash = Command::new("bash").args(["-c", script, "bash"]).arg(binary::program()).arg(line).output().await;
        assert_eq!(String::from_utf8(bash.unwrap().stdout).unwrap().trim_end(), expected, "{line}");
    }
}

#[tokio::test]
async fn prints_completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish"] {
        let script = binary::run("nonsense://", &["completions", shell]).await.ok();
        for word in ["shop-profile", "database-url", "customer"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    completes_in_bash().await;
    let page = binary::run("nonsense://", &["man"]).await.ok();
    assert!(page.contains(".TH shop-profile 1") && page.contains("shop\\-profile\\-serve(1)"), "{page}");
    let page = binary::run("nonsense://", &["man", "token", "issue"]).await.ok();
    assert!(page.contains("\\-\\-expires\\-in"), "{page}");
    let unknown = "error: there is no sub-command token lend (see --help)\n";
    binary::run("nonsense://", &["man", "token", "lend"]).await.assert(2, "", unknown);
}
