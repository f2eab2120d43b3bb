//! What was found, and how it is printed.

use serde::Serialize;

use crate::cli::print;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing. It may be meant.
    Note,
    /// To be repaired.
    Problem,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What was looked at, in a word.
    pub(super) check: &'static str,
    /// What was seen.
    pub(super) seen: String,
    /// What to do about it.
    pub(super) remedy: Option<String>,
}

/// All findings, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Report(pub(super) Vec<Finding>);

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, seen: impl Into<String>) {
        self.0.push(Finding { level: Level::Ok, check, seen: seen.into(), remedy: None });
    }

    pub(super) fn note(&mut self, check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { level: Level::Note, check, seen: seen.into(), remedy: Some(remedy.into()) });
    }

    pub(super) fn problem(&mut self, check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { level: Level::Problem, check, seen: seen.into(), remedy: Some(remedy.into()) });
    }

    /// How many findings are of this level.
    pub(super) fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    /// Prints each finding: for people in a line or two, for programs as a JSON object.
    pub(super) fn print(&self, as_json: bool) -> serde_json::Result<()> {
        for finding in &self.0 {
            if as_json {
                print(&serde_json::to_string(finding)?);
                continue;
            }
            print(&format!("{:<8} {}: {}", finding.level.as_str(), finding.check, finding.seen));
            if let Some(remedy) = &finding.remedy {
                print(&format!("         -> {remedy}"));
            }
        }
        if !as_json {
            print(&format!("problems: {}, notes: {}", self.count(Level::Problem), self.count(Level::Note)));
        }
        Ok(())
    }
}
