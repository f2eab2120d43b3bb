//! Where a setting's value comes from.

use std::{cmp::Ordering, fmt, path::PathBuf};

/// Where a value comes from. The later in this list, the more it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Source {
    /// None was given.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line of the key, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// The command line.
    CommandLine,
}

impl Source {
    /// Of two places of this kind neither is nearer to the command, whatever else they are.
    fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Variable(_) => 2,
            Self::CommandLine => 3,
        }
    }

    /// Which of two values counts: the one that is given nearer to the command.
    pub(super) fn nearer(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}
