//! What a refusal becomes in GraphQL: a code for programs and a text for people. Nothing else of the cause goes out.

use async_graphql::ErrorExtensions;

use crate::{auth::Unauthenticated, profile::Refusal};

/// `extensions.code` of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The caller is nobody we know. HTTP 401.
    Unauthenticated,
    /// The database cannot be reached, or the server is stopping. HTTP 503.
    ServiceUnavailable,
    /// Our fault.
    InternalServerError,
}

impl Code {
    /// The code as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// Why a field has no value. It travels as the error's source, so that the answer can tell ours from the library's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    pub(super) code: Code,
    message: String,
}

impl Failure {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::InternalServerError, "Internal server error.")
    }
}

impl From<Unauthenticated> for Failure {
    fn from(why: Unauthenticated) -> Self {
        Self::new(Code::Unauthenticated, why.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated(why) => why.into(),
            Refusal::Unavailable(_) => {
                Self::new(Code::ServiceUnavailable, "Service temporarily unavailable, try again later.")
            }
            // A mutation answers these two in its payload.
            Refusal::Internal(_) | Refusal::Invalid(_) | Refusal::Conflict => Self::internal(),
        }
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        let code = failure.code.as_str();
        Self::new_with_source(failure).extend_with(|_, extensions| extensions.set("code", code))
    }
}
