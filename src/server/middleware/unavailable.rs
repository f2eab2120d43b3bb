//! The responses 503: what a request gets when there is no room for it, and when to try again.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{graphql, rest, server::listener::Overloaded, store::Store};

/// Answers 503, in the API's own form, to a request for which the listener has no slot. Adds `Retry-After`, as the store sees
/// it, to each 503 that has none. GraphQL's have it already, because their bodies say the same.
pub(in crate::server) async fn respond(State(store): State<Arc<Store>>, request: Request, next: Next) -> Response {
    let mut response = match request.extensions().get::<Overloaded>() {
        None => next.run(request).await,
        Some(Overloaded) if request.uri().path() == "/graphql" => {
            graphql::http::unavailable(request.headers(), store.retry_after())
        }
        Some(Overloaded) => rest::unavailable(),
    };
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.entry(header::RETRY_AFTER).or_insert_with(|| store.retry_after().into());
    }
    response
}
