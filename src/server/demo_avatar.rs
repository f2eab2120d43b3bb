//! The picture of the demo's customer, where the contract's example has it: `serve --demo` needs no other server for it.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    routing::get,
};

/// The path of the contract's example.
pub const DEMO_AVATAR: &str = "/media/users/avatars/photo22132188258.jpg";

/// The path has the ending of a JPEG; browsers go by the media type.
pub(super) fn router() -> Router {
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, "no-cache")];
    Router::new().route(DEMO_AVATAR, get(async move || (headers, include_str!("demo_avatar.svg"))))
}
