//! A request as the access log and the metrics see it: names and numbers, none of which a client chooses freely.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::HttpBody,
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};

use super::trace_parent::TraceParent;
use crate::{
    request_id::RequestId,
    request_notes::{Api, Notes, Outcome},
    rest,
};

/// What is known of a request when it has been answered, or when its connection has ended before.
#[derive(Debug)]
pub(super) struct RequestRecord {
    pub(super) id: RequestId,
    /// The client's address, as far as it is known.
    pub(super) client: Option<IpAddr>,
    /// The trace that the client says it belongs to.
    pub(super) trace_parent: Option<TraceParent>,
    /// `other` is none of HTTP's own.
    pub(super) method: &'static str,
    /// The path, if this server has it; else `other`.
    pub(super) path: &'static str,
    pub(super) api: Api,
    /// What the API has noted.
    pub(super) notes: Notes,
    /// `None`: the connection ended before.
    pub(super) status: Option<StatusCode>,
    /// The length of the response's body, as sent.
    pub(super) bytes: Option<u64>,
    /// From the request's head to the response's.
    pub(super) took: Duration,
}

impl RequestRecord {
    /// A request that is not answered yet.
    pub(super) fn of(request: &Request, id: RequestId, client: Option<IpAddr>) -> Self {
        let (path, api) = route(request.uri().path());
        Self {
            id,
            client,
            trace_parent: TraceParent::of(request.headers()),
            method: method_name(request.method()),
            path,
            api,
            notes: Notes::default(),
            status: None,
            bytes: None,
            took: Duration::ZERO,
        }
    }

    /// Adds how it was answered.
    pub(super) fn answer(&mut self, response: &Response, notes: Notes) {
        self.notes = notes;
        self.status = Some(response.status());
        self.bytes = if self.method == "HEAD" { Some(0) } else { response.body().size_hint().exact() };
    }

    /// What became of it.
    pub(super) fn outcome(&self) -> Outcome {
        match self.status {
            None => Outcome::Abandoned,
            Some(status) => self.notes.outcome().unwrap_or_else(|| outcome_of(status)),
        }
    }
}

/// What the status says, where the API has noted nothing else.
fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        StatusCode::NOT_MODIFIED => Outcome::NotModified,
        StatusCode::PRECONDITION_FAILED => Outcome::Conflict,
        StatusCode::UNAUTHORIZED => Outcome::Unauthenticated,
        StatusCode::TOO_MANY_REQUESTS => Outcome::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => Outcome::Unavailable,
        status if status.is_client_error() => Outcome::Rejected,
        status if status.is_server_error() => Outcome::Internal,
        _ => Outcome::Ok,
    }
}

/// The method. One that HTTP does not have may hold anything.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The path, if this server has it, and what answers it. Any other may hold anything, even a token, and is not named.
fn route(path: &str) -> (&'static str, Api) {
    const REST: (&str, Api) = ("/api/shop/customers/me", Api::Rest);
    const KNOWN: [(&str, Api); 8] = [
        REST,
        ("/graphql", Api::Graphql),
        ("/graphiql", Api::Page),
        ("/docs", Api::Page),
        ("/openapi.json", Api::Page),
        ("/", Api::Page),
        ("/healthz", Api::Health),
        ("/readyz", Api::Health),
    ];
    let is_path = |known: &str| known == path || path.strip_suffix('/') == Some(known);
    match KNOWN.into_iter().find(|(known, _)| is_path(known)) {
        Some(route) => route,
        None if path.starts_with("/assets/") => ("/assets", Api::Page),
        None if rest::is_profile_path(path) => REST,
        None => ("other", Api::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_only_paths_and_methods_that_the_server_has() {
        for (path, expected) in [
            ("/graphql", ("/graphql", Api::Graphql)),
            ("/api/shop/customers/me/", ("/api/shop/customers/me", Api::Rest)),
            ("/api/shop/customers/%6de", ("/api/shop/customers/me", Api::Rest)),
            ("/healthz", ("/healthz", Api::Health)),
            ("/", ("/", Api::Page)),
            ("/assets/shp_secret", ("/assets", Api::Page)),
            ("/shp_secret", ("other", Api::None)),
            ("/graphql/shp_secret", ("other", Api::None)),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
        assert_eq!(method_name(&Method::PATCH), "PATCH");
        assert_eq!(method_name(&Method::from_bytes(b"SARA").unwrap()), "other");
    }

    #[test]
    fn a_noted_outcome_counts_more_than_the_status() {
        let mut record = RequestRecord::of(&Request::default(), RequestId::next(), None);
        assert_eq!(record.outcome(), Outcome::Abandoned);
        for (status, noted, expected) in [
            (200, None, Outcome::Ok),
            (200, Some(Outcome::Invalid), Outcome::Invalid),
            (204, None, Outcome::Ok),
            (304, None, Outcome::NotModified),
            (307, None, Outcome::Ok),
            (400, None, Outcome::Rejected),
            (400, Some(Outcome::Invalid), Outcome::Invalid),
            (401, None, Outcome::Unauthenticated),
            (412, None, Outcome::Conflict),
            (429, None, Outcome::RateLimited),
            (500, None, Outcome::Internal),
            (503, None, Outcome::Unavailable),
        ] {
            let mut notes = Notes::default();
            noted.into_iter().for_each(|outcome| notes.add_outcome(outcome));
            let response = Response::builder().status(status).body("body".into()).unwrap();
            record.answer(&response, notes);
            assert_eq!((record.outcome(), record.bytes), (expected, Some(4)), "{status}");
        }
    }
}
