//! `customer import --rejected` and `customer import -`.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::{
    files::{ImportFile, MIXED, migrate},
    support::{binary, both_databases, database::Database},
};

both_databases! {
    rejected_rows_are_corrected_and_imported,
    reads_stdin,
}

async fn rejected_rows_are_corrected_and_imported(database: Database) {
    migrate(&database).await;
    let file = ImportFile::new("mixed.csv", MIXED);
    let copy = file.path.with_file_name("again.csv");
    let rejected = ["--rejected", copy.to_str().unwrap()];
    file.import(&database, &rejected).await.assert_code(1);
    let text = fs::read_to_string(&copy).unwrap();
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let rows: Vec<_> = MIXED.lines().collect();
    let expected = [0, 2, 4, 5, 6, 7, 8].map(|line| format!("{}\n", rows[line])).concat();
    assert_eq!(text, expected);

    let corrected = "username,mobile_number,email,gender,is_active,tokens\nSara2,,,,,\nreza,0913,,,,\n";
    let file = ImportFile::new("again.csv", corrected);
    let copy = file.path.with_file_name("none.csv");
    fs::write(&copy, "of an earlier run").unwrap();
    let ended = file.import(&database, &["--rejected", copy.to_str().unwrap()]).await.ok();
    assert!(ended.starts_with("2 imported"), "{ended}");
    assert!(!copy.exists());

    let report = format!("{}.rejected.jsonl", file.path.display());
    for used in [file.path.to_str().unwrap(), &report] {
        let ended = file.import(&database, &["--rejected", used]).await;
        let line =
            "error: --rejected: expected another file than the one that is imported and the list of what is wrong\n";
        ended.assert(2, "", line);
    }
    assert_eq!(fs::read_to_string(&file.path).unwrap(), corrected);
}

async fn reads_stdin(database: Database) {
    migrate(&database).await;
    let folder = TempDir::new().unwrap();
    let import = async |arguments: &[&str], rows: &str| {
        let mut command = binary::command(&[&["customer", "import"], arguments].concat());
        command
            .env("DATABASE_URL", database.url())
            .env("SHOP_PROFILE_LOG", "warn,audit=off")
            .current_dir(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(rows.as_bytes()).await.unwrap();
        binary::Ended::from(child.wait_with_output().await.unwrap())
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    for (stdin, username) in [("-", "sara"), ("/dev/stdin", "mina")] {
        let rows = format!("username,gender\n{username},female\nreza,x\n");
        let ended = import(&[stdin, "--format", "csv", "--rejected", "again.csv"], &rows).await;
        ended.assert(
            1,
            "1 imported, 0 updated, 0 unchanged, 0 skipped, 1 rejected; 0 tokens imported\n",
            "error: 1 row rejected, listed in stdin.rejected.jsonl\n",
        );
        assert_eq!(read("again.csv"), "username,gender\nreza,x\n");
        assert!(read("stdin.rejected.jsonl").starts_with("{\"line\":3,\"field\":\"gender\""));
    }
    let rows = "username\nreza\n";
    import(&["-"], rows).await.assert(1, "", "error: cannot tell the format by the file's name: give --format\n");
}
