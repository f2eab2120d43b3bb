//! Metrics whose values stand elsewhere.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::{
        MetricType, TypedMetric,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::Gauge,
    },
};

/// A counter that something else counts: it is asked when Prometheus reads.
#[derive(Debug)]
pub(crate) struct SampledCounter(pub(crate) fn() -> u64);

impl EncodeMetric for SampledCounter {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        ConstCounter::new((self.0)()).encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        ConstCounter::<u64>::TYPE
    }
}

/// Metrics by a label, of which not every value is known beforehand.
type Labelled<V, M> = Family<[(&'static str, V); 1], M>;

/// Counters that something else has counted, each with its value of the label.
pub(crate) fn counted(
    label: &'static str,
    counts: impl IntoIterator<Item = (String, u64)>,
) -> Labelled<String, Counter> {
    let family = Labelled::<_, Counter>::default();
    for (value, count) in counts {
        family.get_or_create(&[(label, value)]).inc_by(count);
    }
    family
}

/// The number 1, with a label that says something.
pub(crate) fn info(label: &'static str, value: &'static str) -> Labelled<&'static str, Gauge> {
    let family = Labelled::<_, Gauge>::default();
    family.get_or_create(&[(label, value)]).set(1);
    family
}
