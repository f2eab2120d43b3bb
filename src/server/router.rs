//! Both faces under one roof, and what every request passes through.

use std::sync::Arc;

use axum::{Router, http::HeaderValue, middleware, response::Redirect, routing::get};
use tokio_util::sync::CancellationToken;

use super::{cors, health, log_request, metrics};
use crate::{graphql, playground, profile::ProfileService, rest, store::Store};

/// What an operator can switch.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether GraphQL clients may ask for the schema.
    pub introspection: bool,
    /// Whether the playground is served.
    pub graphiql: bool,
    /// The origins of web pages that may call, e.g. `https://shop.example`.
    pub allow_origins: Vec<HeaderValue>,
}

impl Default for Options {
    fn default() -> Self {
        Self { introspection: true, graphiql: true, allow_origins: Vec::new() }
    }
}

/// Everything that the server answers, until `stop` is cancelled.
pub fn router(store: Arc<Store>, options: &Options, stop: CancellationToken) -> Router {
    let profile = ProfileService::new(store.clone());
    let graphql = graphql::http::Endpoint::new(profile.clone(), options.introspection);
    let mut app = Router::new()
        .merge(metrics::router(graphql.clone()))
        .merge(rest::router(profile.clone()))
        .merge(graphql.router())
        .merge(health::router(store, stop))
        .merge(rest::fallback(profile));
    if options.graphiql {
        app = app.merge(playground::router()).route("/", get(async || Redirect::temporary("/graphiql")));
    }
    if !options.allow_origins.is_empty() {
        let origins: Arc<[HeaderValue]> = options.allow_origins.clone().into();
        app = app.layer(middleware::from_fn_with_state(origins, cors::allow));
    }
    // Outermost: the request id, the log line and the headers of every answer, whatever happened inside.
    app.layer(middleware::from_fn(log_request::log_request))
}
