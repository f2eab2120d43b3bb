//! The command line: a file per sub-command. Results go to stdout, everything else to stderr. The exit code is 0 for
//! success, 1 for an error, 2 for wrong usage.

mod arguments;
mod audit;
mod completions;
mod config;
mod copy;
pub mod customer;
mod definition;
mod django;
mod doctor;
mod duplicates;
pub mod export;
mod grants;
mod health;
pub mod import;
mod languages;
mod layout;
mod listen;
pub mod log;
mod man;
mod metrics;
mod migrate;
mod openapi;
mod progress;
mod schema;
mod secrets;
pub mod serve;
pub mod shadow;
mod signals;
mod spans;
mod table;
pub mod token;
mod wait;

use std::{env, error::Error, path::Path, process::ExitCode};

use clap::FromArgMatches;

pub use self::definition::command;
use self::{
    config::{Config, UsageError, WRONG_USAGE},
    definition::{Cli, Command, WITHOUT_DATABASE},
    layout::Layout,
};
use crate::{
    profile::FieldError,
    store::{self, DatabaseUrl, Migrations, OpenOptions, Store},
};

/// Why a sub-command failed: one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Fields that break a rule, one line each.
    #[error("{}", .0.iter().map(in_words).collect::<Vec<_>>().join("\n"))]
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

fn in_words(error: &FieldError) -> String {
    format!("{}: {}", error.field.as_str(), error.operator_message())
}

impl CliError {
    fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A command with everything that was given for it.
pub struct Invocation {
    cli: Cli,
    config: Config,
}

impl Invocation {
    /// Reads the command line, the environment and the configuration file. Wrong usage ends the process with a message and
    /// exit code 2.
    pub fn read_or_exit() -> Self {
        Self::read().unwrap_or_else(|error| error.exit())
    }

    fn read() -> Result<Self, UsageError> {
        let config = Config::load(command(), env::args_os().collect())?;
        let cli = Cli::from_arg_matches(&config.matches).map_err(UsageError::Clap)?;
        match config.useless_option(&WITHOUT_DATABASE).or_else(|| cli.conflict(&config)) {
            Some(line) => Err(line.into()),
            None => Ok(Self { cli, config }),
        }
    }

    /// Starts the log, with the audit log's file where the command writes lines to it.
    ///
    /// # Errors
    /// The file of the audit log cannot be written: this is the exit code.
    pub fn start_log(&self) -> Result<(), ExitCode> {
        let Cli { log, log_format, audit_log, command, .. } = &self.cli;
        let file = audit_log.as_deref().filter(|_| command.is_audited());
        log::start(log, *log_format, file).map_err(|error| {
            fail(format!("--audit-log: cannot write {}: {error}", file.unwrap_or(Path::new("")).display()));
            ExitCode::from(WRONG_USAGE)
        })
    }
}

/// Runs the sub-command to its end.
pub fn run(invocation: Invocation) -> ExitCode {
    for line in invocation.config.unknown_variables() {
        tracing::warn!("{line}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(CliError::failed(error)),
    };
    match runtime.block_on(dispatch(invocation)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Silent) => ExitCode::FAILURE,
        Err(error @ CliError::Usage(_)) => {
            fail(error);
            ExitCode::from(WRONG_USAGE)
        }
        Err(error) => fail(error),
    }
}

fn fail(error: impl std::fmt::Display) -> ExitCode {
    log::print_to_stderr(&format!("error: {error}"));
    ExitCode::FAILURE
}

async fn dispatch(Invocation { cli, config }: Invocation) -> Result<(), CliError> {
    let layout = cli.layout().map_err(|error| CliError::Usage(error.to_string()))?;
    let prepared = cli.prepared_statements;
    let of_postgres = |url: DatabaseUrl| url.with_prepared_statements(prepared);
    let url = || config.database_url().map(of_postgres);
    if let (Layout::Django(_), Some(error)) = (&layout, cli.command.djangos_own()) {
        return Err(CliError::Usage(error));
    }
    match cli.command {
        Command::Serve(args) => serve::run(args, &config, &layout, cli.log_format).await,
        Command::Shadow(args) => shadow::run(args, &config, url()?, layout, cli.log_format).await,
        Command::Migrate(args) => migrate::run(args, &url()?).await,
        Command::Customer(command) => customer::run(command, &url()?, &layout).await,
        Command::Token(command) => token::run(command, &url()?).await,
        Command::Copy(args) => copy::run(args, of_postgres).await,
        Command::Doctor(args) => {
            let (url, connections) = (url()?, config.database_connections()?);
            let served = doctor::Served { url, layout, prepared_statements: prepared, connections };
            doctor::run(&args, &served).await
        }
        Command::Health(args) => health::run(&args).await,
        Command::Config(args) => config::run(&args, &config),
        Command::Grants(args) | Command::Django(django::Command::Grants(args)) => {
            grants::run(&args, &url()?, &layout).await
        }
        Command::Django(django::Command::Check) => match layout {
            Layout::Django(options) => django::check::run(&url()?, &options).await,
            Layout::Native => Ok(()),
        },
        Command::Schema => schema::run(),
        Command::Openapi => openapi::run(),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
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
