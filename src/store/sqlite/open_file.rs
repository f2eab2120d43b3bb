//! Whether the path of the database still leads to the file that is open. A backup that is restored beside a running server
//! takes the file's place; what the server then writes to the old one would be lost with its end.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use sea_orm::DbErr;

use crate::store::StoreError;

/// The file that the connections have open.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    id: FileId,
}

/// What a file has for as long as it lives: its device and its inode.
type FileId = (u64, u64);

fn id(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

impl OpenFile {
    /// The file that the path leads to now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(Self { id: id(&path.metadata()?), path })
    }

    /// A system call of a microsecond, so that it may stand before each transaction.
    ///
    /// # Errors
    /// [`StoreError::NotWritable`] when the path leads to another file or to none, until the server is started again.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.path.metadata() {
            Ok(metadata) if id(&metadata) == self.id => Ok(()),
            _ => Err(StoreError::NotWritable(Arc::new(DbErr::Custom(format!(
                "{} is no longer the file that this server has open: restart the server",
                self.path.display()
            ))))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_replaced_or_removed_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["shop.db", "other.db"].map(|name| folder.path().join(name));
        fs::write(&path, "a").unwrap();
        let file = OpenFile::of(&path).unwrap();
        fs::write(&path, "longer").unwrap();
        assert!(file.check().is_ok());
        fs::write(&other, "longer").unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(matches!(file.check(), Err(StoreError::NotWritable(_))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(file.check(), Err(StoreError::NotWritable(_))));
    }
}
