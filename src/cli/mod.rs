//! The command line: a file per sub-command. Results go to stdout, everything else to stderr. The exit code is 0 for
//! success, 1 for an error, 2 for wrong usage.

mod arguments;
mod copy;
pub mod customer;
mod django;
mod duplicates;
mod env;
pub mod export;
pub mod import;
mod languages;
mod layout;
mod listen;
pub mod log;
mod migrate;
mod openapi;
mod progress;
mod schema;
pub mod serve;
pub mod shadow;
mod signals;
pub mod token;

use std::{error::Error, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use self::{
    arguments::DatabaseUrlArg,
    layout::{Layout, LayoutArgs, LayoutError},
};
use crate::{
    profile::FieldError,
    store::{self, DatabaseUrl, Migrations, OpenOptions, PreparedStatements, Store},
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

    /// PostgreSQL: whether it keeps the prepared statements of a connection. `auto` finds out at the start whether a pooler
    /// in transaction mode is in front, behind which it cannot; `off` says that there is one, `on` that there is none.
    #[arg(
        long,
        global = true,
        env = "SHOP_PROFILE_PREPARED_STATEMENTS",
        value_name = "auto|on|off",
        default_value = "auto",
        value_parser = arguments::prepared_statements
    )]
    prepared_statements: PreparedStatements,

    /// What is logged to stderr: error, warn, info, debug, trace or off, or a list with levels of single modules
    /// (`info,shop_profile=debug`).
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG", value_name = "FILTER", default_value = "info")]
    pub log: log::LogFilter,

    /// How it is logged.
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: log::Format,

    #[command(flatten)]
    layout: LayoutArgs,
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
    /// Pass every request on to the old server, and compare its responses with ours.
    Shadow(shadow::Args),
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
    /// Look at a Django shop's tables before the server works on them; changes nothing.
    #[command(subcommand)]
    Django(django::Command),
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
    /// A command that this database does not have: wrong usage.
    #[error("{0}")]
    Usage(String),
    /// What is wrong has been printed.
    #[error("")]
    Silent,
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
        let conflict = match &cli.command {
            Command::Serve(args) => args.conflict(),
            Command::Shadow(args) => args.conflict(),
            _ => None,
        };
        if let Some(conflict) = conflict {
            Self::command().error(ErrorKind::ArgumentConflict, conflict).exit();
        }
        if let Some(problem) = cli.layout().err() {
            Self::command().error(ErrorKind::ArgumentConflict, problem).exit();
        }
        cli
    }

    /// Whose tables the database has.
    fn layout(&self) -> Result<Layout, LayoutError> {
        self.layout.layout(matches!(self.command, Command::Django(_)))
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
        Err(CliError::Silent) => ExitCode::FAILURE,
        Err(error @ CliError::Usage(_)) => {
            fail(&error);
            ExitCode::from(2)
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &CliError) -> ExitCode {
    log::print_to_stderr(&format!("error: {error}"));
    ExitCode::FAILURE
}

async fn dispatch(cli: Cli) -> Result<(), CliError> {
    let layout = cli.layout().map_err(|error| CliError::Usage(error.to_string()))?;
    let prepared = cli.prepared_statements;
    let of_postgres = |url: DatabaseUrl| url.with_prepared_statements(prepared);
    let url = || cli.database_url.parse("--database-url (DATABASE_URL)").map(of_postgres);
    if let (Layout::Django(_), Some(error)) = (&layout, djangos_own(&cli.command)) {
        return Err(CliError::Usage(error));
    }
    match cli.command {
        Command::Serve(args) => serve::run(args, url(), &layout, cli.log_format).await,
        Command::Shadow(args) => shadow::run(args, url()?, layout, cli.log_format).await,
        Command::Migrate(args) => migrate::run(args, &url()?).await,
        Command::Customer(command) => customer::run(command, &url()?, &layout).await,
        Command::Token(command) => token::run(command, &url()?).await,
        Command::Copy(args) => copy::run(args, of_postgres).await,
        Command::Django(command) => match layout {
            Layout::Django(options) => django::run(command, &url()?, &options).await,
            Layout::Native => Ok(()),
        },
        Command::Schema => schema::run(),
        Command::Openapi => openapi::run(),
    }
}

/// Why a command is not for a Django shop's tables: what it would do is Django's to do.
fn djangos_own(command: &Command) -> Option<String> {
    let (what, instead) = match command {
        Command::Migrate(_) => ("changes of its schema", "run `manage.py migrate`"),
        Command::Copy(_) => {
            ("its rows", "use pg_dump, or SQLite's .backup; to leave Django: `customer import --from-database`")
        }
        Command::Token(_) => ("its tokens", "use Django's admin (Tokens), or `manage.py drf_create_token`"),
        Command::Customer(command) => command.djangos_own()?,
        Command::Serve(_) | Command::Shadow(_) | Command::Django(_) | Command::Schema | Command::Openapi => {
            return None;
        }
    };
    Some(format!("this is a Django shop's database (--layout django), and {what} are Django's: {instead}"))
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
    check_not_djangos(&migrations)?;
    match migrations.pending().count() {
        0 => Ok(()),
        pending => Err(CliError::Failure(format!(
            "the database's schema is not up to date ({pending} pending): run `shop-profile migrate`"
        ))),
    }
}

/// Fails on a Django project's database that has none of our tables: they are not made there by the way.
fn check_not_djangos(migrations: &Migrations) -> Result<(), CliError> {
    if migrations.is_djangos {
        return Err(CliError::Failure(
            "this is a Django project's database: add --layout django to use the shop's own tables (see `shop-profile \
             django check`), or run `shop-profile migrate` first to have tables of shop-profile's own beside them"
                .into(),
        ));
    }
    Ok(())
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
