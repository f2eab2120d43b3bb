//! `django`: what an owner does before the server works on their Django shop's tables.

pub(super) mod check;
mod serve_line;

use clap::Subcommand;

pub(super) use self::check::examine;
use super::{CliError, grants, print};

/// What to do with a Django shop's tables. Nothing in them is changed.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Find the shop's tables and columns, and say what is missing and what to know; prints the line that starts the
    /// server. The exit code is 1 when something is missing.
    Check,
    /// Print the SQL that gives a role of PostgreSQL the rights that the server needs, and no others: `grants --layout django`.
    Grants(grants::Args),
}
