//! The metrics, read from the program as Prometheus reads them: exact counts after known requests.

mod prometheus;

use axum::http::Method;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{
    Subject,
    binary::{self, Server},
    both_databases,
    database::Database,
    eventually,
    metrics::Metrics,
    raw::Connection,
    shop::{Customer, Shop},
};

both_databases![
    each_request_is_counted_by_what_was_asked_and_what_became_of_it,
    statements_and_connections_are_measured,
    an_outage_is_a_gauge_and_its_requests_a_counter,
];

const METRICS: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];
const UPDATE: &str = "mutation($i: UpdateMyProfileInput!) { updateMyProfile(input: $i) { userErrors { code } } }";

/// The program with metrics, and a customer.
async fn serve(database: Database, arguments: &[&str]) -> (Server, Customer, Shop) {
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    (Server::start(shop.database.url(), &[&METRICS[..], arguments].concat()).await, sara, shop)
}

/// A GraphQL request; what becomes of it stands in its body.
async fn graphql(server: &Server, token: &str, query: &str, variables: Value) {
    server.graphql(query, variables).token(token).send().await;
}

async fn each_request_is_counted_by_what_was_asked_and_what_became_of_it(database: Database) {
    let (server, sara, _shop) = serve(database, &[]).await;
    for _ in 0..3 {
        server.get().token(&sara.token).send().await.assert_status(200);
    }
    server.get().token("unknown").send().await.assert_status(401);
    server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(200);
    server.patch(json!({"gender": "x"})).token(&sara.token).send().await.assert_status(400);
    let conflict = server.patch(json!({"first_name": "Neda"})).header("if-match", "\"1-9\"");
    conflict.token(&sara.token).send().await.assert_status(412);
    for _ in 0..2 {
        graphql(&server, &sara.token, "{ me { id } }", Value::Null).await;
    }
    graphql(&server, &sara.token, UPDATE, json!({"i": {"firstName": "Neda"}})).await;
    graphql(&server, &sara.token, UPDATE, json!({"i": {"username": ""}})).await;
    graphql(&server, &sara.token, "{ you { id } }", Value::Null).await;
    graphql(&server, "unknown", "{ me { id } }", Value::Null).await;
    server.request(Method::GET, "/healthz").send().await.assert_status(200);
    server.request(Method::GET, "/no/such/path").send().await.assert_status(404);
    let metrics = server.metrics().await;
    let expected = [
        ("graphql", "read", &[("ok", 2.0), ("rejected", 1.0), ("unauthenticated", 1.0)][..]),
        ("graphql", "update", &[("invalid", 1.0), ("ok", 1.0)]),
        ("health", "none", &[("ok", 1.0)]),
        ("none", "none", &[("rejected", 1.0)]),
        ("rest", "read", &[("ok", 3.0), ("unauthenticated", 1.0)]),
        ("rest", "update", &[("conflict", 1.0), ("invalid", 1.0), ("ok", 1.0)]),
    ];
    let (mut counts, mut durations) = (Vec::new(), Vec::new());
    for (api, operation, outcomes) in expected {
        let labels = format!("api=\"{api}\",operation=\"{operation}\"");
        counts.extend(outcomes.iter().map(|(outcome, count)| (format!("{{{labels},outcome=\"{outcome}\"}}"), *count)));
        durations.push((format!("{{{labels}}}"), outcomes.iter().map(|(_, count)| count).sum::<f64>()));
    }
    assert_eq!(metrics.not_zero("requests_total"), counts);
    assert_eq!(metrics.not_zero("request_duration_seconds_count"), durations);
    assert_eq!(metrics.not_zero("failed_tokens_total"), [("{reason=\"unknown\"}".to_owned(), 2.0)]);
}

