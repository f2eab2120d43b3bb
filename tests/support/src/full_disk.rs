//! A small file system in memory that can be filled up.

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A mounted tmpfs. Dropping it unmounts it.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one; `None`, said aloud, where that is not allowed.
    pub fn mount(size: &str) -> Option<Self> {
        let folder = TempDir::with_prefix("shop-disk-").unwrap();
        let options = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        let why = "a tmpfs cannot be mounted";
        assert!(env::var("REQUIRE_TMPFS").as_deref() != Ok("1"), "{why}, but REQUIRE_TMPFS=1");
        crate::say(&format!("NOT RUN: the test of a full disk: {why}."));
        None
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes until there is no room.
    pub fn fill(&self) {
        let mut file = File::options().append(true).create(true).open(self.filler()).unwrap();
        // Down to the last page.
        loop {
            match file.write_all(&[0; 4096]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Makes room again.
    pub fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
