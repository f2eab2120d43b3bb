//! `config`: the settings in force, and where each value comes from.

use clap::{Arg, ArgMatches};
use serde_json::json;

use super::{Config, Setting, UsageError};
use crate::{
    cli::{
        CliError, secrets,
        table::{Column, Record, Table},
    },
    store::DatabaseUrl,
};

/// How to print.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column] = &[("KEY", "key"), ("VALUE", "value"), ("SOURCE", "source")];

/// Prints every setting.
///
/// # Errors
/// A value cannot be used.
pub(in crate::cli) fn run(args: &Args, config: &Config) -> Result<(), CliError> {
    let shown = config.shown()?;
    config.database_url()?;
    let mut table = Table::new(COLUMNS, args.json);
    shown.into_iter().for_each(|record| table.row(record));
    table.finish();
    Ok(())
}

impl Config {
    /// Each setting as it is in force.
    fn shown(&self) -> Result<Vec<Record>, UsageError> {
        let mut all = Vec::new();
        let mut matches = (None, self.matches.clone());
        for setting in &self.settings {
            if setting.server != matches.0 {
                matches = (setting.server, self.matches_of(setting.server.unwrap_or_default())?);
            }
            let source = self.source_in(&matches.1, setting).to_string();
            let value = value(&matches.1, setting);
            let values = [("key", json!(setting.key())), ("value", json!(value)), ("source", json!(source))];
            all.push(values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        }
        Ok(all)
    }

    /// What a server would be given if it were started now, without options on the command line.
    pub(super) fn matches_of(&self, server: &str) -> Result<ArgMatches, UsageError> {
        let command = self.command.find_subcommand(server).cloned().unwrap_or_default();
        let mut command = command.mut_args(|arg: Arg| arg.required(false));
        command.try_get_matches_from_mut([server]).map_err(|error| UsageError::new(error, &command))
    }
}

/// The value in force, without secrets.
fn value(matches: &ArgMatches, setting: &Setting) -> Option<String> {
    if let Ok(Some(is_on)) = matches.try_get_one::<bool>(setting.id()) {
        return Some(if *is_on { "on" } else { "off" }.to_owned());
    }
    let values = matches.get_raw(setting.id())?.map(|value| value.to_string_lossy());
    let shown = values.map(|value| match value.parse::<DatabaseUrl>() {
        Ok(url) if setting.arg.is_hide_env_values_set() => url.to_string(),
        _ if setting.arg.is_hide_env_values_set() || secrets::is_secret(&value) => secrets::NOT_SHOWN.to_owned(),
        _ => value.into_owned(),
    });
    Some(shown.collect::<Vec<_>>().join(","))
}
