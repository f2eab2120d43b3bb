//! The file of a SQLite database.

use std::{
    fs::OpenOptions,
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, access, statvfs},
    process::geteuid,
};

use super::{
    DatabaseUrl,
    cannot_open::explain_cannot_open,
    url::{Kind, SqliteUrl},
};

/// The files of a SQLite database, as they are.
#[derive(Clone, Debug)]
pub struct SqliteFiles {
    /// The database, then its WAL and the index of the WAL, if they are there.
    pub files: Vec<FileFacts>,
    /// Their folder.
    pub folder: FileFacts,
    /// What is free on the file system, for a user who is not root.
    pub free_bytes: u64,
    /// The id of the user who looks.
    pub user: u32,
}

/// A file or a folder.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// Its absolute path.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// Its permissions, such as 0o600.
    pub mode: u32,
    /// The id of the user whose it is.
    pub owner: u32,
    /// Whether the user who looks may write to it.
    pub is_writable: bool,
}

impl DatabaseUrl {
    /// The files of a SQLite database; `None` for any other, and where they are not there or cannot be seen.
    pub fn sqlite_files(&self) -> Option<SqliteFiles> {
        let Kind::Sqlite(url) = &self.0 else { return None };
        let path = std::path::absolute(url.file.as_ref()?).ok()?;
        let database = FileFacts::of(path.clone()).ok()?;
        let beside = SUFFIXES.iter().filter_map(|suffix| FileFacts::of(with_suffix(&path, suffix)).ok());
        let folder = FileFacts::of(path.parent()?.to_owned()).ok()?;
        let disk = statvfs(&folder.path).ok()?;
        Some(SqliteFiles {
            files: std::iter::once(database).chain(beside).collect(),
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            folder,
            user: geteuid().as_raw(),
        })
    }
}

impl FileFacts {
    fn of(path: PathBuf) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let is_writable = access(&path, Access::WRITE_OK).is_ok();
        Ok(Self { bytes: metadata.len(), mode: metadata.mode() & 0o7777, owner: metadata.uid(), is_writable, path })
    }
}

/// Of the WAL and of its index.
const SUFFIXES: [&str; 2] = ["-wal", "-shm"];

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Whether the WAL and its index are there, as while a process has the database open.
pub(super) fn has_wal(url: &SqliteUrl) -> bool {
    url.file.as_ref().is_some_and(|file| SUFFIXES.iter().all(|suffix| with_suffix(file, suffix).exists()))
}

/// Makes sure that the file exists. With `create` a missing one is created, if the URL lets SQLite create it; only its
/// owner can read it, because it holds customers' data.
///
/// # Errors
/// Why there is no file, for an operator.
pub(super) fn prepare(url: &SqliteUrl, create: bool) -> Result<(), String> {
    let Some(file) = &url.file else { return Ok(()) };
    let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    if !create || !url.may_create {
        return if path.is_file() { Ok(()) } else { Err(explain_cannot_open(&path)) };
    }
    match create_private(&path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(format!("no permission to create {}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(explain_cannot_open(&path)),
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(format!("cannot create {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

fn create_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}
