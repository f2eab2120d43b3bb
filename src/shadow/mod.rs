//! **The shadow**: a reverse proxy in front of the old server that compares.
//!
//! Every request goes to the old server, and the client gets exactly its response. For the one path that this server
//! takes over, its own answer is computed on the same rows, without writing, and the two are compared.
//!
//! - `headers`, `bodies`, `upstream`, `proxy`: the way to the old server and back
//! - `buffer`, `tee`: what is compared, kept while it is passed on
//! - `ours`, `comparison`: our answer to a request, and how both are held against each other and against the row
//! - `answer`, `compare`, `writes`: what is read of an answer, where two differ, and what may be a race
//! - `rules`: the documented differences
//! - `outcome`, `totals`, `summary`, `report`, `entry`: what came of each request, and what an operator sees of it

mod answer;
mod bodies;
mod buffer;
mod compare;
mod comparison;
mod entry;
mod headers;
mod ours;
mod outcome;
mod proxy;
mod report;
mod rules;
mod summary;
mod tee;
mod totals;
mod upstream;
mod writes;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{Method, request::Parts},
    response::Response,
};
use tower::Service;

use self::{
    comparison::{Asked, Comparer, Comparison},
    proxy::Proxy,
    upstream::UpstreamError,
    writes::{Write, Writes},
};
pub use self::{
    proxy::Timeouts,
    report::Report,
    rules::{RULES, Rule},
    summary::Summary,
    upstream::{Address, AddressError},
};
use crate::{
    held_body::HeldBody,
    request_id::{RequestContext, RequestId},
    request_notes::Api,
    rest,
};

/// How often the totals are logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// How long the comparisons under way may take when the proxy stops.
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);

/// The proxy and what it compares.
pub struct Shadow {
    proxy: Proxy,
    comparer: Arc<Comparer>,
    writes: Writes,
}

impl Shadow {
    /// In front of the old server at this address. Nothing is compared before [`Self::compare_with`].
    pub fn new(address: Address, timeouts: Timeouts, report: Report) -> Arc<Self> {
        let comparer = Arc::new(Comparer::new(report, timeouts.answer));
        Arc::new(Self { proxy: Proxy::new(address, timeouts), comparer, writes: Writes::default() })
    }

    /// Compares with the answers of this app from now on.
    pub fn compare_with(&self, app: Router) {
        self.comparer.ours.open(app);
    }

    /// What answers the requests.
    pub fn service(
        self: Arc<Self>,
    ) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Unpin + 'static
    {
        tower::service_fn(move |request| {
            let shadow = self.clone();
            async move { Ok(shadow.answer(request).await) }
        })
    }

    /// What was counted so far.
    pub fn summary(&self) -> Summary {
        self.comparer.totals.summary()
    }

    /// Logs the totals every minute.
    pub async fn log_totals(&self) {
        loop {
            tokio::time::sleep(LOG_INTERVAL).await;
            let summary = self.summary();
            let Summary { requests, equal, explained, unexplained, moved_meanwhile, .. } = summary;
            let (compared, not_compared) = (summary.compared(), summary.all_not_compared());
            tracing::info!(requests, compared, equal, explained, unexplained, moved_meanwhile, not_compared, "totals");
        }
    }

    /// Waits for the comparisons under way, then for the last lines of the report, each for a few seconds at most.
    pub async fn finish(&self) {
        self.comparer.tasks.close();
        let _ = tokio::time::timeout(FINISH_TIMEOUT, self.comparer.tasks.wait()).await;
        self.comparer.report.close().await;
    }

    async fn answer(&self, request: Request) -> Response {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let context = RequestContext::new(RequestId::next(), peer, Api::Rest);
        context.clone().scope(self.pass_on(request, context)).await
    }

    async fn pass_on(&self, request: Request, context: RequestContext) -> Response {
        self.comparer.totals.count_request();
        let (parts, body) = request.into_parts();
        let parts = match proxy::forwarded(parts, context.client) {
            Ok(parts) => parts,
            Err(status) => return proxy::own_response(status),
        };
        // Only these three promise to change nothing (RFC 9110, section 9.2.1).
        let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let write = if is_safe { None } else { self.writes.begin(&parts.headers) };
        if rest::is_profile_path(parts.uri.path()) {
            self.compared(parts, body, write, context).await
        } else {
            let response = own_if_failed(self.proxy.pass_on(parts, body).await);
            // The write is under way until its response has been read.
            response.map(|body| Body::new(HeldBody::new(body, write)))
        }
    }

    async fn compared(&self, mut parts: Parts, body: Body, write: Option<Write>, context: RequestContext) -> Response {
        let asked = Asked {
            id: context.id,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
        };
        let mut comparison = Comparison::new(self.comparer.clone(), asked, write);
        let buffered = buffer::read(body).await;
        // The client has been asked for the body.
        proxy::forget_expectation(&mut parts);
        let prepared = comparison.prepare(buffered.whole).await;
        match (self.proxy.pass_on(parts, buffered.body).await, prepared) {
            (Ok(response), Some(prepared)) => comparison.go_on(prepared, response).await,
            (response, _) => {
                if response.is_err() {
                    comparison.upstream_failed();
                }
                own_if_failed(response)
            }
        }
    }
}

/// The old server's response, or the proxy's own when there is none.
fn own_if_failed(response: Result<Response, UpstreamError>) -> Response {
    response.unwrap_or_else(|error| {
        let cause = &error as &dyn std::error::Error;
        tracing::warn!(request = crate::request_id::for_log(), error = cause, "a request was not answered");
        proxy::own_response(error.status())
    })
}
