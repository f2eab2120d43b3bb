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
        let folder = TempDir::with_prefix("shop-transfer-").unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        Self { _folder: folder, path }
    }

    pub(crate) async fn import(&self, database: &Database, options: &[&str]) -> Ended {
        let arguments = [&["customer", "import", self.path.to_str().unwrap()], options].concat();
        binary::run(database.url(), &arguments).await
    }

    /// The report of rejected rows.
    pub(crate) fn report(&self) -> PathBuf {
        PathBuf::from(format!("{}.rejected.jsonl", self.path.display()))
    }

    /// `line field: message` of the rejected rows, in the order of the report.
    pub(crate) fn rejected(&self) -> Vec<String> {
        let text = fs::read_to_string(self.report()).unwrap_or_default();
        let show = |line: &str| {
            let error: Value = serde_json::from_str(line).unwrap();
            let [line, field, message] = ["line", "field", "message"].map(|name| error[name].clone());
            format!("{line} {}: {}", field.as_str().unwrap_or("-"), message.as_str().unwrap())
        };
        text.lines().map(show).collect()
    }
}

/// Creates the tables.
pub(crate) async fn migrate(database: &Database) {
    binary::run(database.url(), &["migrate"]).await.assert_code(0);
}

pub(crate) async fn export(database: &Database, format: &str) -> String {
    binary::run(database.url(), &["customer", "export", "--format", format]).await.ok()
}
