//! `customer import --dry-run`.

use serde_json::json;

use crate::{
    files::{ImportFile, MIXED, MIXED_REJECTED, lines, migrate},
    support::{both_databases, database::Database, shop::Shop},
};

both_databases! {
    a_dry_run_writes_nothing_and_counts_as_the_import_does,
    a_dry_run_follows_values_from_customer_to_customer,
}

async fn a_dry_run_writes_nothing_and_counts_as_the_import_does(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("mixed.csv", MIXED);
    let ended = file.import(&database, &["--dry-run"]).await;
    let stdout =
        "dry run: 3 would be imported, 0 updated, 0 unchanged, 0 skipped, 6 rejected; 1 token would be imported\n";
    let stderr = format!("error: 6 rows would be rejected, listed in {}\n", file.report().display());
    ended.assert(1, stdout, &stderr);
    assert_eq!(file.rejected(), MIXED_REJECTED);
    assert_eq!(database.open().await.count_rows().await.unwrap(), (0, 0));
    for mode in ["fail", "skip", "update"] {
        // Twice: into the empty database, and over the customers that the first time has stored.
        for _ in 0..2 {
            let dry =
                file.import(&database, &["--dry-run", "--on-conflict", mode]).await.stdout.replace("would be ", "");
            let rejected = file.rejected();
            let done = file.import(&database, &["--on-conflict", mode]).await.stdout;
            assert_eq!((dry, rejected), (format!("dry run: {done}"), file.rejected()), "{mode}");
        }
    }
}

/// A row may take a value that a row before it gives away, and not the other way round. A dry run sees the same.
async fn a_dry_run_follows_values_from_customer_to_customer(shop: Shop) {
    let email = |id: i64, email: &str| json!({"id": id, "username": format!("user{id}"), "email": email});
    let first: Vec<_> = (1..=4).map(|id| email(id, &format!("{id}@example.org"))).collect();
    ImportFile::new("first.jsonl", &lines(&first)).import(&shop.database, &[]).await.assert_code(0);
    // 2 takes what 1 gives away; 3 wants what 4 gives away too late; 5 is new and takes what 2 has given away.
    let rows = [
        email(1, "new@example.org"),
        email(2, "1@example.org"),
        email(3, "4@example.org"),
        email(4, ""),
        email(5, "2@example.org"),
    ];
    let file = ImportFile::new("second.jsonl", &lines(&rows));
    let expected = "1 imported, 3 updated, 0 unchanged, 0 skipped, 1 rejected; 0 tokens imported\n";
    let dry = file.import(&shop.database, &["--dry-run", "--on-conflict", "update"]).await;
    assert_eq!(dry.stdout.replace("would be ", ""), format!("dry run: {expected}"));
    let done = file.import(&shop.database, &["--on-conflict", "update"]).await;
    assert_eq!(done.stdout, expected);
    assert_eq!(file.rejected(), ["3 email: A user with that email already exists."]);
    assert_eq!(shop.row(2).await.email.as_deref(), Some("1@example.org"));
}
