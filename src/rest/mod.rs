//! **Face 1: REST.** `/api/shop/customers/me` as CONTRACT.md has it: Django REST Framework's wire habits over our
//! resolver. It translates and decides nothing about profiles.
//!
//! - `customers_me`: the handler
//! - `body`: from the bytes of a PATCH to a [`PatchInput`](crate::profile::PatchInput)
//! - `conditional`: `ETag`, `If-Match`, `If-None-Match`, `Prefer`
//! - `answer`, `error`: the JSON that goes out
//! - `python`: how DRF would print a value that it does not like

mod body;
mod conditional;
mod error;
mod handler;
mod python;
mod response;

use axum::{Router, http::Uri, routing::any};

use crate::profile::ProfileService;

const PATH: &str = "/api/shop/customers/me";

/// The REST face, and the JSON 404 of every path that is nobody's.
pub fn router(profile: ProfileService) -> Router {
    let handler = any(handler::handle);
    Router::new().route(PATH, handler.clone()).route("/api/shop/customers/me/", handler).with_state(profile)
}

/// What answers a path that no route knows. A path may be written with needless escapes (`/%6de`, RFC 3986, §6.2.2.2).
pub fn fallback(profile: ProfileService) -> Router {
    let is_ours = |uri: &Uri| {
        let path = percent_encoding::percent_decode_str(uri.path()).collect::<Vec<u8>>();
        path.strip_suffix(b"/").unwrap_or(&path) == PATH.as_bytes()
    };
    Router::new()
        .fallback(move |state: axum::extract::State<ProfileService>, request: axum::extract::Request| async move {
            if is_ours(request.uri()) {
                handler::handle(state, request).await
            } else {
                axum::response::IntoResponse::into_response(error::RestError::NotFound)
            }
        })
        .with_state(profile)
}
