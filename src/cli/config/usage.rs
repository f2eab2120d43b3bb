//! Wrong usage and wrong configuration, each in one line: the key, where it came from and what would be right. The value
//! is not shown, because it may be a secret under a wrong key.

use std::{env, error::Error, num::ParseIntError};

use clap::{
    Arg, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{environment, source::Source};
use crate::cli::{CliError, fail, secrets};

/// Why the program does not start.
pub(in crate::cli) enum UsageError {
    /// In a line.
    Line(String),
    /// In clap's words; help and the version are "errors" too.
    Clap(clap::Error),
}

impl From<String> for UsageError {
    fn from(line: String) -> Self {
        Self::Line(line)
    }
}

impl From<UsageError> for CliError {
    fn from(error: UsageError) -> Self {
        Self::Usage(match error {
            UsageError::Line(line) => line,
            UsageError::Clap(error) => error.to_string(),
        })
    }
}

impl UsageError {
    /// An error that clap found. The command must be built.
    pub(super) fn new(error: clap::Error, command: &Command) -> Self {
        match line(&error, command) {
            Some(line) => Self::Line(line),
            None => Self::Clap(error),
        }
    }

    /// Ends the process: with exit code 2, but for help and the version. No secret that was given in a wrong place is shown.
    pub(in crate::cli) fn exit(self) -> ! {
        let variables = env::vars_os().filter(|(name, _)| environment::is_ours(&name.to_string_lossy()));
        let given: Vec<String> = env::args_os()
            .skip(1)
            .chain(variables.map(|(_, value)| value))
            .map(|value| value.to_string_lossy().into_owned())
            .collect();
        let hide = |message: &str| secrets::hide(message, given.iter().map(String::as_str));
        match self {
            Self::Line(line) => {
                let _ = fail(hide(&line));
                std::process::exit(WRONG_USAGE.into())
            }
            Self::Clap(error) => {
                let message = error.render().to_string();
                let shown = hide(&message);
                if shown == message {
                    error.exit();
                }
                clap::Error::raw(error.kind(), shown.trim_start_matches("error: ")).exit()
            }
        }
    }
}

/// The exit code.
pub(in crate::cli) const WRONG_USAGE: u8 = 2;

fn line(error: &clap::Error, command: &Command) -> Option<String> {
    const SEE: &str = "(see --help)";
    match (error.kind(), error.get(ContextKind::InvalidArg)?) {
        (ErrorKind::UnknownArgument, ContextValue::String(argument)) => {
            Some(match error.get(ContextKind::SuggestedArg) {
                Some(known) => {
                    format!("unexpected argument {argument} (command line): the nearest known one is {known} {SEE}")
                }
                None => format!("unexpected argument {argument} (command line) {SEE}"),
            })
            .map(|line| {
                meant(&given_words(), argument).map_or(line, |meant| format!("{argument} (command line): {meant}"))
            })
        }
        (ErrorKind::MissingRequiredArgument, ContextValue::Strings(missing)) => {
            Some(format!("missing: {} {SEE}", missing.join(", ")))
        }
        (_, ContextValue::String(option)) => {
            let problem = problem(error)?;
            Some(match variable_of(command, option) {
                Some(variable) => format!("{option} ({}): {problem}", Source::Variable(variable)),
                None => format!("{option} ({}): {problem} {SEE}", Source::CommandLine),
            })
        }
        _ => None,
    }
}

/// The words of the command line.
fn given_words() -> Vec<String> {
    env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// What to do instead, for an argument that is likely to be tried.
fn meant(words: &[String], argument: &str) -> Option<String> {
    let is = |command: [&str; 2]| words.windows(2).any(|pair| pair == command);
    let is_given = |option: &str| words.iter().any(|word| word.split('=').next() == Some(option));
    if is(["customer", "add"]) && !argument.starts_with('-') && !is_given("--username") {
        return Some(format!("a new customer's username is an option: customer add --username {argument}"));
    }
    if is(["customer", "set"])
        && ["--username", "--first-name", "--last-name", "--gender", "--avatar"].contains(&argument)
    {
        return Some(
            "customers change this field themselves, by the APIs; `customer set` is for what they cannot change. An operator \
             can with `customer import --on-conflict update`, by a file with the username and the field"
                .to_owned(),
        );
    }
    None
}

/// What is wrong with a value, and what would be right; `None` when the error is about something else.
pub(super) fn problem(error: &clap::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::ValueValidation => {
            let cause = error.source()?;
            let text = cause.to_string();
            Some(match text.split_once(" is not in ") {
                _ if cause.is::<ParseIntError>() => "expected a whole number".to_owned(),
                Some((_, range)) => format!("expected a whole number in {range}"),
                None => text,
            })
        }
        ErrorKind::InvalidValue => Some(match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) if !values.is_empty() => format!("expected {}", values.join(" or ")),
            _ => "expected a value".to_owned(),
        }),
        ErrorKind::InvalidUtf8 => Some("expected UTF-8".to_owned()),
        _ => None,
    }
}

/// The variable of an option that clap names like this (`--log <FILTER>`), if the option's value comes from there.
fn variable_of(command: &Command, option: &str) -> Option<String> {
    let argument = command.get_arguments().find(|argument| argument.to_string() == option);
    if let Some(variable) = argument.filter(|argument| !is_on_command_line(argument)).and_then(Arg::get_env) {
        return env::var_os(variable).map(|_| variable.to_string_lossy().into_owned());
    }
    command.get_subcommands().find_map(|command| variable_of(command, option))
}

fn is_on_command_line(argument: &Arg) -> bool {
    let Some(name) = argument.get_long() else { return true };
    env::args_os().any(|word| {
        let word = word.to_string_lossy();
        word.strip_prefix("--")
            .and_then(|word| word.strip_prefix(name))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_do_instead_of_a_likely_mistake() {
        let meant = |line: &str, argument| meant(&line.split(' ').map(str::to_owned).collect::<Vec<_>>(), argument);
        let add = meant("shop-profile customer add sara", "sara").unwrap();
        assert!(add.ends_with("customer add --username sara"), "{add}");
        let set = meant("shop-profile customer set sara --username s", "--username").unwrap();
        assert!(set.starts_with("customers change this field themselves"), "{set}");
        for (line, argument) in [
            ("shop-profile customer add --usrname sara", "--usrname"),
            ("shop-profile customer set sara --phone 1", "--phone"),
            ("shop-profile token list sara reza", "reza"),
            ("shop-profile customer add --username=sara Ahmadi", "Ahmadi"),
        ] {
            assert_eq!(meant(line, argument), None, "{line}");
        }
    }
}
