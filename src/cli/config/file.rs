//! The configuration file: TOML whose keys are options without their dashes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, Command};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    setting::{CONFIG, SERVERS, Setting, key, nearest},
    source::Source,
    usage::problem,
};
use crate::cli::secrets;

/// What the file says.
pub(super) struct ConfigFile {
    path: PathBuf,
    entries: Vec<Entry>,
}

struct Entry {
    setting: Setting,
    values: Vec<String>,
    line: usize,
}

impl ConfigFile {
    /// Reads the file. The error is a line that names the file, the line, the key and what would be right.
    pub(super) fn read(path: &Path, given_by: &Source, settings: &[Setting]) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("--{CONFIG} ({given_by}): cannot read {}: {error}", path.display()))?;
        let reader = Reader { path, text: &text, settings };
        Ok(Self { path: path.to_owned(), entries: reader.entries()? })
    }

    /// The file's values as the options' defaults: variables and the command line count more.
    pub(super) fn as_defaults(&self, command: Command) -> Command {
        self.defaults_in(None, command)
    }

    fn defaults_in(&self, server: Option<&str>, command: Command) -> Command {
        let command = command.mut_args(|arg| {
            // A sub-command may have what every sub-command has as an option of its own, to hide it.
            let server = server.filter(|_| !arg.is_global_set());
            let is_setting = server.is_some() || arg.is_global_set();
            match self.entry(server, arg.get_id().as_str()).filter(|_| is_setting) {
                None => arg,
                Some(entry) => {
                    // `--help` shows defaults.
                    let hides = arg.is_hide_env_values_set();
                    arg.required(false).hide_default_value(hides).default_values(&entry.values)
                }
            }
        });
        command.mut_subcommands(|command| {
            let server = SERVERS.into_iter().find(|name| *name == command.get_name());
            self.defaults_in(server, command)
        })
    }

    /// Where the file has this setting.
    pub(super) fn source(&self, setting: &Setting) -> Option<Source> {
        let Entry { line, .. } = self.entry(setting.server, setting.id())?;
        Some(Source::File { path: self.path.clone(), line: *line })
    }

    fn entry(&self, server: Option<&str>, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.setting.server == server && entry.setting.id() == id)
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    settings: &'a [Setting],
}

impl Reader<'_> {
    fn entries(&self) -> Result<Vec<Entry>, String> {
        // The error's own text shows the line, with what may be a password.
        let table = DeTable::parse(self.text).map_err(|error| {
            let line = self.line(error.span().map_or(0, |span| span.start));
            format!("{}, line {line}: not TOML: {}", self.path.display(), error.message())
        })?;
        let mut entries = Vec::new();
        for (name, value) in table.get_ref() {
            match SERVERS.into_iter().find(|server| server == name.get_ref()) {
                None => entries.push(self.entry(None, name, value)?),
                Some(server) => {
                    let DeValue::Table(table) = value.get_ref() else {
                        return Err(self.wrong(server, name, &format!("expected a table, that is, [{server}]")));
                    };
                    for (name, value) in table {
                        entries.push(self.entry(Some(server), name, value)?);
                    }
                }
            }
        }
        Ok(entries)
    }

    fn entry(
        &self,
        server: Option<&str>,
        name: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Entry, String> {
        let key = key(server, name.get_ref());
        let known = || self.settings.iter().filter(|setting| setting.is_in_file());
        let Some(setting) = known().find(|setting| setting.key() == key) else {
            let keys: Vec<_> = known().map(Setting::key).collect();
            let tables = SERVERS.into_iter().filter(|_| server.is_none());
            let nearest = nearest(&key, keys.iter().map(String::as_str).chain(tables)).unwrap_or_default();
            return Err(self.wrong(&key, name, &format!("unknown key: the nearest known one is {nearest}")));
        };
        let values = texts(value.get_ref(), &setting.arg).and_then(|values| {
            check(&setting.arg, &values)?;
            Ok(values)
        });
        let values = values.map_err(|problem| self.wrong(&key, name, &problem))?;
        Ok(Entry { setting: setting.clone(), values, line: self.line(name.span().start) })
    }

    fn wrong(&self, key: &str, name: &Spanned<DeString<'_>>, problem: &str) -> String {
        format!("{key} ({}, line {}): {problem}", self.path.display(), self.line(name.span().start))
    }

    /// The line of this byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// The value as it would stand on the command line; several where the option may be repeated.
fn texts(value: &DeValue<'_>, arg: &Arg) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(values) if matches!(arg.get_action(), ArgAction::Append) => {
            values.iter().map(|value| scalar(value.get_ref())).collect()
        }
        DeValue::Array(_) => Err("expected one value, not a list".to_owned()),
        value => Ok(vec![scalar(value)?]),
    }
}

fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Boolean(is_on) => Ok(if *is_on { "on" } else { "off" }.to_owned()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            Err("expected a string, a whole number, true or false".to_owned())
        }
    }
}

/// Whether the option takes these values: clap expects that its defaults do.
fn check(arg: &Arg, values: &[String]) -> Result<(), String> {
    let mut probe = Arg::new("value").long("value").action(ArgAction::Append);
    probe = probe.value_parser(arg.get_value_parser().clone());
    if let Some(delimiter) = arg.get_value_delimiter() {
        probe = probe.value_delimiter(delimiter);
    }
    let words = values.iter().map(|value| format!("--value={value}"));
    match Command::new("").arg(probe).no_binary_name(true).try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let problem = problem(&error).unwrap_or_else(|| "a wrong value".to_owned());
            Err(secrets::hide(&problem, values.iter().map(String::as_str)))
        }
    }
}
