//! `doctor`: looks at the database that a server uses, and says what is wrong and what to do. It changes nothing.
//!
//! - `report`: what was found
//! - `files`: the files of a SQLite database, and their disk
//! - `postgres`: what PostgreSQL says about itself
//! - `contents`: migrations, tokens and usernames
//! - `django`: a Django shop's tables

mod contents;
mod django;
mod files;
mod postgres;
mod report;

use self::report::{Level, Report};
use super::{CliError, layout::Layout};
use crate::store::{DatabaseFacts, DatabaseUrl, OpenOptions, PreparedStatements, Store, explain};

/// How to print.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What a server would be started with.
pub(super) struct Served {
    pub(super) url: DatabaseUrl,
    pub(super) layout: Layout,
    pub(super) prepared_statements: PreparedStatements,
    /// The most connections for requests.
    pub(super) connections: u32,
}

/// Looks at everything and prints what was found.
///
/// # Errors
/// There is a problem.
pub(super) async fn run(args: &Args, served: &Served) -> Result<(), CliError> {
    let mut report = Report::default();
    if let Some(found) = served.url.sqlite_files() {
        files::check(&found, &mut report);
    }
    // Whether a pooler is in front is found out, whatever the server is told.
    let url = served.url.clone().with_prepared_statements(PreparedStatements::Auto);
    let options = OpenOptions { create: false, look_only: true, ..OpenOptions::default() };
    match Store::open(&url, options).await {
        Ok(store) => {
            check(&store, served, &mut report).await;
            store.close().await;
        }
        Err(error) => report.problem(
            "database",
            error.to_string(),
            "do what this line says: until then servers do not start, and clients of those that run get 503",
        ),
    }
    report.print(args.json).map_err(CliError::failed)?;
    if report.count(Level::Problem) > 0 { Err(CliError::Silent) } else { Ok(()) }
}

async fn check(store: &Store, served: &Served, report: &mut Report) {
    match store.facts().await {
        Ok(DatabaseFacts::Sqlite { version }) => report.ok("database", format!("{}, SQLite {version}", served.url)),
        Ok(DatabaseFacts::Postgres(facts)) => postgres::check(&facts, served, report),
        Err(error) => report.problem("database", explain(&error), NOT_READ),
    }
    match &served.layout {
        Layout::Native => contents::check(store, report).await,
        Layout::Django(options) => django::check(&served.url, options, report).await,
    }
}

/// What to do about a database that was opened and then failed.
const NOT_READ: &str = "the database was opened and could not be read: see its own log, and try again";
