//! `customer import` and `customer export`.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::{
    files::{ImportFile, MIXED, MIXED_REJECTED, export, lines, migrate},
    support::{binary, both_databases, database::Database, eventually, shop::Shop},
};

both_databases! {
    an_export_imports_with_every_row_as_it_was,
    a_drf_client_keeps_their_token,
    only_the_rows_with_errors_are_rejected,
    a_report_shows_no_token_and_is_readable_by_its_owner_alone,
    an_existing_customer_is_rejected_skipped_or_updated,
    running_an_update_again_changes_nothing,
    an_update_takes_no_value_of_another_customer,
    rejects_tokens_that_can_be_guessed,
    an_open_quote_is_told_with_its_line_and_its_column,
    an_interrupted_import_is_resumed,
    a_conflict_at_the_end_of_a_batch_rejects_one_row,
    an_import_leaves_an_empty_wal,
    the_next_customers_id_is_above_every_imported_one,
}

const TOKEN: &str = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
const SECOND_TOKEN: &str = "a-second-token-of-sara";

async fn an_export_imports_with_every_row_as_it_was(database: Database) {
    let rows = [
        json!({"id": 7, "username": "sara", "mobile_number": "0912", "email": "sara@example.org",
               "avatar": "https://example.org/a,b.png", "first_name": "Sara \"S\"", "last_name": "A\\b",
               "gender": "female", "is_active": false}),
        json!({"id": 9, "username": "سارا", "mobile_number": null, "email": null, "avatar": null,
               "first_name": "", "last_name": "نیم\u{200c}فاصله", "gender": null, "is_active": true}),
    ];
    let file = ImportFile::new("shop.jsonl", &lines(&rows));
    migrate(&database).await;
    file.import(&database, &[]).await.assert(
        0,
        "2 imported, 0 updated, 0 unchanged, 0 skipped, 0 rejected; 0 tokens imported\n",
        "",
    );
    let exported = export(&database, "jsonl").await;
    let read: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, rows);

    let csv = export(&database, "csv").await;
    let again = database.another().await;
    migrate(&again).await;
    ImportFile::new("shop.csv", &csv).import(&again, &[]).await.assert_code(0);
    assert_eq!(export(&again, "jsonl").await, exported);
}

async fn a_drf_client_keeps_their_token(shop: Shop) {
    // The column may be called `keys` too.
    for (name, username) in [("tokens", "sara"), ("keys", "reza")] {
        let (first, second) = (format!("{TOKEN}-{username}"), format!("{SECOND_TOKEN}-{username}"));
        let file = ImportFile::new("shop.csv", &format!("username,{name}\n{username},{first} {second}\n"));
        let ended = file.import(&shop.database, &[]).await.ok();
        assert_eq!(ended, "1 imported, 0 updated, 0 unchanged, 0 skipped, 0 rejected; 2 tokens imported");
        for token in [first, second] {
            assert_eq!(shop.get().token(&token).send().await.json()["username"], username);
        }
    }
}

async fn only_the_rows_with_errors_are_rejected(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("mixed.csv", MIXED);
    let ended = file.import(&database, &[]).await;
    let stderr = format!("error: 6 rows rejected, listed in {}\n", file.report().display());
    ended.assert(1, "3 imported, 0 updated, 0 unchanged, 0 skipped, 6 rejected; 1 token imported\n", &stderr);
    assert_eq!(file.rejected(), MIXED_REJECTED);
}

async fn a_report_shows_no_token_and_is_readable_by_its_owner_alone(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("tokens.csv", &format!("username,tokens\nsara,{TOKEN}\nreza,{TOKEN}\n"));
    fs::write(file.report(), "of an earlier run").unwrap();
    let ended = file.import(&database, &[]).await;
    let report = fs::read_to_string(file.report()).unwrap();
    assert!(!report.contains(TOKEN) && !ended.stdout.contains(TOKEN) && !ended.stderr.contains(TOKEN));
    assert_eq!(report.lines().count(), 1);
    assert_eq!(fs::metadata(file.report()).unwrap().permissions().mode() & 0o777, 0o600);
    // A file without its first line.
    let file = ImportFile::new("no-header.csv", &format!("{TOKEN},mina\n"));
    let ended = file.import(&database, &[]).await;
    ended.assert_code(1);
    assert!(ended.stderr.contains("unknown field 1:") && !ended.stderr.contains(TOKEN), "{ended:?}");
}

