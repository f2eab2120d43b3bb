//! The headers that tell a client of its limits: draft-ietf-httpapi-ratelimit-headers-10.

use std::fmt::{Arguments, Write};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::BytesMut;

use crate::rate_limit::{Quota, WINDOW};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The longest of these headers, roughly: no second allocation.
const CAPACITY: usize = 48;

/// Says what is left of the limit that the request was counted against.
pub(crate) fn add_rate_limit(headers: &mut HeaderMap, quota: Option<Quota>) {
    let Some(Quota { policy, limit, remaining, reset }) = quota else { return };
    let policy: &str = policy.into();
    headers.insert(RATE_LIMIT_POLICY, value(format_args!("\"{policy}\";q={limit};w={}", WINDOW.as_secs())));
    headers.insert(RATE_LIMIT, value(format_args!("\"{policy}\";r={remaining};t={reset}")));
}

fn value(text: Arguments<'_>) -> HeaderValue {
    let mut buffer = BytesMut::with_capacity(CAPACITY);
    // A name of ours and numbers: neither step fails.
    let _ = buffer.write_fmt(text);
    HeaderValue::from_maybe_shared(buffer.freeze()).unwrap_or(HeaderValue::from_static(""))
}
