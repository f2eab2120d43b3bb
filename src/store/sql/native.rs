//! The statements on shop-profile's own tables, the same for both databases.

use std::fmt::Write;

use crate::{
    profile::Patch,
    store::layout::{CustomerTable, NativeLayout},
};

impl NativeLayout {
    /// The columns of [`profile_columns`], then whether the customer is active, and of the token the id, the expiry and
    /// the revocation. `$1`: the digest.
    pub(super) fn token_owner(&self) -> String {
        let Self { customer, token } = self;
        format!(
            "SELECT {profile}, {customer}.{is_active}, {token}.{token_id}, {token}.{expires_at}, {token}.{revoked_at} \
             FROM {token} JOIN {customer} ON {customer}.{id} = {token}.{customer_id} WHERE {token}.{digest} = $1",
            profile = profile_columns(customer),
            is_active = customer.is_active,
            id = customer.id,
            customer = customer.table,
            token_id = token.id,
            expires_at = token.expires_at,
            revoked_at = token.revoked_at,
            customer_id = token.customer_id,
            digest = token.digest,
            token = token.table,
        )
    }

    /// `$1`: the canonical username.
    pub(super) fn find_username(&self) -> String {
        let CustomerTable { table, id, canonical_username, .. } = &self.customer;
        format!("SELECT {id} FROM {table} WHERE {canonical_username} = $1")
    }

    /// Reads a row if there is one.
    pub(super) fn any_customer(&self) -> String {
        format!("SELECT 1 FROM {} LIMIT 1", self.customer.table)
    }

    /// `$1`: the present; then, in this order, the digest, the columns, and the id and the version. A digest is unique:
    /// for `IN` in the place of `=` SQLite would fill two temporary tables.
    pub(super) fn update(&self, patch: &Patch, is_conditional: bool, parameter: &mut impl FnMut() -> u32) -> String {
        let Self { customer, token } = self;
        let digest = parameter();
        let (mut set, mut differs) = (String::new(), String::new());
        for column in changed_columns(customer, patch) {
            let (value, or) = (parameter(), if differs.is_empty() { "" } else { " OR " });
            // Writing to a string cannot fail.
            let _ = write!(set, "{column} = ${value}, ");
            let _ = write!(differs, "{or}{column} IS DISTINCT FROM ${value}");
        }
        let at_version = if is_conditional {
            format!(" AND {} = ${} AND {} = ${}", customer.id, parameter(), customer.version, parameter())
        } else {
            String::new()
        };
        format!(
            "UPDATE {customer} SET {set}{updated_at} = $1, {version} = {version} + 1 WHERE {id} = (SELECT {customer_id} \
             FROM {token} WHERE {token_digest} = ${digest} AND {revoked_at} IS NULL AND ({expires_at} IS NULL OR \
             {expires_at} > $1)) AND {is_active} AND ({differs}){at_version} RETURNING {profile}",
            updated_at = customer.updated_at,
            version = customer.version,
            id = customer.id,
            is_active = customer.is_active,
            profile = profile_columns(customer),
            customer = customer.table,
            customer_id = token.customer_id,
            token_digest = token.digest,
            revoked_at = token.revoked_at,
            expires_at = token.expires_at,
            token = token.table,
        )
    }

    /// Notes when tokens were last used: `$1` now, on condition that none was noted since `$2`. `tokens` is the
    /// condition on the digest.
    pub(in crate::store) fn record_last_used(&self, tokens: &str) -> String {
        let token = &self.token;
        let (table, last_used_at, digest) = (token.table, token.last_used_at, token.digest);
        format!(
            "UPDATE {table} SET {last_used_at} = $1 WHERE ({last_used_at} IS NULL OR {last_used_at} < $2) AND {digest} \
             {tokens}"
        )
    }
}

/// What to select for a profile, in the order in which it is decoded. `*` would break prepared statements when a later
/// version adds a column.
fn profile_columns(customer: &CustomerTable) -> String {
    let columns = [
        customer.id,
        customer.username,
        customer.mobile_number,
        customer.email,
        customer.avatar,
        customer.first_name,
        customer.last_name,
        customer.gender,
        customer.version,
    ];
    columns.map(|column| format!("{}.{column}", customer.table)).join(", ")
}

/// The columns that a patch changes, in the order in which their values are bound. Destructured, so that a new field
/// does not compile before it is written.
fn changed_columns(customer: &CustomerTable, patch: &Patch) -> impl Iterator<Item = &'static str> {
    let Patch { username, avatar, first_name, last_name, gender } = patch;
    let columns = [
        (username.is_some(), customer.username),
        (username.is_some(), customer.canonical_username),
        (avatar.is_some(), customer.avatar),
        (first_name.is_some(), customer.first_name),
        (last_name.is_some(), customer.last_name),
        (gender.is_some(), customer.gender),
    ];
    columns.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, column)| column)
}
