//! Both APIs in one router, inside the middleware.

use std::sync::Arc;

use axum::{Router, http::HeaderValue, middleware::from_fn_with_state};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::{
    Metrics, Spans, demo_avatar, health,
    middleware::{
        client_address::TrustedProxies,
        cors, language,
        log_request::{self, RequestLog},
        unavailable::Unavailable,
    },
};
use crate::{
    graphql,
    messages::{ENGLISH, Languages},
    playground,
    rate_limit::RateLimits,
    rest,
    service::ProfileService,
    store::Store,
};

/// How the server answers.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether GraphQL clients may ask for the schema.
    pub introspection: bool,
    /// Whether the playground is served.
    pub graphiql: bool,
    /// Whether the reference of the REST API is served.
    pub docs: bool,
    /// Whether the picture of the demo's customer is served.
    pub demo: bool,
    /// The origins of web pages that may call, e.g. `https://shop.example`.
    pub allow_origins: Vec<HeaderValue>,
    /// How many requests are answered. There are no limits unless they are set here; `serve` has defaults of its own.
    pub rate_limits: RateLimits,
    /// The proxies that are believed when they name a client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether each request is a line of the log.
    pub log_requests: bool,
    /// The languages of the messages.
    pub languages: Languages,
    /// What the server counts with.
    pub metrics: Metrics,
    /// What sends spans to a collector.
    pub spans: Option<Spans>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            introspection: true,
            graphiql: true,
            docs: true,
            demo: false,
            allow_origins: Vec::new(),
            rate_limits: RateLimits::OFF,
            trusted_proxies: Vec::new(),
            log_requests: true,
            languages: Languages::default(),
            metrics: Metrics::default(),
            spans: None,
        }
    }
}

/// Everything that the server answers, until `stop` is cancelled.
pub fn router(store: Arc<Store>, options: &Options, stop: CancellationToken) -> Router {
    let profile = ProfileService::new(store.clone(), options.rate_limits, options.metrics.service.clone());
    let graphql = graphql::http::Endpoint::new(profile.clone(), options.introspection, options.metrics.graphql.clone());
    let pages = playground::Pages { graphiql: options.graphiql, docs: options.docs };
    let others = Router::new()
        .merge(health::router(store.clone(), stop))
        .merge(rest::openapi_router(profile.clone()))
        .merge(playground::router(pages));
    let others = if options.demo { others.merge(demo_avatar::router()) } else { others };
    let apis =
        Router::new().merge(rest::router(profile.clone())).merge(graphql.router()).merge(rest::fallback(profile));
    let apis = match &options.languages {
        // Without a choice messages are English.
        Languages::Fixed(language) if *language == ENGLISH => apis,
        languages => apis.layer(from_fn_with_state(Arc::new(languages.clone()), language::choose)),
    };
    let origins = cors::AllowedOrigins::new(options.allow_origins.clone());
    let proxies = TrustedProxies::new(&options.trusted_proxies);
    let (metrics, spans) = (options.metrics.requests.clone(), options.spans.clone());
    let unavailable = Unavailable { store, languages: options.languages.clone() };
    let log = Arc::new(RequestLog { proxies, is_on: options.log_requests, metrics, spans, origins, unavailable });
    others
        .merge(apis)
        // Outermost: the request id, the log line and the headers of every answer, whatever happened inside.
        .layer(from_fn_with_state(log, log_request::log_request))
}
