//! Spans, as a collector gets them: only where the program is built with the feature `otlp`.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::Method, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, Span},
};
use prost::Message;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{
    Subject,
    binary::{self, Server},
    database::Database,
    shop::Shop,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const UPDATE: &str =
    "mutation Rename($i: UpdateMyProfileInput!) { updateMyProfile(input: $i) { customer { id } userErrors { code } } }";

/// A collector on a port of its own: the bodies that it has got.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Bytes>>>);

async fn take(State(Collector(bodies)): State<Collector>, body: Bytes) {
    bodies.lock().unwrap().push(body);
}

impl Collector {
    async fn serve(&self, listener: TcpListener) -> SocketAddr {
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        address
    }

    fn bodies(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().clone()
    }

    /// Every span, with what its server says of itself.
    fn spans(&self) -> Vec<(BTreeMap<String, String>, Span)> {
        let exports = self.bodies().into_iter().map(|body| ExportTraceServiceRequest::decode(body).unwrap());
        let of_server = |spans: ResourceSpans| {
            let server = texts(&spans.resource.unwrap().attributes);
            spans.scope_spans.into_iter().flat_map(|scope| scope.spans).map(move |span| (server.clone(), span))
        };
        exports.flat_map(|export| export.resource_spans).flat_map(of_server).collect()
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

async fn serve(shop: &Shop, collector: SocketAddr) -> Server {
    let mut serve = binary::serve(shop.database.url(), &["--otlp-endpoint", &format!("http://{collector}")]);
    serve.env("OTEL_BSP_SCHEDULE_DELAY", "100");
    Server::spawn(serve).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_of_its_clients_trace_and_names_no_person() {
    let (shop, collector) = (Shop::on(Database::sqlite()).await, Collector::default());
    let sara = shop.customer("marked-sara").await;
    let address = collector.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).await;
    let server = serve(&shop, address).await;
    let parent = |span: &str, flags: &str| format!("00-{TRACE}-{span}-{flags}");
    let traced = server.get().token(&sara.token).header("traceparent", &parent("b7ad6b7169203331", "01"));
    let id = traced.send().await.assert_status(200).header("x-request-id").to_owned();
    server.patch(json!({"first_name": "Marked"})).token(&sara.token).send().await.assert_status(200);
    server.patch(json!({"gender": "marked"})).token(&sara.token).send().await.assert_status(400);
    server.graphql(UPDATE, json!({"i": {"lastName": "Marked"}})).token(&sara.token).send().await.assert_status(200);
    server.request(Method::GET, "/marked?email=marked@example.com").token("marked").send().await.assert_status(404);
    let not_sampled = server.get().token(&sara.token).header("traceparent", &parent("b7ad6b7169203332", "00"));
    not_sampled.send().await.assert_status(200);
    server.request(Method::GET, "/healthz").send().await.assert_status(200);
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");

    let spans = collector.spans();
    let names: Vec<_> = spans.iter().map(|(_, span)| &*span.name).collect();
    assert_eq!(names, ["rest read", "rest update", "rest update", "graphql update", "none"]);
    for (server, span) in &spans {
        assert_eq!(
            (&*server["service.name"], &*server["service.version"]),
            ("shop-profile", env!("CARGO_PKG_VERSION"))
        );
        assert!((1..60_000_000_000).contains(&(span.end_time_unix_nano - span.start_time_unix_nano)), "{span:?}");
        assert!(span.kind == 2 && span.span_id.len() == 8 && span.trace_id.len() == 16, "{span:?}");
    }
    let (of_client, own) = (&spans[0].1, &spans[1].1);
    assert_eq!((hex(&of_client.trace_id), hex(&of_client.parent_span_id)), (TRACE.into(), "b7ad6b7169203331".into()));
    assert!(own.parent_span_id.is_empty() && hex(&own.trace_id) != TRACE, "{own:?}");
    let expected = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("shop_profile.outcome", "ok"),
        ("shop_profile.request_id", &id),
        ("url.path", "/api/shop/customers/me"),
    ];
    let mut attributes = texts(&of_client.attributes);
    assert!(attributes.remove("http.response.body.size").is_some());
    assert_eq!(attributes, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!(texts(&spans[2].1.attributes)["shop_profile.outcome"], "invalid");
    let graphql = texts(&spans[3].1.attributes);
    for (key, value) in [
        ("graphql.operation.name", "Rename"),
        ("graphql.operation.type", "mutation"),
        ("shop_profile.root_fields", "updateMyProfile"),
        ("url.path", "/graphql"),
    ] {
        assert_eq!(graphql[key], value, "{key}");
    }
    assert!(!texts(&spans[4].1.attributes).contains_key("url.path"));
    for body in collector.bodies() {
        let text = String::from_utf8_lossy(&body).to_lowercase();
        for secret in ["marked", "shp_", "127.0.0.1", "firstname", "input"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_server_is_an_error_of_its_span() {
    let (shop, collector) = (Shop::on(Database::sqlite()).await, Collector::default());
    let sara = shop.customer("sara").await;
    let address = collector.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).await;
    let read_only = format!("{}?mode=ro", shop.database.url());
    let endpoint = format!("http://{address}");
    let server = Server::start(&read_only, &["--no-migrate", "--otlp-endpoint", &endpoint]).await;
    server.patch(json!({"first_name": "Sara"})).token(&sara.token).send().await.assert_status(503);
    server.terminate().await;
    server.ended().await;
    let spans = collector.spans();
    assert_eq!(spans[0].1.status.as_ref().map(|status| status.code), Some(2));
    assert_eq!(texts(&spans[0].1.attributes)["error.type"], "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_cannot_be_reached_costs_a_line_of_the_log() {
    let (shop, collector) = (Shop::on(Database::sqlite()).await, Collector::default());
    let sara = shop.customer("sara").await;
    // The port is taken, and connections to it are rejected.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let server = serve(&shop, socket.local_addr().unwrap()).await;
    server.get().token(&sara.token).send().await.assert_status(200);
    server.logged("the collector takes no spans").await;
    for _ in 0..20 {
        server.get().token(&sara.token).send().await.assert_status(200);
    }
    collector.serve(socket.listen(16).unwrap()).await;
    server.logged("the collector takes spans again").await;
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!((code, log.matches("the collector takes no spans").count()), (Some(0), 1), "{log}");
    assert!(!collector.spans().is_empty());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
