//! `shop-profile doctor`: each fault that is planted is found, and nothing is changed.

mod postgres;
mod sqlite;

use serde_json::Value;

use crate::migrations::STEPS;
use crate::support::{
    binary::{self, Ended},
    both_databases,
    database::Database,
    django::{create_shop, execute},
    shop::Shop,
};

both_databases![
    a_sound_database_has_no_problem,
    a_pending_migration_is_a_problem_and_stays_pending,
    an_unknown_migration_is_a_note,
    tokens_that_never_expire_or_ended_long_ago_are_notes,
    usernames_that_look_alike_are_a_note,
    a_django_shop_is_checked_as_django_check_does,
    a_django_database_without_the_layout_is_a_problem,
];

/// What `doctor --json` found.
#[derive(Debug)]
struct Found {
    ended: Ended,
    findings: Vec<Value>,
}

/// Runs it with the database's URL and variables.
async fn doctor(url: &str, variables: &[(&str, &str)], options: &[&str]) -> Found {
    let mut command = binary::command(&[&["doctor", "--json"], options].concat());
    command.env("DATABASE_URL", url).env("SHOP_PROFILE_LOG", "warn").envs(variables.iter().copied());
    let ended = Ended::from(command.output().await.unwrap());
    let findings = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = Found { ended, findings };
    assert_eq!(found.ended.stderr, "", "{found:?}");
    let is_problem = |finding: &Value| finding["level"] == "problem";
    assert_eq!(found.ended.code, Some(found.findings.iter().any(is_problem).into()), "{found:?}");
    for finding in &found.findings {
        assert_eq!(finding["remedy"].is_null(), finding["level"] == "ok", "{finding}");
    }
    found
}

impl Found {
    /// What was found by a check at a level.
    fn seen(&self, level: &str, check: &str) -> Vec<&str> {
        let findings = self.findings.iter().filter(|it| it["level"] == level && it["check"] == check);
        findings.map(|finding| finding["seen"].as_str().unwrap()).collect()
    }

    /// One finding of the check at this level says this.
    #[track_caller]
    fn assert(&self, level: &str, check: &str, seen: &str) {
        assert!(self.seen(level, check).iter().any(|text| text.contains(seen)), "{level} {check} {seen:?}: {self:#?}");
    }

    /// Every finding that is not `ok`, by level and check; but that the tests' PostgreSQL is fast and not durable.
    fn wrong(&self) -> Vec<(&str, &str)> {
        let findings = self.findings.iter().filter(|finding| finding["level"] != "ok");
        let findings = findings.map(|finding| (finding["level"].as_str().unwrap(), finding["check"].as_str().unwrap()));
        findings.filter(|(_, check)| *check != "durability").collect()
    }
}

async fn run(database: &Database, arguments: &str) -> String {
    binary::run(database.url(), &arguments.split(' ').collect::<Vec<_>>()).await.ok()
}

async fn a_sound_database_has_no_problem(database: Database) {
    for arguments in ["migrate", "customer add --username sara", "token issue sara"] {
        run(&database, arguments).await;
    }
    let found = doctor(database.url(), &[], &[]).await;
    let pooled: &[_] = if database.shares_sessions() { &[("note", "pooler")] } else { &[] };
    assert_eq!(found.wrong(), pooled, "{found:#?}");
    found.assert("ok", "database", if database.is_postgres() { "PostgreSQL 1" } else { "SQLite 3." });
    found.assert("ok", "schema", "every migration is applied, the last is m2026");
    let text = binary::run(database.url(), &["doctor"]).await;
    let last = text.stdout.lines().last().unwrap();
    if database.is_postgres() {
        found.assert("problem", "durability", "fsync is off");
        found.assert("problem", "durability", "full_page_writes is off");
        assert!(text.stdout.contains("         -> set fsync = on\n") && last.starts_with("problems: 2"), "{text:?}");
    } else {
        assert_eq!((text.code, last), (Some(0), "problems: 0, notes: 0"), "{text:?}");
    }
}

async fn a_pending_migration_is_a_problem_and_stays_pending(database: Database) {
    execute(&database, "CREATE TABLE other (id integer)").await;
    for _ in 0..2 {
        let found = doctor(database.url(), &[], &[]).await;
        found.assert("problem", "schema", &format!("{} pending: {}, {}", STEPS.len(), STEPS[0], STEPS[1]));
        assert!(found.seen("ok", "tokens").is_empty(), "{found:?}");
    }
    let status = binary::run(database.url(), &["migrate", "--status"]).await;
    assert_eq!((status.code, status.stdout.matches("\tpending").count()), (Some(1), STEPS.len()), "{status:?}");
}

async fn an_unknown_migration_is_a_note(shop: Shop) {
    execute(&shop.database, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_of_tomorrow', 1)").await;
    let found = doctor(shop.database.url(), &[], &[]).await;
    found.assert("note", "schema", "1 migration that this version does not know: m2999_of_tomorrow");
}

async fn tokens_that_never_expire_or_ended_long_ago_are_notes(shop: Shop) {
    let sara = shop.customer("sara").await;
    doctor(shop.database.url(), &[], &[]).await.assert(
        "note",
        "tokens",
        "live tokens that never expire, such as imported ones: 1",
    );
    execute(&shop.database, "UPDATE api_token SET expires_at = '2020-01-01 00:00:00+00:00'").await;
    let found = doctor(shop.database.url(), &[], &[]).await;
    assert_eq!(
        found.seen("note", "tokens"),
        ["tokens that expired or were revoked more than a year ago: 1"],
        "{found:?}"
    );
    // It was an id of a customer, and no name or token.
    assert!(!found.ended.stdout.contains(&sara.token));
}

async fn usernames_that_look_alike_are_a_note(shop: Shop) {
    for username in ["sara", "s\u{430}r\u{430}", "reza"] {
        shop.customer(username).await;
    }
    let found = doctor(shop.database.url(), &[], &[]).await;
    found.assert("note", "usernames", "customers whose usernames look like those of others: 2");
}

async fn a_django_shop_is_checked_as_django_check_does(database: Database) {
    create_shop(&database).await;
    let django = &["--layout", "django"];
    let found = doctor(database.url(), &[], django).await;
    found.assert("ok", "django", "every table and column was found");
    found.assert("note", "django", "add --touch COLUMN: updated_at");
    assert!(found.seen("problem", "django").is_empty() && found.seen("ok", "schema").is_empty(), "{found:?}");
    execute(&database, "ALTER TABLE shop_customer RENAME COLUMN gender TO sex").await;
    doctor(database.url(), &[], django).await.assert("problem", "django", "--column gender=COLUMN");
}

async fn a_django_database_without_the_layout_is_a_problem(database: Database) {
    create_shop(&database).await;
    doctor(database.url(), &[], &[]).await.assert("problem", "schema", "a Django project's database");
}

#[tokio::test]
async fn wrong_usage_is_no_finding() {
    for (url, option) in [("mysql://localhost/shop", "--json"), ("sqlite://shop.db", "--nonsense")] {
        let ended = binary::run(url, &["doctor", option]).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:?}");
    }
    let mut command = binary::command(&["doctor"]);
    let ended = command.env("SHOP_PROFILE_DATABASE_CONNECTIONS", "many").output().await.unwrap();
    let ended = Ended::from(ended);
    assert!(ended.code == Some(2) && ended.stderr.contains("--database-connections"), "{ended:?}");
}
