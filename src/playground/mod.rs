//! GraphiQL at `/graphiql`: embedded in the binary, so that a page in which people paste their key asks no one else's
//! server for anything.
//!
//! `build.rs` makes it from `graphiql/`. A build without it answers with a page that says how to get it.

mod accept_encoding;
mod assets;
mod page;

use axum::{Router, http::header, routing::get};

use assets::Asset;

include!(concat!(env!("OUT_DIR"), "/graphiql.rs"));

/// On every answer: no guessing of types, no frame around us, and no address of ours told to anyone.
const HARDENING: [(header::HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// `/graphiql` and what the page loads.
pub fn router() -> Router {
    Router::new()
        .route("/graphiql", get(async || page::answer(PAGE)))
        .route("/graphiql/assets/{name}", get(async |name, headers| assets::answer(ASSETS, name, headers)))
}
