//! Which database, and whether its URL, which may hold a password, is given itself or by a file (a secret of Docker's or
//! of Kubernetes').

use std::{convert::Infallible, fs, path::PathBuf, str::FromStr};

use super::{Config, source::Source};
use crate::{
    cli::{
        CliError,
        secrets::{self, NOT_SHOWN},
    },
    store::{DatabaseUrl, DatabaseUrlError},
};

/// A database URL. clap prints a value that it cannot parse, so this one always parses: [`DatabaseUrlArg::parse`] says
/// what is wrong with it, without its text.
#[derive(Clone)]
pub(in crate::cli) struct DatabaseUrlArg(Result<DatabaseUrl, DatabaseUrlError>);

impl FromStr for DatabaseUrlArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse()))
    }
}

impl DatabaseUrlArg {
    /// The URL, or an error that says where it came from.
    pub(in crate::cli) fn parse(self, origin: &str) -> Result<DatabaseUrl, CliError> {
        self.0.map_err(|error| CliError::Usage(format!("{origin}: {error}")))
    }
}

const URL: &str = "database_url";
const FILE: &str = "database_url_file";

impl Config {
    /// Whether the operator named a database: the option has a default.
    pub(in crate::cli) fn names_database(&self) -> bool {
        [URL, FILE].iter().any(|id| self.source(id) != Source::Default)
    }

    /// An option about the database on the command line of a sub-command that does not use it.
    pub(in crate::cli) fn useless_option(&self, without_database: &[&str]) -> Option<String> {
        let command = self.matches.subcommand_name().filter(|name| without_database.contains(name))?;
        let useless = [URL, FILE].into_iter().find(|id| self.source(id) == Source::CommandLine)?;
        let option = useless.replace('_', "-");
        Some(format!("--{option} (command line): `{command}` does not use it (see --help)"))
    }

    /// How many connections `serve` would have for requests.
    ///
    /// # Errors
    /// A setting of `serve` cannot be used.
    pub(in crate::cli) fn database_connections(&self) -> Result<u32, CliError> {
        let serve = self.matches_of("serve")?;
        serve
            .get_one("database_connections")
            .copied()
            .ok_or_else(|| CliError::Usage("--database-connections".to_owned()))
    }

    /// The URL of the database. Of the URL and the file with the URL the one counts that is given nearer to the command.
    ///
    /// # Errors
    /// Both are given in the same place, the file cannot be read, or the URL is none.
    pub(in crate::cli) fn database_url(&self) -> Result<DatabaseUrl, CliError> {
        let (url, file) = (self.source(URL), self.source(FILE));
        let path = self.matches.get_one::<PathBuf>(FILE);
        match (path, self.matches.get_one::<DatabaseUrlArg>(URL)) {
            (Some(_), _) if url.nearer(&file).is_eq() => Err(CliError::Usage(format!(
                "--database-url ({url}) and --database-url-file ({file}) are both given: expected one of them"
            ))),
            (Some(path), _) if file.nearer(&url).is_gt() => read(path, &file),
            (_, Some(url_arg)) => url_arg.clone().parse(&format!("--database-url ({url})")),
            (_, None) => Err(CliError::Usage("--database-url: expected a value".to_owned())),
        }
    }
}

fn read(path: &PathBuf, source: &Source) -> Result<DatabaseUrl, CliError> {
    let origin = format!("--database-url-file ({source})");
    // Where the file belongs, the URL itself may stand.
    let shown = path.to_string_lossy();
    let shown = if secrets::is_secret(&shown) { NOT_SHOWN.into() } else { shown };
    let text =
        fs::read_to_string(path).map_err(|error| CliError::Usage(format!("{origin}: cannot read {shown}: {error}")))?;
    DatabaseUrlArg(text.trim().parse()).parse(&origin)
}
