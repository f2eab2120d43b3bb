//! `customer import` and `customer export`.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::{
    files::{ImportFile, export, migrate},
    support::{binary, both_databases, database::Database, eventually, shop::Shop},
};

both_databases! {
    a_shop_goes_out_and_comes_in_again,
    a_drf_client_keeps_their_key,
    a_bad_row_costs_only_itself,
    a_refusal_shows_no_key_and_is_for_its_owner_alone,
    an_existing_customer_is_refused_left_or_set,
    running_an_update_again_changes_nothing,
    an_update_takes_nothing_from_others,
    an_interrupted_import_is_resumed,
    a_conflict_at_the_end_of_a_batch_costs_one_row,
    nothing_is_left_in_the_log,
    a_dry_run_writes_nothing_and_finds_what_is_wrong,
    the_next_customers_id_is_above_every_imported_one,
    rows_that_speak_of_one_customer_are_taken_in_order,
}

const KEY: &str = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";

fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

async fn a_shop_goes_out_and_comes_in_again(database: Database) {
    let rows = [
        json!({"id": 7, "username": "sara", "mobile_number": "0912", "email": "sara@example.org",
               "avatar": "https://example.org/a,b.png", "first_name": "Sara \"S\"", "last_name": "A\\b",
               "gender": "female", "is_active": false}),
        json!({"id": 9, "username": "سارا", "mobile_number": null, "email": null, "avatar": null,
               "first_name": "", "last_name": "نیم\u{200c}فاصله", "gender": null, "is_active": true}),
    ];
    let file = ImportFile::new("shop.jsonl", &lines(&rows));
    migrate(&database).await;
    file.import(&database, &[]).await.assert(0, "2 imported, 0 updated, 0 unchanged, 0 skipped, 0 refused\n", "");
    let exported = export(&database, "jsonl").await;
    let read: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, rows);

    let csv = export(&database, "csv").await;
    let again = database.another().await;
    migrate(&again).await;
    ImportFile::new("shop.csv", &csv).import(&again, &[]).await.assert_code(0);
    assert_eq!(export(&again, "jsonl").await, exported);
}

async fn a_drf_client_keeps_their_key(shop: Shop) {
    let file = ImportFile::new("shop.csv", &format!("username,keys\nsara,{KEY} second-key\n"));
    file.import(&shop.database, &[]).await.assert_code(0);
    for key in [KEY, "second-key"] {
        assert_eq!(shop.get().key(key).send().await.json()["username"], "sara");
    }
}

const MIXED: &str = "\
id,username,mobile_number,email,gender,is_active,keys
1,sara,0912,,,,9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b
,Sara,,,,,
,s\u{430}ra,,,,,
,reza,0912,,,,
,bad name,,nobody,x,maybe,
,ali,,,,,9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b
,mina,,,
500,mina,,,,,";

async fn a_bad_row_costs_only_itself(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("mixed.csv", MIXED);
    let ended = file.import(&database, &[]).await;
    ended.assert_code(1);
    assert!(ended.stdout.starts_with("3 imported, 0 updated, 0 unchanged, 0 skipped, 5 refused\n"), "{ended:?}");
    let invalid = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    assert_eq!(
        file.findings(".rejected.jsonl"),
        [
            "3 username: The username of customer 1 differs from this one only in case, width or invisible letters.",
            "5 mobile_number: A user with that mobile number already exists.",
            "6 is_active: Must be a valid boolean.",
            &format!("6 username: {invalid}"),
            "6 email: Enter a valid email address.",
            "6 gender: \"x\" is not a valid choice.",
            "7 keys: Another customer has one of these keys.",
            "8 -: Expected 7 values, but got 5.",
        ]
    );
    assert_eq!(
        file.findings(".twins.jsonl"),
        ["3 username: The same username as in line 2.", "4 username: This username looks like that of line 2."]
    );
}

