//! The files of a SQLite database.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sea_orm::ConnectionTrait;
use serde_json::json;
use tempfile::TempDir;

use super::{doctor, run};
use crate::support::{
    binary::{self, Server},
    database::Database,
    full_disk::SmallDisk,
};

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A migrated database that no process has open: its URL, file and folder.
async fn closed() -> (Database, PathBuf, PathBuf) {
    let database = Database::sqlite();
    run(&database, "migrate").await;
    let file = PathBuf::from(database.url().trim_start_matches("sqlite://"));
    let folder = file.parent().unwrap().to_owned();
    (database, file, folder)
}

/// Every file of a folder with its bytes and when it was changed.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| (path.clone(), fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap());
    let mut contents: Vec<_> = paths.map(of).collect();
    contents.sort();
    contents
}

#[tokio::test]
async fn what_others_may_read_or_write_is_a_problem() {
    let (database, file, folder) = closed().await;
    set_mode(&folder, 0o755);
    assert_eq!(doctor(database.url(), &[], &[]).await.wrong(), []);
    set_mode(&file, 0o644);
    let found = doctor(database.url(), &[], &[]).await;
    found.assert("problem", "files", &format!("{} is open to every user of this machine (mode 644)", file.display()));
    let chmod = json!(format!("chmod 600 {}", file.display()));
    assert!(found.findings.iter().any(|finding| finding["remedy"] == chmod), "{found:?}");
    set_mode(&folder, 0o700);
    assert_eq!(doctor(database.url(), &[], &[]).await.wrong(), [("note", "files")]);
    set_mode(&file, 0o600);
    set_mode(&folder, 0o777);
    doctor(database.url(), &[], &[]).await.assert("problem", "files", "every user of this machine may create files in");
}

#[tokio::test]
async fn a_wal_that_cannot_be_read_is_a_note_and_is_kept() {
    let (database, file, folder) = closed().await;
    fs::write(format!("{}-wal", file.display()), "left behind").unwrap();
    set_mode(format!("{}-wal", file.display()), 0o600);
    let before = contents(&folder);
    doctor(database.url(), &[], &[]).await.assert("note", "wal", "11 B in");
    assert_eq!(contents(&folder), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wal_is_a_note() {
    let (database, ..) = closed().await;
    let db = database.connect().await;
    // No checkpoint moves these pages.
    let fill = "PRAGMA wal_autocheckpoint = 0; CREATE TABLE filler AS WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 \
                FROM numbers WHERE n < 70) SELECT zeroblob(1 << 20) AS filler FROM numbers";
    db.execute_unprepared(fill).await.unwrap();
    doctor(database.url(), &[], &[]).await.assert("note", "wal", "MiB in");
}

#[tokio::test]
async fn a_small_disk_is_a_problem() {
    let Some(disk) = SmallDisk::mount("32m") else { return };
    let url = format!("sqlite://{}", disk.path().join("shop.db").display());
    binary::run(&url, &["migrate"]).await.assert_code(0);
    doctor(&url, &[], &[]).await.assert("problem", "space", "MiB free in");
}

#[tokio::test]
async fn a_database_that_is_missing_or_none_is_a_problem_and_nothing_is_created() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("shop.db").display());
    doctor(&url, &[], &[]).await.assert("problem", "database", "does not exist: `shop-profile migrate` creates it");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(folder.path().join("shop.db"), "not a database, but long enough for one".repeat(100)).unwrap();
    doctor(&url, &[], &[]).await.assert("problem", "database", "is not a SQLite database");
}

#[tokio::test]
async fn a_database_that_is_closed_is_left_as_it_is() {
    let (database, _, folder) = closed().await;
    run(&database, "customer add --username sara").await;
    let before = contents(&folder);
    doctor(database.url(), &[], &[]).await;
    assert_eq!(contents(&folder), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_beside_a_server_and_reads_what_is_in_the_wal_of_a_killed_one() {
    let (database, file, folder) = closed().await;
    run(&database, "customer add --username sara").await;
    let token = run(&database, "token issue sara").await;
    let server = Server::start(database.url(), &[]).await;
    for name in ["a", "b"] {
        server.patch(json!({"first_name": name})).token(&token).send().await.assert_status(200);
        assert_eq!(doctor(database.url(), &[], &[]).await.wrong(), []);
    }
    run(&database, "token issue sara --expires-in never").await;
    server.kill().await;
    // What SQLite keeps in the index of the WAL is rebuilt by whoever opens the database next.
    let is_index = |path: &Path| path.to_string_lossy().ends_with("-shm");
    let kept = || contents(&folder).into_iter().filter(|(path, ..)| !is_index(path)).collect::<Vec<_>>();
    let before = kept();
    assert_eq!(before.len(), 2, "the database and its WAL: {}", file.display());
    doctor(database.url(), &[], &[]).await.assert(
        "note",
        "tokens",
        "live tokens that never expire, such as imported ones: 1",
    );
    assert_eq!(kept(), before);
}
