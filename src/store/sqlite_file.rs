//! The file of a SQLite database.

use std::{
    fs::OpenOptions,
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
};

use super::{cannot_open::explain_cannot_open, url::SqliteUrl};

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

fn create_private(path: &std::path::Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}
