//! What every request passes through: an id, a log line, a few headers. It is counted here.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Instant};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{
    client_address::TrustedProxies,
    cors::{self, AllowedOrigins},
    unavailable::Unavailable,
};
use crate::{
    request_id::{RequestContext, RequestId},
    request_notes::Outcome,
    server::{listener::Overloaded, metrics::RequestMetrics, request_record::RequestRecord, spans::Spans},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Which requests are logged, who is believed about them, what counts them, which web pages may send them, and what those
/// get for which there is no room.
pub(in crate::server) struct RequestLog {
    pub(in crate::server) proxies: TrustedProxies,
    pub(in crate::server) is_on: bool,
    pub(in crate::server) metrics: RequestMetrics,
    pub(in crate::server) spans: Option<Spans>,
    pub(in crate::server) origins: AllowedOrigins,
    pub(in crate::server) unavailable: Unavailable,
}

/// Gives the request an id, which the log and the answer share, and logs the result; never a header or a body. The headers
/// for other origins and those of a 503 are added here, too: a layer of their own would clone and box all that is inside it
/// for each request.
pub(in crate::server) async fn log_request(
    State(log): State<Arc<RequestLog>>,
    request: Request,
    next: Next,
) -> Response {
    let record = log.begin(&request);
    let context = RequestContext::new(record.id.clone(), record.client, record.api);
    let had_no_slot = request.extensions().get::<Overloaded>().is_some();
    let mut under_way = UnderWay { record, start: Instant::now(), had_no_slot, log: log.clone() };
    let mut work =
        pin!(context.scope(cors::allow(&log.origins, request, |request| log.unavailable.respond(request, next))));
    let mut response = work.as_mut().await;
    let notes = work.take_value().map(RequestContext::into_notes).unwrap_or_default();
    under_way.record.answer(&response, notes);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(under_way.record.id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

impl RequestLog {
    /// Whose request it is, and the id that a trusted proxy gives it, or a new one.
    fn begin(&self, request: &Request) -> RequestRecord {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let client = peer.map(|peer| self.proxies.client(peer, request.headers()));
        let given = if peer.is_some_and(|peer| self.proxies.contains(peer.to_canonical())) {
            request.headers().get(REQUEST_ID).and_then(|id| RequestId::given(id.to_str().ok()?))
        } else {
            None
        };
        RequestRecord::of(request, given.unwrap_or_else(RequestId::next), client)
    }
}

/// A request that ends when it is answered, or when its connection ends before, which drops this.
struct UnderWay {
    record: RequestRecord,
    start: Instant,
    had_no_slot: bool,
    log: Arc<RequestLog>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.record.took = self.start.elapsed();
        self.log.metrics.count(&self.record, self.had_no_slot);
        if let Some(spans) = &self.log.spans {
            spans.send(&self.record);
        }
        if self.log.is_on {
            log_line(&self.record);
        }
    }
}

/// One line. A field without a value is left out.
fn log_line(record: &RequestRecord) {
    let RequestRecord { id, client, trace_parent, method, path, api, notes, status, bytes, took } = record;
    let outcome = record.outcome();
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                target: "shop_profile::request",
                request = display(id),
                client = client.map(display),
                trace_id = trace_parent.map(display),
                api = <&str>::from(*api),
                method,
                path,
                operation = notes.operation.map(<&str>::from),
                operation_name = notes.operation_name(),
                root_fields = (!notes.root_fields.is_empty()).then(|| display(notes.root_fields)),
                customer = notes.customer,
                token = notes.token,
                outcome = <&str>::from(outcome),
                status = status.map(|status| status.as_u16()),
                // A number in one unit: programs compare and add it.
                took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                bytes,
                "answered"
            )
        };
    }
    // Anyone may send any number of requests without a valid token, and a line for each would let them fill the disk.
    if outcome == Outcome::Internal || (notes.customer.is_some() && outcome.is_limited()) {
        answered!(info);
    } else {
        answered!(debug);
    }
}
