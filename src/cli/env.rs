//! Environment variables: every option has one.

use std::collections::HashSet;

use clap::{
    Arg, Command, CommandFactory,
    error::{ContextKind, ContextValue},
};

use super::Cli;

const PREFIX: &str = "SHOP_PROFILE_";

/// Warns of every variable with our prefix that no option of any sub-command reads: a mistyped name has no effect.
pub(super) fn warn_of_unknown() {
    let known = known(&Cli::command());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && !known.contains(&*name) {
            tracing::warn!(%name, "no option reads this environment variable");
        }
    }
}

/// Names the environment variable in a message about an option whose wrong value came from there.
pub(super) fn name_variable(mut error: clap::Error) -> clap::Error {
    let mut command = Cli::command();
    command.build();
    if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(variable) = variable_of(&command, option)
    {
        let option = format!("{option} (environment variable {variable})");
        error.insert(ContextKind::InvalidArg, ContextValue::String(option));
    }
    error
}

/// The variable of an option that clap names like this (`--log <FILTER>`), if the option's value comes from there.
fn variable_of(command: &Command, option: &str) -> Option<String> {
    let argument = command.get_arguments().find(|argument| argument.to_string() == option);
    if let Some(variable) = argument.filter(|argument| !is_on_command_line(argument)).and_then(Arg::get_env) {
        return std::env::var_os(variable).map(|_| variable.to_string_lossy().into_owned());
    }
    command.get_subcommands().find_map(|command| variable_of(command, option))
}

fn is_on_command_line(argument: &Arg) -> bool {
    let Some(name) = argument.get_long() else { return true };
    std::env::args_os().any(|word| {
        let word = word.to_string_lossy();
        word.strip_prefix("--")
            .and_then(|word| word.strip_prefix(name))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

/// Whether an option may read this environment variable.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) || name == "DATABASE_URL"
}

fn known(command: &Command) -> HashSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let own = own.map(|name| name.to_string_lossy().into_owned());
    own.chain(command.get_subcommands().flat_map(known)).collect()
}
