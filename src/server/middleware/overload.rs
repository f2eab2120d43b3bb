//! What a request gets when there is no room for it.

use axum::{extract::Request, middleware::Next, response::Response};

use crate::{graphql, rest, server::listener::Overloaded};

/// Answers 503, in the API's own form, to a request for which the listener has no slot.
pub(in crate::server) async fn reject(request: Request, next: Next) -> Response {
    match request.extensions().get::<Overloaded>() {
        None => next.run(request).await,
        Some(Overloaded) if request.uri().path() == "/graphql" => graphql::http::unavailable(request.headers()),
        Some(Overloaded) => rest::unavailable(),
    }
}
