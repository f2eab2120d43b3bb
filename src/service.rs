//! The operations: the one place that both APIs reach.

mod add_customer;
mod caller;
mod error;
mod metrics;
mod set_contacts;

use std::sync::Arc;

pub use add_customer::{WriteCustomerError, add_customer};
pub use caller::Caller;
pub use error::ProfileError;
pub use metrics::ServiceMetrics;
pub use set_contacts::set_contacts;

use self::error::{WriteError, log_store_error};
use crate::{
    audit,
    auth::RejectedTokens,
    deadline::{self, Progress},
    profile::{
        Customer, ErrorCode, Field, FieldError, Patch, PatchInput, Precondition, ProfileVersion, Username,
        ValidationErrors,
    },
    rate_limit::{Limiter, RateLimits},
    request_id,
    store::{Rules, Store, StoreError},
};

/// How often an update is tried because the row changed between its statement and the look at why nothing was written.
/// Each attempt means that another patch of the same customer was stored.
const MAX_ATTEMPTS: usize = 8;

/// A change that a client asks for.
#[derive(Clone, Debug, Default)]
pub struct UpdateMyProfile {
    /// The fields, as sent.
    pub input: PatchInput,
    /// The versions that the client is willing to change.
    pub expected: Precondition,
}

/// The customer's own profile, read and updated by a client that has one of their tokens.
#[derive(Clone)]
pub struct ProfileService {
    store: Arc<Store>,
    limiter: Arc<Limiter>,
    rejected_tokens: RejectedTokens,
    metrics: Arc<ServiceMetrics>,
}

impl ProfileService {
    /// The operations on this store, within these limits.
    pub fn new(store: Arc<Store>, limits: RateLimits, metrics: ServiceMetrics) -> Self {
        Self {
            store,
            limiter: Arc::new(Limiter::new(limits)),
            rejected_tokens: RejectedTokens::default(),
            metrics: Arc::new(metrics),
        }
    }

    /// Changes what the patch names and nothing else, in one statement whose condition is the live token. Gives the
    /// customer as stored. A token that was not seen lately is looked for first: its customer must be known to be counted.
    ///
    /// # Errors
    ///
    /// Each [`ProfileError`]; [`ProfileError::Invalid`] says everything that is wrong with the fields.
    pub async fn update_my_profile(&self, caller: &Caller, update: UpdateMyProfile) -> Result<Customer, ProfileError> {
        self.check_caller(caller).await?;
        let UpdateMyProfile { input, expected } = update;
        let patch = self.parse(caller, &input).await?;
        // One expected version, or none, goes straight into the statement's condition.
        let mut condition = match &expected {
            Precondition::Any => None,
            Precondition::OneOf(versions) => versions.first().copied(),
        };
        let mut read_first = patch.is_empty() || matches!(&expected, Precondition::OneOf(list) if list.len() != 1);
        for _ in 0..MAX_ATTEMPTS {
            if !read_first {
                match self.write(caller, &patch, condition).await {
                    Ok(Some(customer)) => {
                        request_id::note(|notes| notes.customer = Some(customer.id));
                        audit::profile_changed(customer.id, caller.token_id(), &Field::names(patch.fields()));
                        return Ok(customer);
                    }
                    Ok(None) => {}
                    Err(WriteError::Rejected(field, code)) => {
                        return Err(self.rejected(caller, &input, field, code).await);
                    }
                    Err(WriteError::Other(error)) => return Err(error),
                }
            }
            let customer = self.me(caller).await?;
            if !expected.allows(customer.profile_version()) {
                self.check(&customer, &patch, &expected).await?;
            }
            if patch.is_noop_for(&customer) {
                return Ok(customer);
            }
            condition = condition.map(|_| customer.profile_version());
            read_first = false;
        }
        Err(log_store_error(StoreError::Busy))
    }

    /// What [`Self::update_my_profile`] would answer now, without writing anything: the customer as it would be stored,
    /// at the version that is stored. Whether the username is taken is a question to the database here; only the update
    /// itself, whose statement the unique index decides, cannot lose a race.
    ///
    /// # Errors
    ///
    /// As [`Self::update_my_profile`], but for [`ProfileError::OutcomeUnknown`].
    pub async fn validate_update(&self, caller: &Caller, update: UpdateMyProfile) -> Result<Customer, ProfileError> {
        let UpdateMyProfile { input, expected } = update;
        let patch = self.parse(caller, &input).await?;
        let customer = self.me(caller).await?;
        self.check(&customer, &patch, &expected).await?;
        Ok(patch.apply_to(customer))
    }

