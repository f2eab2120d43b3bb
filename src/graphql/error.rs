//! What an error becomes in GraphQL: a code for programs and a text for people. Nothing else of the cause goes out.

use async_graphql::ErrorExtensions;
use axum::http::StatusCode;

use crate::{
    auth::Unauthenticated,
    messages::{Message, MessageId},
    service::ProfileError,
};

/// `extensions.code` of an error. Where a status is named, it holds for every media type; the others are request errors
/// (400 in `application/graphql-response+json`, 200 in `application/json`) or errors of an execution (200).
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is not a GraphQL request. HTTP 400.
    BadRequest,
    /// A variable is missing, null or of the wrong type.
    BadUserInput,
    /// Limit: bytes of the document.
    DocumentTooLarge,
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// An error of the server.
    InternalServerError,
    /// Limit: nested lists of an introspection.
    IntrospectionTooDeep,
    /// Not GET, HEAD or POST, or a mutation by GET. HTTP 405.
    MethodNotAllowed,
    /// `Accept` names no type that is served. HTTP 406.
    NotAcceptable,
    /// `operationName` names no operation, or none is named and there are several.
    OperationResolutionFailure,
    /// Send the text with the hash. HTTP 200.
    PersistedQueryNotFound,
    /// Another version of persisted queries. HTTP 200.
    PersistedQueryNotSupported,
    /// The body came too slowly. HTTP 408.
    RequestTimeout,
    /// Limit: bytes of the body. HTTP 413.
    RequestTooLarge,
    /// The database cannot be reached, or the server is stopping. HTTP 503.
    ServiceUnavailable,
    /// The execution took too long. HTTP 503.
    Timeout,
    /// Limit: nested fields.
    TooDeep,
    /// Limit: nested brackets.
    TooDeeplyNested,
    /// Limit: aliases.
    TooManyAliases,
    /// Limit: directives.
    TooManyDirectives,
    /// Limit: fields.
    TooManyFields,
    /// Limit: fragments.
    TooManyFragments,
    /// Limit: operations.
    TooManyOperations,
    /// A rate limit is exceeded; `retryAfter` says when to try again. HTTP 429.
    TooManyRequests,
    /// Limit: root fields of a mutation.
    TooManyRootFields,
    /// Limit: tokens.
    TooManyTokens,
    /// Limit: variables.
    TooManyVariables,
    /// Authentication failed, or no API token was sent. HTTP 401.
    Unauthenticated,
    /// The body is not JSON in UTF-8. HTTP 415.
    UnsupportedMediaType,
}

impl Code {
    /// Every code, in alphabetical order.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The code as clients see it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why a resolver failed. It is the source of the GraphQL error, so that `http::response` can tell our errors from the
/// library's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ResolverError {
    pub(super) code: Code,
    message: Message,
}

impl ResolverError {
    fn new(code: Code, message: impl Into<Message>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::InternalServerError, MessageId::InternalError)
    }

    /// The status of the whole response, where nothing else succeeded: 401, 429 and 503 apply to it as a whole, other
    /// errors leave it 200.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self.code {
            Code::Unauthenticated => Some(StatusCode::UNAUTHORIZED),
            Code::TooManyRequests => Some(StatusCode::TOO_MANY_REQUESTS),
            Code::ServiceUnavailable => Some(StatusCode::SERVICE_UNAVAILABLE),
            _ => None,
        }
    }
}

impl From<Unauthenticated> for ResolverError {
    fn from(why: Unauthenticated) -> Self {
        Self::new(Code::Unauthenticated, why.message())
    }
}

impl From<ProfileError> for ResolverError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Unauthenticated(why) => why.into(),
            ProfileError::RateLimited(exceeded) => Self::new(Code::TooManyRequests, exceeded.message()),
            ProfileError::Unavailable => Self::new(Code::ServiceUnavailable, MessageId::Unavailable),
            ProfileError::OutcomeUnknown => Self::new(Code::ServiceUnavailable, MessageId::OutcomeUnknown),
            // The last two are part of a mutation's payload.
            ProfileError::Internal | ProfileError::Invalid(_) | ProfileError::Conflict(_) => Self::internal(),
        }
    }
}

impl From<ResolverError> for async_graphql::Error {
    fn from(error: ResolverError) -> Self {
        let code = error.code.as_str();
        Self::new_with_source(error).extend_with(|_, extensions| extensions.set("code", code))
    }
}