async fn rejects_tokens_that_can_be_guessed(shop: Shop) {
    let file = ImportFile::new("short.csv", "username,tokens\nshorty,1\n");
    file.import(&shop.database, &[]).await.assert_code(1);
    assert_eq!(file.rejected(), ["2 tokens: A token has at least 20 characters: a shorter one could be guessed."]);
    shop.get().token("1").send().await.assert_status(401);
    file.import(&shop.database, &["--min-token-length", "1"]).await.assert_code(0);
    shop.get().token("1").send().await.assert_status(200);
}

/// A quote that is not closed makes one cell of what follows, up to the end of the file.
async fn an_open_quote_is_told_with_its_line_and_its_column(database: Database) {
    const ROWS: usize = 60_000;
    migrate(&database).await;
    let row = |n: usize| {
        let quote = if n == ROWS / 2 { "\"" } else { "" };
        format!("customer{n},{quote}The first name of customer {n}\n")
    };
    let file =
        ImportFile::new("open.csv", &format!("username,first_name\n{}", (1..=ROWS).map(row).collect::<String>()));
    let stopped = |imported: &str, tokens: &str| {
        format!("stopped before the end: {imported}, 0 updated, 0 unchanged, 0 skipped, 0 rejected; {tokens}\n")
    };
    let dry = stopped("dry run: 20000 would be imported", "0 tokens would be imported");
    let wet = stopped("20000 imported", "0 tokens imported")
        + "what is imported stays: run the import again with --on-conflict skip when the cause is gone\n";
    for (options, stdout) in [(&["--dry-run"][..], dry), (&[], wet)] {
        let ended = file.import(&database, options).await;
        let stderr = "error: line 30001: the quote that begins in column \"first_name\" is not closed, so that the lines after \
                      it would be part of the cell: close it, or write a quote within a quoted cell twice\n";
        ended.assert(1, &stdout, stderr);
    }
    assert_eq!(database.open().await.count_rows().await.unwrap().0, 20_000);
}

async fn an_existing_customer_is_rejected_skipped_or_updated(shop: Shop) {
    let sara = shop.customer("sara").await;
    let file = ImportFile::new(
        "sara.jsonl",
        &json!({"username": "sara", "email": "s@example.org", "tokens": [TOKEN]}).to_string(),
    );

    let ended = file.import(&shop.database, &[]).await;
    assert_eq!(file.rejected(), ["1 username: A user with that username already exists."]);
    let stderr = format!(
        "error: 1 row rejected, listed in {}\n1 row is about a customer that exists: --on-conflict skip keeps what is stored, \
         --on-conflict update sets the fields of the row\n",
        file.report().display()
    );
    ended.assert(1, "0 imported, 0 updated, 0 unchanged, 0 skipped, 1 rejected; 0 tokens imported\n", &stderr);

    let skipped = file.import(&shop.database, &["--on-conflict", "skip"]).await;
    assert_eq!(skipped.ok(), "0 imported, 0 updated, 0 unchanged, 1 skipped, 0 rejected; 0 tokens imported");
    assert_eq!(shop.row(sara.id).await.email, None);
    assert!(!file.report().exists(), "the report of an earlier run");

    let updated = file.import(&shop.database, &["--on-conflict", "update"]).await;
    assert_eq!(updated.ok(), "0 imported, 1 updated, 0 unchanged, 0 skipped, 0 rejected; 1 token imported");
    let row = shop.row(sara.id).await;
    assert_eq!((row.email.as_deref(), row.version), (Some("s@example.org"), 2));
    assert_eq!(shop.get().token(TOKEN).send().await.json()["id"], sara.id);
    assert_eq!(shop.get().token(&sara.token).send().await.json()["id"], sara.id, "the token from before");
}

async fn running_an_update_again_changes_nothing(shop: Shop) {
    let sara = shop.customer("sara").await;
    let row = json!({"id": sara.id, "username": "sarah", "first_name": "Sarah", "is_active": true, "tokens": [TOKEN]});
    let file = ImportFile::new("sara.jsonl", &row.to_string());
    file.import(&shop.database, &["--on-conflict", "update"]).await.assert_code(0);
    let before = shop.row(sara.id).await;
    assert_eq!((before.username.as_str(), before.canonical_username.as_str()), ("sarah", "sarah"));
    let again = file.import(&shop.database, &["--on-conflict", "update"]).await;
    assert_eq!(again.ok(), "0 imported, 0 updated, 1 unchanged, 0 skipped, 0 rejected; 0 tokens imported");
    assert_eq!(shop.row(sara.id).await, before);
    assert_eq!(shop.store.list_tokens(sara.id).await.unwrap().len(), 2);
}

