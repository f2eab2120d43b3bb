//! The contract's JSON of a customer.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{conditional, error::RestError};
use crate::profile::{Customer, Gender};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Exactly these ten keys, in the document's order.
#[derive(Serialize)]
struct CustomerJson<'a> {
    id: i64,
    username: &'a str,
    mobile_number: Option<&'a str>,
    email: Option<&'a str>,
    avatar: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    full_name: String,
    gender: Option<&'static str>,
    is_profile_completed: bool,
}

/// A customer as the REST API shows them: compact JSON in UTF-8.
///
/// # Errors
///
/// None that can happen: a customer consists of texts and numbers.
pub fn customer_json(customer: &Customer) -> Result<String, serde_json::Error> {
    serde_json::to_string(&CustomerJson {
        id: customer.id,
        username: &customer.username,
        mobile_number: customer.mobile_number.as_deref(),
        email: customer.email.as_deref(),
        avatar: customer.avatar.as_deref(),
        first_name: &customer.first_name,
        last_name: &customer.last_name,
        full_name: customer.full_name(),
        gender: customer.gender.map(Gender::as_str),
        is_profile_completed: customer.is_profile_completed(),
    })
}

pub(super) fn customer(customer: &Customer) -> Response {
    match customer_json(customer) {
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
