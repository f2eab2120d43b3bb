//! Values that the columns of a Django shop reject, and the fields that they belong to.
//!
//! Of the database's errors only the names are used: the rest of them holds the row, password hash included.

use sea_orm::sqlx::{self, error::ErrorKind, postgres::PgDatabaseError, sqlite::SqliteError};

use super::{Store, StoreError, dispatch, django::DjangoShop, explain::sqlx_error, layout::DjangoLayout};
use crate::profile::{ErrorCode, Field, Patch};

/// Why a value was rejected, as far as the error says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rejected {
    code: ErrorCode,
    by: Place,
}

/// What rejected it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// These columns.
    Columns(Vec<String>),
    /// A constraint or an index of this name.
    Constraint(String),
    /// The error does not say.
    Unknown,
}

impl Rejected {
    /// Whether the error is about a value.
    fn of(error: &StoreError) -> Option<Self> {
        let (StoreError::Unique(cause) | StoreError::Database(cause)) = error else { return None };
        let sqlx::Error::Database(error) = sqlx_error(cause)? else { return None };
        let code = match error.kind() {
            ErrorKind::UniqueViolation => ErrorCode::Taken,
            ErrorKind::NotNullViolation => ErrorCode::Null,
            ErrorKind::CheckViolation | ErrorKind::ForeignKeyViolation => ErrorCode::Invalid,
            // String data right truncation.
            _ if error.code().as_deref() == Some("22001") => ErrorCode::TooLong,
            _ => return None,
        };
        let by = match (error.try_downcast_ref::<PgDatabaseError>(), error.try_downcast_ref::<SqliteError>()) {
            (Some(error), _) => place_of_postgres(error),
            (None, Some(_)) => place_of_sqlite(error.message()),
            (None, None) => Place::Unknown,
        };
        Some(Self { code, by })
    }
}

fn place_of_postgres(error: &PgDatabaseError) -> Place {
    match (error.column(), error.constraint()) {
        (Some(column), _) => Place::Columns(vec![column.to_owned()]),
        (None, Some(constraint)) => Place::Constraint(constraint.to_owned()),
        (None, None) => Place::Unknown,
    }
}

/// `UNIQUE constraint failed: shop_customer.username, shop_customer.email`, `UNIQUE constraint failed: index 'NAME'`,
/// `CHECK constraint failed: NAME`.
fn place_of_sqlite(message: &str) -> Place {
    let Some((kind, names)) = message.split_once(" constraint failed: ") else { return Place::Unknown };
    if let Some(index) = names.strip_prefix("index '").and_then(|name| name.strip_suffix('\'')) {
        return Place::Constraint(index.to_owned());
    }
    if kind.ends_with("CHECK") {
        return Place::Constraint(names.to_owned());
    }
    let columns = names.split(", ").filter_map(|name| name.rsplit_once('.'));
    Place::Columns(columns.map(|(_, column)| column.to_owned()).collect())
}

impl Store {
    /// Names the field whose value a column of the shop has rejected, if that is what failed.
    pub(super) async fn rejected_field(&self, error: StoreError, layout: &DjangoLayout, patch: &Patch) -> StoreError {
        let Some(Rejected { code, by }) = Rejected::of(&error) else { return error };
        let columns = match by {
            Place::Columns(columns) => columns,
            Place::Unknown => Vec::new(),
            // Without the columns it is the field that the patch names first.
            Place::Constraint(name) => {
                let columns = dispatch!(&*self.engine, database => database.columns_of(&layout.shop, &name).await);
                columns.unwrap_or_default()
            }
        };
        field_of(&layout.shop, patch, &columns).map_or(error, |field| StoreError::Rejected(field, code))
    }
}

/// The field of the patch whose column is among these; else the first that the patch names.
fn field_of(shop: &DjangoShop, patch: &Patch, columns: &[String]) -> Option<Field> {
    let is_named = |field: &Field| columns.contains(&shop.column(*field).name);
    patch.fields().find(is_named).or_else(|| patch.fields().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_names_columns_an_index_or_a_constraint() {
        let columns = |names: &[&str]| Place::Columns(names.iter().map(|name| (*name).to_owned()).collect());
        for (message, place) in [
            ("UNIQUE constraint failed: shop_customer.username", columns(&["username"])),
            ("UNIQUE constraint failed: a.first_name, a.last_name", columns(&["first_name", "last_name"])),
            ("UNIQUE constraint failed: index 'lower_username'", Place::Constraint("lower_username".into())),
            ("NOT NULL constraint failed: shop_customer.first_name", columns(&["first_name"])),
            ("CHECK constraint failed: gender_known", Place::Constraint("gender_known".into())),
            ("something else", Place::Unknown),
        ] {
            assert_eq!(place_of_sqlite(message), place, "{message}");
        }
    }
}
