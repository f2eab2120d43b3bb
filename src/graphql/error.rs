//! What a refusal becomes in GraphQL: a code for programs and a text for people. Nothing else of the cause goes out.

use async_graphql::ErrorExtensions;
use axum::http::StatusCode;

use crate::{
    api::{OUTCOME_UNKNOWN, UNAVAILABLE},
    auth::Unauthenticated,
    profile::ProfileError,
};

/// `extensions.code` of an error. Where a status is named, it holds for every media type; the others are request errors
/// (400 in `application/graphql-response+json`, 200 in `application/json`) or errors of an execution (200).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Our fault.
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
    /// Limit: root fields of a mutation.
    TooManyRootFields,
    /// Limit: tokens.
    TooManyTokens,
    /// Limit: variables.
    TooManyVariables,
    /// The caller is nobody we know. HTTP 401.
    Unauthenticated,
    /// The body is not JSON in UTF-8. HTTP 415.
    UnsupportedMediaType,
}

impl Code {
    /// Every code, in the order of the alphabet.
    pub const ALL: &[Self] = &[
        Self::BadRequest,
        Self::BadUserInput,
        Self::DocumentTooLarge,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::InternalServerError,
        Self::IntrospectionTooDeep,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::OperationResolutionFailure,
        Self::PersistedQueryNotFound,
        Self::PersistedQueryNotSupported,
        Self::RequestTimeout,
        Self::RequestTooLarge,
        Self::ServiceUnavailable,
        Self::Timeout,
        Self::TooDeep,
        Self::TooDeeplyNested,
        Self::TooManyAliases,
        Self::TooManyDirectives,
        Self::TooManyFields,
        Self::TooManyFragments,
        Self::TooManyOperations,
        Self::TooManyRootFields,
        Self::TooManyTokens,
        Self::TooManyVariables,
        Self::Unauthenticated,
        Self::UnsupportedMediaType,
    ];

    /// The code as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::DocumentTooLarge => "DOCUMENT_TOO_LARGE",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
            Self::IntrospectionTooDeep => "INTROSPECTION_TOO_DEEP",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::Timeout => "TIMEOUT",
            Self::TooDeep => "TOO_DEEP",
            Self::TooDeeplyNested => "TOO_DEEPLY_NESTED",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::TooManyDirectives => "TOO_MANY_DIRECTIVES",
            Self::TooManyFields => "TOO_MANY_FIELDS",
            Self::TooManyFragments => "TOO_MANY_FRAGMENTS",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::TooManyRootFields => "TOO_MANY_ROOT_FIELDS",
            Self::TooManyTokens => "TOO_MANY_TOKENS",
            Self::TooManyVariables => "TOO_MANY_VARIABLES",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
        }
    }
}

/// Why a field has no value. It travels as the error's source, so that the answer can tell ours from the library's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ResolverError {
    pub(super) code: Code,
    message: String,
}

impl ResolverError {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::InternalServerError, "Internal server error.")
    }
}

impl ResolverError {
    /// The status of the whole answer, if the failure decides it: nobody, or not now.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self.code {
            Code::Unauthenticated => Some(StatusCode::UNAUTHORIZED),
            Code::ServiceUnavailable => Some(StatusCode::SERVICE_UNAVAILABLE),
            _ => None,
        }
    }
}

impl From<Unauthenticated> for ResolverError {
    fn from(why: Unauthenticated) -> Self {
        Self::new(Code::Unauthenticated, why.to_string())
    }
}

impl From<ProfileError> for ResolverError {
    fn from(refusal: ProfileError) -> Self {
        match refusal {
            ProfileError::Unauthenticated(why) => why.into(),
            ProfileError::Unavailable(_) => Self::new(Code::ServiceUnavailable, UNAVAILABLE),
            ProfileError::OutcomeUnknown(_) => Self::new(Code::ServiceUnavailable, OUTCOME_UNKNOWN),
            // A mutation answers these two in its payload.
            ProfileError::Internal(_) | ProfileError::Invalid(_) | ProfileError::Conflict => Self::internal(),
        }
    }
}

impl From<ResolverError> for async_graphql::Error {
    fn from(failure: ResolverError) -> Self {
        let code = failure.code.as_str();
        Self::new_with_source(failure).extend_with(|_, extensions| extensions.set("code", code))
    }
}
