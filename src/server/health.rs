//! What a load balancer or an orchestrator asks. Neither path needs a token.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// `GET /healthz`: the process lives. `GET /readyz`: it also serves requests: it is not stopping, and the database
/// answers and takes writes; otherwise 503, and the body says why.
pub(super) fn router(store: Arc<Store>, stop: CancellationToken) -> Router {
    Router::new().route("/healthz", get(|| async { text_response(StatusCode::OK, "ok\n") })).route(
        "/readyz",
        get(|State((store, stop)): State<(Arc<Store>, CancellationToken)>| async move {
            if stop.is_cancelled() {
                text_response(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
            } else {
                match store.check_ready().await {
                    Ok(()) => text_response(StatusCode::OK, "ok\n"),
                    Err(why) => text_response(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
                }
            }
        })
        .with_state((store, stop)),
    )
}

fn text_response(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Response {
    let mut response = (status, text.into()).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
