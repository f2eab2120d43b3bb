//! Files to import, in a folder of their own.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    binary::{self, Ended},
    database::Database,
};

/// Rows of every kind: right ones, wrong ones, and ones that repeat a value of an earlier row.
pub(crate) const MIXED: &str = "\
username,mobile_number,email,gender,is_active,tokens
sara,0912,,,,9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b
Sara,,,,,
s\u{430}ra,,,,,
reza,0912,,,,
bad name,,nobody,x,maybe,
ali,,,,,9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b
mina,,
mina,,,,,1
mina,,,,,";

/// What is wrong with them.
pub(crate) const MIXED_REJECTED: [&str; 9] = [
    "3 username: Line 2 has the same username.",
    "5 mobile_number: Line 2 has the same mobile_number.",
    "6 is_active: Must be true or false.",
    "6 username: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
    "6 email: Enter a valid email address.",
    "6 gender: \"x\" is not a valid choice. Expected male or female.",
    "7 tokens: Line 2 has one of these tokens.",
    "8 -: Expected 6 values, but got 3.",
    "9 tokens: A token has at least 20 characters: a shorter one could be guessed.",
];

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

/// Rows as JSON lines.
pub(crate) fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
