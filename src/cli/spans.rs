//! `--otlp-endpoint`: spans for an OpenTelemetry collector.

use super::CliError;
use crate::server::{CollectorUrl, Spans};

/// Where spans are sent.
#[derive(clap::Args)]
pub(super) struct SpanArgs {
    /// The OpenTelemetry collector to which a span of each request is sent, by OTLP over HTTP without TLS, e.g.
    /// `http://127.0.0.1:4318`. The program must be built with the cargo feature `otlp`.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_OTLP_ENDPOINT")]
    otlp_endpoint: Option<CollectorUrl>,
}

impl SpanArgs {
    /// Starts to send spans, if they are to be sent.
    pub(super) fn start(&self) -> Result<Option<Spans>, CliError> {
        self.otlp_endpoint.as_ref().map(Spans::start).transpose().map_err(CliError::failed)
    }
}
