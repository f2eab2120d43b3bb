//! What is counted of connections.

use crate::metrics::{Counter, Gauge, Registry};

/// What is counted of a listener's connections. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct ConnectionMetrics {
    pub(super) open: Gauge,
    /// Connections that were closed at once.
    pub(super) rejected: Counter,
}

impl ConnectionMetrics {
    /// Lists the metrics.
    pub(in crate::server) fn register(&self, registry: &mut Registry) {
        let Self { open, rejected } = self;
        registry.register("connections", "Open connections of clients", open.clone());
        let help = "Connections that were closed at once for want of room";
        registry.register("connections_rejected", help, rejected.clone());
    }
}
