//! **The REST API.** `/api/shop/customers/me` as docs/rest-api.md has it: Django REST Framework's wire habits over the
//! profile service. It translates and decides nothing about profiles.
//!
//! - `handler`: the methods
//! - `body`: from the bytes of a PATCH to a [`PatchInput`](crate::profile::PatchInput)
//! - `conditional`: `ETag`, `If-Match`, `If-None-Match`, `Prefer`
//! - `response`, `error`: the JSON that goes out
//! - `echo`: how an error message shows a value that is not a string
//! - `openapi`: the description of all this for tools

mod body;
mod conditional;
mod echo;
mod error;
mod handler;
mod openapi;
mod response;

use axum::{
    Router,
    extract::{Request, State},
    http::HeaderValue,
    response::{IntoResponse, Response},
    routing::any,
};

pub use openapi::{openapi_json, router as openapi_router};

use crate::service::ProfileService;

/// The media type of every body.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

const PATH: &str = "/api/shop/customers/me";
/// The query parameter of a PATCH that writes nothing.
const VALIDATE_ONLY: &str = "validate_only";

/// The one path, with and without a trailing slash.
pub fn router(profile: ProfileService) -> Router {
    let handler = any(handler::handle);
    Router::new().route(PATH, handler.clone()).route("/api/shop/customers/me/", handler).with_state(profile)
}

/// What answers every path that has no route: the JSON 404, unless the path is ours with needless escapes (`/%6de`, RFC
/// 3986, section 6.2.2.2), which Django's URL resolver unescapes.
pub fn fallback(profile: ProfileService) -> Router {
    Router::new()
        .fallback(move |state: State<ProfileService>, request: Request| async move {
            if is_profile_path(request.uri().path()) {
                handler::handle(state, request).await
            } else {
                error::RestError::NotFound.into_response()
            }
        })
        .with_state(profile)
}

/// Whether this API answers the path, however it is escaped.
pub fn is_profile_path(path: &str) -> bool {
    let path = percent_encoding::percent_decode_str(path).collect::<Vec<u8>>();
    path.strip_suffix(b"/").unwrap_or(&path) == PATH.as_bytes()
}

/// The 503 of a server that has no capacity for the request.
pub fn unavailable() -> Response {
    error::RestError::Unavailable.into_response()
}
