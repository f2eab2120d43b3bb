//! `serve`: the server, with its own database or with a throwaway one to try it.

mod database;
mod demo;
mod rates;
mod warnings;

use std::{net::SocketAddr, time::Instant};

use axum::http::HeaderValue;
use clap::ArgAction;

pub use self::demo::example_customer;
use self::rates::RateArgs;
use super::{
    CliError,
    arguments::switch,
    config::Config,
    languages::LanguageArgs,
    layout::Layout,
    listen::ListenAddress,
    log,
    metrics::MetricsArgs,
    print,
    signals::{Stop, StopDelay},
    spans::SpanArgs,
    wait::WaitArgs,
};
use crate::{
    messages::Languages,
    request_id,
    server::{self, ConnectionLimits, Metrics},
    store::{DatabaseUrl, Migrations, OpenOptions, Store},
};

/// How to serve.
#[derive(clap::Args)]
#[command(after_help = SIGNALS)]
pub struct Args {
    /// The address and port to listen on; a port alone is on 127.0.0.1. Beyond this machine, put a proxy with TLS in
    /// front.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "SHOP_PROFILE_LISTEN")]
    listen: ListenAddress,
    /// Serve a throwaway database with the contract's example customer and a new API token; nothing of it is kept.
    #[arg(long, env = "SHOP_PROFILE_DEMO", action = ArgAction::SetTrue, value_parser = switch)]
    demo: bool,
    /// Do not change the schema: exit with an error when it is not up to date.
    #[arg(long, env = "SHOP_PROFILE_NO_MIGRATE", action = ArgAction::SetTrue, value_parser = switch)]
    no_migrate: bool,
    #[command(flatten)]
    wait: WaitArgs,
    /// PostgreSQL: the most connections of this server for requests; two more are for everything else.
    #[arg(long, value_name = "N", default_value_t = OpenOptions::default().connections, env = "SHOP_PROFILE_DATABASE_CONNECTIONS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    database_connections: u32,
    /// How many connections one address may have; 0 is no limit. Behind a proxy all clients share its address.
    #[arg(long, value_name = "N", default_value_t = 0, env = "SHOP_PROFILE_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: usize,
    /// Whether GraphQL clients may ask for the schema. The playground has it in any case.
    #[arg(long, env = "SHOP_PROFILE_INTROSPECTION", default_value = "on", action = ArgAction::SetTrue, value_parser = switch)]
    introspection: bool,
    /// Whether the GraphiQL playground is served.
    #[arg(long, env = "SHOP_PROFILE_GRAPHIQL", default_value = "on", action = ArgAction::SetTrue, value_parser = switch)]
    graphiql: bool,
    /// Whether the reference of the REST API is served; `/openapi.json` always is.
    #[arg(long, env = "SHOP_PROFILE_DOCS", default_value = "on", action = ArgAction::SetTrue, value_parser = switch)]
    docs: bool,
    /// An origin whose web pages may call from a browser, e.g. `https://shop.example`; several are separated by commas.
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = origin, env = "SHOP_PROFILE_ALLOW_ORIGIN")]
    allow_origin: Vec<HeaderValue>,
    /// Whether requests are lines of the log: at `info` those with a valid token and internal errors, at `debug` all.
    #[arg(long, env = "SHOP_PROFILE_LOG_REQUESTS", default_value = "on", action = ArgAction::SetTrue, value_parser = switch)]
    log_requests: bool,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    spans: SpanArgs,
    #[command(flatten)]
    rates: RateArgs,
    #[command(flatten)]
    languages: LanguageArgs,
    /// How long the server still takes requests after a signal to stop, while `/readyz` says 503 and load balancers find
    /// out; e.g. `5s`.
    #[arg(long, value_name = "TIME", default_value = "0s", env = "SHOP_PROFILE_STOP_DELAY")]
    stop_delay: StopDelay,
    /// Read the configuration and end: exit code 0 when the server could be started with it, 2 when not.
    #[arg(long)]
    check: bool,
}

const SIGNALS: &str = "\
SIGTERM, SIGINT (Ctrl-C) and SIGHUP stop the server in order: after --stop-delay it takes no new requests and finishes those \
that it has begun (exit code 0). \
A SIGTERM or SIGINT after that ends it at once (exit code 143 or 130).";

impl Args {
    /// Options that contradict each other. (clap's `conflicts_with` would also count a variable that says `off`.)
    pub(super) fn conflict(&self, config: &Config) -> Option<&'static str> {
        let demo = "--demo cannot be used with --no-migrate: its database is always new";
        let conflict = (self.demo && self.no_migrate).then_some(demo);
        conflict.or_else(|| self.metrics.conflict(&self.listen)).or_else(|| self.languages.conflict(config))
    }
}

