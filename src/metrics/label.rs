//! Metrics that differ by a label.

use std::{fmt, marker::PhantomData, sync::Arc};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric, counter::Counter},
};
use strum::VariantArray;

/// An enum whose variants are the values of a label: there are no others, whatever clients send.
pub(crate) trait Label: VariantArray + Copy + Into<&'static str> + Send + Sync + 'static {
    /// What the label is called.
    const NAME: &'static str;

    /// The place of the value among the variants.
    fn place(self) -> usize;
}

/// Makes an enum without values in its variants a label of this name.
macro_rules! label {
    ($label:ty, $name:literal) => {
        impl $crate::metrics::Label for $label {
            const NAME: &'static str = $name;

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use label;

/// One label, or several of which each combination has a metric.
pub(crate) trait Labels: Copy + Send + Sync + 'static {
    /// The labels' names and values.
    type Set: AsRef<[(&'static str, &'static str)]>;

    /// Every combination, in the order of their places.
    fn all() -> Vec<Self>;

    /// The place among all.
    fn place(self) -> usize;

    /// The names and values.
    fn set(self) -> Self::Set;
}

impl<L: Label> Labels for L {
    type Set = [(&'static str, &'static str); 1];

    fn all() -> Vec<Self> {
        L::VARIANTS.to_vec()
    }

    fn place(self) -> usize {
        Label::place(self)
    }

    fn set(self) -> Self::Set {
        [(L::NAME, self.into())]
    }
}

/// A metric for each value of the labels, all of them there from the start: Prometheus then sees the first one too.
pub(crate) struct By<L, M> {
    metrics: Arc<[M]>,
    labels: PhantomData<fn() -> L>,
}

impl<L: Labels, M: Default> Default for By<L, M> {
    fn default() -> Self {
        Self { metrics: L::all().iter().map(|_| M::default()).collect(), labels: PhantomData }
    }
}

impl<L: Labels, M> By<L, M> {
    /// The metric of this value.
    pub(crate) fn of(&self, value: L) -> &M {
        &self.metrics[value.place()]
    }
}

impl<L, M> Clone for By<L, M> {
    fn clone(&self) -> Self {
        Self { metrics: self.metrics.clone(), labels: PhantomData }
    }
}

impl<L, M: fmt::Debug> fmt::Debug for By<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.metrics.fmt(f)
    }
}

impl<L: Labels, M: EncodeMetric + TypedMetric + fmt::Debug + Send + Sync> EncodeMetric for By<L, M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        self.encode_each(&mut encoder)
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

/// What can be a part of a metric.
trait EncodeEach: fmt::Debug + Send + Sync {
    fn encode_each(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result;
}

impl<L: Labels, M: EncodeMetric + fmt::Debug + Send + Sync> EncodeEach for By<L, M> {
    fn encode_each(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        for (labels, metric) in L::all().into_iter().zip(&*self.metrics) {
            metric.encode(encoder.encode_family(&labels.set().as_ref())?)?;
        }
        Ok(())
    }
}

/// The counters of several layers, under one name: their label has the same name and no value in common.
#[derive(Debug, Default)]
pub(crate) struct Joined(Vec<Box<dyn EncodeEach>>);

impl Joined {
    pub(crate) fn with<L: Label>(mut self, counters: &By<L, Counter>) -> Self {
        self.0.push(Box::new(counters.clone()));
        self
    }
}

impl EncodeMetric for Joined {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|counters| counters.encode_each(&mut encoder))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
