//! `serve`: the server, with its own database or with a throwaway one to try it.

use std::{net::SocketAddr, sync::Arc};

use axum::http::HeaderValue;
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{CliError, print, refuse_pending};
use crate::{
    auth::ApiToken,
    profile::{FieldInput, NewCustomerInput},
    server::{self, ConnectionLimits},
    store::{DatabaseUrl, NewToken, OpenOptions, Store},
};

/// How to serve.
#[derive(clap::Args)]
pub struct Args {
    /// The address to listen on. Beyond this machine, put a proxy with TLS before it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "SHOP_PROFILE_LISTEN")]
    listen: SocketAddr,
    /// Serve a throwaway database with the contract's example customer and a fresh key; nothing of it is kept.
    #[arg(long, env = "SHOP_PROFILE_DEMO")]
    demo: bool,
    /// Refuse to start when the schema is not up to date, instead of bringing it up to date.
    #[arg(long, env = "SHOP_PROFILE_NO_MIGRATE", conflicts_with = "demo")]
    no_migrate: bool,
    /// PostgreSQL: the most connections of this server for requests; two more are for everything else.
    #[arg(long, value_name = "N", default_value_t = OpenOptions::default().connections, env = "SHOP_PROFILE_DATABASE_CONNECTIONS")]
    database_connections: u32,
    /// How many connections one address may have; 0 is no limit. Behind a proxy all clients share its address.
    #[arg(long, value_name = "N", default_value_t = 0, env = "SHOP_PROFILE_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: usize,
    /// Whether GraphQL clients may ask for the schema.
    #[arg(
        long,
        value_name = "on|off",
        default_value = "on",
        hide_possible_values = true,
        env = "SHOP_PROFILE_INTROSPECTION"
    )]
    introspection: Switch,
    /// Whether the GraphiQL playground is served.
    #[arg(
        long,
        value_name = "on|off",
        default_value = "on",
        hide_possible_values = true,
        env = "SHOP_PROFILE_GRAPHIQL"
    )]
    graphiql: Switch,
    /// An origin whose web pages may call from a browser, e.g. `https://shop.example`; may be repeated.
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = origin, env = "SHOP_PROFILE_ALLOW_ORIGIN")]
    allow_origin: Vec<HeaderValue>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Switch {
    fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// As browsers send it: scheme, host and perhaps a port, and nothing else.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let url = url::Url::parse(text).map_err(|_| "expected an origin such as https://shop.example")?;
    let origin = url.origin().ascii_serialization();
    // `https://*.example` is a URL, but browsers send no such origin: there are no patterns.
    if origin == text && url.origin().is_tuple() && !text.contains('*') {
        HeaderValue::try_from(origin).map_err(|error| error.to_string())
    } else {
        Err(format!("expected an origin such as https://shop.example, not {text}"))
    }
}

pub(super) async fn run(args: Args, url: Result<DatabaseUrl, CliError>) -> Result<(), CliError> {
    // First of all, so that a taken port is noticed before a database is touched.
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| CliError::Failure(format!("cannot listen on {}: {error}", args.listen)))?;
    let address = listener.local_addr().map_err(CliError::failed)?;
    let url = if args.demo { DatabaseUrl::in_memory() } else { url? };
    let options = OpenOptions { connections: args.database_connections, create: !args.no_migrate };
    let store = Arc::new(Store::open(&url, options).await.map_err(CliError::failed)?);
    if args.no_migrate {
        refuse_pending(&store).await?;
    } else {
        store.migrate().await.map_err(CliError::failed)?;
    }
    let demo_key = if args.demo { Some(add_demo_customer(&store).await?) } else { None };
    let stop = stop_on_signal()?;
    print(&format!("listening on http://{address}"));
    if let Some(key) = demo_key {
        print(&welcome(address, &key));
    }
    let options = server::Options {
        introspection: args.introspection.is_on(),
        graphiql: args.graphiql.is_on(),
        allow_origins: args.allow_origin,
    };
    let app = server::router(store.clone(), &options, stop.clone());
    let limits =
        ConnectionLimits { max_connections_per_address: args.connections_per_address, ..ConnectionLimits::default() };
    server::run(listener, app, limits, stop).await;
    store.close().await;
    Ok(())
}

/// SIGTERM and Ctrl-C ask for an orderly stop.
fn stop_on_signal() -> Result<CancellationToken, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::failed)?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopped.cancel();
    });
    Ok(stop)
}

/// The customer of the contract's example, every value of it.
async fn add_demo_customer(store: &Arc<Store>) -> Result<ApiToken, CliError> {
    let text = |text: &str| FieldInput::Text(text.into());
    let example = NewCustomerInput {
        username: text("behrooz3500"),
        mobile_number: text("09308744204"),
        email: text("behrooz21@hotmail.com"),
        avatar: text("http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg"),
        first_name: text("behrooz"),
        last_name: text("ghorbanie"),
        gender: text("male"),
    };
    let customer = example.parse().map_err(CliError::Invalid)?;
    let customer = customer.add_to(store).await.map_err(CliError::failed)?;
    let key = ApiToken::generate().map_err(CliError::failed)?;
    let token = NewToken { digest: key.digest(), name: "demo".into(), expires_at: None };
    store.issue_token(customer.id, token).await.map_err(CliError::failed)?;
    Ok(key)
}

fn welcome(address: SocketAddr, key: &ApiToken) -> String {
    let key = key.expose_secret();
    format!(
        r#"
A throwaway database with one customer; it ends with this process.

Update the profile by REST:
  curl -X PATCH "http://{address}/api/shop/customers/me" -H "Authorization: Token {key}" -H "Content-Type: application/json" -d '{{"first_name": "John", "last_name": "Doe"}}'

Try GraphQL in the browser:
  http://{address}/graphiql#token={key}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
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
