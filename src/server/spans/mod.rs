//! Spans for an OpenTelemetry collector: one for each request. Only a program that is built with the feature `otlp` has
//! them; in any other there is no value of these types, and no code for one.

#[cfg(not(feature = "otlp"))]
mod none;
#[cfg(feature = "otlp")]
mod otlp;

#[cfg(not(feature = "otlp"))]
pub use none::{CollectorUrl, Spans};
#[cfg(feature = "otlp")]
pub use otlp::{CollectorUrl, Spans};

/// The text is no address of a collector, or this program sends no spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectorUrlError {
    /// The program is built without the feature.
    #[error("this program sends no spans: it is built without the cargo feature `otlp`")]
    NotBuilt,
    /// It is no such URL.
    #[error("expected the URL of a collector without a path and without TLS, e.g. http://127.0.0.1:4318")]
    Malformed,
}
