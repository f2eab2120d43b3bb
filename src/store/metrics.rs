//! What the store counts and measures.

use crate::metrics::{By, Counter, Gauge, Histogram, Registry, Timings, label};

/// The upper bounds of the buckets of a batch: as many updates as one transaction may have.
const BATCH_BUCKETS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What a request asks of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Work {
    /// To read a customer, or who has a username.
    Read,
    /// To change a profile.
    Update,
}

label!(Work, "operation");

/// What fails, of all that can fail for all requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Failure {
    /// The database cannot be reached.
    Connection,
    /// It takes no writes.
    Write,
    /// Requests wait in vain for other requests.
    Wait,
}

label!(Failure, "failure");

/// What a store counts and measures. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct StoreMetrics {
    /// From a request's call to its result: with the wait for a connection, or in the writer's queue.
    pub(super) time: By<Work, Timings>,
    pub(super) failures: FailureMetrics,
    pub(super) pool: PoolMetrics,
    pub(super) writer: WriterMetrics,
}

/// Failures that concern all requests.
#[derive(Clone, Debug, Default)]
pub(super) struct FailureMetrics {
    pub(super) requests: By<Failure, Counter>,
    pub(super) outages: By<Failure, Gauge>,
}

/// PostgreSQL: the connections of the requests.
#[derive(Clone, Debug, Default)]
pub(super) struct PoolMetrics {
    pub(super) open: Gauge,
    pub(super) in_use: Gauge,
    pub(super) max: Gauge,
    pub(super) waits: Timings,
}

/// SQLite: the queue of updates and the WAL.
#[derive(Clone, Debug)]
pub(super) struct WriterMetrics {
    pub(super) queue: Gauge,
    pub(super) batches: Histogram,
    pub(super) wal_bytes: Gauge,
}

impl Default for WriterMetrics {
    fn default() -> Self {
        let batches = Histogram::new(BATCH_BUCKETS);
        Self { queue: Gauge::default(), batches, wal_bytes: Gauge::default() }
    }
}

impl StoreMetrics {
    /// Lists the metrics, those of its kind of database alone.
    pub(crate) fn register(&self, registry: &mut Registry, is_postgres: bool) {
        let help = "Time that a request's statement took, with the wait for a connection or for the writer";
        registry.register("database_duration_seconds", help, self.time.clone());
        let help = "Requests that the database failed, by what failed";
        registry.register("database_failures", help, self.failures.requests.clone());
        let help = "1 while the database fails in this way, else 0";
        registry.register("database_outage", help, self.failures.outages.clone());
        if is_postgres { self.pool.register(registry) } else { self.writer.register(registry) }
    }
}

impl PoolMetrics {
    fn register(&self, registry: &mut Registry) {
        let Self { open, in_use, max, waits } = self;
        registry.register("database_connections", "PostgreSQL: open connections for requests", open.clone());
        registry.register("database_connections_in_use", "PostgreSQL: connections that requests hold", in_use.clone());
        registry.register("database_connections_max", "PostgreSQL: the most connections for requests", max.clone());
        let help = "PostgreSQL: time that requests waited for a connection, of those that had to wait";
        registry.register("database_connection_wait_seconds", help, waits.clone());
    }
}

impl WriterMetrics {
    fn register(&self, registry: &mut Registry) {
        let Self { queue, batches, wal_bytes } = self;
        registry.register("sqlite_writer_queue_length", "SQLite: updates that wait for the writer", queue.clone());
        registry.register(
            "sqlite_writer_batch_updates",
            "SQLite: updates of one transaction of the writer",
            batches.clone(),
        );
        registry.register("sqlite_wal_bytes", "SQLite: size of the write-ahead log's file", wal_bytes.clone());
    }
}
