//! What `shadow` says of an old server. The old server is this one, on the same rows, with a fault in front of it.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use serde_json::{Value, json};
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
    api::{Api, ME},
    both_databases,
    database::{self, Database},
    eventually,
    full_disk::SmallDisk,
    proxy,
    shop::{Customer, Shop},
    upstream::{Reply, Upstream},
};

both_databases![
    the_same_answers_are_equal,
    each_planted_fault_is_reported,
    a_row_that_moves_meanwhile_says_nothing,
    a_dry_run_writes_nothing,
    a_database_that_is_away_costs_a_comparison_and_no_answer,
];

/// What the old server does with a request; the router is that of a faultless one.
type Behaviour = fn(OldServer, Request) -> BoxFuture<'static, Response>;

#[derive(Clone)]
struct OldServer {
    app: Router,
    /// A connection to its database.
    rows: DatabaseConnection,
}

impl OldServer {
    async fn answer(&self, request: Request) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }
}

fn faultless(server: OldServer, request: Request) -> BoxFuture<'static, Response> {
    Box::pin(async move { server.answer(request).await })
}

/// A shop, the old server in front of its rows, and the proxy in front of that.
struct Stage {
    shop: Shop,
    sara: Customer,
    shadow: Arc<Shadow>,
    api: Api,
    report: PathBuf,
    _folder: TempDir,
    _stop: DropGuard,
}

impl Stage {
    async fn on(database: Database, behaviour: Behaviour, shows_values: bool) -> Self {
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
    async fn settled(&self, count: u64) -> Summary {
        settled(&self.shadow, count).await
    }

    /// The report, once nothing more will be written.
    async fn lines(&self) -> Vec<Value> {
        self.shadow.finish().await;
        let text = fs::read_to_string(&self.report).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn patch(&self, body: Value) -> u16 {
        self.api.patch(body).key(&self.sara.key).send().await.status
    }
}

async fn settled(shadow: &Shadow, count: u64) -> Summary {
    eventually(async || {
        let summary = shadow.summary();
        let settled = summary.compared() + summary.moved_meanwhile + summary.all_not_compared();
        (settled == count).then_some(summary)
    })
    .await
}

fn shadow(upstream: SocketAddr, report: Report) -> Arc<Shadow> {
    Shadow::new(at(upstream), Timeouts::default(), report)
}

fn at(upstream: SocketAddr) -> Address {
    Address::Tcp { host: upstream.ip().to_string(), port: upstream.port() }
}

fn compare_with(shadow: &Shadow, store: Store, stop: &CancellationToken) {
    shadow.compare_with(server::router(Arc::new(store), &server::Options::default(), stop.clone()));
}

async fn serve(shadow: &Arc<Shadow>, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = ConnectionLimits::default();
    tokio::spawn(server::run(listener, shadow.clone().service(), Role::Proxy, limits, stop.clone()));
    address
}

async fn serve_old(app: Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::run(listener, app, Role::Origin, ConnectionLimits::default(), stop.clone()));
    address
}

/// The numbers of a summary, in its order.
fn numbers(summary: &Summary) -> [u64; 5] {
    let not_compared = summary.all_not_compared();
    [summary.equal, summary.explained, summary.unexplained, summary.moved_meanwhile, not_compared]
}

async fn the_same_answers_are_equal(database: Database) {
    let stage = Stage::on(database, faultless, false).await;
    let (api, key) = (&stage.api, &stage.sara.key);
    let token = format!("Token {key}");
    for (index, (request, status)) in [
        (api.get().key(key), 200),
        (api.request(Method::HEAD, ME).key(key), 200),
        (api.request(Method::GET, &format!("{ME}/?x=1")).key(key), 200),
        (api.request(Method::GET, "/api/shop/customers/%6de").key(key), 200),
        (api.get(), 401),
        (api.get().key("nope"), 401),
        (api.get().key(key).header("authorization", &token), 401),
        (api.patch(json!({"first_name": "Sara", "gender": "female"})).key(key), 200),
        (api.patch(json!({"first_name": "Sara"})).key(key), 200),
        (api.patch(json!({"username": "reza", "gender": "x"})).key(key), 400),
        (api.patch(json!({"username": "REZA"})).key(key), 400),
        (api.patch(json!({"email": "x", "nickname": 1})).key(key), 200),
        (api.patch_bytes("{").key(key), 400),
        (api.patch_bytes("[]").key(key), 400),
        (api.patch_bytes("").key(key), 200),
        (api.patch(json!({"first_name": "x"})), 401),
        (api.patch(json!({})).header("content-type", "text/plain").key(key), 415),
        (api.request(Method::PUT, ME).key(key).body("{}"), 405),
        (api.request(Method::OPTIONS, ME), 204),
    ]
    .into_iter()
    .enumerate()
    {
        request.send().await.assert_status(status);
        let summary = stage.settled(index as u64 + 1).await;
        assert_eq!(numbers(&summary), [index as u64 + 1, 0, 0, 0, 0], "{:?}", fs::read_to_string(&stage.report));
    }
    // Other paths are passed on and not compared.
    api.request(Method::GET, "/healthz").send().await.assert_status(200);
    assert_eq!(stage.shadow.summary().requests, 20);
    assert!(stage.shadow.summary().to_string().ends_with("\nready to switch: 19 compared, 0 unexplained"));
    assert!(stage.lines().await.is_empty());
}

/// Answers as a faultless server does, and then changes the JSON.
fn with_json(server: OldServer, request: Request, change: fn(&mut Value)) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let (mut parts, body) = server.answer(request).await.into_parts();
        let mut json = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
        change(&mut json);
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(json.to_string()))
    })
}

