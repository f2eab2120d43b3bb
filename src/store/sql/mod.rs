//! The text of the statements that every request pays for, made once for each layout.
//!
//! They go to sqlx, over which SeaORM works too, and not through SeaORM's own executor, which took a third of a GET's
//! instructions (docs/performance.md).
//!
//! - here: what a change asks for, how its values are bound, and the texts that were made
//! - `native`: the statements on shop-profile's own tables
//! - `django`, `dialect`: the statements on a Django shop's tables

mod dialect;
mod django;
mod native;
#[cfg(test)]
mod plans;

use std::sync::{Arc, OnceLock};

use super::{layout::Layout, row::StoredProfile};
use crate::{
    auth::{ApiToken, Credential, TokenDigest},
    profile::{Patch, ProfileVersion},
};

/// Updates of one profile column each have a bit, and so has the condition on the version.
const SHAPES: usize = 1 << 6;
/// The numbers of updates in one text: 1, 2, 4, 8, 16.
const COUNTS: usize = 5;

/// A token as the layout's table stores it.
#[derive(Clone, Debug)]
pub(super) enum TokenKey {
    /// The digest: all that shop-profile's own table has.
    Digest(TokenDigest),
    /// The token in clear, as Django stores it.
    Plaintext(ApiToken),
}

impl TokenKey {
    /// By which the updates of one token meet.
    pub(super) fn digest(&self) -> TokenDigest {
        match self {
            Self::Digest(digest) => *digest,
            Self::Plaintext(token) => token.digest(),
        }
    }
}

/// The only state of a customer that an update may change.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Any.
    None,
    /// This version, where a column has it.
    Version(ProfileVersion),
    /// These values, where the version is a digest of them.
    Values(Box<StoredProfile>),
}

/// A change of what the patch names and of nothing else, on the condition that the token is live, its customer active
/// and in the expected state.
#[derive(Clone, Debug)]
pub(super) struct ProfileUpdate {
    /// The token of the customer who asks.
    pub(super) token: TokenKey,
    /// Names at least one field.
    pub(super) patch: Patch,
    /// The expected state.
    pub(super) condition: Condition,
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
            !matches!(self.condition, Condition::None),
        ];
        bits.into_iter().enumerate().map(|(bit, is_set)| usize::from(is_set) << bit).sum()
    }
}

/// Binds a token's key to a query of either database. (A function would have to name each type that is bound as a bound
/// of its own.)
macro_rules! bind_token {
    ($query:expr, $token:expr) => {
        match $token {
            $crate::store::sql::TokenKey::Digest(digest) => $query.bind(&digest.0[..]),
            $crate::store::sql::TokenKey::Plaintext(token) => $query.bind(token.expose_secret()),
        }
    };
}

/// Binds an update's values to a query of either database, in the order of [`Sql::updates`].
macro_rules! bind_update {
    ($query:expr, $update:expr) => {{
        let $crate::store::sql::ProfileUpdate { token, patch, condition } = $update;
        let $crate::profile::Patch { username, avatar, first_name, last_name, gender } = patch;
        let mut query = $crate::store::sql::bind_token!($query, token);
        if let Some(username) = username {
            query = query.bind(username.as_str());
            // Only shop-profile's own table has a column for it.
            if matches!(token, $crate::store::sql::TokenKey::Digest(_)) {
                query = query.bind(username.canonical());
            }
        }
        if let Some(avatar) = avatar {
            query = query.bind(avatar.as_ref().map(|avatar| avatar.as_str()));
        }
        if let Some(name) = first_name {
            query = query.bind(name.as_ref().map(|name| name.as_str()));
        }
        if let Some(name) = last_name {
            query = query.bind(name.as_ref().map(|name| name.as_str()));
        }
        if let Some(gender) = gender {
            query = query.bind(gender.as_ref().map(|gender| gender.as_str()));
        }
        match condition {
            $crate::store::sql::Condition::None => query,
            $crate::store::sql::Condition::Version($crate::profile::ProfileVersion { id, version }) => {
                query.bind(*id).bind(*version)
            }
            $crate::store::sql::Condition::Values(stored) => {
                query = query.bind(stored.id);
                for text in stored.texts() {
                    query = query.bind(text);
                }
                query
            }
        }
    }};
}
pub(super) use {bind_token, bind_update};

/// The texts of the statements.
pub(super) struct Sql {
    /// What they are made of.
    pub(super) layout: Layout,
    /// The customer behind a token. `$1`: the token's key.
    pub(super) token_owner: Arc<str>,
    /// The id of the customer who has a username, in the form that is unique. `$1`: the username.
    pub(super) find_username: Arc<str>,
    /// A value or NULL: fails unless the tables and columns are there.
    pub(super) any_customer: Arc<str>,
    /// By their number and their shape, made when they are first asked for.
    updates: [[OnceLock<Arc<str>>; SHAPES]; COUNTS],
}

impl Sql {
    /// The statements on the tables of a layout.
    pub(super) fn new(layout: Layout) -> Self {
        let (token_owner, find_username, any_customer) = match &layout {
            Layout::Native(tables) => (tables.token_owner(), tables.find_username(), tables.any_customer()),
            Layout::Django(tables) => (tables.token_owner(), tables.find_username(), tables.any_customer()),
        };
        Self {
            token_owner: token_owner.into(),
            find_username: find_username.into(),
            any_customer: any_customer.into(),
            updates: [const { [const { OnceLock::new() }; SHAPES] }; COUNTS],
            layout,
        }
    }

    /// The key by which the layout's table of tokens finds this token.
    pub(super) fn token_key(&self, credential: &Credential) -> TokenKey {
        match &self.layout {
            Layout::Native(_) => TokenKey::Digest(credential.digest),
            Layout::Django(_) => TokenKey::Plaintext(credential.token.clone()),
        }
    }

    /// The updates of one shape, whose number is a power of two, each value bound once: `$1` the present, then for each
    /// update its token, its columns and its condition. An update that would change nothing writes nothing and keeps the
    /// version.
    pub(super) fn updates(&self, updates: &[&ProfileUpdate]) -> Arc<str> {
        let Some(first) = updates.first() else { return "".into() };
        let make = || {
            let mut parameters = 2..;
            let mut parameter = || parameters.next().unwrap_or_default();
            let texts: Vec<_> = updates.iter().map(|_| self.update(first, &mut parameter)).collect();
            texts.join("; ").into()
        };
        match self.updates.get(updates.len().ilog2() as usize) {
            Some(shapes) if updates.len().is_power_of_two() => shapes[first.shape()].get_or_init(make).clone(),
            _ => make(),
        }
    }

    fn update(&self, update: &ProfileUpdate, parameter: &mut impl FnMut() -> u32) -> String {
        let is_conditional = !matches!(update.condition, Condition::None);
        match &self.layout {
            Layout::Native(tables) => tables.update(&update.patch, is_conditional, parameter),
            Layout::Django(tables) => tables.update(&update.patch, is_conditional, parameter),
        }
    }
}
