//! The text of the statements that every request pays for, the same for both databases and made once.
//!
//! They go to sqlx, over which SeaORM works too, and not through SeaORM's own executor, which took a third of a GET's
//! instructions (docs/performance.md). What they name comes from the [`Layout`].

use std::{
    fmt::Write,
    sync::{Arc, OnceLock},
};

use super::layout::{CustomerTable, Layout};
use crate::{
    auth::TokenDigest,
    profile::{Patch, ProfileVersion},
};

/// Updates of one profile column each have a bit, and so has the condition on the version.
const SHAPES: usize = 1 << 6;
/// The numbers of updates in one text: 1, 2, 4, 8, 16.
const COUNTS: usize = 5;

/// A change of what the patch names and of nothing else, on the condition that the token is live, its customer active
/// and at the given version.
#[derive(Clone, Debug)]
pub(super) struct ProfileUpdate {
    /// The token of the customer who asks.
    pub(super) token: TokenDigest,
    /// Names at least one field.
    pub(super) patch: Patch,
    /// The only version to be changed.
    pub(super) version: Option<ProfileVersion>,
}

impl ProfileUpdate {
    /// Which columns the update sets, and whether it has a condition on the version: what its text depends on.
    pub(super) fn shape(&self) -> usize {
        let Patch { username, avatar, first_name, last_name, gender } = &self.patch;
        let bits = [
            username.is_some(),
            avatar.is_some(),
            first_name.is_some(),
            last_name.is_some(),
            gender.is_some(),
            self.version.is_some(),
        ];
        bits.into_iter().enumerate().map(|(bit, is_set)| usize::from(is_set) << bit).sum()
    }
}

/// Binds an update's values to a query of either database, in the order of [`Sql::updates`]. (A function would have to
/// name each type that is bound as a bound of its own.)
macro_rules! bind_update {
    ($query:expr, $update:expr) => {{
        let $crate::store::sql::ProfileUpdate { token, patch, version } = $update;
        let $crate::profile::Patch { username, avatar, first_name, last_name, gender } = patch;
        let mut query = $query.bind(&token.0[..]);
        if let Some(username) = username {
            query = query.bind(username.as_str()).bind(username.canonical());
        }
        if let Some(avatar) = avatar {
            query = query.bind(avatar.as_ref().map(|avatar| avatar.as_str()));
        }
        if let Some(name) = first_name {
            query = query.bind(name.as_str());
        }
        if let Some(name) = last_name {
            query = query.bind(name.as_str());
        }
        if let Some(gender) = gender {
            query = query.bind(gender.map(|gender| gender.as_str()));
        }
        match version {
            Some($crate::profile::ProfileVersion { id, version }) => query.bind(*id).bind(*version),
            None => query,
        }
    }};
}
pub(super) use bind_update;

/// The texts of the statements.
pub(super) struct Sql {
    layout: Layout,
    /// The customer behind a token: the columns of [`profile_columns`], then whether they are active, and of the token
    /// the id, the expiry and the revocation. `$1`: the digest.
    pub(super) token_owner: Arc<str>,
    /// The id of the customer who has a canonical username. `$1`: the username.
    pub(super) find_username: Arc<str>,
    /// Reads a row if there is one: whether there is a table of customers.
    pub(super) any_customer: Arc<str>,
    /// By their number and their shape, made when they are first asked for.
    updates: [[OnceLock<Arc<str>>; SHAPES]; COUNTS],
}

impl Sql {
    /// The statements on the tables of a layout.
    pub(super) fn new(layout: Layout) -> Self {
        let Layout { customer, token } = &layout;
        let token_owner = format!(
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
        );
        let CustomerTable { table, id, canonical_username, .. } = customer;
        Self {
            token_owner: token_owner.into(),
            find_username: format!("SELECT {id} FROM {table} WHERE {canonical_username} = $1").into(),
            any_customer: format!("SELECT 1 FROM {table} LIMIT 1").into(),
            updates: [const { [const { OnceLock::new() }; SHAPES] }; COUNTS],
            layout,
        }
    }

    /// The updates of one shape, whose number is a power of two, each value bound once: `$1` the present, then for each
    /// update its token, its columns and its version. An update that would change nothing writes nothing and keeps the
    /// version.
    pub(super) fn updates(&self, updates: &[&ProfileUpdate]) -> Arc<str> {
        let Some(first) = updates.first() else { return "".into() };
        let make = || {
            let mut parameters = 2..;
            let mut parameter = || parameters.next().unwrap_or_default();
            let texts: Vec<_> =
                updates.iter().map(|_| self.update(&first.patch, first.version, &mut parameter)).collect();
            texts.join("; ").into()
        };
        match self.updates.get(updates.len().ilog2() as usize) {
            Some(shapes) if updates.len().is_power_of_two() => shapes[first.shape()].get_or_init(make).clone(),
            _ => make(),
        }
    }

    fn update(&self, patch: &Patch, version: Option<ProfileVersion>, parameter: &mut impl FnMut() -> u32) -> String {
        let Layout { customer, token } = &self.layout;
        let digest = parameter();
        let (mut set, mut differs) = (String::new(), String::new());
        for column in changed_columns(customer, patch) {
            let (value, or) = (parameter(), if differs.is_empty() { "" } else { " OR " });
            // Writing to a string cannot fail.
            let _ = write!(set, "{column} = ${value}, ");
            let _ = write!(differs, "{or}{column} IS DISTINCT FROM ${value}");
        }
        let at_version = match version {
            Some(_) => format!(" AND {} = ${} AND {} = ${}", customer.id, parameter(), customer.version, parameter()),
            None => String::new(),
        };
        format!(
            "UPDATE {customer} SET {set}{updated_at} = $1, {version} = {version} + 1 WHERE {id} IN (SELECT {customer_id} \
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
    pub(super) fn record_last_used(&self, tokens: &str) -> String {
        let token = &self.layout.token;
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
