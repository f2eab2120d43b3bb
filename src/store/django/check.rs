//! What an owner must know about a Django shop before the server works on its tables.

use super::{
    ColumnType, DatabaseFailed, DjangoOptions, DjangoShop, Finding, InspectError, ShopColumn, ShopField, ShopTable,
    catalogue::Table, connection::ShopConnection, inspection::Inspection, migrations, notice::Notice,
};
use crate::store::DatabaseUrl;

/// Columns of Django's own user models with a date that no change of a profile moves.
const DATES_OF_DJANGO: [&str; 2] = ["last_login", "date_joined"];
/// Tables of other kinds of tokens, and what makes them.
const OTHER_TOKENS: [(&str, &str); 2] =
    [("knox_authtoken", "django-rest-knox"), ("token_blacklist_outstandingtoken", "djangorestframework-simplejwt")];

/// What was found of a Django shop.
#[derive(Debug)]
pub struct ShopCheck {
    /// The tables that were found: of the users, of the tokens, of the profile.
    pub tables: Vec<(&'static str, ShopTable)>,
    /// Every column that the server uses, or should use.
    pub columns: Vec<CheckedColumn>,
    /// What is missing; with something missing the server does not start.
    pub missing: Vec<Finding>,
    /// What the owner must know.
    pub notices: Vec<Notice>,
    /// The shop, if nothing is missing.
    pub shop: Option<DjangoShop>,
}

/// A column that the server uses.
#[derive(Debug)]
pub struct CheckedColumn {
    /// The field of the API, or what the column is for.
    pub field: String,
    /// The table and the column; `None` when it was not found.
    pub column: Option<(ShopTable, ShopColumn)>,
    /// Whether the customer decides about its value by this server; otherwise Django does.
    pub is_customers: bool,
}

/// Reads the catalogue of a Django shop, and what else there is to know.
///
/// # Errors
/// The database cannot be opened or read. What is missing is no error: it is in the [`ShopCheck`].
pub async fn check_django(url: &DatabaseUrl, options: &DjangoOptions) -> Result<ShopCheck, InspectError> {
    let mut connection = ShopConnection::open(url).await?;
    let result = check(&mut connection, options).await;
    connection.close().await;
    Ok(result.map_err(DatabaseFailed::from)?)
}

async fn check(connection: &mut ShopConnection, options: &DjangoOptions) -> sea_orm::sqlx::Result<ShopCheck> {
    let inspection = connection.inspect(options).await?;
    let mut notices = Vec::new();
    for table in inspection.tables() {
        of_table(table, &mut notices);
    }
    of_columns(&inspection, options, &mut notices);
    notices.extend(migrations::notices(connection.applied_migrations().await?));
    for (table, package) in OTHER_TOKENS {
        if connection.has_table(table).await? {
            notices.push(Notice::OtherTokens { table: table.to_owned(), package });
        }
    }
    let tables = [
        ("users", &inspection.users.as_ref().map(|table| table.table.clone())),
        ("tokens", &inspection.tokens.as_ref().map(|table| table.table.clone())),
        ("profile", &inspection.profile_table().map(|table| table.table.clone())),
    ];
    let tables = tables.into_iter().filter_map(|(name, table)| Some((name, table.clone()?))).collect();
    let columns = columns(&inspection, options);
    let (missing, shop) = match inspection.into_shop() {
        Ok(shop) => (Vec::new(), Some(shop)),
        Err(InspectError::Missing(missing)) => (missing, None),
        Err(InspectError::Open(_) | InspectError::Database(_)) => (Vec::new(), None),
    };
    if let Some(shop) = &shop {
        notices.extend(connection.missing_rights(shop, options).await?);
        notices.extend(connection.users_without_profile(shop).await?);
    }
    notices.extend(Notice::ALWAYS);
    Ok(ShopCheck { tables, columns, missing, notices, shop })
}

fn columns(inspection: &Inspection, options: &DjangoOptions) -> Vec<CheckedColumn> {
    let table = |column: &ShopColumn| {
        let profile = inspection.profile_table().filter(|_| column.in_profile_table);
        profile.or(inspection.users.as_ref()).map(|table| table.table.clone())
    };
    let fields = ShopField::ALL.into_iter().zip(&inspection.columns).map(|(field, column)| CheckedColumn {
        field: field.to_string(),
        column: column.as_ref().and_then(|column| Some((table(column)?, column.clone()))),
        is_customers: options.is_written(field),
    });
    let tokens = |column: &Option<ShopColumn>| Some((inspection.tokens.as_ref()?.table.clone(), column.clone()?));
    let users = |column: &Option<ShopColumn>| Some((inspection.users.as_ref()?.table.clone(), column.clone()?));
    let of_django = |field: &str, column| CheckedColumn { field: field.to_owned(), column, is_customers: false };
    let mut columns = vec![of_django("id", users(&inspection.user_id))];
    columns.extend(fields);
    columns.extend(inspection.touch.iter().map(|column| CheckedColumn {
        field: "(touched)".to_owned(),
        column: table(column).map(|table| (table, column.clone())),
        is_customers: true,
    }));
    columns.push(of_django("(token)", tokens(&inspection.token_key)));
    columns.push(of_django("(token's user)", tokens(&inspection.token_user_id)));
    columns
}

/// What acts on the rows of a table beside statements.
fn of_table(table: &Table, notices: &mut Vec<Notice>) {
    let name = || table.table.clone();
    if !table.triggers.is_empty() {
        notices.push(Notice::Triggers(name(), table.triggers.clone()));
    }
    if !table.rules.is_empty() {
        notices.push(Notice::Rules(name(), table.rules.clone()));
    }
    if table.has_row_security {
        notices.push(Notice::RowSecurity(name()));
    }
}

fn of_columns(inspection: &Inspection, options: &DjangoOptions, notices: &mut Vec<Notice>) {
    let Some(users) = &inspection.users else { return };
    let of_profile = inspection.profile_table();
    for (field, column) in ShopField::ALL.into_iter().zip(&inspection.columns) {
        let Some(column) = column else { continue };
        let table = of_profile.filter(|_| column.in_profile_table).unwrap_or(users);
        let name = format!("{}.{}", table.table, column.name);
        for check in table.checks.iter().filter(|check| check.columns.contains(&column.name)) {
            if options.is_written(field) {
                notices.push(Notice::Check { column: name.clone(), constraint: check.name.clone() });
            }
        }
        if table.column(&column.name).is_some_and(|described| described.ignores_case) {
            notices.push(Notice::IgnoresCase(name.clone()));
        }
        for index in &table.indexes {
            let is_of_column = index.columns.iter().flatten().any(|indexed| *indexed == column.name)
                || index.definition.as_ref().is_some_and(|definition| definition.contains(&column.name));
            let is_special = index.is_partial || index.columns.contains(&None) || index.columns.len() > 1;
            if index.is_unique && is_of_column && is_special && options.is_written(field) {
                notices.push(Notice::UniqueIndex { column: name.clone(), index: index.name.clone() });
            }
        }
    }
    let username = inspection.columns[0].as_ref().filter(|column| !column.in_profile_table);
    if let Some(username) = username.filter(|column| !users.has_index_for(&column.name)) {
        notices.push(Notice::NoIndex(format!("{}.{}", users.table, username.name)));
    }
    notices.push(Notice::Dates(dates(inspection)));
}

/// The columns with a date of which nothing tells whether Django moves it.
fn dates(inspection: &Inspection) -> Vec<String> {
    let is_date = |kind| matches!(kind, ColumnType::TimestampWithTimeZone | ColumnType::Timestamp | ColumnType::Date);
    let of_table = |table: Option<&Table>, in_profile_table| {
        let columns = table.map(|table| &table.columns[..]).unwrap_or_default().iter();
        let open = columns.filter(|column| {
            let is_touched = inspection
                .touch
                .iter()
                .any(|touch| touch.name == column.name && touch.in_profile_table == in_profile_table);
            is_date(column.column_type) && !is_touched && !DATES_OF_DJANGO.contains(&column.name.as_str())
        });
        open.map(|column| match table.filter(|_| in_profile_table) {
            Some(table) => format!("{}.{}", table.table, column.name),
            None => column.name.clone(),
        })
        .collect::<Vec<_>>()
    };
    [of_table(inspection.users.as_ref(), false), of_table(inspection.profile_table(), true)].concat()
}
