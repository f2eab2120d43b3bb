//! The text of the statements that every request pays for, the same for both databases.
//!
//! They go to sqlx, over which SeaORM works too, and not through SeaORM's own executor, which took a third of a GET's
//! instructions (docs/performance.md). What they name are the entities' columns.

use std::{fmt::Write, sync::LazyLock};

use entity::customer;
use sea_orm::IdenStatic;

use super::row;
use crate::auth::TokenDigest;

/// A change of some columns and of no others, on the condition that the token is live, its customer active and at the
/// given id and version.
#[derive(Clone, Debug)]
pub struct ProfileUpdate {
    /// The token of the customer who asks.
    pub token: TokenDigest,
    /// At least one column of the profile, all of which hold text, and its new value. The store adds `version` and
    /// `updated_at`.
    pub columns: Vec<(customer::Column, Option<String>)>,
    /// The only id and version to be changed.
    pub revision: Option<(i64, i64)>,
}

impl ProfileUpdate {
    /// Whether the other's statement has the same text.
    pub(super) fn same_statement_as(&self, other: &Self) -> bool {
        let columns = |change: &Self| change.columns.iter().map(|(column, _)| *column as usize).collect::<Vec<_>>();
        self.revision.is_some() == other.revision.is_some() && columns(self) == columns(other)
    }
}

/// The customer behind a token. `$1`: its digest.
pub(super) static TOKEN_OWNER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM api_token JOIN customer ON customer.id = customer_id WHERE digest = $1",
        row::token_owner_columns()
    )
});

/// The id of the customer who has a canonical username. `$1`: the username.
pub(super) const FIND_USERNAME: &str = "SELECT id FROM customer WHERE canonical_username = $1";

/// Whether there is a table of customers, at the cost of one row.
pub(super) const ANY_CUSTOMER: &str = "SELECT 1 FROM customer LIMIT 1";

/// The updates, each value bound once: `$1` the present, then for each update its token, its columns and its revision.
/// An update that would change nothing writes nothing and keeps the version.
pub(super) fn updates(updates: &[&ProfileUpdate]) -> String {
    let mut parameters = 2..;
    let mut parameter = || parameters.next().unwrap_or_default();
    let update = |ProfileUpdate { columns, revision, .. }: &&ProfileUpdate| {
        let token = parameter();
        let (mut set, mut differs) = (String::new(), String::new());
        for (column, _) in columns {
            let (name, value, or) = (column.as_str(), parameter(), if differs.is_empty() { "" } else { " OR " });
            // Writing to a string cannot fail.
            let _ = write!(set, "{name} = ${value}, ");
            let _ = write!(differs, "{or}{name} IS DISTINCT FROM ${value}");
        }
        let at_revision = match revision {
            Some(_) => format!(" AND id = ${} AND version = ${}", parameter(), parameter()),
            None => String::new(),
        };
        format!(
            "UPDATE customer SET {set}updated_at = $1, version = version + 1 WHERE id IN (SELECT customer_id FROM \
             api_token WHERE digest = ${token} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)) AND \
             is_active AND ({differs}){at_revision} RETURNING {}",
            *PROFILE_COLUMNS
        )
    };
    updates.iter().map(update).collect::<Vec<_>>().join("; ")
}

static PROFILE_COLUMNS: LazyLock<String> = LazyLock::new(row::profile_columns);
