//! Arguments that several sub-commands share.

use super::{CliError, secrets};
use crate::{
    profile::{CompletingFields, Customer, StoredGender, USERNAME_MAX_CHARS, Username},
    store::{CustomerRef, DatabaseUrl, DjangoOptions, PreparedStatements, ShopKey, Store},
    transfer::DjangoSource,
};

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
    /// A customer whom other options name; one of the two is given.
    pub(super) fn new(username: Option<String>, id: Option<i64>) -> Self {
        Self { username, id }
    }

    /// Looks the customer up.
    pub(super) async fn find(&self, store: &Store) -> Result<entity::customer::Model, CliError> {
        let customer = store.find_customer(&self.to_ref()?).await.map_err(CliError::failed)?;
        customer.ok_or_else(|| self.not_found())
    }

    /// Looks the customer up in a Django shop's tables, and whether they are active.
    pub(super) async fn find_in_django(
        &self,
        url: &DatabaseUrl,
        options: &DjangoOptions,
    ) -> Result<(Customer, bool), CliError> {
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
        let customer = Customer {
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
        };
        Ok((customer, row.is_active))
    }

    pub(super) fn not_found(&self) -> CliError {
        CliError::Failure(match (&self.username, self.id) {
            (_, Some(id)) => format!("there is no customer with the id {id}"),
            (Some(username), _) if secrets::is_secret(username) => "there is no customer with this username".to_owned(),
            (Some(username), _) if username.parse::<i64>().is_ok() => {
                format!("there is no customer with the username {username:?}: an id is given by --id")
            }
            (username, _) => {
                format!("there is no customer with the username {:?}", username.as_deref().unwrap_or_default())
            }
        })
    }

    /// How the store is asked for the customer.
    pub(super) fn to_ref(&self) -> Result<CustomerRef, CliError> {
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

/// Which customer, and how to print what is found.
#[derive(clap::Args)]
pub struct CustomerQuery {
    #[command(flatten)]
    pub(super) customer: CustomerArg,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(super) json: bool,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_a_word_or_a_digit_in_any_case() {
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
