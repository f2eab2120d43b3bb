//! `customer delete`: the customer and their tokens are gone, and nothing of others.

use std::process::Stdio;

use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::support::{
    binary::{self, Ended},
    both_databases,
    database::Database,
    shop::Shop,
};

both_databases![deletes_a_customer_with_their_tokens_and_nothing_else, asks_on_a_terminal_and_wants_yes_elsewhere,];

async fn run(database: &Database, arguments: &str) -> Ended {
    binary::run(database.url(), &arguments.split(' ').collect::<Vec<_>>()).await
}

async fn deletes_a_customer_with_their_tokens_and_nothing_else(shop: Shop) {
    let (sara, reza) = (shop.customer("sara").await, shop.customer("reza").await);
    let second = run(&shop.database, "token issue sara --name phone").await.ok();
    run(&shop.database, "customer delete sara --yes").await.assert(0, "1\tdeleted\t2 tokens\n", "");
    for token in [&sara.token, &second] {
        shop.get().token(token).send().await.assert(401, r#"{"detail":"Invalid token."}"#);
    }
    shop.patch(json!({"first_name": "Reza"})).token(&reza.token).send().await.assert_status(200);
    assert_eq!(shop.store.count_rows().await.unwrap(), (1, 1));
    let missing = "error: there is no customer with the username \"sara\"\n";
    run(&shop.database, "customer delete sara --yes").await.assert(1, "", missing);
    // No id is given twice, and the username is free.
    let again = run(&shop.database, "customer add --username sara").await.ok();
    assert!(again.starts_with("{\"id\":3,"), "{again}");
    run(&shop.database, "customer delete --id 3 --yes").await.assert(0, "3\tdeleted\t0 tokens\n", "");
}

async fn asks_on_a_terminal_and_wants_yes_elsewhere(shop: Shop) {
    shop.customer("sara").await;
    let piped = "error: stdin is no terminal to ask on: add --yes to delete the customer\n";
    run(&shop.database, "customer delete sara").await.assert(2, "", piped);
    let question = "delete customer 1, \"sara\", and their tokens for good? Type yes to delete:";
    for answer in ["no", "y", ""] {
        let printed = on_a_terminal(&shop.database, answer).await;
        assert!(printed.contains(question) && printed.contains("error: nothing was deleted"), "{answer}: {printed}");
        assert_eq!(shop.store.count_rows().await.unwrap(), (1, 1), "{answer}");
    }
    let printed = on_a_terminal(&shop.database, "yes").await;
    assert!(printed.contains("1\tdeleted\t1 token"), "{printed}");
    assert_eq!(shop.store.count_rows().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn what_is_deleted_is_not_in_the_file_of_sqlite() {
    let database = Database::sqlite();
    run(&database, "migrate").await.assert_code(0);
    let add = "customer add --username sara --first-name Unforgettable --email unforgettable@shop.example";
    run(&database, add).await.ok();
    let files = database.url().trim_start_matches("sqlite://");
    let is_there = || {
        let contents = ["", "-wal"].map(|end| std::fs::read(format!("{files}{end}")).unwrap_or_default()).concat();
        contents.windows(13).any(|bytes| bytes.eq_ignore_ascii_case(b"unforgettable"))
    };
    assert!(is_there());
    run(&database, "customer delete sara --yes").await.assert(0, "1\tdeleted\t0 tokens\n", "");
    assert!(!is_there());
}

/// What is printed on a terminal, made by util-linux's `script`, on which this is typed.
async fn on_a_terminal(database: &Database, typed: &str) -> String {
    let delete = binary::command(&[]);
    let program = delete.as_std().get_program().to_str().unwrap().to_owned();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("{program} customer delete sara"), "/dev/null"]);
    script.env_clear().env("PATH", "/usr/bin:/bin").env("DATABASE_URL", database.url());
    script.env("SHOP_PROFILE_LOG", "warn,audit=off").kill_on_drop(true);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{typed}\n").as_bytes()).await.unwrap();
    Ended::from(child.wait_with_output().await.unwrap()).stdout
}
