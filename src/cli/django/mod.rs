//! `django`: what an owner does before the server works on their Django shop's tables.

mod check;
mod serve_line;

use clap::Subcommand;

pub(super) use self::check::examine;
use super::{CliError, print};
use crate::store::{DatabaseUrl, DjangoOptions, django_grants};

/// What to do with a Django shop's tables. Nothing in them is changed.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Find the shop's tables and columns, and say what is missing and what to know; prints the line that starts the
    /// server. The exit code is 1 when something is missing.
    Check,
    /// Print the SQL that gives a role of PostgreSQL the rights that the server needs, and no others.
    Grants(GrantsArgs),
}

/// To whom.
#[derive(clap::Args)]
pub(super) struct GrantsArgs {
    /// The role that the server connects as.
    #[arg(value_name = "ROLE")]
    role: String,
}

pub(super) async fn run(command: Command, url: &DatabaseUrl, options: &DjangoOptions) -> Result<(), CliError> {
    match command {
        Command::Check => check::run(url, options).await,
        Command::Grants(args) => {
            print(&django_grants(url, options, &args.role).await.map_err(CliError::failed)?);
            Ok(())
        }
    }
}