    /// Applies the rules that need no database. Their errors are for an authenticated client only, and beside them
    /// belongs whether the username is taken.
    async fn parse(&self, caller: &Caller, input: &PatchInput) -> Result<Patch, ProfileError> {
        let mut invalid = match input.parse(&self.store.rules()) {
            Ok(patch) => return Ok(patch),
            Err(invalid) => invalid,
        };
        let customer = self.me(caller).await?;
        if invalid.may_be_of_a_changed_column()
            && let Some(rules) = self.read_rules_again().await
        {
            match input.parse(&rules) {
                Ok(patch) => return Ok(patch),
                Err(still_invalid) => invalid = still_invalid,
            }
        }
        Err(self.every_error(&customer, invalid).await)
    }

    /// Adds whether the username is taken, which comes first.
    async fn every_error(&self, customer: &Customer, invalid: ValidationErrors) -> ProfileError {
        let ValidationErrors { errors, username } = invalid;
        match self.username_taken(customer, username.as_ref()).await {
            Ok(taken) => ProfileError::Invalid(taken.into_iter().chain(errors).collect()),
            Err(error) => error,
        }
    }

    /// Applies the rules that depend on what is stored, in the contract's order: every field before the version.
    async fn check(&self, customer: &Customer, patch: &Patch, expected: &Precondition) -> Result<(), ProfileError> {
        if let Some(taken) = self.username_taken(customer, patch.username.as_ref()).await? {
            return Err(ProfileError::Invalid(vec![taken]));
        }
        let version = customer.profile_version();
        if expected.allows(version) { Ok(()) } else { Err(ProfileError::Conflict(version)) }
    }

    async fn write(
        &self,
        caller: &Caller,
        patch: &Patch,
        condition: Option<ProfileVersion>,
    ) -> Result<Option<Customer>, WriteError> {
        let before = deadline::progress();
        deadline::note(Progress::ChangeUnderWay);
        let result = self.store.update_profile(&caller.credential, patch, condition, deadline::current()).await;
        let is_stored = matches!(result, Ok(Some(_)) | Err(StoreError::OutcomeUnknown(_)));
        deadline::note(if is_stored { Progress::Stored } else { before });
        match result {
            Ok(customer) => Ok(customer),
            // The only unique column that a patch can change is the canonical username.
            Err(StoreError::Unique(_)) => Err(ProfileError::Invalid(vec![FieldError::username_taken()]).into()),
            Err(StoreError::Rejected(field, code)) => Err(WriteError::Rejected(field, code)),
            Err(error) => Err(log_store_error(error).into()),
        }
    }

    /// What is wrong with a patch of which a Django shop's column has rejected a value. By the rules that were known the
    /// value was right: a migration may have changed them.
    async fn rejected(&self, caller: &Caller, input: &PatchInput, field: Field, code: ErrorCode) -> ProfileError {
        let rules = self.read_rules_again().await.unwrap_or_else(|| self.store.rules());
        let invalid = match input.parse(&rules) {
            Err(invalid) => invalid,
            Ok(Patch { username, .. }) => ValidationErrors {
                errors: vec![FieldError::rejected(field, code)],
                username: username.filter(|_| field != Field::Username),
            },
        };
        match self.me(caller).await {
            Ok(customer) => self.every_error(&customer, invalid).await,
            Err(error) => error,
        }
    }

    /// The rules by a Django shop's columns as they are now.
    async fn read_rules_again(&self) -> Option<Rules> {
        // It opens a connection, whose 8 KB would be part of the future of each update.
        let rules = Box::pin(self.store.read_rules_again()).await;
        rules.unwrap_or_else(|error| {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(request = request_id::for_log(), error = cause, "cannot read the shop's columns again");
            None
        })
    }

    /// After how many seconds a request that cannot be served now is worth another try: one to ten.
    pub fn retry_after(&self) -> u64 {
        self.store.retry_after()
    }

    /// The rules of the profile at present.
    pub fn rules(&self) -> Rules {
        self.store.rules()
    }

    /// The error if another customer has the username. An update asks for it beside other errors only: when nothing else
    /// is wrong, the unique index decides at the write, where there is no race.
    async fn username_taken(
        &self,
        customer: &Customer,
        username: Option<&Username>,
    ) -> Result<Option<FieldError>, ProfileError> {
        let Some(username) = username else { return Ok(None) };
        let owner = self.store.find_username(username).await.map_err(log_store_error)?;
        Ok(owner.filter(|id| *id != customer.id).map(|_| FieldError::username_taken()))
    }
}
