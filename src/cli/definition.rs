//! The definition of the command line, for clap.

use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use super::{
    arguments, completions,
    config::{self, Config, DatabaseUrlArg},
    copy, customer, django, doctor, grants, health,
    layout::{self, Layout, LayoutArgs, LayoutError},
    log, man, migrate, serve, shadow, token,
};
use crate::store::PreparedStatements;

/// A shop's authenticated customer reads and updates their own profile, by GraphQL and by REST.
#[derive(Parser)]
#[command(version, about, after_help = EXAMPLES, next_help_heading = GLOBAL_OPTIONS)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    /// A TOML file with settings. Its keys are the options without dashes, those of `serve` and `shadow` in tables of these
    /// names; variables and options override it.
    #[arg(long, global = true, env = "SHOP_PROFILE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// What is logged to stderr: error, warn, info, debug, trace or off, or a list with levels of single modules
    /// (`info,shop_profile=debug`).
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG", value_name = "FILTER", default_value = "info")]
    pub(super) log: log::LogFilter,

    /// How it is logged: `text` or `json`.
    #[arg(long, global = true, env = "SHOP_PROFILE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: log::Format,

    /// A file to which each line of the audit log is appended, beside the log: for commands as for servers. It is made
    /// readable by its owner alone.
    #[arg(long, global = true, env = "SHOP_PROFILE_AUDIT_LOG", value_name = "FILE")]
    pub(super) audit_log: Option<PathBuf>,

    /// The database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`; percent-encode `@ / ? #` in the password.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = DEFAULT_DATABASE_URL, help_heading = DATABASE_OPTIONS)]
    database_url: DatabaseUrlArg,

    /// PostgreSQL: whether it keeps the prepared statements of a connection. `auto` finds out at the start whether a pooler
    /// in transaction mode is in front, behind which it cannot; `off` says that there is one, `on` that there is none.
    #[arg(long, global = true, env = "SHOP_PROFILE_PREPARED_STATEMENTS", value_name = "auto|on|off")]
    #[arg(default_value = "auto", value_parser = arguments::prepared_statements, help_heading = DATABASE_OPTIONS)]
    pub(super) prepared_statements: PreparedStatements,

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
pub(super) enum Command {
    /// Answer GraphQL and REST requests until SIGTERM or Ctrl-C.
    Serve(serve::Args),
    /// Pass every request on to the old server, and compare its responses with ours.
    Shadow(shadow::Args),
    /// Bring the database's schema up to date.
    Migrate(migrate::Args),
    /// List, show, add, change, activate, deactivate, delete, import and export customers.
    #[command(subcommand)]
    Customer(customer::Command),
    /// Issue, list, find and revoke API tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Move a shop from one database to another (SQLite to PostgreSQL, or back), and compare the two.
    Copy(copy::Args),
    /// Look at the database, its files and its settings, and say what is wrong; changes nothing. The exit code is 1 when
    /// there is a problem.
    Doctor(doctor::Args),
    /// Ask the server on this machine whether it serves requests. The exit code is 0 when it does, and 1 when it does not.
    Health(health::Args),
    /// Print the SQL that gives a role of PostgreSQL the rights that a server needs, and no others.
    Grants(grants::Args),
    /// Print the settings in force, and where each value comes from.
    Config(config::Args),
    /// Look at a Django shop's tables before the server works on them; changes nothing.
    #[command(subcommand)]
    Django(django::Command),
    /// Print the GraphQL schema in the definition language (schema.graphql).
    Schema,
    /// Print the OpenAPI document of the REST API (openapi.json).
    Openapi,
    /// Print what a shell needs to complete this command line.
    Completions(completions::Args),
    /// Print a manual page, e.g. for `man -l -`.
    Man(man::Args),
}

