//! What both APIs need of HTTP: the credential, the body, the execution of a request, and the headers of its rate limit.

mod body;
mod execute;
mod header_text;
mod rate_limit;

use axum::http::{HeaderMap, header};

pub(crate) use body::{BodyError, MAX_BODY_BYTES, is_known_empty, read};
pub(crate) use execute::{ExecutionError, execute};
pub(crate) use header_text::HeaderText;
pub(crate) use rate_limit::add_rate_limit;

use crate::auth::{Credential, Unauthenticated};

/// The API token that the request carries.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Credential, Unauthenticated> {
    Credential::from_authorization(headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes()))
}
