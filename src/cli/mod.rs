//! The command line: a file per sub-command. Results go to stdout, everything else to stderr. The exit code is 0 for
//! success, 1 for an error, 2 for wrong usage.

mod arguments;
mod config;
mod copy;
pub mod customer;
mod django;
mod duplicates;
pub mod export;
pub mod import;
mod layout;
mod listen;
pub mod log;
mod migrate;
mod openapi;
mod progress;
mod schema;
mod secrets;
pub mod serve;
pub mod shadow;
mod signals;
mod table;
pub mod token;

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::{
    config::{Config, DatabaseUrlArg, UsageError, WRONG_USAGE},
    layout::{Layout, LayoutArgs, LayoutError},
};
use crate::{
    profile::FieldError,
    store::{self, DatabaseUrl, Migrations, OpenOptions, Store},
};

/// A shop's authenticated customer reads and updates their own profile, by GraphQL and by REST.
#[derive(Parser)]
#[command(version, about, after_help = EXAMPLES, next_help_heading = GLOBAL_OPTIONS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    /// A TOML file with settings. Its keys are the options without dashes, those of `serve` and `shadow` in tables of these
    /// names; variables and options override it.
    #[arg(long, global = true, env = "SHOP_PROFILE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// What is logged to stderr: error, warn, info, debug, trace or off, or a list with levels of single modules
    /// (`info,shop_profile=debug`).
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG", value_name = "FILTER", default_value = "info")]
    log: log::LogFilter,

    /// How it is logged.
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    log_format: log::Format,

    /// The database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`; percent-encode `@ / ? #` in the password.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = DEFAULT_DATABASE_URL, help_heading = DATABASE_OPTIONS)]
    database_url: DatabaseUrlArg,

    /// A file with the URL of the database, in place of the URL: a secret of Docker or Kubernetes.
    #[arg(long, global = true, env = "DATABASE_URL_FILE", value_name = "FILE", help_heading = DATABASE_OPTIONS)]
    database_url_file: Option<PathBuf>,

    #[command(flatten)]
    layout: LayoutArgs,
}

const GLOBAL_OPTIONS: &str = "Global options";
const DATABASE_OPTIONS: &str = "Database";

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
    /// Print the settings in force, and where each value comes from.
    Config(config::Args),
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
    /// Options that contradict each other.
    fn conflict(&self) -> Option<String> {
        let conflict = match &self.command {
            Command::Serve(args) => args.conflict().map(str::to_owned),
            _ => None,
        };
        conflict.or_else(|| self.layout().err().map(|error| error.to_string()))
    }

    /// Whose tables the database has.
    fn layout(&self) -> Result<Layout, LayoutError> {
        self.layout.layout(matches!(self.command, Command::Django(_)))
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
        match config.useless_option().or_else(|| cli.conflict()) {
            Some(line) => Err(line.into()),
            None => Ok(Self { cli, config }),
        }
    }

    /// What is logged, and how.
    pub fn log(&self) -> (&log::LogFilter, log::Format) {
        (&self.cli.log, self.cli.log_format)
    }
}

/// Commands that use no database, or name theirs themselves.
const WITHOUT_DATABASE: [&str; 3] = ["copy", "schema", "openapi"];

/// The definition of the command line: what is derived, with what holds for all sub-commands.
fn command() -> clap::Command {
    let command = with_switches(Cli::command());
    let is_about_databases =
        |arg: &&clap::Arg| [Some(DATABASE_OPTIONS), Some(layout::HEADING)].contains(&arg.get_help_heading());
    let hidden: Vec<_> = command.get_arguments().filter(is_about_databases).map(|arg| arg.clone().hide(true)).collect();
    command.mut_subcommands(|command| match WITHOUT_DATABASE.contains(&command.get_name()) {
        true => command.args(&hidden),
        false => command,
    })
}

/// A switch that has a variable can be turned off on the command line, too: `--demo` is on, and `--demo=off` is off.
fn with_switches(command: clap::Command) -> clap::Command {
    let is_switch = |arg: &clap::Arg| matches!(arg.get_action(), ArgAction::SetTrue) && arg.get_env().is_some();
    let command = command.mut_args(|arg| match is_switch(&arg) {
        false => arg,
        true => {
            let arg = arg.action(ArgAction::Set).num_args(0..=1).require_equals(true).value_name("on|off");
            arg.default_missing_value("on").default_value("off")
        }
    });
    command.mut_subcommands(with_switches)
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
    let url = || config.database_url();
    if let (Layout::Django(_), Some(error)) = (&layout, djangos_own(&cli.command)) {
        return Err(CliError::Usage(error));
    }
    match cli.command {
        Command::Serve(args) => serve::run(args, &config, &layout, cli.log_format).await,
        Command::Shadow(args) => shadow::run(args, url()?, layout, cli.log_format).await,
        Command::Migrate(args) => migrate::run(args, &url()?).await,
        Command::Customer(command) => customer::run(command, &url()?, &layout).await,
        Command::Token(command) => token::run(command, &url()?).await,
        Command::Copy(args) => copy::run(args).await,
        Command::Config(args) => config::run(&args, &config),
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
        Command::Serve(_)
        | Command::Shadow(_)
        | Command::Django(_)
        | Command::Config(_)
        | Command::Schema
        | Command::Openapi => return None,
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
        command().debug_assert();
    }
}