async fn an_update_takes_no_value_of_another_customer(shop: Shop) {
    let (sara, reza) = (shop.customer("sara").await, shop.customer("reza").await);
    let update = |row: Value| {
        let file = ImportFile::new("update.jsonl", &row.to_string());
        let database = &shop.database;
        async move {
            file.import(database, &["--on-conflict", "update"]).await;
            file.rejected()
        }
    };
    let taken =
        "1 username: The username of customer 2 differs from this one only in case, width or invisible letters.";
    assert_eq!(update(json!({"id": sara.id, "username": "REZA"})).await, [taken]);
    let differs = update(json!({"username": "Sara", "first_name": "x"})).await;
    assert!(differs.len() == 1 && differs[0].starts_with("1 username: "), "{differs:?}");
    let token = update(json!({"id": sara.id, "username": "sara", "tokens": [reza.token]})).await;
    assert_eq!(token, ["1 tokens: Another customer has one of these tokens."]);
    assert_eq!(update(json!({"id": sara.id, "username": "sara", "is_active": false})).await, [""; 0]);
    let row = shop.row(sara.id).await;
    // Whether a customer is active is no part of the profile that clients see.
    assert_eq!((row.username.as_str(), row.version, row.is_active), ("sara", 1, false));
}

async fn an_interrupted_import_is_resumed(database: Database) {
    const ROWS: usize = 50_000;
    let row = |n: usize| format!("{n},customer{n},{n}@example.org,the-very-long-token-of-{n}\n");
    let file =
        ImportFile::new("many.csv", &format!("id,username,email,tokens\n{}", (1..=ROWS).map(row).collect::<String>()));
    migrate(&database).await;
    let store = database.open().await;

    let mut import = binary::command(&["customer", "import", file.path.to_str().unwrap()]);
    let mut import = import.env("DATABASE_URL", database.url()).stdout(Stdio::null()).spawn().unwrap();
    eventually(async || (store.count_rows().await.unwrap().0 > 0).then_some(())).await;
    import.kill().await.unwrap();
    if database.backend() == DbBackend::Sqlite {
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
        let row = database.connect().await.query_one_raw(check).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "ok");
    }
    let (customers, tokens) = store.count_rows().await.unwrap();
    assert!(customers > 0 && customers == tokens, "a customer and their token come together: {customers}, {tokens}");

    let resumed = file.import(&database, &["--on-conflict", "skip"]).await;
    let left = ROWS as u64 - customers;
    let expected =
        format!("{left} imported, 0 updated, 0 unchanged, {customers} skipped, 0 rejected; {left} tokens imported");
    assert_eq!(resumed.ok(), expected);
    assert_eq!(store.count_rows().await.unwrap(), (ROWS as u64, ROWS as u64));
}

async fn a_conflict_at_the_end_of_a_batch_rejects_one_row(shop: Shop) {
    const ROWS: usize = 1_201;
    shop.customer(&format!("customer{ROWS}")).await;
    let row = |n: usize| format!("customer{n},the-very-long-token-of-{n}\n");
    let file = ImportFile::new("many.csv", &format!("username,tokens\n{}", (1..=ROWS).map(row).collect::<String>()));
    let ended = file.import(&shop.database, &[]).await;
    assert_eq!(ended.stdout, "1200 imported, 0 updated, 0 unchanged, 0 skipped, 1 rejected; 1200 tokens imported\n");
    assert_eq!(file.rejected().len(), 1);
    assert_eq!(shop.store.count_rows().await.unwrap(), (1_201, 1_201));
    assert_eq!(shop.get().token("the-very-long-token-of-700").send().await.json()["username"], "customer700");
}

/// A running server would otherwise keep a WAL of some hundred megabytes.
async fn an_import_leaves_an_empty_wal(shop: Shop) {
    if shop.database.backend() == DbBackend::Sqlite {
        ImportFile::new("sara.csv", "username\nsara\n").import(&shop.database, &[]).await.assert_code(0);
        let wal = format!("{}-wal", shop.database.url().trim_start_matches("sqlite://"));
        assert_eq!(fs::metadata(wal).unwrap().len(), 0);
    }
}

async fn the_next_customers_id_is_above_every_imported_one(database: Database) {
    migrate(&database).await;
    ImportFile::new("ids.csv", "id,username\n40,sara\n2,reza\n").import(&database, &[]).await.assert_code(0);
    ImportFile::new("no-ids.csv", "username\nmina\n").import(&database, &[]).await.assert_code(0);
    let added = binary::run(database.url(), &["customer", "add", "--username", "ali"]).await.ok();
    let ids: Vec<_> =
        export(&database, "csv").await.lines().skip(1).map(|row| row.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(ids, ["2", "40", "41", "42"]);
    assert!(added.starts_with("{\"id\":42,"), "{added}");
}
