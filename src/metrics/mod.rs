//! What the layers count and measure with, and the text in which Prometheus reads it.
//!
//! A layer has the metrics of its own work in a struct, which it gets when it is made, and lists them in a [`Registry`].
//! Nothing here is global: what counts holds what it counts with, and a metric is an atomic number that is found without
//! a search.

mod label;
mod process;
mod sampled;
mod timings;

pub(crate) use label::{By, Joined, Label, Labels, label};
pub(crate) use process::Process;
pub(crate) use prometheus_client::{
    encoding::prometheus_text::CONTENT_TYPE,
    metrics::{
        counter::{ConstCounter, Counter},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};
pub(crate) use sampled::{SampledCounter, counted, info};
pub(crate) use timings::{Timings, measure_wait};

/// Counts something as one more for as long as this exists.
#[derive(Debug)]
pub(crate) struct Held(Gauge);

impl Held {
    pub(crate) fn by(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Every metric of the registry, in Prometheus' text format.
pub(crate) fn text(registry: &Registry) -> String {
    let mut text = String::new();
    // A `String` takes whatever is written to it.
    let _ = prometheus_client::encoding::prometheus_text::encode(&mut text, registry);
    text
}

#[cfg(test)]
mod tests;
