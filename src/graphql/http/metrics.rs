//! What GraphQL over HTTP counts.

use super::limits::LimitExceeded;
use crate::metrics::{By, Counter, Gauge, Registry, label};

label!(LimitExceeded, "limit");

/// What a cache counts, and what it holds now.
#[derive(Clone, Debug, Default)]
pub(super) struct CacheMetrics {
    pub(super) hits: Counter,
    pub(super) misses: Counter,
    pub(super) evictions: Counter,
    pub(super) entries: Gauge,
}

/// What the GraphQL API counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct GraphqlMetrics {
    /// Documents that exceeded a limit.
    pub(crate) limits: By<LimitExceeded, Counter>,
    pub(super) documents: CacheMetrics,
    pub(super) document_bytes: Gauge,
    pub(super) validations: CacheMetrics,
}

impl GraphqlMetrics {
    /// Lists the metrics, but for the limits, of which other layers have some too.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let CacheMetrics { hits, misses, evictions, entries } = &self.documents;
        registry.register("graphql_documents_hits", "Documents found in the cache", hits.clone());
        let help = "Documents that had to be parsed, and unknown hashes";
        registry.register("graphql_documents_misses", help, misses.clone());
        registry.register("graphql_documents_evictions", "Documents removed to make room", evictions.clone());
        registry.register("graphql_documents_entries", "Documents in the cache", entries.clone());
        let help = "Memory that the cached documents take, estimated";
        registry.register("graphql_documents_bytes", help, self.document_bytes.clone());
        let CacheMetrics { hits, misses, evictions, entries } = &self.validations;
        registry.register("graphql_validations_hits", "Requests known to be valid", hits.clone());
        registry.register("graphql_validations_misses", "Requests that had to be validated", misses.clone());
        registry.register("graphql_validations_evictions", "Requests forgotten to make room", evictions.clone());
        registry.register("graphql_validations_entries", "Requests that are remembered as valid", entries.clone());
    }
}
