//! The headers that tell a client of its limits: draft-ietf-httpapi-ratelimit-headers-10.

use axum::http::{HeaderMap, HeaderName};

use super::HeaderText;
use crate::rate_limit::{Quota, WINDOW};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Says what is left of the limit that the request was counted against.
pub(crate) fn add_rate_limit(headers: &mut HeaderMap, quota: Option<Quota>) {
    let Some(Quota { policy, limit, remaining, reset }) = quota else { return };
    let of_policy = || HeaderText::new("\"").text(policy.into());
    let policy = of_policy().text("\";q=").number(limit).text(";w=").number(WINDOW.as_secs());
    headers.insert(RATE_LIMIT_POLICY, policy.finish());
    let state = of_policy().text("\";r=").number(remaining).text(";t=").number(reset);
    headers.insert(RATE_LIMIT, state.finish());
}
