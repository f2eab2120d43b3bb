//! Every answer of the REST API that is not a customer, in one exhaustive `match`.
//!
//! None of the texts is a database's, a library's or a type's own.

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{JSON, conditional};
use crate::{
    api::{self, BodyError, ExecutionError},
    auth::Unauthenticated,
    messages::{Message, MessageId},
    profile::{FieldError, ProfileVersion, clip, escape_line_separators},
    rate_limit::Exceeded,
    service::ProfileError,
};

/// A field of the body that does nothing. A strict client is told of it.
#[derive(Debug)]
pub(super) struct IgnoredField {
    /// The first 100 characters of its name.
    pub(super) name: String,
    /// Why it does nothing.
    pub(super) reason: MessageId,
}

/// Why a REST request fails.
#[derive(Debug)]
pub(super) enum RestError {
    NotFound,
    Unauthenticated(Unauthenticated),
    RateLimited(Exceeded),
    MethodNotAllowed(Method),
    /// The query parameter of a dry run has no value that it may have, or occurs more than once.
    InvalidValidateOnly,
    UnsupportedMediaType(String),
    Body(BodyError),
    /// Not JSON: why, and where.
    Malformed(Message),
    /// JSON, but this instead of an object; `None` for `null`.
    NotAnObject(Option<&'static str>),
    Invalid(Vec<FieldError>, Vec<IgnoredField>),
    /// The present version.
    Conflict(ProfileVersion),
    /// `If-Match` has no tag that could match. The present version.
    NoStrongTag(ProfileVersion),
    Unavailable,
    /// Unavailable, and an update may or may not have been stored.
    OutcomeUnknown,
    Internal,
}

impl From<Unauthenticated> for RestError {
    fn from(why: Unauthenticated) -> Self {
        Self::Unauthenticated(why)
    }
}

impl From<Exceeded> for RestError {
    fn from(exceeded: Exceeded) -> Self {
        Self::RateLimited(exceeded)
    }
}

impl From<ProfileError> for RestError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Unauthenticated(why) => Self::Unauthenticated(why),
            ProfileError::RateLimited(exceeded) => Self::RateLimited(exceeded),
            ProfileError::Invalid(errors) => Self::Invalid(errors, Vec::new()),
            ProfileError::Conflict(version) => Self::Conflict(version),
            ProfileError::Unavailable => Self::Unavailable,
            ProfileError::OutcomeUnknown => Self::OutcomeUnknown,
            ProfileError::Internal => Self::Internal,
        }
    }
}

impl From<ExecutionError> for RestError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::TimedOut => Self::Unavailable,
            ExecutionError::OutcomeUnknown => Self::OutcomeUnknown,
            ExecutionError::Panicked => Self::Internal,
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => detail(StatusCode::NOT_FOUND, MessageId::NotFound),
            Self::Unauthenticated(why) => {
                let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"))];
                (challenge, detail(StatusCode::UNAUTHORIZED, why.message())).into_response()
            }
            Self::RateLimited(exceeded) => {
                let later = [(header::RETRY_AFTER, HeaderValue::from(exceeded.retry_after()))];
                (later, detail(StatusCode::TOO_MANY_REQUESTS, exceeded.message())).into_response()
            }
            Self::MethodNotAllowed(method) => {
                let message = MessageId::MethodNotAllowed.with("method", clip(method.as_str()));
                detail(StatusCode::METHOD_NOT_ALLOWED, message)
            }
            Self::InvalidValidateOnly => invalid_validate_only(MessageId::NotABoolean),
            Self::UnsupportedMediaType(media_type) => {
                let message = MessageId::UnsupportedMediaType.with("media_type", clip(&media_type));
                detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
            }
            Self::Body(error) => detail(body_status(error), error.message()),
            Self::Malformed(problem) => detail(StatusCode::BAD_REQUEST, problem),
            Self::NotAnObject(None) => not_an_object(MessageId::NoData),
            Self::NotAnObject(Some(kind)) => not_an_object(MessageId::NotADictionary.with("type", kind)),
            Self::Invalid(errors, ignored) => json(StatusCode::BAD_REQUEST, &FieldErrors(&errors, &ignored)),
            Self::Conflict(version) => precondition_failed(version, MessageId::VersionConflict),
            Self::NoStrongTag(version) => precondition_failed(version, MessageId::IfMatchWithoutTag),
            Self::Unavailable => detail(StatusCode::SERVICE_UNAVAILABLE, MessageId::Unavailable),
            Self::OutcomeUnknown => detail(StatusCode::SERVICE_UNAVAILABLE, MessageId::OutcomeUnknown),
            Self::Internal => detail(StatusCode::INTERNAL_SERVER_ERROR, MessageId::InternalError),
        }
    }
}

fn precondition_failed(present: ProfileVersion, message: MessageId) -> Response {
    let etag = [(header::ETAG, conditional::etag(present))];
    (etag, detail(StatusCode::PRECONDITION_FAILED, message)).into_response()
}

fn body_status(error: BodyError) -> StatusCode {
    match error {
        BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BodyError::Broken => StatusCode::BAD_REQUEST,
    }
}

fn detail(status: StatusCode, message: impl Into<Message>) -> Response {
    #[derive(Serialize)]
    struct Detail<'a> {
        detail: &'a str,
    }
    json(status, &Detail { detail: &message.into().text() })
}

fn not_an_object(problem: impl Into<Message>) -> Response {
    #[derive(Serialize)]
    struct NonField<'a> {
        non_field_errors: [&'a str; 1],
    }
    json(StatusCode::BAD_REQUEST, &NonField { non_field_errors: [&problem.into().text()] })
}

fn invalid_validate_only(problem: MessageId) -> Response {
    #[derive(Serialize)]
    struct Parameter<'a> {
        validate_only: [&'a str; 1],
    }
    json(StatusCode::BAD_REQUEST, &Parameter { validate_only: [&Message::from(problem).text()] })
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body).map(escape_line_separators) {
        Ok(body) => api::response(status, JSON, body),
        // Maps of strings to strings do not fail.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `{"username": ["…", "…"], "gender": ["…"]}`, in the order of the errors, then the ignored fields.
struct FieldErrors<'a>(&'a [FieldError], &'a [IgnoredField]);

impl Serialize for FieldErrors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for errors in self.0.chunk_by(|one, next| one.field == next.field) {
            let messages: Vec<_> = errors.iter().map(|error| error.message.text()).collect();
            map.serialize_entry(errors[0].field.as_str(), &messages)?;
        }
        for IgnoredField { name, reason } in self.1 {
            map.serialize_entry(name, &[Message::from(*reason).text()])?;
        }
        map.end()
    }
}
