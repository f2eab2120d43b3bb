//! What the operator says about a Django shop's tables, where the database does not say it.

use std::{fmt, str::FromStr};

use crate::profile::Field;

/// How to find a Django shop's tables, and what they do not say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DjangoOptions {
    /// The table of Django's user model; `None`: the one that the tokens' table references.
    pub user_table: Option<TableName>,
    /// The table of Django REST Framework's tokens.
    pub token_table: TableName,
    /// The columns that are not called like their field, each field at most once.
    pub columns: Vec<(ShopField, ColumnName)>,
    /// The fields that complete a profile; `None`: username, first and last name and gender.
    pub complete_profile: Option<Vec<Field>>,
    /// Where the shop serves its media files. With it the avatar's column holds the path of a file.
    pub media_url: Option<MediaUrl>,
    /// The columns that are set to the present when a profile changes (Django's `auto_now`).
    pub touch: Vec<ColumnName>,
}

impl Default for DjangoOptions {
    fn default() -> Self {
        Self {
            user_table: None,
            token_table: TableName { schema: None, name: "authtoken_token".to_owned() },
            columns: Vec::new(),
            complete_profile: None,
            media_url: None,
            touch: Vec::new(),
        }
    }
}

impl DjangoOptions {
    /// The column that the operator named for this field.
    pub fn column(&self, field: ShopField) -> Option<&ColumnName> {
        self.columns.iter().find(|(named, _)| *named == field).map(|(_, column)| column)
    }

    /// The column that a field should have.
    pub(super) fn wanted_column(&self, field: ShopField) -> ColumnName {
        self.column(field).cloned().unwrap_or_else(|| ColumnName { table: None, name: field.as_str().to_owned() })
    }

    /// Whether the server writes the field. A media file's path is Django's to write.
    pub(super) fn is_written(&self, field: ShopField) -> bool {
        match field {
            ShopField::Profile(Field::Avatar) => self.media_url.is_none(),
            ShopField::Profile(Field::Username | Field::FirstName | Field::LastName | Field::Gender) => true,
            ShopField::Profile(Field::MobileNumber | Field::Email) | ShopField::IsActive => false,
        }
    }
}

/// What an option about a Django shop's tables should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DjangoOptionError {
    /// Not the name of a table.
    #[error("expected the name of a table, such as shop_customer or SCHEMA.TABLE")]
    Table,
    /// Not the name of a column.
    #[error("expected the name of a column, such as updated_at or TABLE.COLUMN")]
    Column,
    /// Not a field and its column.
    #[error("expected FIELD=COLUMN, such as mobile_number=phone or gender=profiles_profile.gender")]
    FieldAndColumn,
    /// A field that does not exist, or that has no column.
    #[error("there is no field {0:?}: expected one of {fields}", fields = ShopField::names())]
    UnknownField(String),
    /// A field that is named twice.
    #[error("{0} is named twice: name one column")]
    RepeatedField(ShopField),
    /// Not a field of the profile.
    #[error("there is no field {0:?} of the profile: expected one of {fields}", fields = ShopField::profile_names())]
    UnknownProfileField(String),
    /// No URL under which files could be.
    #[error("expected an absolute http or https URL that ends in /, as https://cdn.example/media/")]
    MediaUrl,
}

/// A field that a column of the shop stores: one of the profile, or whether the customer is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShopField {
    /// A field of the profile.
    Profile(Field),
    /// `is_active`
    IsActive,
}

impl ShopField {
    /// Every field, in the order in which REST shows them.
    pub const ALL: [Self; 8] = [
        Self::Profile(Field::Username),
        Self::Profile(Field::MobileNumber),
        Self::Profile(Field::Email),
        Self::Profile(Field::Avatar),
        Self::Profile(Field::FirstName),
        Self::Profile(Field::LastName),
        Self::Profile(Field::Gender),
        Self::IsActive,
    ];

    /// The name in snake case, which is the column's name unless the operator names another.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profile(field) => field.as_str(),
            Self::IsActive => "is_active",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    fn profile_names() -> String {
        Self::ALL[..7].iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for ShopField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ShopField {
    type Err = DjangoOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let field = Self::ALL.into_iter().find(|field| field.as_str() == text);
        field.ok_or_else(|| DjangoOptionError::UnknownField(text.to_owned()))
    }
}

/// The name of a table, as the operator writes it: `TABLE` or `SCHEMA.TABLE`, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The schema; `None`: where the database finds the table (PostgreSQL's `search_path`).
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl FromStr for TableName {
    type Err = DjangoOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, text),
        };
        if is_name(name) && schema.is_none_or(is_name) {
            Ok(Self { schema: schema.map(str::to_owned), name: name.to_owned() })
        } else {
            Err(DjangoOptionError::Table)
        }
    }
}

/// The name of a column, as the operator writes it: `COLUMN`, `TABLE.COLUMN` or `SCHEMA.TABLE.COLUMN`, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName {
    /// The table; `None`: the user table, or the one-to-one table where the user table does not have the column.
    pub table: Option<TableName>,
    /// The column.
    pub name: String,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "{table}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl FromStr for ColumnName {
    type Err = DjangoOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (table, name) = match text.rsplit_once('.') {
            Some((table, name)) => (Some(table.parse().map_err(|_| DjangoOptionError::Column)?), name),
            None => (None, text),
        };
        if is_name(name) { Ok(Self { table, name: name.to_owned() }) } else { Err(DjangoOptionError::Column) }
    }
}

/// Whether it can be the name of a table, a column or a schema.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(['.', '"', '\0', '=', ','])
}

/// The URL of the folder that the shop's media files are in: absolute, and with a `/` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaUrl(String);

impl MediaUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaUrl {
    type Err = DjangoOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = url::Url::parse(text).map_err(|_| DjangoOptionError::MediaUrl)?;
        let is_folder = text.ends_with('/') && url.query().is_none() && url.fragment().is_none();
        let is_web = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) && url.has_host();
        if is_folder && is_web { Ok(Self(text.to_owned())) } else { Err(DjangoOptionError::MediaUrl) }
    }
}

impl fmt::Display for MediaUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
