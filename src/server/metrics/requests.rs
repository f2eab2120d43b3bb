//! What is counted of requests, by their records.

use axum::http::StatusCode;

use crate::{
    metrics::{By, Counter, Labels, Registry, Timings, label},
    request_notes::{Api, Operation, Outcome},
    server::request_record::RequestRecord,
};

/// A limit of every request, whichever API it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
pub(super) enum RequestLimit {
    /// Every connection has a request under way.
    #[strum(serialize = "connections")]
    Connections,
    /// Bytes of the body.
    #[strum(serialize = "REQUEST_TOO_LARGE")]
    BodyBytes,
    /// Time for the body.
    #[strum(serialize = "REQUEST_TIMEOUT")]
    BodyTime,
}

label!(RequestLimit, "limit");
label!(Outcome, "outcome");

/// Which part of the server is asked, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked(Api, Option<Operation>);

/// `none`: it asks for neither a read nor an update, or was rejected before that was known.
const OPERATIONS: [Option<Operation>; 3] = [None, Some(Operation::Read), Some(Operation::Update)];

impl Labels for Asked {
    type Set = [(&'static str, &'static str); 2];

    fn all() -> Vec<Self> {
        let of_apis = [Api::Rest, Api::Graphql].map(|api| OPERATIONS.map(|operation| Self(api, operation)));
        let others = [Api::Page, Api::Health, Api::None].map(|api| Self(api, None));
        [of_apis.as_flattened(), &others].concat()
    }

    fn place(self) -> usize {
        let operation = self.1.map_or(0, |operation| 1 + operation as usize);
        match self.0 {
            Api::Rest => operation,
            Api::Graphql => 3 + operation,
            Api::Page => 6,
            Api::Health => 7,
            Api::None => 8,
        }
    }

    fn set(self) -> Self::Set {
        [("api", self.0.into()), ("operation", self.1.map_or("none", Into::into))]
    }
}

/// A request that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ended(Asked, Outcome);

impl Labels for Ended {
    type Set = [(&'static str, &'static str); 3];

    fn all() -> Vec<Self> {
        let of = |asked| Outcome::all().into_iter().map(move |outcome| Self(asked, outcome));
        Asked::all().into_iter().flat_map(of).collect()
    }

    fn place(self) -> usize {
        self.0.place() * <Outcome as strum::VariantArray>::VARIANTS.len() + Labels::place(self.1)
    }

    fn set(self) -> Self::Set {
        let [api, operation] = self.0.set();
        [api, operation, self.1.set()[0]]
    }
}

/// What is counted of requests. Clones count together.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct RequestMetrics {
    ended: By<Ended, Counter>,
    durations: By<Asked, Timings>,
    pub(super) limits: By<RequestLimit, Counter>,
}

impl RequestMetrics {
    /// Counts a request that was answered, or whose client has left. `had_no_slot`: there was no room for it.
    pub(in crate::server) fn count(&self, record: &RequestRecord, had_no_slot: bool) {
        let asked = Asked(record.api, record.notes.operation);
        self.ended.of(Ended(asked, record.outcome())).inc();
        self.durations.of(asked).observe(record.took);
        let limit = match record.status {
            _ if had_no_slot => RequestLimit::Connections,
            Some(StatusCode::PAYLOAD_TOO_LARGE) => RequestLimit::BodyBytes,
            Some(StatusCode::REQUEST_TIMEOUT) => RequestLimit::BodyTime,
            _ => return,
        };
        self.limits.of(limit).inc();
    }

    /// Lists the metrics, but for the limits, of which other layers have some too.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests by what was asked and what became of it", self.ended.clone());
        let help = "Time from a request's head to its response's";
        registry.register("request_duration_seconds", help, self.durations.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_that_of_its_labels() {
        assert!(Asked::all().into_iter().map(Labels::place).eq(0..9));
        let all = Ended::all();
        assert!(all.iter().map(|ended| ended.place()).eq(0..all.len()));
    }
}
