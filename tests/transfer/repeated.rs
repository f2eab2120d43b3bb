//! A file that repeats a username, id, mobile number, e-mail address or token: the first row that has a value wins, in
//! every mode and in every run. A second run changes nothing.

use sea_orm::EntityTrait;

use crate::{
    files::{ImportFile, export, migrate},
    support::{both_databases, database::Database, shop::Shop},
};

both_databases! {
    every_run_of_a_file_rejects_the_same_rows,
    a_repeated_username_does_not_hand_over_an_account,
    a_repetition_in_another_batch_is_rejected,
    rows_with_and_without_ids_do_not_mix,
}

/// Files with every kind of repetition, and the lines that are rejected.
const FILES: [(&str, &[&str]); 6] = [
    ("username,email\nalice,a@x.example\nbob,b@x.example\nalice,c@x.example\nALICE,d@x.example\n", &["4", "5"]),
    ("id,username\n7,alice\n8,bob\n7,carol\n8,alice\n", &["4", "5", "5"]),
    ("username,mobile_number\nalice,0912\nbob,0913\ncarol,0912\n", &["4"]),
    ("username,email\nalice,a@x.example\nbob,a@x.example\ncarol,c@x.example\n", &["3"]),
    (
        "username,tokens\nalice,first-token-of-alice second-token-of-alice\nbob,second-token-of-alice\ncarol,a-token-of-carol-alone\n",
        &["3"],
    ),
    // A row that breaks a rule claims nothing; a whole row again is rejected for each of its values.
    ("username,email,gender\nalice,a@x.example,x\nbob,a@x.example,male\nbob,a@x.example,male\n", &["2", "4", "4"]),
];

async fn every_run_of_a_file_rejects_the_same_rows(first: Database) {
    for (content, lines) in FILES {
        for mode in ["fail", "skip", "update"] {
            let database = first.another().await;
            migrate(&database).await;
            let file = ImportFile::new("repeated.csv", content);
            file.import(&database, &["--on-conflict", mode]).await.assert_code(1);
            let rejected = file.rejected();
            let rejected_lines: Vec<_> = rejected.iter().map(|row| row.split(' ').next().unwrap()).collect();
            assert_eq!(rejected_lines, lines, "{content} {mode}: {rejected:?}");
            let stored = stored(&database).await;
            for mode in ["skip", "update"] {
                let again = file.import(&database, &["--on-conflict", mode]).await;
                assert!(again.stdout.starts_with("0 imported, 0 updated, "), "{content} {mode}: {again:?}");
                assert!(again.stdout.ends_with("; 0 tokens imported\n"), "{content} {mode}: {again:?}");
                assert_eq!(file.rejected(), rejected, "{content} {mode}");
                assert_eq!(self::stored(&database).await, stored, "{content} {mode}");
            }
        }
    }
}

/// Everything that is stored, versions and dates included.
async fn stored(database: &Database) -> (Vec<entity::customer::Model>, Vec<entity::api_token::Model>) {
    let db = database.connect().await;
    let customers = entity::customer::Entity::find().all(&db).await.unwrap();
    (customers, entity::api_token::Entity::find().all(&db).await.unwrap())
}

async fn a_repeated_username_does_not_hand_over_an_account(shop: Shop) {
    let file = ImportFile::new(
        "alice.csv",
        "username,email,tokens\nalice,alice@x.example,the-token-of-alice-herself\ncarol,,\nalice,carol@x.example,the-token-of-carol-herself\n",
    );
    for _ in 0..3 {
        file.import(&shop.database, &["--on-conflict", "update"]).await.assert_code(1);
        let alice = shop.get().token("the-token-of-alice-herself").send().await.assert_status(200);
        assert_eq!(alice.json()["email"], "alice@x.example");
        shop.get().token("the-token-of-carol-herself").send().await.assert_status(401);
    }
}

async fn a_repetition_in_another_batch_is_rejected(database: Database) {
    const ROWS: usize = 20_100;
    migrate(&database).await;
    let rows: String = (1..=ROWS).map(|n| format!("customer{n},{n}@x.example\n")).collect();
    let file = ImportFile::new("many.csv", &format!("username,email\n{rows}last,1@x.example\n"));
    let expected = [format!("{} email: Line 2 has the same email.", ROWS + 2)];
    let dry = file.import(&database, &["--dry-run"]).await;
    assert!(dry.stdout.starts_with("dry run: 20100 would be imported, "), "{dry:?}");
    assert_eq!(file.rejected(), expected);
    for counts in ["20100 imported, 0 updated, 0 unchanged", "0 imported, 0 updated, 20100 unchanged"] {
        let ended = file.import(&database, &["--on-conflict", "update"]).await;
        assert!(ended.stdout.starts_with(counts), "{ended:?}");
        assert_eq!(file.rejected(), expected);
    }
}

/// Otherwise a row without an id could be about the customer of a row with one, or be given its id.
async fn rows_with_and_without_ids_do_not_mix(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("ids.csv", "id,username\n,alice\n1,bob\n");
    for _ in 0..2 {
        file.import(&database, &["--on-conflict", "update"]).await.assert_code(1);
        assert_eq!(file.rejected(), ["3 id: The first row has no id, so no row may have one."]);
        assert_eq!(export(&database, "csv").await.lines().nth(1), Some("1,alice,,,,,,,true"));
    }
}
