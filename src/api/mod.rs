//! What both APIs need of HTTP: the credential, the body and the execution of a request.

mod body;
mod execute;

use axum::http::{HeaderMap, header};

pub(crate) use body::{BodyError, MAX_BODY_BYTES, is_known_empty, read};
pub(crate) use execute::{ExecutionError, execute};

use crate::auth::{Credential, Unauthenticated};

/// The API token that the request carries.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Credential, Unauthenticated> {
    Credential::from_authorization(headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes()))
}
