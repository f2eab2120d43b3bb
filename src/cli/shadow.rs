//! `shadow`: a proxy in front of the old server that compares its responses with ours.

use std::time::Duration;

use super::{CliError, listen::ListenAddress, signals::Stop};
use crate::{
    server::{self, ConnectionLimits, Role},
    shadow::{Address, Shadow, Timeouts},
};

/// Where the old server is, and what to do with the differences.
#[derive(clap::Args)]
pub struct Args {
    /// The old server, to which every request goes: `http://HOST:PORT`, or `unix:/PATH` for a socket.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_UPSTREAM")]
    upstream: Address,
    /// The address and port to listen on; a port alone is on 127.0.0.1.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "SHOP_PROFILE_LISTEN")]
    listen: ListenAddress,
}

/// How long a client may leave a response unread. It is the old server's, and may be large.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let listener = args.listen.bind().await.map_err(|error| {
        CliError::Failure(format!("cannot listen on {}: {error}: choose another address with --listen", args.listen))
    })?;
    let address = listener.local_addr().map_err(CliError::failed)?;
    let stop = Stop::on_signal()?;
    let shadow = Shadow::new(args.upstream.clone(), Timeouts::default());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, upstream = %args.upstream, "started");
    super::print(&format!("listening on http://{address}"));
    let limits = ConnectionLimits { write_timeout: WRITE_TIMEOUT, ..ConnectionLimits::default() };
    server::run(listener, shadow.service(), Role::Proxy, limits, stop.requested.clone()).await;
    Ok(())
}
