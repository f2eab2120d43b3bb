//! How long things take.

use std::{
    future::poll_fn,
    pin::pin,
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric, histogram::Histogram},
};

/// The upper bounds of the buckets, in seconds: from what a read of SQLite takes to the deadline of a request.
const BUCKETS: [f64; 15] =
    [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// A histogram of durations in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Timings(Histogram);

impl Default for Timings {
    fn default() -> Self {
        Self(Histogram::new(BUCKETS))
    }
}

impl Timings {
    /// Something took so long.
    pub(crate) fn observe(&self, time: Duration) {
        self.0.observe(time.as_secs_f64());
    }
}

impl EncodeMetric for Timings {
    fn encode(&self, encoder: MetricEncoder<'_>) -> std::fmt::Result {
        self.0.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Timings {
    const TYPE: MetricType = Histogram::TYPE;
}

/// Does the work, and notes for how long it had to wait, also when it is given up. What is done at once does not count.
pub(crate) async fn measure_wait<T>(timings: &Timings, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut wait = Wait { timings, since: None };
    poll_fn(|context| {
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            wait.since.get_or_insert_with(Instant::now);
        }
        polled
    })
    .await
}

struct Wait<'a> {
    timings: &'a Timings,
    since: Option<Instant>,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(since) = self.since {
            self.timings.observe(since.elapsed());
        }
    }
}