/// As browsers send it: scheme, host and perhaps a port, and nothing else.
fn origin(text: &str) -> Result<HeaderValue, String> {
    const EXPECTED: &str = "expected an origin: a scheme and a host without a path, such as https://shop.example";
    let url = url::Url::parse(text).map_err(|_| EXPECTED)?;
    let origin = url.origin().ascii_serialization();
    // `https://*.example` is a URL, but browsers send no such origin: there are no patterns.
    if origin == text && url.origin().is_tuple() && !text.contains('*') {
        HeaderValue::try_from(origin).map_err(|error| error.to_string())
    } else {
        Err(EXPECTED.to_owned())
    }
}

pub(super) async fn run(args: Args, config: &Config, layout: &Layout, log_format: log::Format) -> Result<(), CliError> {
    let start = Instant::now();
    let url = config.database_url();
    if args.check {
        url?;
        print("the configuration can be used");
        return Ok(());
    }
    // First of all, so that a taken port is noticed before a database is touched.
    let (listener, metrics_port) = (args.listen.open("--listen").await?, args.metrics.open().await?);
    let address = listener.local_addr().map_err(CliError::failed)?;
    for warning in warnings::of(&args, address, config.names_database()) {
        tracing::warn!("{warning}");
    }
    let url = if args.demo { DatabaseUrl::in_memory() } else { url? };
    let metrics = Metrics::default();
    let store = database::open(&args, &url, layout, &metrics).await?;
    let demo_token = if args.demo { Some(demo::add_customer(&store, address).await?) } else { None };
    let stop = Stop::on_signal()?;
    let spans = args.spans.start()?;
    let _metrics = metrics_port.serve(metrics.exposition(url.is_postgres(), log::dropped_lines))?;
    let languages = args.languages.languages(config);
    log_start(&args, address, &url, layout, &languages, &store).await;
    let mut text = String::new();
    if log_format == log::Format::Text {
        text += &format!("listening on http://{address}\n");
    }
    if let Some(token) = demo_token {
        text += &demo::welcome(address, &token, args.docs, args.graphiql);
    }
    print_in_background(text);
    let options = server::Options {
        introspection: args.introspection,
        graphiql: args.graphiql,
        docs: args.docs,
        demo: args.demo,
        rate_limits: args.rates.limits(),
        trusted_proxies: args.rates.trusted_proxies().to_vec(),
        log_requests: args.log_requests,
        languages,
        allow_origins: args.allow_origin,
        metrics: metrics.clone(),
        spans: spans.clone(),
    };
    let app = server::router(store.clone(), &options, stop.requested.clone());
    let limits =
        ConnectionLimits { max_connections_per_address: args.connections_per_address, ..ConnectionLimits::default() };
    server::run(listener, app, server::Role::Origin, limits, metrics.connections, stop.after(args.stop_delay)).await;
    store.close().await;
    if let Some(spans) = spans {
        spans.stop().await;
    }
    let uptime_seconds = start.elapsed().as_secs();
    // Until then a line that cannot be written is not known as dropped.
    log::flush();
    let (requests, dropped_log_lines) = (request_id::requests_begun(), log::dropped_lines());
    tracing::info!(reason = stop.signal(), uptime_seconds, requests, dropped_log_lines, "stopped");
    Ok(())
}

/// One line with what an operator asks first about a running server.
async fn log_start(
    args: &Args,
    address: SocketAddr,
    url: &DatabaseUrl,
    layout: &Layout,
    languages: &Languages,
    store: &Store,
) {
    let origins = args.allow_origin.iter().map(|origin| String::from_utf8_lossy(origin.as_bytes()));
    let origins = origins.collect::<Vec<_>>().join(", ");
    let is_native = args.demo || *layout == Layout::Native;
    let layout_name = if is_native { "native" } else { "django" };
    // A Django shop's schema has Django's migrations.
    let migrations = if is_native { store.migrations().await.ok() } else { None };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        %address,
        database = %url,
        layout = layout_name,
        schema = migrations.as_ref().and_then(Migrations::newest),
        database_connections = url.is_postgres().then_some(args.database_connections),
        allowed_origins = (!origins.is_empty()).then_some(origins),
        %languages,
        introspection = args.introspection,
        graphiql = args.graphiql,
        docs = args.docs,
        demo = args.demo,
        "started"
    );
}

/// Prints on a thread of its own. A stdout that is a pipe and is not read must not keep the server from starting.
fn print_in_background(text: String) {
    if !text.is_empty() {
        let _ = std::thread::Builder::new().name("stdout".into()).spawn(move || print(text.trim_end_matches('\n')));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_origins_of_scheme_host_and_optional_port() {
        for text in ["https://shop.example", "http://localhost:3000"] {
            assert_eq!(origin(text), Ok(HeaderValue::from_str(text).unwrap()));
        }
        for text in [
            "*",
            "https://*.example",
            "https://*",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://Shop.example",
            "data:,x",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