async fn statements_and_connections_are_measured(database: Database) {
    let is_postgres = database.url().starts_with("postgres");
    let (server, sara, _shop) = serve(database, &["--database-connections", "3"]).await;
    for number in 0..4 {
        server.get().token(&sara.token).send().await.assert_status(200);
        server.patch(json!({"first_name": format!("Sara{number}")})).token(&sara.token).send().await.assert_status(200);
    }
    let metrics = server.metrics().await;
    for operation in ["read", "update"] {
        let count = format!("database_duration_seconds_count{{operation=\"{operation}\"}}");
        assert_eq!(metrics.value(&count), 4.0, "{operation}");
    }
    if is_postgres {
        // One for the requests, which come one after the other, and one for the last use of the token.
        assert!([1.0, 2.0].contains(&metrics.value("database_connections")));
        assert_eq!(metrics.value("database_connections_max"), 3.0);
        // More requests at once than there are connections: some wait.
        eventually(async || {
            join_all((0..8).map(|_| server.get().token(&sara.token).send())).await;
            (server.metrics().await.value("database_connection_wait_seconds_count") >= 1.0).then_some(())
        })
        .await;
    } else {
        assert_eq!(metrics.value("sqlite_writer_batch_updates_sum"), 4.0);
        assert_eq!(metrics.value("sqlite_writer_batch_updates_count"), 4.0);
        assert_eq!(metrics.value("sqlite_writer_queue_length"), 0.0);
        eventually(async || (server.metrics().await.value("sqlite_wal_bytes") > 0.0).then_some(())).await;
    }
    let of_other = if is_postgres { "shop_profile_sqlite" } else { "shop_profile_database_connection" };
    assert!(!metrics.text.contains(of_other), "{}", metrics.text);
    assert!(metrics.value("connections") >= 1.0, "the client keeps its connection");
}

async fn an_outage_is_a_gauge_and_its_requests_a_counter(shop: Shop) {
    let sara = shop.customer("sara").await;
    let url = read_only(&shop.database).await;
    let server = Server::start(&url, &[&METRICS[..], &["--no-migrate"]].concat()).await;
    server.get().token(&sara.token).send().await.assert_status(200);
    for _ in 0..2 {
        server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(503);
    }
    let (metrics, write) = (server.metrics().await, "{failure=\"write\"}".to_owned());
    assert_eq!(metrics.not_zero("database_failures_total"), [(write.clone(), 2.0)]);
    assert_eq!(metrics.not_zero("database_outage"), [(write, 1.0)]);
}

