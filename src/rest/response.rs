//! The contract's JSON of a customer.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{JSON, conditional, error::RestError};
use crate::profile::Customer;

pub(super) fn customer(customer: &Customer) -> Response {
    match customer.to_json() {
        Ok(json) => {
            let headers = [(header::CONTENT_TYPE, JSON), (header::ETAG, conditional::etag(customer.profile_version()))];
            (headers, json).into_response()
        }
        Err(_) => RestError::Internal.into_response(),
    }
}

pub(super) fn not_modified(customer: &Customer) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, conditional::etag(customer.profile_version()))]).into_response()
}
