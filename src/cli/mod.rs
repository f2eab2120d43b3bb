//! The command line: a file per sub-command. Results go to stdout, everything else to stderr. The exit code is 0 for
//! success, 1 for an error, 2 for wrong usage.

mod arguments;
mod copy;
pub mod customer;
mod duplicates;
mod env;
pub mod export;
pub mod import;
pub mod log;
mod migrate;
mod openapi;
mod progress;
mod schema;
pub mod serve;
pub mod token;

use std::{error::Error, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use self::arguments::DatabaseUrlArg;
use crate::{
    profile::FieldError,
    store::{self, DatabaseUrl, OpenOptions, Store},
};

/// A shop's authenticated customer reads and updates their own profile, by GraphQL and by REST.
#[derive(Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    /// The database: sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = DEFAULT_DATABASE_URL
    )]
    database_url: DatabaseUrlArg,

    /// What is logged to stderr: error, warn, info, debug, trace or off, or a list with levels of single modules
    /// (`info,shop_profile=debug`).
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG", value_name = "FILTER", default_value = "info")]
    pub log: log::LogFilter,

    /// How it is logged.
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: log::Format,
}

const DEFAULT_DATABASE_URL: &str = "sqlite://shop-profile.db";

const EXAMPLES: &str = "\
Try it, without a database:
  shop-profile serve --demo

Run it:
  shop-profile migrate
  shop-profile customer add --username sara --first-name Sara
  shop-profile token issue sara --name phone
  shop-profile serve";

#[derive(Subcommand)]
enum Command {
    /// Answer GraphQL and REST requests until SIGTERM or Ctrl-C.
    Serve(serve::Args),
    /// Bring the database's schema up to date.
    Migrate(migrate::Args),
    /// Add, show, activate, deactivate, import and export customers.
    #[command(subcommand)]
    Customer(customer::Command),
    /// Issue, list and revoke API tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Move a shop from one database to another (SQLite to PostgreSQL, or back), and compare the two.
    Copy(copy::Args),
    /// Print the GraphQL schema in the definition language (schema.graphql).
    Schema,
    /// Print the OpenAPI document of the REST API (openapi.json).
    Openapi,
}

/// Why a sub-command failed: one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Fields that break a rule, one line each.
    #[error("{}", .0.iter().map(|error| format!("{}: {}", error.field.as_str(), error.message)).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<FieldError>),
    /// Anything else, in words.
    #[error("{0}")]
    Failure(String),
    /// An error of the store, of a file or of the system.
    #[error("{}", store::explain(&**.0))]
    Failed(Box<dyn Error + Send + Sync>),
}

impl CliError {
    fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl Cli {
    /// Reads the command line and the environment. Wrong usage ends the process with a message and exit code 2.
    pub fn parse_or_exit() -> Self {
        let cli = Self::try_parse().unwrap_or_else(|error| arguments::exit(&env::name_variable(error)));
        if let Command::Serve(args) = &cli.command
            && let Some(conflict) = args.conflict()
        {
            Self::command().error(ErrorKind::ArgumentConflict, conflict).exit();
        }
        cli
    }
}

/// Runs the sub-command to its end.
pub fn run(cli: Cli) -> ExitCode {
    env::warn_of_unknown();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::failed(error)),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &CliError) -> ExitCode {
    log::print_to_stderr(&format!("error: {error}"));
    ExitCode::FAILURE
}

async fn dispatch(cli: Cli) -> Result<(), CliError> {
    let url = || cli.database_url.parse("--database-url (DATABASE_URL)");
    match cli.command {
        Command::Serve(args) => serve::run(args, url(), cli.log_format).await,
        Command::Migrate(args) => migrate::run(args, &url()?).await,
        Command::Customer(command) => customer::run(command, &url()?).await,
        Command::Token(command) => token::run(command, &url()?).await,
        Command::Copy(args) => copy::run(args).await,
        Command::Schema => schema::run(),
        Command::Openapi => openapi::run(),
    }
}

/// Opens a database that exists and is up to date: only `serve`, `migrate` and `copy --to` create one.
async fn open(url: &DatabaseUrl) -> Result<Store, CliError> {
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    let store = Store::open(url, options).await.map_err(CliError::failed)?;
    check_schema(&store).await?;
    Ok(store)
}

/// Fails when the schema is not up to date.
async fn check_schema(store: &Store) -> Result<(), CliError> {
    let migrations = store.migrations().await.map_err(CliError::failed)?;
    migrations.warn_of_unknown();
    match migrations.pending().count() {
        0 => Ok(()),
        pending => Err(CliError::Failure(format!(
            "the database's schema is not up to date ({pending} pending): run `shop-profile migrate`"
        ))),
    }
}

/// Prints a result on stdout. It is no error when the reader has closed the pipe (`| head`).
fn print(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
