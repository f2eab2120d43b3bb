//! Passes a request on to the old server and its response back, both as they come.

use std::{net::IpAddr, pin::pin, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{Method, Response, StatusCode, Uri, Version, header, request::Parts},
    response::IntoResponse,
};
use hyper::body::Incoming;
use tokio::time::{Instant, sleep_until};

use super::{
    bodies::{Gate, Progress, RequestBody, ResponseBody},
    headers,
    ours::BUDGET,
    upstream::{Address, Upstream, UpstreamError},
};

/// How long the old server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may be silent, unless an option says otherwise.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the client of an `Expect: 100-continue` waits when the old server does not say that it may go on (RFC 9110,
/// section 10.1.1: no server is bound to).
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the old server and our own answer may take. Tests set other times.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To accept a connection.
    pub connect: Duration,
    /// To begin its response after the request was sent, and then between two pieces of it.
    pub silence: Duration,
    /// How long a client may wait for our own answer, which is compared.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, silence: SILENCE_TIMEOUT, answer: BUDGET }
    }
}

pub(super) struct Proxy {
    upstream: Upstream,
    timeouts: Timeouts,
}

impl Proxy {
    pub(super) fn new(address: Address, timeouts: Timeouts) -> Self {
        Self { upstream: Upstream::new(address, timeouts.connect), timeouts }
    }

    /// The old server's response to the request, whose headers are those of [`headers::of_request`].
    pub(super) async fn pass_on(&self, parts: Parts, body: Body) -> Result<Response<Body>, UpstreamError> {
        let progress = Progress::new();
        let gate = expects_continue(&parts).then(Gate::closed);
        let (gate, opened) = gate.unzip();
        let mut request = Request::from_parts(parts, Body::new(RequestBody::new(body, progress.clone(), opened)));
        if let Some(gate) = gate.clone() {
            hyper::ext::on_informational(&mut request, move |response| {
                if response.status() == StatusCode::CONTINUE {
                    gate.open();
                }
            });
        }
        let response = self.answer(request, &progress, gate.as_ref()).await?;
        if response.status().is_informational() {
            return Err(UpstreamError::SwitchedProtocols);
        }
        Ok(self.passed_back(response, gate))
    }

    async fn answer(
        &self,
        request: Request,
        progress: &Progress,
        gate: Option<&Gate>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let mut response = pin!(self.upstream.send(request));
        let mut opens_at = gate.map(|_| Instant::now() + CONTINUE_TIMEOUT);
        loop {
            let gives_up_at = progress.last() + self.timeouts.silence;
            let wake_at = opens_at.map_or(gives_up_at, |opens_at| opens_at.min(gives_up_at));
            tokio::select! {
                response = &mut response => return response,
                () = sleep_until(wake_at) => {}
            }
            if opens_at.is_some_and(|opens_at| opens_at <= Instant::now()) {
                opens_at = None;
                gate.inspect(|gate| gate.open());
            }
            if progress.last() + self.timeouts.silence <= Instant::now() {
                return Err(UpstreamError::TimedOut);
            }
        }
    }

    fn passed_back(&self, response: Response<Incoming>, gate: Option<Gate>) -> Response<Body> {
        let (mut parts, body) = response.into_parts();
        // Of the connection to the client; the listener lowers it for a client of HTTP/1.0.
        parts.version = Version::HTTP_11;
        parts.headers = headers::of_response(&parts.headers);
        let body = Body::new(ResponseBody::new(body, self.timeouts.silence, gate));
        Response::from_parts(parts, body)
    }
}

fn expects_continue(parts: &Parts) -> bool {
    let expected = parts.headers.get(header::EXPECT);
    expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// The request as the old server gets it, or the status for a method that asks for something else than a response.
pub(super) fn forwarded(mut parts: Parts, client: Option<IpAddr>) -> Result<Parts, StatusCode> {
    if parts.method == Method::CONNECT {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    parts.headers = headers::of_request(&parts.headers, client);
    // In the form for an origin server: the path and the query.
    let target = parts.uri.path_and_query().cloned();
    parts.uri = target.map_or(Uri::from_static("/"), Uri::from);
    Ok(parts)
}

/// Takes `Expect` out of a request whose body has been read.
pub(super) fn forget_expectation(parts: &mut Parts) {
    if parts.headers.contains_key(header::EXPECT) {
        let kept = parts.headers.iter().filter(|(name, _)| *name != header::EXPECT);
        parts.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
}

/// A response of the proxy itself.
pub(super) fn own_response(status: StatusCode) -> Response<Body> {
    (status, format!("{status}\n")).into_response()
}
