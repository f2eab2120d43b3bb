//! The configuration. A setting has its default, which the configuration file overrides, which environment variables
//! override, which the command line overrides. clap knows all but the file, whose values become clap's defaults.
//!
//! - `setting`: which options are settings, and what they are called in the file
//! - `file`: the configuration file
//! - `environment`: variables that no option reads
//! - `source`: where a value comes from
//! - `database`: the URL of the database, or the file that has it
//! - `usage`: one line about what is wrong
//! - `show`: the sub-command `config`

mod database;
mod environment;
mod file;
mod setting;
mod show;
mod source;
mod usage;

use std::{cmp::Ordering, ffi::OsString, path::PathBuf};

use clap::{ArgMatches, Command, parser::ValueSource};

pub(super) use self::{
    database::DatabaseUrlArg,
    show::{Args, run},
    source::Source,
    usage::{UsageError, WRONG_USAGE},
};
use self::{
    file::ConfigFile,
    setting::{CONFIG, SERVERS, Setting},
};

/// Everything that was given.
pub(super) struct Config {
    /// The command line, variables and the file's values, as clap has them.
    pub(super) matches: ArgMatches,
    /// With the file's values as defaults.
    command: Command,
    file: Option<ConfigFile>,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads the command line, the variables and the configuration file.
    ///
    /// # Errors
    /// Something of it cannot be used, or a server is about to start and a variable is read by no option.
    pub(super) fn load(command: Command, arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let settings = Setting::all(&command);
        let file = read_file(command.clone(), &arguments, &settings)?;
        let mut command = match &file {
            Some(file) => file.as_defaults(command),
            None => command,
        };
        command.build();
        let matches = command.try_get_matches_from_mut(arguments).map_err(|error| UsageError::new(error, &command))?;
        let config = Self { matches, command, file, settings };
        match config.unknown_variables().into_iter().next() {
            Some(line) if config.is_about_servers() => Err(line.into()),
            _ => Ok(config),
        }
    }

    /// One line for each variable that no option reads.
    pub(super) fn unknown_variables(&self) -> Vec<String> {
        environment::unknown(&self.command)
    }

    /// Where an option that every sub-command has got its value from.
    pub(super) fn source(&self, id: &str) -> Source {
        let setting = self.settings.iter().find(|setting| setting.server.is_none() && setting.id() == id);
        setting.map_or(Source::Default, |setting| self.source_in(&self.matches, setting))
    }

    /// Which of two options of the server that starts counts, where only one of them can: the one that is given nearer to
    /// the command.
    pub(super) fn nearer(&self, one: &str, other: &str) -> Ordering {
        let server = self.matches.subcommand();
        let source = |id: &str| {
            let (name, matches) = server?;
            let setting = self.settings.iter().find(|setting| setting.server == Some(name) && setting.id() == id)?;
            Some(self.source_in(matches, setting))
        };
        let source = |id| source(id).unwrap_or(Source::Default);
        source(one).nearer(&source(other))
    }

    fn source_in(&self, matches: &ArgMatches, setting: &Setting) -> Source {
        let in_file = || self.file.as_ref().and_then(|file| file.source(setting));
        given(matches, setting).or_else(in_file).unwrap_or(Source::Default)
    }

    fn is_about_servers(&self) -> bool {
        self.matches.subcommand_name().is_some_and(|name| name == CONFIG || SERVERS.contains(&name))
    }
}

/// Where a value was given, if it is neither the file's nor the default.
fn given(matches: &ArgMatches, setting: &Setting) -> Option<Source> {
    match matches.value_source(setting.id())? {
        ValueSource::CommandLine => Some(Source::CommandLine),
        ValueSource::EnvVariable => Some(Source::Variable(setting.arg.get_env()?.to_string_lossy().into_owned())),
        _ => None,
    }
}

/// The file, by the command line or by the variable. Whatever is wrong with the rest is found once the file is read.
fn read_file(command: Command, arguments: &[OsString], settings: &[Setting]) -> Result<Option<ConfigFile>, String> {
    let Ok(matches) = command.ignore_errors(true).try_get_matches_from(arguments) else { return Ok(None) };
    let setting = settings.iter().find(|setting| !setting.is_in_file());
    let source = setting.and_then(|setting| given(&matches, setting));
    match (matches.get_one::<PathBuf>(CONFIG), source) {
        (Some(path), Some(source)) => ConfigFile::read(path, &source, settings).map(Some),
        _ => Ok(None),
    }
}
