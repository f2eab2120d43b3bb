//! The contract's JSON of a customer.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{JSON, conditional, error::RestError};
use crate::{api, profile::Customer};

/// The customer as stored.
pub(super) fn customer(customer: &Customer) -> Response {
    let mut response = customer_as_if_stored(customer);
    response.headers_mut().insert(header::ETAG, conditional::etag(customer.profile_version()));
    response
}

/// The customer as a dry run foretells it. No version that is stored looks like this, so that there is no `ETag`.
pub(super) fn customer_as_if_stored(customer: &Customer) -> Response {
    match customer.to_json() {
        Ok(json) => api::response(StatusCode::OK, JSON, json),
        Err(_) => RestError::Internal.into_response(),
    }
}

pub(super) fn not_modified(customer: &Customer) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, conditional::etag(customer.profile_version()))]).into_response()
}
