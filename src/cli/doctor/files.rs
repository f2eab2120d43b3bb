//! The files of a SQLite database: who may read and write them, whose they are, how long the WAL is, what is free.

use indicatif::HumanBytes;

use super::report::Report;
use crate::store::{FileFacts, SqliteFiles};

/// The server keeps the WAL shorter than this, unless a reader holds it.
const LONG_WAL_BYTES: u64 = 64 << 20;
/// With less the next writes may fail: two WALs as long as they may become.
const LITTLE_FREE_BYTES: u64 = 128 << 20;

pub(super) fn check(found: &SqliteFiles, report: &mut Report) {
    let before = report.0.len();
    // What others cannot reach, they cannot read.
    let is_reachable = found.folder.mode & 0o001 != 0;
    for file in &found.files {
        check_readers(file, is_reachable, report);
    }
    check_writers(found, report);
    check_owner(found, report);
    if report.0.len() == before {
        report.ok("files", format!("{} is its owner's alone", found.files[0].path.display()));
    }
    check_wal(found, report);
    check_space(found, report);
}

fn check_readers(file: &FileFacts, is_reachable: bool, report: &mut Report) {
    let (path, mode) = (file.path.display(), file.mode);
    let remedy = format!("chmod 600 {path}");
    if mode & 0o006 != 0 && is_reachable {
        report.problem("files", format!("{path} is open to every user of this machine (mode {mode:03o})"), remedy);
    } else if mode & 0o066 != 0 {
        report.note("files", format!("{path} is open to others than its owner (mode {mode:03o})"), remedy);
    }
}

fn check_writers(found: &SqliteFiles, report: &mut Report) {
    let SqliteFiles { files, folder, user, .. } = found;
    for file in files.iter().chain([folder]).filter(|file| !file.is_writable) {
        let seen = format!("user {user} may not write to {}", file.path.display());
        report.problem(
            "files",
            seen,
            "run this command as the user of the server; if you did, give it the file and its folder",
        );
    }
    let (path, mode) = (folder.path.display(), folder.mode);
    if mode & 0o002 != 0 {
        let sticky = if mode & 0o1000 == 0 { "" } else { ", but remove only its own files" };
        let seen = format!("every user of this machine may create files in {path}{sticky} (mode {mode:03o})");
        report.problem("files", seen, format!("chmod o-w {path}, or move the database into a folder of its own"));
    }
}

/// Files of another user: what this command, or another one as this user, creates beside them, the server cannot open.
fn check_owner(found: &SqliteFiles, report: &mut Report) {
    let owner = found.files[0].owner;
    for file in found.files.iter().filter(|file| file.owner != owner) {
        let seen = format!("{} belongs to user {}, the database to user {owner}", file.path.display(), file.owner);
        report.problem("files", seen, "stop the server, and give the file to the owner of the database (chown)");
    }
    if owner != found.user {
        let seen = format!("the database belongs to user {owner}, and this command is run by user {}", found.user);
        report.note(
            "files",
            seen,
            format!("run every command as the user of the server: sudo -u '#{owner}' shop-profile .."),
        );
    }
}

fn check_wal(found: &SqliteFiles, report: &mut Report) {
    let beside = |suffix| found.files.iter().find(|file| file.path.to_string_lossy().ends_with(suffix));
    let Some(wal) = beside("-wal") else {
        return report.ok("wal", "there is none");
    };
    let seen = format!("{} in {}", HumanBytes(wal.bytes), wal.path.display());
    if wal.bytes > 0 && beside("-shm").is_none() {
        let remedy = "what is in it is not seen here: start the server, which takes it into the database";
        report.note("wal", format!("{seen}, and its index (-shm) is missing"), remedy);
    } else if wal.bytes > LONG_WAL_BYTES {
        let remedy = "a reader that does not end holds it (a backup, a sqlite3 shell): end it, and it is emptied by the next writes";
        report.note("wal", seen, remedy);
    } else {
        report.ok("wal", seen);
    }
}

fn check_space(found: &SqliteFiles, report: &mut Report) {
    let (free, database) = (found.free_bytes, found.files[0].bytes);
    let seen = format!("{} free in {}", HumanBytes(free), found.folder.path.display());
    if free < LITTLE_FREE_BYTES {
        report.problem("space", seen, "make room: without it writes fail, and clients get 503");
    } else if free < 2 * database {
        let needs = format!("a backup beside the database needs {}: make it on another disk", HumanBytes(database));
        report.note("space", seen, needs);
    } else {
        report.ok("space", seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::Level;

    fn file(path: &str, mode: u32) -> FileFacts {
        FileFacts { path: path.into(), bytes: 4096, mode, owner: 7, is_writable: true }
    }

    fn found(change: impl FnOnce(&mut SqliteFiles)) -> Vec<(Level, &'static str)> {
        let files = ["", "-wal", "-shm"].map(|suffix| file(&format!("/shop/shop.db{suffix}"), 0o600)).to_vec();
        let mut found = SqliteFiles { files, folder: file("/shop", 0o755), free_bytes: 1 << 40, user: 7 };
        change(&mut found);
        let mut report = Report::default();
        check(&found, &mut report);
        let wrong = report.0.into_iter().filter(|finding| finding.level != Level::Ok);
        wrong.map(|finding| (finding.level, finding.check)).collect()
    }

    #[test]
    fn each_fault_of_the_files_is_a_finding() {
        assert_eq!(found(|_| {}), []);
        assert_eq!(found(|it| it.files[0].mode = 0o644), [(Level::Problem, "files")]);
        assert_eq!(found(|it| it.files[1].mode = 0o640), [(Level::Note, "files")]);
        let in_private_folder = |it: &mut SqliteFiles| (it.files[0].mode, it.folder.mode) = (0o644, 0o700);
        assert_eq!(found(in_private_folder), [(Level::Note, "files")]);
        assert_eq!(found(|it| it.folder.mode = 0o777), [(Level::Problem, "files")]);
        assert_eq!(found(|it| it.folder.mode = 0o1777), [(Level::Problem, "files")]);
        assert_eq!(found(|it| it.folder.is_writable = false), [(Level::Problem, "files")]);
        assert_eq!(found(|it| it.files[1].owner = 0), [(Level::Problem, "files")]);
        assert_eq!(found(|it| it.user = 0), [(Level::Note, "files")]);
        assert_eq!(found(|it| it.files[1].bytes = 65 << 20), [(Level::Note, "wal")]);
        assert_eq!(found(|it| it.files.truncate(2)), [(Level::Note, "wal")]);
        assert_eq!(found(|it| it.free_bytes = 1 << 20), [(Level::Problem, "space")]);
        let long = |it: &mut SqliteFiles| (it.files[0].bytes, it.free_bytes) = (1 << 32, 1 << 31);
        assert_eq!(found(long), [(Level::Note, "space")]);
    }
}
