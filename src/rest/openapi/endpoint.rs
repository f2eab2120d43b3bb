//! `GET /openapi.json`

use std::sync::LazyLock;

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::rest::{JSON, conditional, error::RestError};

/// The document, and the SHA-256 digest that its `ETag` is made of; made when a client first asks.
static DOCUMENT: LazyLock<Option<(String, String)>> = LazyLock::new(|| {
    let json = super::openapi_json().ok()?;
    let digest = hex::encode(Sha256::digest(json.as_bytes()));
    Some((json, digest))
});

/// `/openapi.json`. It needs no token.
pub(in crate::rest) fn router() -> Router {
    Router::new().route("/openapi.json", get(async |headers: HeaderMap| respond(&headers)))
}

fn respond(request: &HeaderMap) -> Response {
    let Some((json, digest)) = &*DOCUMENT else { return RestError::Internal.into_response() };
    let etag = format!("\"{digest}\"");
    let headers = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "public, no-cache")];
    if conditional::is_not_modified(request, digest) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, JSON)], json.as_str()).into_response()
}
