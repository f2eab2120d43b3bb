//! Arguments that several sub-commands share, and the rule that no message shows a password or a token.

use std::{convert::Infallible, env, str::FromStr};

use super::CliError;
use crate::{
    profile::{CompletingFields, Customer, StoredGender, USERNAME_MAX_CHARS, Username},
    store::{CustomerRef, DatabaseUrl, DatabaseUrlError, DjangoOptions, PreparedStatements, ShopKey, Store},
    transfer::DjangoSource,
};

/// A database URL. clap prints a value that it cannot parse, so this one always parses: [`DatabaseUrlArg::parse`] says
/// what is wrong with it, without its text.
#[derive(Clone)]
pub(super) struct DatabaseUrlArg(Result<DatabaseUrl, DatabaseUrlError>);

impl FromStr for DatabaseUrlArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse()))
    }
}

impl DatabaseUrlArg {
    /// The URL, or an error that names the option which it came by.
    pub(super) fn parse(self, option: &str) -> Result<DatabaseUrl, CliError> {
        self.0.map_err(|error| CliError::Failure(format!("{option}: {error}")))
    }
}

/// Which customer. A word is always a username, because digits alone are one too; an id is an option.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct CustomerArg {
    /// The customer's username.
    #[arg(value_name = "USERNAME")]
    username: Option<String>,
    /// The customer's id, in place of the username.
    #[arg(long, value_name = "ID")]
    id: Option<i64>,
}

impl CustomerArg {
    /// Looks the customer up.
    pub(super) async fn find(&self, store: &Store) -> Result<entity::customer::Model, CliError> {
        let customer = store.find_customer(&self.customer_ref()?).await.map_err(CliError::failed)?;
        customer.ok_or_else(|| self.not_found())
    }

    /// Looks the customer up in a Django shop's tables.
    pub(super) async fn find_in_django(
        &self,
        url: &DatabaseUrl,
        options: &DjangoOptions,
    ) -> Result<Customer, CliError> {
        let (source, _) = super::import::open_shop(url, options, false).await?;
        let DjangoSource { mut reader, media_url } = source;
        let key = match (&self.username, self.id) {
            (_, Some(id)) => ShopKey::Id(id),
            (username, None) => ShopKey::Username(username.as_deref().unwrap_or_default()),
        };
        let found = reader.find(key).await.map_err(CliError::failed)?;
        reader.close().await;
        let row = found.ok_or_else(|| self.not_found())?;
        let completed_by = options.complete_profile.as_ref();
        let completed_by = completed_by.map_or(CompletingFields::NATIVE, |fields| fields.iter().copied().collect());
        let [username, mobile_number, email, avatar, first_name, last_name, gender] = row.values;
        Ok(Customer {
            id: row.id,
            username: username.unwrap_or_default(),
            mobile_number,
            email,
            avatar: match &media_url {
                None => avatar,
                Some(media) => avatar.and_then(|path| media.of(&path)),
            },
            first_name,
            last_name,
            gender: gender.map(StoredGender::from),
            // No version is shown.
            version: 0,
            completed_by,
        })
    }

    pub(super) fn not_found(&self) -> CliError {
        CliError::Failure(match (&self.username, self.id) {
            (_, Some(id)) => format!("there is no customer with the id {id}"),
            (Some(username), _) if is_secret(username) => "there is no customer with this username".to_owned(),
            (Some(username), _) if username.parse::<i64>().is_ok() => {
                format!("there is no customer with the username {username:?}: an id is given by --id")
            }
            (username, _) => {
                format!("there is no customer with the username {:?}", username.as_deref().unwrap_or_default())
            }
        })
    }

    fn customer_ref(&self) -> Result<CustomerRef, CliError> {
        match (&self.username, self.id) {
            (_, Some(id)) => Ok(CustomerRef::Id(id)),
            (username, None) => {
                let username = username.as_deref().unwrap_or_default();
                let username = Username::parse(&username.into(), USERNAME_MAX_CHARS).map_err(CliError::Invalid)?;
                Ok(CustomerRef::CanonicalUsername(username.canonical().to_owned()))
            }
        }
    }
}

/// A switch, by an option or by an environment variable, in any case.
pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("expected on or off (or true, false, yes, no, 1, 0)"),
    }
}

/// The choice of `--prepared-statements`.
pub(super) fn prepared_statements(text: &str) -> Result<PreparedStatements, &'static str> {
    match text {
        "auto" => Ok(PreparedStatements::Auto),
        "on" => Ok(PreparedStatements::On),
        "off" => Ok(PreparedStatements::Off),
        _ => Err("expected auto, on or off"),
    }
}

/// As `clap::Error::exit` does, but the message shows no secret that was given in a wrong place.
pub(super) fn exit(error: &clap::Error) -> ! {
    let given: Vec<String> = env::args_os()
        .skip(1)
        .chain(env::vars_os().filter(|(name, _)| super::env::is_ours(&name.to_string_lossy())).map(|(_, value)| value))
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let message = error.render();
    let shown = without_secrets(&message.to_string(), given.iter().map(String::as_str));
    if shown == message.to_string() {
        error.exit();
    }
    clap::Error::raw(error.kind(), shown.trim_start_matches("error: ")).exit()
}

/// Replaces each given value, or the part of it after `--option=`, that is a secret.
fn without_secrets<'a>(message: &str, given: impl Iterator<Item = &'a str>) -> String {
    let values = given.flat_map(|value| [Some(value), value.split_once('=').map(|(_, value)| value)]).flatten();
    values.filter(|value| is_secret(value)).fold(message.to_owned(), |text, secret| text.replace(secret, "(not shown)"))
}

/// Whether a word looks like a token, ours or Django REST Framework's, or like a database URL.
fn is_secret(word: &str) -> bool {
    let is_url = ["postgres:", "postgresql:"].iter().any(|scheme| word.starts_with(scheme))
        || (word.contains("://") && word.contains('@'));
    let is_hex = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_url || is_hex || word.starts_with("shp_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_tokens_and_database_urls() {
        let url = "postgres://shop:p@ss/word@db.example/shop";
        let option = format!("--databse-url={url}");
        let message = format!("unexpected argument '{url}' and 'shp_abc' in '{option}', not 'sara'");
        let shown = without_secrets(&message, [url, "shp_abc", &option, "sara"].into_iter());
        assert_eq!(
            shown,
            "unexpected argument '(not shown)' and '(not shown)' in '--databse-url=(not shown)', not 'sara'"
        );
        assert!(is_secret("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"));
        assert!(!is_secret("sara@example.com") && !is_secret("https://shop.example") && !is_secret("09308744204"));
    }

    #[test]
    fn a_switch_accepts_words_and_digits_in_any_case() {
        for (text, value) in [("on", true), ("TRUE", true), ("Yes", true), ("1", true)] {
            assert_eq!(switch(text), Ok(value), "{text}");
        }
        for (text, value) in [("off", false), ("False", false), ("NO", false), ("0", false)] {
            assert_eq!(switch(text), Ok(value), "{text}");
        }
        for text in ["", "2", "maybe", " on"] {
            assert!(switch(text).is_err(), "{text:?}");
        }
    }
}
