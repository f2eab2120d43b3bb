//! What an operator's Prometheus reads: figures of this server, none of a customer. They have a listener of their own.

mod requests;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Extension, Router,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(super) use self::requests::RequestMetrics;
use super::{
    ConnectionLimits, Role,
    connections::ConnectionMetrics,
    listener::{self, Overloaded},
};
use crate::{
    graphql::http::GraphqlMetrics,
    metrics::{self, Gauge, Joined, Process, Registry, SampledCounter, info},
    service::ServiceMetrics,
    store::StoreMetrics,
};

/// How many connections the listener of the metrics serves at once: a Prometheus, its replica, and a person.
const MAX_CONNECTIONS: usize = 16;

/// What this server counts and measures. Each part goes to what counts with it; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// The database's.
    pub store: StoreMetrics,
    /// The connections to the server.
    pub connections: ConnectionMetrics,
    pub(super) requests: RequestMetrics,
    pub(super) service: ServiceMetrics,
    pub(super) graphql: GraphqlMetrics,
}

impl Metrics {
    /// All of them as text, now and whenever it is called. `log_lines_lost`: how many the log has lost so far.
    pub fn exposition(&self, is_postgres: bool, log_lines_lost: fn() -> u64) -> impl Fn() -> String + use<> {
        let mut registry = Registry::default();
        registry.register("process_start_time_seconds", "Start time, in seconds since 1970", start_time());
        registry.register_collector(Box::new(Process));
        let ours = registry.sub_registry_with_prefix("shop_profile");
        ours.register("build_info", "The version", info("version", env!("CARGO_PKG_VERSION")));
        let Self { store, connections, requests, service, graphql } = self;
        requests.register(ours);
        connections.register(ours);
        store.register(ours, is_postgres);
        service.register(ours);
        graphql.register(ours);
        let limits = Joined::default().with(&requests.limits).with(&service.limits).with(&graphql.limits);
        ours.register("limit_exceeded", "Requests that exceeded a limit, by its name for clients", limits);
        ours.register("log_lines_lost", "Log lines that could not be written", SampledCounter(log_lines_lost));
        move || metrics::text(&registry)
    }
}

/// Now, when the process starts to serve.
fn start_time() -> Gauge<f64, std::sync::atomic::AtomicU64> {
    let gauge = Gauge::default();
    gauge.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
    gauge
}

/// Serves `GET /metrics` and nothing else, until `stop` is cancelled.
pub async fn serve_metrics(
    listener: TcpListener,
    exposition: impl Fn() -> String + Send + Sync + 'static,
    stop: CancellationToken,
) {
    let exposition = Arc::new(exposition);
    let answer = move |overloaded: Option<Extension<Overloaded>>| {
        let answer = answer(overloaded.is_some(), &*exposition);
        async move { answer }
    };
    let app = Router::new().route("/metrics", get(answer));
    let limits = ConnectionLimits { max_connections: MAX_CONNECTIONS, ..ConnectionLimits::default() };
    listener::run(listener, app, Role::Origin, limits, ConnectionMetrics::default(), stop).await;
}

fn answer(is_overloaded: bool, exposition: &impl Fn() -> String) -> Response {
    if is_overloaded {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    ([(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE))], exposition()).into_response()
}
