//! A shop, an old server in front of its rows, and the proxy in front of that.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use futures_util::future::BoxFuture;
use sea_orm::DatabaseConnection;
use serde_json::Value;
use shop_profile::{
    server::{self, ConnectionLimits, Role},
    shadow::{Address, Report, Shadow, Summary, Timeouts},
    store::Store,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

use crate::support::{
    Subject,
    api::Api,
    database::Database,
    eventually,
    shop::{Customer, Shop},
};

/// What the old server does with a request; the router is that of a faultless one.
pub(super) type Behaviour = fn(OldServer, Request) -> BoxFuture<'static, Response>;

#[derive(Clone)]
pub(super) struct OldServer {
    pub(super) app: Router,
    /// A connection to its database.
    pub(super) rows: DatabaseConnection,
}

impl OldServer {
    pub(super) async fn answer(&self, request: Request) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }
}

pub(super) fn faultless(server: OldServer, request: Request) -> BoxFuture<'static, Response> {
    Box::pin(async move { server.answer(request).await })
}

/// A shop, the old server in front of its rows, and the proxy in front of that.
pub(super) struct Stage {
    pub(super) shop: Shop,
    pub(super) sara: Customer,
    pub(super) shadow: Arc<Shadow>,
    pub(super) api: Api,
    pub(super) report: PathBuf,
    _folder: TempDir,
    _stop: DropGuard,
}

impl Stage {
    pub(super) async fn on(database: Database, behaviour: Behaviour, shows_values: bool) -> Self {
        let shop = Shop::on(database).await;
        let sara = shop.behrooz().await;
        shop.customer("reza").await;
        let rows = shop.database.connect().await;
        let stop = CancellationToken::new();
        let app = server::router(shop.store.clone(), &server::Options::default(), stop.clone());
        let old_server = OldServer { app, rows };
        let upstream =
            serve_old(Router::new().fallback(move |request| behaviour(old_server.clone(), request)), &stop).await;
        let folder = TempDir::with_prefix("shop-shadow-").unwrap();
        let report = folder.path().join("report.jsonl");
        // A machine that runs many tests at once is slow.
        let timeouts = Timeouts { answer: Duration::from_secs(20), ..Timeouts::default() };
        let report_file = Report::append_to(&report, shows_values).unwrap();
        let shadow = Shadow::new(at(upstream), timeouts, report_file);
        compare_with(&shadow, shop.database.open().await, &stop);
        let api = Api::at(serve(&shadow, &stop).await);
        Self { shop, sara, shadow, api, report, _folder: folder, _stop: stop.drop_guard() }
    }

    /// Waits until this many requests have been compared, or not.
    pub(super) async fn settled(&self, count: u64) -> Summary {
        settled(&self.shadow, count).await
    }

    /// The report, once nothing more will be written.
    pub(super) async fn lines(&self) -> Vec<Value> {
        self.shadow.finish().await;
        let text = fs::read_to_string(&self.report).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(super) async fn patch(&self, body: Value) -> u16 {
        self.api.patch(body).token(&self.sara.token).send().await.status
    }
}

pub(super) async fn settled(shadow: &Shadow, count: u64) -> Summary {
    eventually(async || {
        let summary = shadow.summary();
        let settled = summary.compared() + summary.moved_meanwhile + summary.all_not_compared();
        (settled == count).then_some(summary)
    })
    .await
}

pub(super) fn shadow(upstream: SocketAddr, report: Report) -> Arc<Shadow> {
    Shadow::new(at(upstream), Timeouts::default(), report)
}

pub(super) fn at(upstream: SocketAddr) -> Address {
    Address::Tcp { host: upstream.ip().to_string(), port: upstream.port() }
}

pub(super) fn compare_with(shadow: &Shadow, store: Store, stop: &CancellationToken) {
    shadow.compare_with(server::router(Arc::new(store), &server::Options::default(), stop.clone()));
}

pub(super) async fn serve(shadow: &Arc<Shadow>, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = ConnectionLimits::default();
    tokio::spawn(server::run(
        listener,
        shadow.clone().service(),
        Role::Proxy,
        limits,
        Default::default(),
        stop.clone(),
    ));
    address
}

pub(super) async fn serve_old(app: Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::run(
        listener,
        app,
        Role::Origin,
        ConnectionLimits::default(),
        Default::default(),
        stop.clone(),
    ));
    address
}

/// The numbers of a summary, in its order.
pub(super) fn numbers(summary: &Summary) -> [u64; 5] {
    let not_compared = summary.all_not_compared();
    [summary.equal, summary.explained, summary.unexplained, summary.moved_meanwhile, not_compared]
}

pub(super) fn of(summary: &Summary, reason: &str) -> u64 {
    summary.not_compared.iter().find(|(name, _)| *name == reason).unwrap().1
}
