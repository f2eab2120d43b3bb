//! What the service counts.

use crate::{
    auth::Rejection,
    metrics::{By, Counter, Registry, label},
    rate_limit::Policy,
};

label!(Policy, "limit");
label!(Rejection, "reason");

/// What a service counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct ServiceMetrics {
    /// Requests that exceeded a rate limit.
    pub(crate) limits: By<Policy, Counter>,
    pub(super) failed_tokens: By<Rejection, Counter>,
}

impl ServiceMetrics {
    /// Lists the metrics, but for the limits, of which other layers have some too.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "API tokens that were not valid, by reason; unchecked: the address had tried too many";
        registry.register("failed_tokens", help, self.failed_tokens.clone());
    }
}