/// The URL by which the database takes no writes.
async fn read_only(database: &Database) -> String {
    if !database.url().starts_with("postgres") {
        return format!("{}?mode=ro", database.url());
    }
    let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
               current_database()); END $$";
    database.connect().await.execute_unprepared(sql).await.unwrap();
    database.direct_url().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_exceeds_a_limit_is_counted_by_its_name() {
    let options = [("SHOP_PROFILE_RATE_LIMIT_UPDATES", "1"), ("SHOP_PROFILE_RATE_LIMIT_FAILED_TOKENS", "1")];
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let mut serve = binary::serve(shop.database.url(), &METRICS);
    serve.envs(options);
    let server = Server::spawn(serve).await;
    for status in [200, 429, 429] {
        server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(status);
    }
    for status in [401, 429] {
        server.get().token("unknown").send().await.assert_status(status);
    }
    let aliases = (0..40).map(|number| format!("a{number}: __typename ")).collect::<String>();
    graphql(&server, &sara.token, &format!("{{ {aliases} }}"), Value::Null).await;
    let long = json!({"first_name": "s".repeat(70_000)});
    server.patch(long).token(&sara.token).send().await.assert_status(429);
    server.graphql(&"s".repeat(70_000), Value::Null).token(&sara.token).send().await.assert_status(413);
    let metrics = server.metrics().await;
    let limits = ["REQUEST_TOO_LARGE", "TOO_MANY_ALIASES", "failed-tokens", "updates"];
    let expected = limits.map(|limit| (format!("{{limit=\"{limit}\"}}"), if limit == "updates" { 3.0 } else { 1.0 }));
    assert_eq!(metrics.not_zero("limit_exceeded_total"), expected);
    let reasons = ["unchecked", "unknown"].map(|reason| (format!("{{reason=\"{reason}\"}}"), 1.0));
    assert_eq!(metrics.not_zero("failed_tokens_total"), reasons);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caches_of_graphql_are_counted() {
    let (server, sara, _shop) = serve(Database::sqlite(), &[]).await;
    for _ in 0..3 {
        graphql(&server, &sara.token, "{ me { id } }", Value::Null).await;
    }
    let metrics = server.metrics().await;
    for (cache, [hits, misses, evictions, entries]) in
        [("documents", [2.0, 1.0, 0.0, 1.0]), ("validations", [2.0, 1.0, 0.0, 1.0])]
    {
        let value = |name: &str| metrics.value(&format!("graphql_{cache}_{name}"));
        let counted = [value("hits_total"), value("misses_total"), value("evictions_total"), value("entries")];
        assert_eq!(counted, [hits, misses, evictions, entries], "{cache}");
    }
    assert!(metrics.value("graphql_documents_bytes") > 1000.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_says_what_it_is_and_since_when() {
    let (server, ..) = serve(Database::sqlite(), &[]).await;
    let metrics = server.metrics().await;
    assert_eq!(metrics.value(&format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!(metrics.value("log_lines_lost_total"), 0.0);
    let of_process = |metrics: &Metrics, name: &str| {
        let value = metrics.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name}: {}", metrics.text)).parse::<f64>().unwrap()
    };
    let start = of_process(&metrics, "process_start_time_seconds");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - 600.0..=now).contains(&start), "{start}");
    if cfg!(target_os = "linux") {
        assert!((1e6..1e9).contains(&of_process(&metrics, "process_resident_memory_bytes")));
        assert!((0.0..600.0).contains(&of_process(&metrics, "process_cpu_seconds_total")));
        let descriptors = of_process(&metrics, "process_open_fds");
        let mut connections = Vec::new();
        for _ in 0..20 {
            let mut connection = Connection::open(server.address).await;
            connection.exchange("GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n").await.assert_status(200);
            connections.push(connection);
        }
        let more = of_process(&server.metrics().await, "process_open_fds");
        // The server closes files of its own meanwhile.
        assert!(more >= descriptors + 10.0, "{descriptors}, then {more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_a_port_of_their_own_and_it_has_nothing_else() {
    let (server, ..) = serve(Database::sqlite(), &[]).await;
    server.request(Method::GET, "/metrics").send().await.assert(404, r#"{"detail":"Not found."}"#);
    let port = server.metrics_port().await;
    let mut statuses = Vec::new();
    for (method, path) in [
        (Method::GET, "/metrics"),
        (Method::HEAD, "/metrics"),
        (Method::POST, "/metrics"),
        (Method::GET, "/healthz"),
        (Method::GET, "/graphql"),
        (Method::GET, "/"),
    ] {
        statuses.push(port.request(method, path).raw_status().await);
    }
    assert_eq!(statuses, [200, 200, 405, 404, 404, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_there_are_no_metrics() {
    let database = Database::sqlite();
    let server = Server::start(database.url(), &[]).await;
    server.request(Method::GET, "/metrics").send().await.assert_status(404);
    assert!(!server.log().contains(" metrics "), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_ends_the_start_before_a_database_is_touched() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    let url = format!("sqlite://{}", file.display());
    let ended = binary::run(&url, &["serve", "--listen", "127.0.0.1:0", "--metrics-listen", &address]).await;
    let why = format!(
        "error: cannot listen on {address}: Address already in use (os error 98): choose another address with --metrics-listen\n"
    );
    ended.assert(1, "", &why);
    assert!(!file.exists());
}
