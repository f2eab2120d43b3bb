//! `--metrics-listen`: a port of its own for what Prometheus reads.

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{CliError, listen::ListenAddress};
use crate::server;

/// Where Prometheus reads.
#[derive(clap::Args)]
pub(super) struct MetricsArgs {
    /// The address and port of `GET /metrics`, for Prometheus; a port alone is on 127.0.0.1. Keep it inside your network.
    #[arg(long, value_name = "ADDRESS", env = "SHOP_PROFILE_METRICS_LISTEN")]
    metrics_listen: Option<ListenAddress>,
}

/// An open port for metrics, if there is to be one.
pub(super) struct MetricsPort(Option<TcpListener>);

impl MetricsArgs {
    /// The clients' port cannot be the metrics' as well.
    pub(super) fn conflict(&self, listen: &ListenAddress) -> Option<&'static str> {
        let is_same = self.metrics_listen.as_ref() == Some(listen) && !listen.is_any_port();
        is_same.then_some("--metrics-listen names the address and port of --listen: expected another port")
    }

    /// Opens the port.
    pub(super) async fn open(&self) -> Result<MetricsPort, CliError> {
        Ok(MetricsPort(match &self.metrics_listen {
            Some(listen) => Some(listen.open("--metrics-listen").await?),
            None => None,
        }))
    }
}

impl MetricsPort {
    /// Serves the metrics until what is returned is dropped.
    pub(super) fn serve(self, exposition: impl Fn() -> String + Send + Sync + 'static) -> Result<DropGuard, CliError> {
        let stop = CancellationToken::new();
        if let Some(listener) = self.0 {
            let address = listener.local_addr().map_err(CliError::failed)?;
            tracing::info!(%address, "metrics");
            tokio::spawn(server::serve_metrics(listener, exposition, stop.clone()));
        }
        Ok(stop.drop_guard())
    }
}
