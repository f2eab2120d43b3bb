//! Why a request is not executed: its code, its text and its status, each in one exhaustive `match`.

use async_graphql::Pos;
use axum::http::StatusCode;

use super::{
    document_cache::DocumentError,
    limits::{ComplexityError, LimitExceeded, SourceError},
    negotiation::MediaType,
    variables::CoerceError,
};
use crate::{
    api::{BodyError, ExecutionError},
    auth::Unauthenticated,
    graphql::error::Code,
    messages::{Message, MessageId},
    rate_limit::Exceeded,
    service::ProfileError,
};

/// Why a request is not executed, or has no result.
#[derive(Debug)]
pub(super) enum RequestError {
    NotAcceptable,
    MethodNotAllowed,
    MutationByGet,
    UnsupportedMediaType,
    Body(BodyError),
    /// Not an object of the four parameters.
    Malformed,
    NoQuery,
    Unauthenticated(Unauthenticated),
    RateLimited(Exceeded),
    Document(DocumentError),
    Coercion(CoerceError),
    /// async-graphql would run a mutation's field once for each repeat.
    RepeatedKey,
    /// The document has a string here, where the schema has an enum.
    StringForEnum(Pos),
    IntrospectionOff,
    PersistedQueryNotFound,
    PersistedQueryMismatch,
    PersistedQueryUnsupported,
    Unavailable,
    Internal,
    ExecutionError(ExecutionError),
}

impl From<Unauthenticated> for RequestError {
    fn from(why: Unauthenticated) -> Self {
        Self::Unauthenticated(why)
    }
}

impl From<Exceeded> for RequestError {
    fn from(exceeded: Exceeded) -> Self {
        Self::RateLimited(exceeded)
    }
}

impl From<DocumentError> for RequestError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl From<CoerceError> for RequestError {
    fn from(error: CoerceError) -> Self {
        Self::Coercion(error)
    }
}

impl From<ProfileError> for RequestError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Unauthenticated(why) => Self::Unauthenticated(why),
            ProfileError::RateLimited(exceeded) => Self::RateLimited(exceeded),
            ProfileError::Unavailable => Self::Unavailable,
            ProfileError::OutcomeUnknown => Self::ExecutionError(ExecutionError::OutcomeUnknown),
            // Reading the customer, which is all that is done outside an execution, checks neither field nor version.
            ProfileError::Internal | ProfileError::Invalid(_) | ProfileError::Conflict(_) => Self::Internal,
        }
    }
}

impl RequestError {
    /// The limit that the document exceeds.
    pub(super) fn limit(&self) -> Option<LimitExceeded> {
        match self {
            Self::Document(
                DocumentError::Source(SourceError::Limit(limit))
                | DocumentError::Complexity(ComplexityError::Limit(limit)),
            ) => Some(*limit),
            _ => None,
        }
    }

