//! The responses 503: what a request gets when there is no room for it, and when to try again.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{graphql, rest, server::listener::Overloaded, store::Store};

/// Answers 503, in the API's own form, to a request for which the listener has no slot. Adds to each 503, whatever its
/// cause, `Retry-After` as the store sees it.
pub(in crate::server) async fn respond(State(store): State<Arc<Store>>, request: Request, next: Next) -> Response {
    let mut response = match request.extensions().get::<Overloaded>() {
        None => next.run(request).await,
        Some(Overloaded) if request.uri().path() == "/graphql" => graphql::http::unavailable(request.headers()),
        Some(Overloaded) => rest::unavailable(),
    };
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, store.retry_after().into());
    }
    response
}
