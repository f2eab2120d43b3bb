//! What an operator's monitoring reads: figures of this server, none of a customer.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};

use crate::graphql::http::{CacheStats, Endpoint};

/// `GET /metrics`, in Prometheus' text format (version 0.0.4).
pub(super) fn router(graphql: Endpoint) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(graphql)
}

async fn answer(State(graphql): State<Endpoint>) -> impl IntoResponse {
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], document_cache(graphql.document_cache_stats()))
}

fn document_cache(counters: CacheStats) -> String {
    let CacheStats { hits, misses, evictions, entries, bytes } = counters;
    let metric = |name: &str, kind: &str, help: &str, value: u64| {
        let name = format!("shop_profile_graphql_documents_{name}");
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
    };
    [
        metric("hits_total", "counter", "Documents found in the cache.", hits),
        metric("misses_total", "counter", "Documents that had to be parsed, and unknown hashes.", misses),
        metric("evictions_total", "counter", "Documents removed to make room for others.", evictions),
        metric("entries", "gauge", "Documents in the cache.", entries as u64),
        metric("bytes", "gauge", "Memory that the cached documents take, estimated.", bytes as u64),
    ]
    .concat()
}
