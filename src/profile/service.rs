//! The operations `me` and `update_my_profile`: the one place that both faces reach.

use std::sync::Arc;

use entity::customer;

use super::{
    AvatarUrl, Customer, FieldError, Patch, PatchInput, Precondition, ProfileError, ProfileVersion, Username,
    patch::ValidationErrors,
};
use crate::{
    auth::{Credential, RejectedTokens, Rejection, Unauthenticated},
    deadline::{self, Progress},
    request_id,
    store::{ProfileRow, ProfileUpdate, Store, StoreError, TokenOwner, now},
};

/// How often an update starts anew because the row moved between its statement and the look at why nothing was
/// written. Each turn means that somebody else's patch of the same customer got through.
const ATTEMPTS: usize = 8;

/// A change that a client asks for.
#[derive(Clone, Debug, Default)]
pub struct UpdateMyProfile {
    /// The fields, as sent.
    pub input: PatchInput,
    /// The revisions that the client is willing to change.
    pub expected: Precondition,
}

/// The customer's own profile, read and updated by who holds one of their keys.
#[derive(Clone)]
pub struct ProfileService {
    store: Arc<Store>,
    rejected_tokens: RejectedTokens,
}

impl ProfileService {
    /// The operations on this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, rejected_tokens: RejectedTokens::default() }
    }

    /// The customer whose key this is; the first step of every operation that cannot be one statement.
    pub async fn me(&self, credential: &Credential) -> Result<Customer, ProfileError> {
        let Some(holder) = self.store.find_token_owner(&credential.digest).await.map_err(refuse)? else {
            self.rejected_tokens.record(credential.format.into(), None);
            return Err(Unauthenticated::UnknownToken.into());
        };
        self.admit(holder).map(Customer::from).map_err(ProfileError::from)
    }

    /// Changes what the patch names and nothing else, in one statement whose condition is the live key, or says
    /// everything that is wrong with it. The answer shows the row as written.
    pub async fn update_my_profile(
        &self,
        credential: &Credential,
        update: UpdateMyProfile,
    ) -> Result<Customer, ProfileError> {
        let UpdateMyProfile { input, expected } = update;
        let patch = match input.parse() {
            Ok(patch) => patch,
            Err(invalid) => return Err(self.explain(credential, invalid).await?),
        };
        // One expected revision, or none, goes straight into the statement's condition.
        let mut condition = match &expected {
            Precondition::Any => None,
            Precondition::OneOf(revisions) => revisions.first().copied(),
        };
        let mut look_first = patch.is_empty() || matches!(&expected, Precondition::OneOf(list) if list.len() != 1);
        for _ in 0..ATTEMPTS {
            if !look_first && let Some(row) = self.write(credential, &patch, condition).await? {
                return Ok(row);
            }
            let customer = self.me(credential).await?;
            if !expected.allows(customer.profile_version()) {
                return Err(self.conflict(&customer, &patch).await?);
            }
            if patch.is_noop_for(&customer) {
                return Ok(customer);
            }
            condition = condition.map(|_| customer.profile_version());
            look_first = false;
        }
        Err(refuse(StoreError::Busy))
    }

    /// What `update_my_profile` would say is wrong with the fields of this input, without writing anything.
    pub async fn check(&self, credential: &Credential, input: PatchInput) -> Result<(), ProfileError> {
        match input.parse() {
            Err(invalid) => Err(self.explain(credential, invalid).await?),
            Ok(patch) => {
                let customer = self.me(credential).await?;
                let taken = self.taken(&customer, patch.username.as_ref()).await?;
                taken.map_or(Ok(()), |error| Err(ProfileError::Invalid(vec![error])))
            }
        }
    }

    async fn write(
        &self,
        credential: &Credential,
        patch: &Patch,
        condition: Option<ProfileVersion>,
    ) -> Result<Option<Customer>, ProfileError> {
        let update = ProfileUpdate {
            token: credential.digest,
            columns: columns(patch),
            revision: condition.map(|revision| (revision.id, revision.version)),
        };
        let before = deadline::progress();
        deadline::note(Progress::ChangeUnderWay);
        let result = self.store.update_profile(update, deadline::current()).await;
        let is_stored = matches!(result, Ok(Some(_)) | Err(StoreError::OutcomeUnknown(_)));
        deadline::note(if is_stored { Progress::Stored } else { before });
        match result {
            Ok(row) => Ok(row.map(Customer::from)),
            // The only unique column that a patch can reach is the username's key.
            Err(StoreError::Unique(_)) => Err(ProfileError::Invalid(vec![FieldError::username_taken()])),
            Err(error) => Err(refuse(error)),
        }
    }

    /// The customer behind a key, if it is live and they are active.
    fn admit(&self, holder: TokenOwner) -> Result<ProfileRow, Unauthenticated> {
        let TokenOwner { token_id, expires_at, revoked_at, customer } = holder;
        let (reason, error) = match (revoked_at, expires_at) {
            (Some(_), _) => (Rejection::Revoked, Unauthenticated::UnknownToken),
            (None, Some(end)) if end <= now() => (Rejection::Expired, Unauthenticated::UnknownToken),
            (None, _) if !customer.is_active => (Rejection::Inactive, Unauthenticated::Inactive),
            (None, _) => return Ok(customer),
        };
        self.rejected_tokens.record(reason, Some(token_id));
        Err(error)
    }

    /// All that is wrong with an invalid patch. Who asks must be known first.
    async fn explain(&self, credential: &Credential, invalid: ValidationErrors) -> Result<ProfileError, ProfileError> {
        let ValidationErrors { mut errors, username } = invalid;
        let customer = self.me(credential).await?;
        if let Some(taken) = self.taken(&customer, username.as_ref()).await? {
            errors.insert(0, taken);
        }
        Ok(ProfileError::Invalid(errors))
    }

    /// The contract's order: every field before the version.
    async fn conflict(&self, customer: &Customer, patch: &Patch) -> Result<ProfileError, ProfileError> {
        let taken = self.taken(customer, patch.username.as_ref()).await?;
        let conflict = ProfileError::Conflict(customer.profile_version());
        Ok(taken.map_or(conflict, |error| ProfileError::Invalid(vec![error])))
    }

    /// Whether another customer has the username. Only said beside other errors: when nothing else is wrong, the
    /// unique index decides at the write, where no race can slip through.
    async fn taken(
        &self,
        customer: &Customer,
        username: Option<&Username>,
    ) -> Result<Option<FieldError>, ProfileError> {
        let Some(username) = username else { return Ok(None) };
        let owner = self.store.find_username(username.key()).await.map_err(refuse)?;
        Ok(owner.filter(|id| *id != customer.id).map(|_| FieldError::username_taken()))
    }
}