impl Command {
    /// Why a command is not for a Django shop's tables: what it would do is Django's to do.
    pub(super) fn djangos_own(&self) -> Option<String> {
        let (what, instead) = match self {
            Self::Migrate(_) => ("changes of its schema", "run `manage.py migrate`"),
            Self::Copy(_) => {
                ("its rows", "use pg_dump, or SQLite's .backup; to leave Django: `customer import --from-database`")
            }
            Self::Token(_) => ("its tokens", "use Django's admin (Tokens), or `manage.py drf_create_token`"),
            Self::Customer(command) => command.djangos_own()?,
            Self::Serve(_)
            | Self::Shadow(_)
            | Self::Django(_)
            | Self::Grants(_)
            | Self::Config(_)
            | Self::Doctor(_)
            | Self::Health(_)
            | Self::Schema
            | Self::Openapi
            | Self::Completions(_)
            | Self::Man(_) => return None,
        };
        Some(format!("this is a Django shop's database (--layout django), and {what} are Django's: {instead}"))
    }
}

impl Command {
    /// Whether it writes lines of the audit log.
    pub(super) fn is_audited(&self) -> bool {
        match self {
            Self::Serve(_) => true,
            Self::Customer(command) => command.is_audited(),
            Self::Token(command) => command.is_audited(),
            _ => false,
        }
    }
}

impl Cli {
    /// Options that contradict each other.
    pub(super) fn conflict(&self, config: &Config) -> Option<String> {
        let conflict = match &self.command {
            Command::Serve(args) => args.conflict(config).map(str::to_owned),
            Command::Shadow(args) => args.conflict(config).map(str::to_owned),
            _ => None,
        };
        conflict.or_else(|| match self.layout().err()? {
            LayoutError::NotDjango(option) => {
                let source = config.source(&option.trim_start_matches('-').replace('-', "_"));
                Some(LayoutError::NotDjango(format!("{option} ({source})")).to_string())
            }
            error @ LayoutError::Column(_) => Some(error.to_string()),
        })
    }

    /// Whose tables the database has.
    pub(super) fn layout(&self) -> Result<Layout, LayoutError> {
        self.layout.layout(matches!(self.command, Command::Django(_)))
    }
}

/// Commands that use no database, or name theirs themselves.
pub(super) const WITHOUT_DATABASE: [&str; 6] = ["copy", "health", "schema", "openapi", "completions", "man"];

/// Commands for shop-profile's own tables alone. On a Django shop's they say which of Django's tools to use.
const ON_OWN_TABLES: [&str; 8] = ["migrate", "token", "list", "set", "add", "activate", "deactivate", "duplicates"];

/// The definition of the command line: what is derived, with what holds for all sub-commands.
pub fn command() -> clap::Command {
    let command = with_switches(Cli::command());
    let hidden = |heading| {
        let args = command.get_arguments().filter(|arg| arg.get_help_heading() == Some(heading));
        args.map(|arg| arg.clone().hide(true)).collect::<Vec<_>>()
    };
    let (database, tables) = (hidden(DATABASE_OPTIONS), hidden(layout::HEADING));
    without_useless_options(command, &database, &tables)
}

/// Hides the options about the database and about its tables where they have no use.
fn without_useless_options(command: clap::Command, database: &[clap::Arg], tables: &[clap::Arg]) -> clap::Command {
    command.mut_subcommands(|command| {
        let hidden = match command.get_name() {
            name if WITHOUT_DATABASE.contains(&name) => [database, tables].concat(),
            name if ON_OWN_TABLES.contains(&name) => tables.to_vec(),
            _ => Vec::new(),
        };
        without_useless_options(command.args(hidden), database, tables)
    })
}

/// Every switch that has a variable is turned on and off with the same words, `on` and `off`. One that is off by default is
/// on without a word; its word follows `=`, so that `--dry-run FILE` names a file.
fn with_switches(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        if !matches!(arg.get_action(), ArgAction::SetTrue) || arg.get_env().is_none() {
            return arg;
        }
        let is_off = arg.get_default_values().is_empty();
        let arg = arg.action(ArgAction::Set).value_name("on|off");
        match is_off {
            true => arg.num_args(0..=1).require_equals(true).default_missing_value("on").default_value("off"),
            false => arg,
        }
    });
    command.mut_subcommands(with_switches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
