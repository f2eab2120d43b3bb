//! Files to import, in a folder of their own.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    binary::{self, Ended},
    database::Database,
};

pub(crate) struct ImportFile {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl ImportFile {
    pub(crate) fn new(name: &str, content: &str) -> Self {
        let folder = TempDir::with_prefix("shop-bulk-").unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        Self { _folder: folder, path }
    }

    pub(crate) async fn import(&self, database: &Database, options: &[&str]) -> Ended {
        let arguments = [&["customer", "import", self.path.to_str().unwrap()], options].concat();
        binary::run(database.url(), &arguments).await
    }

    /// What is beside the file.
    pub(crate) fn report(&self, suffix: &str) -> PathBuf {
        PathBuf::from(format!("{}{suffix}", self.path.display()))
    }

    /// `line field: message` of what was found, in the order of the lines.
    pub(crate) fn findings(&self, suffix: &str) -> Vec<String> {
        let text = fs::read_to_string(self.report(suffix)).unwrap_or_default();
        let mut findings: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        findings.sort_by_key(|finding| finding["line"].as_u64());
        let show = |finding: &Value| {
            let [line, field, message] = ["line", "field", "message"].map(|name| finding[name].clone());
            format!("{line} {}: {}", field.as_str().unwrap_or("-"), message.as_str().unwrap())
        };
        findings.iter().map(show).collect()
    }
}

/// `migrate`, then nothing in it.
pub(crate) async fn migrate(database: &Database) {
    binary::run(database.url(), &["migrate"]).await.assert_code(0);
}

pub(crate) async fn export(database: &Database, format: &str) -> String {
    binary::run(database.url(), &["customer", "export", "--format", format]).await.ok()
}