    /// `extensions.code`.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NotAcceptable => Code::NotAcceptable,
            Self::MethodNotAllowed | Self::MutationByGet => Code::MethodNotAllowed,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::Body(BodyError::TooLarge) => Code::RequestTooLarge,
            Self::Body(BodyError::TooSlow) => Code::RequestTimeout,
            Self::Body(BodyError::Broken) | Self::Malformed | Self::NoQuery => Code::BadRequest,
            Self::PersistedQueryMismatch => Code::BadRequest,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::RateLimited(_) => Code::TooManyRequests,
            Self::Document(error) => match error {
                DocumentError::Source(SourceError::Limit(limit))
                | DocumentError::Complexity(ComplexityError::Limit(limit)) => limit.code(),
                DocumentError::Source(SourceError::UnterminatedString) | DocumentError::Syntax(_) => {
                    Code::GraphqlParseFailed
                }
                DocumentError::Complexity(ComplexityError::FragmentCycle) => Code::GraphqlValidationFailed,
            },
            Self::Coercion(error) => match error {
                CoerceError::UnknownOperation | CoerceError::AmbiguousOperation => Code::OperationResolutionFailure,
                CoerceError::MissingVariable { .. }
                | CoerceError::NullVariable { .. }
                | CoerceError::InvalidVariable { .. } => Code::BadUserInput,
            },
            Self::RepeatedKey | Self::StringForEnum(_) | Self::IntrospectionOff => Code::GraphqlValidationFailed,
            Self::PersistedQueryNotFound => Code::PersistedQueryNotFound,
            Self::PersistedQueryUnsupported => Code::PersistedQueryNotSupported,
            Self::Unavailable | Self::ExecutionError(ExecutionError::OutcomeUnknown) => Code::ServiceUnavailable,
            Self::ExecutionError(ExecutionError::TimedOut) => Code::Timeout,
            Self::Internal | Self::ExecutionError(ExecutionError::Panicked) => Code::InternalServerError,
        }
    }

    /// What a person reads: never a library's text, never a piece of the document.
    pub(super) fn message(&self) -> Message {
        let id = match self {
            Self::NotAcceptable => MessageId::NotAcceptable,
            Self::MethodNotAllowed => MessageId::GraphqlMethod,
            Self::MutationByGet => MessageId::MutationByGet,
            Self::UnsupportedMediaType => MessageId::GraphqlMediaType,
            Self::Body(error) => return error.message(),
            Self::Malformed => MessageId::MalformedRequest,
            Self::NoQuery => MessageId::NoQuery,
            Self::Unauthenticated(why) => return why.message(),
            Self::RateLimited(exceeded) => return exceeded.message(),
            Self::Document(error) => return error.message(),
            Self::Coercion(error) => return error.message(),
            Self::RepeatedKey => MessageId::RepeatedRootField,
            Self::StringForEnum(_) => MessageId::EnumValueIsQuoted,
            Self::IntrospectionOff => MessageId::IntrospectionOff,
            Self::PersistedQueryNotFound => MessageId::PersistedQueryNotFound,
            Self::PersistedQueryMismatch => MessageId::PersistedQueryMismatch,
            Self::PersistedQueryUnsupported => MessageId::PersistedQueryNotSupported,
            Self::Unavailable => MessageId::Unavailable,
            Self::Internal => MessageId::InternalError,
            Self::ExecutionError(error) => error.message(),
        };
        id.into()
    }

    /// Where in the document.
    pub(super) fn locations(&self) -> Vec<Pos> {
        match self {
            Self::Document(DocumentError::Syntax(error)) => error.positions().collect(),
            Self::StringForEnum(position) => vec![*position],
            _ => Vec::new(),
        }
    }

    /// The status. A *request error* of GraphQL has the status of [`request_error`]; what HTTP itself knows has its
    /// own, whatever the media type.
    pub(super) fn status(&self, media_type: MediaType) -> StatusCode {
        match self {
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed | Self::MutationByGet => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyError::Broken) | Self::Malformed | Self::NoQuery | Self::PersistedQueryMismatch => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Document(_)
            | Self::Coercion(_)
            | Self::RepeatedKey
            | Self::StringForEnum(_)
            | Self::IntrospectionOff => request_error(media_type),
            // A step of the protocol rather than a failure; some clients give up at anything but 200.
            Self::PersistedQueryNotFound | Self::PersistedQueryUnsupported => StatusCode::OK,
            Self::Unavailable | Self::ExecutionError(ExecutionError::TimedOut | ExecutionError::OutcomeUnknown) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal | Self::ExecutionError(ExecutionError::Panicked) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The status of a request error (docs/graphql-over-http.md, "Statuses"). The 2026 edition of GraphQL over
/// HTTP asks for other codes in places; this is where to switch them.
pub(super) fn request_error(media_type: MediaType) -> StatusCode {
    match media_type {
        MediaType::GraphqlResponse => StatusCode::BAD_REQUEST,
        MediaType::Json => StatusCode::OK,
    }
}
