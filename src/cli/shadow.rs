//! `shadow`: a proxy in front of the old server that compares its answers with ours.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::ArgAction;
use tokio_util::sync::CancellationToken;

use super::{
    CliError, arguments::switch, config::Config, languages::LanguageArgs, layout::Layout, listen::ListenAddress, log,
    metrics::MetricsArgs, signals::Stop,
};
use crate::{
    rate_limit::RateLimits,
    server::{self, ConnectionLimits, ConnectionMetrics, Role},
    shadow::{Address, Report, Shadow, Timeouts},
    store::{DatabaseUrl, OpenOptions, Store},
};

/// Where the old server is, and what to do with the differences.
#[derive(clap::Args)]
#[command(after_help = ABOUT)]
pub struct Args {
    /// The old server, to which every request goes: `http://HOST:PORT`, or `unix:/PATH` for a socket.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_UPSTREAM")]
    upstream: Address,
    /// The address and port to listen on; a port alone is on 127.0.0.1.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "SHOP_PROFILE_LISTEN")]
    listen: ListenAddress,
    /// A file to which a line of JSON is appended for each request whose answers differ.
    #[arg(long, value_name = "FILE", env = "SHOP_PROFILE_REPORT")]
    report: Option<PathBuf>,
    /// Show in the report what differs. It is personal data: names, addresses, phone numbers. Tokens are never shown.
    #[arg(long, env = "SHOP_PROFILE_SHOW_VALUES", action = ArgAction::SetTrue, value_parser = switch)]
    show_values: bool,
    #[command(flatten)]
    metrics: MetricsArgs,
    /// How long the old server may be silent before its client gets 504, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = Timeouts::default().silence.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..),
        env = "SHOP_PROFILE_UPSTREAM_TIMEOUT"
    )]
    upstream_timeout: u64,
    #[command(flatten)]
    languages: LanguageArgs,
}

impl Args {
    /// Options that contradict each other.
    pub(super) fn conflict(&self, config: &Config) -> Option<&'static str> {
        self.metrics.conflict(&self.listen).or_else(|| self.languages.conflict(config))
    }
}

const ABOUT: &str = "\
Every request goes to the old server, and the client gets exactly its response. For /api/shop/customers/me this server's \
own answer is computed on the same rows, without writing, and compared. SIGTERM and SIGINT (Ctrl-C) end it in order: it \
prints what was counted, and in the last line whether the shop is ready to switch.";

/// How long a client may leave a response unread. It is the old server's, and may be large.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the start waits for the database. After that it is opened while requests are passed on.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause between two attempts to open the database.
const OPEN_RETRY_PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(
    args: Args,
    config: &Config,
    url: DatabaseUrl,
    layout: Layout,
    log_format: log::Format,
) -> Result<(), CliError> {
    let listener = args.listen.open("--listen").await?;
    let metrics_port = args.metrics.open().await?;
    let address = listener.local_addr().map_err(CliError::failed)?;
    let report = open_report(&args)?;
    let stop = Stop::on_signal()?;
    let timeouts = Timeouts { silence: Duration::from_secs(args.upstream_timeout), ..Timeouts::default() };
    let shadow = Shadow::new(args.upstream.clone(), timeouts, report);
    let counted = shadow.clone();
    let _metrics = metrics_port.serve(move || counted.summary().metrics())?;
    let limits = ConnectionLimits { write_timeout: WRITE_TIMEOUT, ..ConnectionLimits::default() };
    let proxy = shadow.clone().service();
    let metrics = ConnectionMetrics::default();
    let serving = tokio::spawn(server::run(listener, proxy, Role::Proxy, limits, metrics, stop.requested.clone()));
    let options = server::Options {
        introspection: false,
        graphiql: false,
        languages: args.languages.languages(config),
        // The old server decides how many requests it answers.
        rate_limits: RateLimits::OFF,
        ..server::Options::default()
    };
    let mut opening = tokio::spawn(open_store(url.clone(), layout, options, shadow.clone(), stop.requested.clone()));
    let opened = tokio::time::timeout(OPEN_TIMEOUT, &mut opening).await;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, upstream = %args.upstream, database = %url, "started");
    if log_format == log::Format::Text {
        super::print(&format!("listening on http://{address}"));
    }
    let logging = tokio::spawn({
        let shadow = shadow.clone();
        async move { shadow.log_totals().await }
    });
    let _ = serving.await;
    logging.abort();
    shadow.finish().await;
    let opened = if let Ok(opened) = opened { opened } else { opening.await };
    if let Ok(Some(store)) = opened {
        store.close().await;
    }
    tracing::info!(reason = stop.signal(), "stopped");
    super::print(&shadow.summary().to_string());
    Ok(())
}

/// Opens the database, however long that takes: requests are passed on meanwhile. `None` when the proxy stops first.
async fn open_store(
    url: DatabaseUrl,
    layout: Layout,
    options: server::Options,
    shadow: Arc<Shadow>,
    stop: CancellationToken,
) -> Option<Arc<Store>> {
    let mut logged = String::new();
    loop {
        let error = match open_once(&url, &layout).await {
            Ok(store) => {
                let store = Arc::new(store);
                shadow.compare_with(server::router(store.clone(), &options, stop));
                return Some(store);
            }
            Err(error) => error.to_string(),
        };
        if error != logged {
            tracing::error!(%error, "the database cannot be opened: requests are passed on and not compared");
            logged = error;
        }
        tokio::select! {
            () = tokio::time::sleep(OPEN_RETRY_PAUSE) => {}
            () = stop.cancelled() => return None,
        }
    }
}

async fn open_once(url: &DatabaseUrl, layout: &Layout) -> Result<Store, CliError> {
    match layout {
        Layout::Native => super::open(url).await,
        Layout::Django(django) => {
            let options = OpenOptions { create: false, ..OpenOptions::default() };
            Store::open_django(url, options, django).await.map_err(CliError::failed)
        }
    }
}

fn open_report(args: &Args) -> Result<Report, CliError> {
    let Some(path) = &args.report else { return Ok(Report::none()) };
    Report::append_to(path, args.show_values)
        .map_err(|error| CliError::Failure(format!("cannot open the report {}: {error}", path.display())))
}
