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

/// Whose tables the database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Our own.
    Native,
    /// A Django shop's.
    Django(DjangoOptions),
}

/// Options that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LayoutError {
    /// An option about a Django shop's tables, without the layout.
    #[error("{0} is about a Django shop's tables: add --layout django")]
    NotDjango(&'static str),
    /// An option about a Django shop's tables contradicts another one.
    #[error("--column: {0}")]
    Column(#[from] DjangoOptionError),
}

impl LayoutArgs {
    /// The layout; of a command that is about Django alone it is Django's in any case.
    ///
    /// # Errors
    /// The options contradict each other.
    pub(super) fn layout(&self, command_is_djangos: bool) -> Result<Layout, LayoutError> {
        if command_is_djangos || self.layout == LayoutName::Django {
            return Ok(Layout::Django(self.django_options()?));
        }
        match self.django_option() {
            Some(option) => Err(LayoutError::NotDjango(option)),
            None => Ok(Layout::Native),
        }
    }

    /// The first of the options that say something about a Django shop's tables.
    fn django_option(&self) -> Option<&'static str> {
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

    fn django_options(&self) -> Result<DjangoOptions, DjangoOptionError> {
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
        let layout: &[&str] = if arguments.concat().contains("--layout") { &[] } else { &["--layout=django"] };
        let arguments = ["shop-profile"].iter().chain(layout).chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        match cli.layout.layout(false).map_err(|error| error.to_string())? {
            Layout::Django(options) => Ok(options),
            Layout::Native => Err("native".into()),
        }
    }

    #[test]
    fn the_default_token_table_is_rest_frameworks() {
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
    fn an_invalid_option_is_explained_with_what_is_expected() {
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

    #[test]
    fn an_option_about_djangos_tables_needs_the_layout_or_a_command_about_django() {
        let layout = |arguments: &[&str], command_is_djangos| {
            Cli::parse_from(["shop-profile"].iter().chain(arguments)).layout.layout(command_is_djangos)
        };
        assert_eq!(layout(&[], false), Ok(Layout::Native));
        assert_eq!(layout(&["--touch=updated_at"], false), Err(LayoutError::NotDjango("--touch")));
        assert!(matches!(layout(&["--touch=updated_at"], true), Ok(Layout::Django(_))));
    }
}