/// Only what the patch names. Destructured, so that a new field does not compile before it is written.
fn columns(patch: &Patch) -> Vec<(customer::Column, Option<String>)> {
    use customer::Column;
    let Patch { username, avatar, first_name, last_name, gender } = patch.clone();
    let mut columns = Vec::with_capacity(6);
    if let Some((username, key)) = username.map(Username::into_parts) {
        columns.push((Column::Username, Some(username)));
        columns.push((Column::CanonicalUsername, Some(key)));
    }
    columns.extend(avatar.map(|avatar| (Column::Avatar, avatar.map(AvatarUrl::into_string))));
    columns.extend(first_name.map(|name| (Column::FirstName, Some(name.into_string()))));
    columns.extend(last_name.map(|name| (Column::LastName, Some(name.into_string()))));
    columns.extend(gender.map(|gender| (Column::Gender, gender.map(|gender| gender.as_str().to_owned()))));
    columns
}

/// Logs the store's failure here, once, with its cause. Failures that last are logged by the store when they begin and
/// when they end: here, they would be a line for every request.
fn refuse(error: StoreError) -> ProfileError {
    let request = request_id::for_log();
    match &error {
        StoreError::Unique(_) | StoreError::Database(_) => {
            tracing::error!(request, error = &error as &dyn std::error::Error, "the store failed");
        }
        _ => tracing::debug!(request, error = &error as &dyn std::error::Error, "the store failed"),
    }
    ProfileError::from(error)
}
