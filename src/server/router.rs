//! Both APIs in one router, and what every request passes through.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::HeaderValue,
    middleware::{self, Next},
    response::Response,
};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::{cors, health, listener::Overloaded, log_request, metrics, trusted_proxies::TrustedProxies};
use crate::{graphql, playground, rate_limit::RateLimits, rest, service::ProfileService, store::Store};

/// What an operator can switch.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether GraphQL clients may ask for the schema.
    pub introspection: bool,
    /// Whether the playground is served.
    pub graphiql: bool,
    /// Whether the reference of the REST API is served.
    pub docs: bool,
    /// The origins of web pages that may call, e.g. `https://shop.example`.
    pub allow_origins: Vec<HeaderValue>,
    /// How many requests are answered. There are no limits unless they are set here; `serve` has defaults of its own.
    pub rate_limits: RateLimits,
    /// The proxies that are believed when they name a client's address.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            introspection: true,
            graphiql: true,
            docs: true,
            allow_origins: Vec::new(),
            rate_limits: RateLimits::OFF,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Everything that the server answers, until `stop` is cancelled.
pub fn router(store: Arc<Store>, options: &Options, stop: CancellationToken) -> Router {
    let profile = ProfileService::new(store.clone(), options.rate_limits);
    let graphql = graphql::http::Endpoint::new(profile.clone(), options.introspection);
    let pages = playground::Pages { graphiql: options.graphiql, docs: options.docs };
    let app = Router::new()
        .merge(metrics::router(graphql.clone()))
        .merge(rest::router(profile.clone()))
        .merge(graphql.router())
        .merge(health::router(store, stop))
        .merge(rest::fallback(profile))
        .merge(playground::router(pages));
    let origins = cors::AllowedOrigins::new(options.allow_origins.clone());
    let proxies = TrustedProxies::new(&options.trusted_proxies);
    app.layer(middleware::from_fn(reject_overload))
        .layer(middleware::from_fn_with_state(origins, cors::allow))
        // Outermost: the request id, the log line and the headers of every answer, whatever happened inside.
        .layer(middleware::from_fn_with_state(proxies, log_request::log_request))
}

/// Answers 503, in the API's own form, to a request for which the listener has no slot.
async fn reject_overload(request: Request, next: Next) -> Response {
    match request.extensions().get::<Overloaded>() {
        None => next.run(request).await,
        Some(Overloaded) if request.uri().path() == "/graphql" => graphql::http::unavailable(request.headers()),
        Some(Overloaded) => rest::unavailable(),
    }
}
