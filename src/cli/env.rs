//! A mistyped environment variable has no effect: a warning in the log names it.

use std::collections::HashSet;

use clap::{Command, CommandFactory};

use super::Cli;

const PREFIX: &str = "SHOP_PROFILE_";

/// Warns of every variable with our prefix that no option of any sub-command reads.
pub(super) fn warn_of_unknown() {
    let known = known(&Cli::command());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && !known.contains(&*name) {
            tracing::warn!(%name, "no option reads this environment variable");
        }
    }
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
