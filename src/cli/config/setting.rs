//! The settings: what an operator decides about a server. Each is an option with an environment variable, and its
//! definition for clap is the only one that there is.

use clap::{Arg, Command};

/// The sub-commands whose options are settings, besides the options that every sub-command has. In the configuration
/// file each has a table.
pub(super) const SERVERS: [&str; 2] = ["serve", "shadow"];

/// The option that names the configuration file. It cannot stand in the file itself.
pub(super) const CONFIG: &str = "config";

/// An option that is a setting.
#[derive(Clone)]
pub(super) struct Setting {
    /// Whose it is; `None`: every sub-command has it.
    pub(super) server: Option<&'static str>,
    pub(super) arg: Arg,
}

impl Setting {
    /// Every setting, in the order of `--help`.
    pub(super) fn all(command: &Command) -> Vec<Self> {
        let of = |server, command: &Command| -> Vec<Self> {
            let args = command.get_arguments().filter(|arg| arg.get_long().is_some() && arg.get_env().is_some());
            args.map(|arg| Self { server, arg: arg.clone() }).collect()
        };
        let servers = SERVERS.into_iter().filter_map(|name| Some(of(Some(name), command.find_subcommand(name)?)));
        std::iter::once(of(None, command)).chain(servers).flatten().collect()
    }

    /// What it is called in the configuration file, with its table: the option without dashes in front.
    pub(super) fn key(&self) -> String {
        key(self.server, self.arg.get_long().unwrap_or_default())
    }

    pub(super) fn id(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// Whether the configuration file can have it.
    pub(super) fn is_in_file(&self) -> bool {
        self.id() != CONFIG
    }
}

/// `serve.listen`, or `log`.
pub(super) fn key(table: Option<&str>, name: &str) -> String {
    table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}"))
}

/// Of the known names the one that a mistyped name is nearest to. `listen` is near to `serve.listen`, too.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    fn last(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    let alike = strsim::normalized_damerau_levenshtein;
    let likeness = |known: &str| {
        let whole = alike(name, known);
        [whole.max(alike(last(name), last(known))), whole]
    };
    known.max_by(|one, other| {
        let ([one, one_whole], [other, other_whole]) = (likeness(one), likeness(other));
        one.total_cmp(&other).then(one_whole.total_cmp(&other_whole))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_near_to_the_one_that_was_meant() {
        let known = ["database-url", "log", "log-format", "serve.listen", "serve.allow-origin", "shadow.listen"];
        for (name, meant) in [
            ("database_url", "database-url"),
            ("lgo", "log"),
            ("logformat", "log-format"),
            ("listen", "serve.listen"),
            ("serve.lisen", "serve.listen"),
            ("serve.origins", "serve.allow-origin"),
        ] {
            assert_eq!(nearest(name, known.into_iter()), Some(meant), "{name}");
        }
    }
}