/// Answers as a faultless server does, and then changes the response.
fn with_response(server: OldServer, request: Request, change: fn(&mut Response)) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let mut response = server.answer(request).await;
        change(&mut response);
        response
    })
}

/// Answers a PATCH as for another body.
fn with_body(server: OldServer, request: Request, change: fn(&mut Value)) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let (mut parts, body) = request.into_parts();
        let mut json = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
        change(&mut json);
        parts.headers.remove(header::CONTENT_LENGTH);
        server.answer(Request::from_parts(parts, Body::from(json.to_string()))).await
    })
}

/// A fault, a request that shows it, and the place and kind of each difference that is reported.
type Planted = (Behaviour, &'static str, &'static [(&'static str, &'static str)]);

const PATCH: &str = r#"{"first_name": "Sara"}"#;

#[rustfmt::skip]
fn planted() -> Vec<Planted> {
    vec![
        (|s, r| with_json(s, r, |json| json["email"] = Value::Null), "GET", &[("email", "type")]),
        (|s, r| with_json(s, r, |json| json["id"] = json!("1")), "GET", &[("id", "type")]),
        (|s, r| with_json(s, r, |json| json["full_name"] = json!("?")), "GET", &[("full_name", "value")]),
        (|s, r| with_json(s, r, |json| _ = json.as_object_mut().unwrap().remove("gender")), "GET", &[("gender", "missing_field")]),
        (|s, r| with_json(s, r, |json| json["date_joined"] = json!(1)), "GET", &[("date_joined", "extra_field")]),
        (|s, r| with_json(s, r, |json| json.as_object_mut().unwrap().sort_keys()), "GET", &[("body", "bytes")]),
        (|s, r| with_json(s, r, |json| *json = json!([json])), "GET", &[("body", "body")]),
        (|s, r| with_response(s, r, |response| *response.body_mut() = Body::empty()), "GET", &[("body", "body")]),
        (|s, r| with_response(s, r, |response| *response.status_mut() = StatusCode::CREATED), "GET", &[("status", "status")]),
        (|s, r| with_response(s, r, |response| _ = response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"))), "GET", &[("content-type", "header")]),
        (|s, r| with_response(s, r, |response| _ = response.headers_mut().insert("allow", HeaderValue::from_static("GET, PUT, HEAD, OPTIONS"))), "GET", &[("allow", "header")]),
        (|s, r| with_response(s, r, |response| _ = response.headers_mut().insert("allow", HeaderValue::from_static("OPTIONS,PATCH, HEAD, GET"))), "GET", &[]),
        (|_, _| Box::pin(async { StatusCode::FOUND.into_response() }), "GET", &[("status", "status")]),
        (|s, r| with_json(s, r, |json| json["first_name"] = json!("behrooz")), PATCH, &[("first_name", "value")]),
        (|s, r| with_json(s, r, |json| json["first_name"] = json!("SARA")), PATCH, &[("first_name", "value")]),
        // Accepts null, keeps only the first error, forgets one, words one in another way.
        (|s, r| with_body(s, r, |json| json["first_name"] = json!("")), r#"{"first_name": null}"#, &[("status", "status")]),
        (|s, r| with_json(s, r, |json| json["username"] = json!(json["username"][0])), r#"{"username": ""}"#, &[("username", "type")]),
        (|s, r| with_json(s, r, |json| _ = json.as_object_mut().unwrap().remove("gender")), r#"{"username": "", "gender": "x"}"#, &[("gender", "missing_field")]),
        (|s, r| with_json(s, r, |json| json["gender"][0] = json!("?")), r#"{"gender": "x"}"#, &[("gender", "value")]),
        // Stores another value than it answers, or none; the last one stores what it rejects.
        (|s, r| Box::pin(async move {
            let response = s.answer(r).await;
            s.rows.execute_unprepared("UPDATE customer SET first_name = 'behrooz'").await.unwrap();
            response
        }), PATCH, &[("stored.first_name", "stored_row"), ("stored.full_name", "stored_row")]),
        (|s, r| with_body(s, r, |json| json["first_name"] = json!("SARA")), PATCH, &[("first_name", "value"), ("full_name", "value")]),
        (|s, r| Box::pin(async move {
            s.rows.execute_unprepared("UPDATE customer SET last_name = 'x'").await.unwrap();
            s.answer(r).await
        }), r#"{"gender": "x"}"#, &[("stored.last_name", "stored_row"), ("stored.full_name", "stored_row")]),
        // Changes a field that was not sent.
        (|s, r| with_body(s, r, |json| json["gender"] = json!("female")), PATCH, &[("gender", "value")]),
    ]
}

async fn each_planted_fault_is_reported(database: Database) {
    for (index, (behaviour, sent, expected)) in planted().into_iter().enumerate() {
        let stage = Stage::on(database.another().await, behaviour, false).await;
        let (method, request) = match sent {
            "GET" => ("GET", stage.api.request(Method::GET, ME)),
            body => ("PATCH", stage.api.patch_bytes(body)),
        };
        request.key(&stage.sara.key).raw().await;
        let summary = stage.settled(1).await;
        let lines = stage.lines().await;
        if expected.is_empty() {
            assert_eq!((summary.equal, lines), (1, Vec::new()), "fault {index}");
            continue;
        }
        assert_eq!((summary.unexplained, lines.len()), (1, 1), "fault {index}: {summary:?}");
        let differences = lines[0]["differences"].as_array().unwrap().iter();
        let differences: Vec<_> =
            differences.map(|it| (it["place"].as_str().unwrap(), it["kind"].as_str().unwrap())).collect();
        assert_eq!(differences, expected, "fault {index}: {}", lines[0]);
        assert_eq!((&lines[0]["method"], &lines[0]["explained"]), (&json!(method), &json!(false)), "{}", lines[0]);
        assert!(summary.to_string().ends_with("\nnot ready: 1 compared, 1 unexplained"));
    }
}

async fn a_row_that_moves_meanwhile_says_nothing(database: Database) {
    // The row changes after the old server has looked at it, and in a field that the PATCH does not name.
    let stage = Stage::on(
        database,
        |server, request| {
            Box::pin(async move {
                let response = server.answer(request).await;
                let change = "UPDATE customer SET last_name = last_name || 'x', version = version + 1";
                server.rows.execute_unprepared(change).await.unwrap();
                response
            })
        },
        false,
    )
    .await;
    stage.api.get().key(&stage.sara.key).send().await.assert_status(200);
    assert_eq!(numbers(&stage.settled(1).await), [0, 0, 0, 1, 0]);
    assert_eq!(stage.patch(json!({"gender": "female"})).await, 200);
    assert_eq!(numbers(&stage.settled(2).await), [0, 0, 0, 2, 0]);
    assert!(stage.lines().await.is_empty());
}

async fn a_dry_run_writes_nothing(database: Database) {
    // The old server answers and writes nothing: whatever changed would be ours.
    let stage = Stage::on(database, |_, _| Box::pin(async { "no".into_response() }), false).await;
    let before = stage.shop.row(stage.sara.id).await;
    for query in ["", "?validate_only=false", "?validate_only=true", "?validate_only=x&validate_only=false"] {
        let request = stage.api.request(Method::PATCH, &format!("{ME}{query}")).key(&stage.sara.key);
        let request = request.header("content-type", "application/json").body(r#"{"first_name": "Sara"}"#);
        assert_eq!(request.raw().await, "no");
    }
    assert_eq!(stage.settled(4).await.unexplained, 4);
    assert_eq!(stage.shop.row(stage.sara.id).await, before);
}

async fn a_database_that_is_away_costs_a_comparison_and_no_answer(database: Database) {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    let api = Api::at(serve(&shadow, &stop).await);
    // It was not opened yet; then it is closed.
    assert_eq!(api.get().key("x").raw().await, "ok");
    let store = Arc::new(database.open().await);
    store.migrate().await.unwrap();
    shadow.compare_with(server::router(store.clone(), &server::Options::default(), stop.clone()));
    assert_eq!(api.get().key("x").raw().await, "ok");
    settled(&shadow, 2).await;
    store.close().await;
    assert_eq!(api.get().key("x").raw().await, "ok");
    assert_eq!(api.patch(json!({})).key("x").raw().await, "ok");
    let summary = settled(&shadow, 4).await;
    assert_eq!(of(&summary, "not_open"), 1);
    assert_eq!(of(&summary, "unavailable"), 2);
    stop.cancel();
}

fn of(summary: &Summary, reason: &str) -> u64 {
    summary.not_compared.iter().find(|(name, _)| *name == reason).unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_stuck_costs_one_comparison() {
    let Some(database) = Database::postgres().await else { return };
    let network = proxy::Proxy::start(database.url()).await;
    let store = database::open_at(network.url(), shop_profile::store::Timeouts::default()).await;
    store.migrate().await.unwrap();
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    compare_with(&shadow, store, &stop);
    let api = Api::at(serve(&shadow, &stop).await);
    // The connections to the database are there, and then carry nothing any more.
    assert_eq!(api.get().key("x").raw().await, "ok");
    settled(&shadow, 1).await;
    network.freeze();
    for _ in 0..3 {
        assert_eq!(api.get().key("x").raw().await, "ok");
    }
    let summary = settled(&shadow, 4).await;
    assert_eq!((of(&summary, "too_slow"), of(&summary, "paused")), (1, 0), "{summary:?}");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_ours_that_do_not_come_delay_few_requests() {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    shadow.compare_with(Router::new().fallback(async || std::future::pending::<StatusCode>().await));
    let api = Api::at(serve(&shadow, &stop).await);
    for _ in 0..7 {
        assert_eq!(api.get().raw().await, "ok");
    }
    let summary = settled(&shadow, 7).await;
    assert_eq!((of(&summary, "too_slow"), of(&summary, "paused")), (5, 2), "{summary:?}");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_after_the_response_is_no_difference() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let rows = stage.shop.database.connect().await;
    for round in 0..20 {
        assert_eq!(stage.patch(json!({"first_name": format!("Sara {round}")})).await, 200);
        rows.execute_unprepared("UPDATE customer SET first_name = 'behrooz', version = version + 1").await.unwrap();
    }
    assert_eq!(numbers(&stage.settled(20).await), [20, 0, 0, 0, 0], "{:?}", stage.lines().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_ours_is_counted_and_the_client_gets_its_answer() {
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    shadow.compare_with(Router::new().fallback(async || -> StatusCode { panic!("on purpose") }));
    let api = Api::at(serve(&shadow, &stop).await);
    assert_eq!(api.get().raw().await, "ok");
    let summary = settled(&shadow, 1).await;
    assert_eq!(of(&summary, "panicked"), 1);
    assert!(summary.to_string().ends_with("\nnot ready: 0 compared, 0 unexplained, 1 failed here"));
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_says_why() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let api = &stage.api;
    api.patch_bytes(vec![b' '; 70_000]).key(&stage.sara.key).send().await.assert_status(413);
    assert_eq!(of(&stage.settled(1).await, "request_too_large"), 1);
    // Chunks, of which the last one comes late.
    let mut client = api.connection().await;
    let head =
        "PATCH /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let key = &stage.sara.key;
    client.send(format!("{head}Authorization: Token {key}\r\nContent-Type: application/json\r\n\r\n1\r\n{{\r\n")).await;
    assert_eq!(of(&stage.settled(2).await, "request_too_slow"), 1);
    client.send("1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    // The old server is gone.
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stop = CancellationToken::new();
    let shadow = shadow(away, Report::none());
    compare_with(&shadow, stage.shop.database.open().await, &stop);
    let lonely = Api::at(serve(&shadow, &stop).await);
    assert_eq!(lonely.get().key(key).raw().await, "502 Bad Gateway\n");
    assert_eq!(of(&settled(&shadow, 1).await, "upstream_failed"), 1);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_counted() {
    let upstream = Upstream::start(Reply::Silence).await;
    let shadow = shadow(upstream.address, Report::none());
    let stop = CancellationToken::new();
    compare_with(&shadow, Database::sqlite().open().await, &stop);
    let api = Api::at(serve(&shadow, &stop).await);
    let mut client = api.connection().await;
    client.send("OPTIONS /api/shop/customers/me HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    eventually(async || (!upstream.requests().is_empty()).then_some(())).await;
    drop(client);
    assert_eq!(of(&settled(&shadow, 1).await, "client_left"), 1);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documented_difference_is_explained_by_its_rule() {
    // What DRF answers where the rules depart from it.
    fn of_drf(server: OldServer, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let rejected = |text: &str| (StatusCode::UNAUTHORIZED, [("www-authenticate", "Token")], text.to_owned());
            match request.headers().get("authorization").map(HeaderValue::as_bytes) {
                Some(value) if value.starts_with(b"Bearer") => rejected("{}").into_response(),
                _ if request.method() == Method::OPTIONS => StatusCode::OK.into_response(),
                _ if request.headers().contains_key("if-none-match") => {
                    let (mut parts, body) = request.into_parts();
                    parts.headers.remove("if-none-match");
                    server.answer(Request::from_parts(parts, body)).await
                }
                _ => server.answer(request).await,
            }
        })
    }
    let stage = Stage::on(Database::sqlite(), of_drf, false).await;
    let (api, key) = (&stage.api, &stage.sara.key);
    let bearer = format!("Bearer {key}");
    let requests = [
        (api.get().header("authorization", &bearer), 1),
        (api.request(Method::OPTIONS, ME), 6),
        (api.get().key(key).header("if-none-match", "*"), 25),
    ];
    for (index, (request, rule)) in requests.into_iter().enumerate() {
        request.raw().await;
        let summary = stage.settled(index as u64 + 1).await;
        assert!(summary.by_rule.contains(&(rule, 1)), "rule {rule}: {summary:?}");
    }
    assert!(stage.shadow.summary().is_ready());
    let lines = stage.lines().await;
    assert!(lines.iter().all(|line| line["explained"] == true), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_holds_personal_data_when_asked_and_never_a_token() {
    fn echo(server: OldServer, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let token = request.headers()["authorization"].to_str().unwrap().to_owned();
            let (mut parts, body) = server.answer(request).await.into_parts();
            let mut json: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
            json["first_name"] = json!(format!("secret name {token}"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(json.to_string()))
        })
    }
    for shows_values in [false, true] {
        let stage = Stage::on(Database::sqlite(), echo, shows_values).await;
        stage.api.get().key(&stage.sara.key).send().await.assert_status(200);
        stage.settled(1).await;
        let text = stage.lines().await[0].to_string();
        assert_eq!(text.contains("secret name"), shows_values, "{text}");
        assert!(!text.contains(&stage.sara.key), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_lines_of_the_report_and_no_answer() {
    let Some(disk) = SmallDisk::mount("64k") else { return };
    let upstream = Upstream::start(Reply::Keep("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let report = disk.path().join("report.jsonl");
    let shadow = shadow(upstream.address, Report::append_to(&report, false).unwrap());
    let stop = CancellationToken::new();
    let database = Database::sqlite();
    let store = database.open().await;
    store.migrate().await.unwrap();
    compare_with(&shadow, store, &stop);
    let api = Api::at(serve(&shadow, &stop).await);
    disk.fill();
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(api.get().key("x").raw().await, "ok");
    }
    settled(&shadow, 3).await;
    eventually(async || (shadow.summary().dropped_lines == 3).then_some(())).await;
    disk.empty();
    assert_eq!(api.get().key("x").raw().await, "ok");
    settled(&shadow, 4).await;
    shadow.finish().await;
    assert_eq!(fs::read_to_string(&report).unwrap().lines().count(), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_on_one_row_leave_nothing_unexplained() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let clients = (0..16).map(|client| {
        let (api, key) = (stage.api.clone(), stage.sara.key.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let name = json!({"first_name": format!("{client} {round}"), "last_name": format!("{round}")});
                let request = if round % 3 == 0 { api.get() } else { api.patch(name) };
                request.key(&key).send().await.assert_status(200);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let summary = stage.settled(320).await;
    assert_eq!(summary.unexplained, 0, "{summary:?} {:?}", stage.lines().await);
    assert_eq!(stage.shop.database.backend(), DbBackend::Sqlite);
}
