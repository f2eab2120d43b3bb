//! What every request passes through: an id, a log line, a few headers.

use std::{net::SocketAddr, time::Instant};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::field::display;

use super::client_address::TrustedProxies;
use crate::request_id::{RequestContext, RequestId};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, which the log and the answer share, and logs the result; never a header or a body.
pub(in crate::server) async fn log_request(
    State(proxies): State<TrustedProxies>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| proxies.client(peer.ip(), request.headers()));
    let context = RequestContext { id: RequestId::next(), peer };
    let (method, path) = (request.method().clone(), route(request.uri().path()));
    let start = Instant::now();
    let mut response = context.scope(next.run(request)).await;
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(context.id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    // A number in one unit: programs compare and add it.
    let took_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (request, peer, status) = (display(context.id), peer.map(display), status.as_u16());
    tracing::debug!(request, peer, %method, path, status, took_us, "answered");
    response
}

/// The path, if this server has it. Any other may hold anything, even a token, and is not logged.
fn route(path: &str) -> &'static str {
    const KNOWN: [&str; 9] = [
        "/api/shop/customers/me",
        "/graphql",
        "/graphiql",
        "/docs",
        "/openapi.json",
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    KNOWN.into_iter().find(|known| *known == path || path.strip_suffix('/') == Some(known)).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_only_paths_that_the_server_has() {
        for (path, logged) in [
            ("/graphql", "/graphql"),
            ("/api/shop/customers/me/", "/api/shop/customers/me"),
            ("/healthz", "/healthz"),
            ("/readyz", "/readyz"),
            ("/metrics", "/metrics"),
            ("/", "/"),
            ("/shp_secret", "other"),
            ("/graphql/shp_secret", "other"),
        ] {
            assert_eq!(route(path), logged, "{path}");
        }
    }
}