async fn a_refusal_shows_no_key_and_is_for_its_owner_alone(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("keys.csv", &format!("username,keys\nsara,{KEY}\nreza,{KEY}\n"));
    fs::write(file.report(".rejected.jsonl"), "of an earlier run").unwrap();
    let ended = file.import(&database, &[]).await;
    let report = fs::read_to_string(file.report(".rejected.jsonl")).unwrap();
    assert!(!report.contains(KEY) && !ended.stdout.contains(KEY) && !ended.stderr.contains(KEY));
    assert_eq!(report.lines().count(), 1);
    assert_eq!(fs::metadata(file.report(".rejected.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
}

async fn an_existing_customer_is_refused_left_or_set(shop: Shop) {
    let sara = shop.customer("sara").await;
    let file = ImportFile::new(
        "sara.jsonl",
        &json!({"username": "sara", "email": "s@example.org", "keys": [KEY]}).to_string(),
    );

    file.import(&shop.database, &[]).await.assert_code(1);
    assert_eq!(file.findings(".rejected.jsonl"), ["1 username: A user with that username already exists."]);

    let skipped = file.import(&shop.database, &["--on-conflict", "skip"]).await;
    assert_eq!(skipped.ok(), "0 imported, 0 updated, 0 unchanged, 1 skipped, 0 refused");
    assert_eq!(shop.row(sara.id).await.email, None);
    assert!(!file.report(".rejected.jsonl").exists(), "it was of an earlier run");

    let updated = file.import(&shop.database, &["--on-conflict", "update"]).await;
    assert_eq!(updated.ok(), "0 imported, 1 updated, 0 unchanged, 0 skipped, 0 refused");
    let row = shop.row(sara.id).await;
    assert_eq!((row.email.as_deref(), row.version), (Some("s@example.org"), 2));
    assert_eq!(shop.get().key(KEY).send().await.json()["id"], sara.id);
    assert_eq!(shop.get().key(&sara.key).send().await.json()["id"], sara.id, "the key from before");
}

async fn running_an_update_again_changes_nothing(shop: Shop) {
    let sara = shop.customer("sara").await;
    let row = json!({"id": sara.id, "username": "sarah", "first_name": "Sarah", "is_active": true, "keys": [KEY]});
    let file = ImportFile::new("sara.jsonl", &row.to_string());
    file.import(&shop.database, &["--on-conflict", "update"]).await.assert_code(0);
    let before = shop.row(sara.id).await;
    assert_eq!((before.username.as_str(), before.canonical_username.as_str()), ("sarah", "sarah"));
    let again = file.import(&shop.database, &["--on-conflict", "update"]).await;
    assert_eq!(again.ok(), "0 imported, 0 updated, 1 unchanged, 0 skipped, 0 refused");
    assert_eq!(shop.row(sara.id).await, before);
    assert_eq!(shop.store.list_tokens(sara.id).await.unwrap().len(), 2);
}

async fn an_update_takes_nothing_from_others(shop: Shop) {
    let (sara, reza) = (shop.customer("sara").await, shop.customer("reza").await);
    let rows = [
        json!({"id": sara.id, "username": "REZA"}),
        json!({"username": "Sara", "first_name": "x"}),
        json!({"id": sara.id, "username": "sara", "keys": [reza.key]}),
        json!({"id": sara.id, "username": "sara", "is_active": false}),
    ];
    let file = ImportFile::new("update.jsonl", &lines(&rows));
    file.import(&shop.database, &["--on-conflict", "update"]).await.assert_code(1);
    let lines: Vec<_> = file.findings(".rejected.jsonl").iter().map(|finding| finding[..3].to_owned()).collect();
    assert_eq!(lines, ["1 u", "2 u", "3 k"]);
    let row = shop.row(sara.id).await;
    // Whether a customer is active is no part of the profile that clients see.
    assert_eq!((row.username.as_str(), row.version, row.is_active), ("sara", 1, false));
}

async fn an_interrupted_import_is_resumed(database: Database) {
    const ROWS: usize = 50_000;
    let row = |n: usize| format!("{n},customer{n},{n}@example.org,key-{n}\n");
    let file =
        ImportFile::new("many.csv", &format!("id,username,email,keys\n{}", (1..=ROWS).map(row).collect::<String>()));
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
    let (customers, keys) = store.count_rows().await.unwrap();
    assert!(customers > 0 && customers == keys, "a customer and their key come together: {customers}, {keys}");

    let resumed = file.import(&database, &["--on-conflict", "skip"]).await;
    let left = ROWS as u64 - customers;
    let expected = format!("{left} imported, 0 updated, 0 unchanged, {customers} skipped, 0 refused");
    assert_eq!(resumed.ok(), expected);
    assert_eq!(store.count_rows().await.unwrap(), (ROWS as u64, ROWS as u64));
}

async fn a_conflict_at_the_end_of_a_batch_costs_one_row(shop: Shop) {
    const ROWS: usize = 1_201;
    shop.customer(&format!("customer{ROWS}")).await;
    let row = |n: usize| format!("customer{n},key-{n}\n");
    let file = ImportFile::new("many.csv", &format!("username,keys\n{}", (1..=ROWS).map(row).collect::<String>()));
    let ended = file.import(&shop.database, &[]).await;
    assert_eq!(ended.stdout.lines().next(), Some("1200 imported, 0 updated, 0 unchanged, 0 skipped, 1 refused"));
    assert_eq!(file.findings(".rejected.jsonl").len(), 1);
    assert_eq!(shop.store.count_rows().await.unwrap(), (1_201, 1_201));
    assert_eq!(shop.get().key("key-700").send().await.json()["username"], "customer700");
}

/// A live server would otherwise keep a log of some hundred megabytes.
async fn nothing_is_left_in_the_log(shop: Shop) {
    if shop.database.backend() == DbBackend::Sqlite {
        ImportFile::new("sara.csv", "username\nsara\n").import(&shop.database, &[]).await.assert_code(0);
        let log = format!("{}-wal", shop.database.url().trim_start_matches("sqlite://"));
        assert_eq!(fs::metadata(log).unwrap().len(), 0);
    }
}

async fn a_dry_run_writes_nothing_and_finds_what_is_wrong(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("mixed.csv", MIXED);
    let ended = file.import(&database, &["--dry-run"]).await;
    ended.assert_code(1);
    assert!(
        ended.stdout.starts_with("dry run: 6 imported, 0 updated, 0 unchanged, 0 skipped, 2 refused\n"),
        "{ended:?}"
    );
    assert_eq!(
        file.findings(".twins.jsonl"),
        [
            "3 username: The same username as in line 2.",
            "4 username: This username looks like that of line 2.",
            "5 mobile_number: The same mobile_number as in line 2.",
            "7 keys: The same keys as in line 2.",
        ]
    );
    assert_eq!(database.open().await.count_rows().await.unwrap(), (0, 0));
}

async fn the_next_customers_id_is_above_every_imported_one(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("ids.csv", "id,username\n40,sara\n2,reza\n,mina\n");
    file.import(&database, &[]).await.assert_code(0);
    let added = binary::run(database.url(), &["customer", "add", "--username", "ali"]).await.ok();
    let ids: Vec<_> =
        export(&database, "csv").await.lines().skip(1).map(|row| row.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(ids, ["2", "40", "41", "42"]);
    assert!(added.starts_with("{\"id\":42,"), "{added}");
}

async fn rows_that_speak_of_one_customer_are_taken_in_order(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("twice.csv", "username,first_name\nsara,A\nreza,R\nsara,B\nsara,C\n");
    let ended = file.import(&database, &["--on-conflict", "update"]).await;
    ended.assert_code(0);
    assert_eq!(ended.stdout.lines().next().unwrap(), "2 imported, 2 updated, 0 unchanged, 0 skipped, 0 refused");
    assert_eq!(export(&database, "csv").await.lines().nth(1).unwrap(), "1,sara,,,,C,,,true");
    assert_eq!(file.findings(".twins.jsonl").len(), 2);
}
