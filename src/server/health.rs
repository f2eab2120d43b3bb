//! What a load balancer or an orchestrator asks. Neither needs a key, and neither says more than yes or no.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// `GET /healthz`: the process lives. `GET /readyz`: it also takes requests: the database answers and no stop is under
/// way; otherwise 503.
pub(super) fn router(store: Arc<Store>, stop: CancellationToken) -> Router {
    Router::new().route("/healthz", get(|| async { said(StatusCode::OK, "ok\n") })).route(
        "/readyz",
        get(|State((store, stop)): State<(Arc<Store>, CancellationToken)>| async move {
            if stop.is_cancelled() {
                said(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
            } else if store.ping().await.is_err() {
                said(StatusCode::SERVICE_UNAVAILABLE, "database unavailable\n")
            } else {
                said(StatusCode::OK, "ok\n")
            }
        })
        .with_state((store, stop)),
    )
}

fn said(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
