//! Reads a request's body: whole, in time, and not too much of it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::messages::{Message, MessageId};

/// The largest body of a request, in bytes (docs/limits.md, "Bodies and executions").
pub(crate) const MAX_BODY_BYTES: usize = 65_536;
/// How long a client may take to send it (docs/limits.md, "Bodies and executions").
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no body to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

impl BodyError {
    /// What the client reads.
    pub(crate) fn message(self) -> Message {
        match self {
            Self::TooLarge => MessageId::BodyTooLarge.with("limit", MAX_BODY_BYTES),
            Self::TooSlow => MessageId::BodyTooSlow.with("seconds", BODY_READ_TIMEOUT.as_secs()),
            Self::Broken => MessageId::BodyIncomplete.into(),
        }
    }
}

/// Reads the body to its end. A body whose announced length is too large is not read at all.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(BodyError::TooLarge);
    }
    if is_known_empty(&body) {
        return Ok(Bytes::new());
    }
    let whole = tokio::time::timeout(BODY_READ_TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect());
    match whole.await {
        Err(_) => Err(BodyError::TooSlow),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::Broken),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// Whether the request has no body, or says that it is empty.
pub(crate) fn is_known_empty(body: &Body) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}
