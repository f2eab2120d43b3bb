//! Why an operation was not done.

use crate::{
    auth::Unauthenticated,
    profile::{ErrorCode, Field, FieldError, ProfileVersion},
    rate_limit::Exceeded,
    request_id,
    store::StoreError,
};

/// Why an operation was not done. Each API maps it in one exhaustive `match`; the cause of a failure is in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Authentication failed.
    #[error("unauthenticated: {0}")]
    Unauthenticated(#[from] Unauthenticated),
    /// The customer, or the client's address, has exceeded a limit. Nothing was done.
    #[error("rate limited: {0}")]
    RateLimited(#[from] Exceeded),
    /// Every wrong field, in the contract's order.
    #[error("{} wrong fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// The stored version, which is none of those that the client expected.
    #[error("the version is {0} now")]
    Conflict(ProfileVersion),
    /// The database cannot be reached or takes no writes, or has no room now. Nothing was stored: worth another try.
    #[error("the database is unavailable")]
    Unavailable,
    /// The database failed in the middle of an update, which may or may not have been stored.
    #[error("the database failed, and the update may or may not have been stored")]
    OutcomeUnknown,
    /// The server's fault. Nothing was stored.
    #[error("the database failed")]
    Internal,
}

/// Why an update's statement failed.
#[derive(Debug)]
pub(super) enum WriteError {
    /// A column of a Django shop rejects the value of this field.
    Rejected(Field, ErrorCode),
    /// Anything else.
    Other(ProfileError),
}

impl From<ProfileError> for WriteError {
    fn from(error: ProfileError) -> Self {
        Self::Other(error)
    }
}

/// Logs the store's error here, once, with its cause. Failures that last are logged by the store when they begin and
/// when they end: here they would be a line for every request.
pub(super) fn log_store_error(error: StoreError) -> ProfileError {
    let request = request_id::for_log();
    let cause = &error as &dyn std::error::Error;
    match &error {
        StoreError::Unique(_) | StoreError::Rejected(..) | StoreError::DjangoTables | StoreError::Database(_) => {
            tracing::error!(request, error = cause, "the store failed");
            ProfileError::Internal
        }
        StoreError::OutcomeUnknown(_) => {
            tracing::debug!(request, error = cause, "the store failed");
            ProfileError::OutcomeUnknown
        }
        StoreError::Unavailable(_)
        | StoreError::NotWritable(_)
        | StoreError::Contended(_)
        | StoreError::Busy
        | StoreError::Stopped => {
            tracing::debug!(request, error = cause, "the store failed");
            ProfileError::Unavailable
        }
    }
}
