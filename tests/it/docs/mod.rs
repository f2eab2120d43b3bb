//! The documents are true: every example is sent, every command is run, every citation leads somewhere, every
//! limit has the value that docs/limits.md states, and ARCHITECTURE.md names every module.

mod citations;
mod commands;
mod examples;
mod graphql_limits;
mod limits;
mod map;
mod markdown;
mod metrics;
mod options;
mod rules;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository, by its path from the root.
fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below these folders whose name ends so, sorted. The folders and the paths are relative to the root.
fn files(folders: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            match entry.file_type().unwrap() {
                kind if kind.is_dir() && entry.file_name() != "node_modules" => folders.push(path),
                _ if path.extension().is_some_and(|found| found == extension) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
