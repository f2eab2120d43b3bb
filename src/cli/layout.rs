//! Whose tables the database has: our own, or those of a Django shop.

use clap::ValueEnum;

use crate::{
    profile::Field,
    store::{ColumnName, DjangoOptionError, DjangoOptions, MediaUrl, ShopField, TableName},
};

/// The options about the tables, for every sub-command.
#[derive(clap::Args)]
#[command(next_help_heading = "Tables")]
pub(super) struct LayoutArgs {
    /// Whose tables the database has: `native`, those that `shop-profile migrate` creates; `django`, those of a Django
    /// shop. The options below are for `django`.
    #[arg(long, global = true, env = "SHOP_PROFILE_LAYOUT", value_name = "native|django", hide_possible_values = true)]
    #[arg(value_enum, default_value = "native")]
    layout: LayoutName,
    /// The table of Django's user model. Without it: the table that the tokens' table references.
    #[arg(long, global = true, env = "SHOP_PROFILE_USER_TABLE", value_name = "TABLE")]
    user_table: Option<TableName>,
    /// The table of Django REST Framework's tokens. Without it: authtoken_token.
    #[arg(long, global = true, env = "SHOP_PROFILE_TOKEN_TABLE", value_name = "TABLE")]
    token_table: Option<TableName>,
    /// The column of a field that is not called like the field, e.g. `mobile_number=phone`; may be repeated.
    #[arg(long, global = true, env = "SHOP_PROFILE_COLUMN", value_name = "FIELD=COLUMN", value_delimiter = ',')]
    #[arg(value_parser = field_and_column)]
    column: Vec<(ShopField, ColumnName)>,
    /// The fields that complete a profile, e.g. `first_name,last_name`. Without it: username, both names and gender.
    #[arg(long, global = true, env = "SHOP_PROFILE_COMPLETE_PROFILE", value_name = "FIELDS", value_delimiter = ',')]
    #[arg(value_parser = profile_field)]
    complete_profile: Vec<Field>,
    /// Where the shop serves its media files. The avatar is then a file's path, shown under this URL and read-only.
    #[arg(long, global = true, env = "SHOP_PROFILE_MEDIA_URL", value_name = "URL")]
    media_url: Option<MediaUrl>,
    /// A column to set to the present when a profile changes (Django's auto_now), e.g. `updated_at`; may be repeated.
    #[arg(long, global = true, env = "SHOP_PROFILE_TOUCH", value_name = "COLUMN", value_delimiter = ',')]
    touch: Vec<ColumnName>,
}

/// A name of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LayoutName {
    Native,
    Django,
}

impl LayoutArgs {
    /// Whether the tables are a Django shop's.
    pub(super) fn is_django(&self) -> bool {
        self.layout == LayoutName::Django
    }

    /// The first of the options that says something about a Django shop's tables.
    pub(super) fn django_option(&self) -> Option<&'static str> {
        let given = [
            (self.user_table.is_some(), "--user-table"),
            (self.token_table.is_some(), "--token-table"),
            (!self.column.is_empty(), "--column"),
            (!self.complete_profile.is_empty(), "--complete-profile"),
            (self.media_url.is_some(), "--media-url"),
            (!self.touch.is_empty(), "--touch"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
    }

    /// What the operator says about a Django shop's tables.
    ///
    /// # Errors
    /// A field is named twice.
    pub(super) fn django_options(&self) -> Result<DjangoOptions, DjangoOptionError> {
        for (at, (field, _)) in self.column.iter().enumerate() {
            if self.column[..at].iter().any(|(named, _)| named == field) {
                return Err(DjangoOptionError::RepeatedField(*field));
            }
        }
        let default = DjangoOptions::default();
        Ok(DjangoOptions {
            user_table: self.user_table.clone(),
            token_table: self.token_table.clone().unwrap_or(default.token_table),
            columns: self.column.clone(),
            complete_profile: (!self.complete_profile.is_empty()).then(|| self.complete_profile.clone()),
            media_url: self.media_url.clone(),
            touch: self.touch.clone(),
        })
    }
}

fn field_and_column(text: &str) -> Result<(ShopField, ColumnName), DjangoOptionError> {
    let (field, column) = text.split_once('=').ok_or(DjangoOptionError::FieldAndColumn)?;
    Ok((field.parse()?, column.parse()?))
}

fn profile_field(text: &str) -> Result<Field, DjangoOptionError> {
    match text.parse() {
        Ok(ShopField::Profile(field)) => Ok(field),
        Ok(ShopField::IsActive) | Err(_) => Err(DjangoOptionError::UnknownProfileField(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        layout: LayoutArgs,
    }

    fn options(arguments: &[&str]) -> Result<DjangoOptions, String> {
        let arguments = ["shop-profile", "--layout", "django"].iter().chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        assert!(cli.layout.is_django());
        cli.layout.django_options().map_err(|error| error.to_string())
    }

    #[test]
    fn without_options_the_tokens_are_rest_frameworks_and_the_rest_is_found() {
        let options = options(&[]).unwrap();
        assert_eq!(options, DjangoOptions::default());
        assert_eq!(options.token_table.to_string(), "authtoken_token");
    }

    #[test]
    fn each_option_is_read() {
        let given = options(&[
            "--user-table=people.accounts_user",
            "--token-table=tokens",
            "--column=mobile_number=phone",
            "--column=gender=profiles_profile.sex",
            "--complete-profile=first_name,email",
            "--media-url=https://cdn.example/media/",
            "--touch=updated_at,profiles_profile.changed",
        ]);
        let given = given.unwrap();
        assert_eq!(given.user_table.as_ref().map(ToString::to_string).as_deref(), Some("people.accounts_user"));
        assert_eq!(given.token_table.to_string(), "tokens");
        let column = |field| given.column(ShopField::Profile(field)).map(ToString::to_string);
        assert_eq!(column(Field::MobileNumber).as_deref(), Some("phone"));
        assert_eq!(column(Field::Gender).as_deref(), Some("profiles_profile.sex"));
        assert_eq!(column(Field::Email), None);
        assert_eq!(given.complete_profile, Some(vec![Field::FirstName, Field::Email]));
        assert_eq!(given.media_url.as_ref().map(MediaUrl::as_str), Some("https://cdn.example/media/"));
        assert_eq!(
            given.touch.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["updated_at", "profiles_profile.changed"]
        );
    }

    #[test]
    fn says_what_is_wrong_and_what_would_be_right() {
        for (argument, expected) in [
            ("--layout=rails", "native, django"),
            ("--user-table=a.b.c", "SCHEMA.TABLE"),
            ("--token-table=", "SCHEMA.TABLE"),
            ("--column=phone", "FIELD=COLUMN"),
            ("--column=phone=mobile_number", "mobile_number, email"),
            ("--column=gender=", "TABLE.COLUMN"),
            ("--complete-profile=names", "first_name, last_name, gender"),
            ("--complete-profile=is_active", "there is no field \"is_active\" of the profile"),
            ("--media-url=/media/", "ends in /"),
            ("--media-url=https://cdn.example/media", "ends in /"),
            ("--media-url=https://cdn.example/media/?a=/", "ends in /"),
            ("--touch=a b.", "TABLE.COLUMN"),
        ] {
            let error = options(&[argument]).unwrap_err();
            assert!(error.contains(expected), "{argument}: {error}");
        }
        let error = options(&["--column=gender=sex", "--column=gender=title"]).unwrap_err();
        assert!(error.contains("gender is named twice"), "{error}");
    }
}
