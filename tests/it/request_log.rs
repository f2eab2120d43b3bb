//! The line of the log that each request has: what is in it, and what never is.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    log::lines,
    support::{
        Subject,
        api::{Api, ME, Request},
        binary::Server,
        both_databases,
        database::Database,
        shop::Shop,
    },
};

both_databases![a_line_says_what_became_of_a_request, no_value_of_a_request_or_a_customer_is_logged];

const UPDATE: &str =
    "mutation Update($i: UpdateMyProfileInput!) { updateMyProfile(input: $i) { customer { id } userErrors { code } } }";

/// The server's lines about requests, after these were sent one after the other.
async fn logged(server: Server, requests: impl IntoIterator<Item = Request>) -> Vec<Value> {
    for request in requests {
        request.send().await;
    }
    server.terminate().await;
    lines(&server.ended().await.1, "answered")
}

async fn a_line_says_what_became_of_a_request(shop: Shop) {
    let sara = shop.customer("sara").await;
    let token = &sara.token;
    shop.customer("neda").await;
    // Without a rate limit an update is one statement, which does not tell the token's id.
    let options = ["--log-format", "json", "--log", "shop_profile=debug", "--rate-limit-updates", "60"];
    let server = Server::start(shop.database.url(), &options).await;
    let me = || server.get().token(token);
    let patch = |body: Value| server.patch(body).token(token);
    let update = |input: Value| server.graphql(UPDATE, json!({ "i": input })).token(token);
    let query = |text: &str| server.graphql(text, json!({})).token(token);
    let get = |path: &str| server.request(Method::GET, path);
    let page = |path: &str| server.request(Method::HEAD, path);
    let other = |name: &[u8]| server.request(Method::from_bytes(name).unwrap(), ME).token(token);
    let rest = |outcome: &str| json!({"api": "rest", "path": ME, "outcome": outcome});
    let graphql = |outcome: &str| json!({"api": "graphql", "path": "/graphql", "outcome": outcome});
    let operation = |outcome: &str, name: &str, fields: &str| json!({"api": "graphql", "operation": name, "root_fields": fields, "outcome": outcome});
    let cases = [
        (me(), json!({"api": "rest", "operation": "read", "method": "GET", "status": 200, "outcome": "ok"})),
        (me().header("if-none-match", "*"), json!({"status": 304, "outcome": "not_modified", "bytes": 0})),
        (patch(json!({"first_name": "S"})), json!({"api": "rest", "operation": "update", "outcome": "ok"})),
        (patch(json!({"username": "neda"})), json!({"status": 400, "outcome": "invalid"})),
        (patch(json!({})).header("if-match", "\"1-99\""), json!({"status": 412, "outcome": "conflict"})),
        (patch(json!([])), json!({"status": 400, "outcome": "rejected"})),
        (other(b"DELETE"), json!({"status": 405, "method": "DELETE", "outcome": "rejected"})),
        (other(b"SARA"), json!({"status": 405, "method": "other", "outcome": "rejected"})),
        (server.get(), rest("unauthenticated")),
        (get("/api/shop/customers/%6de").token(token), rest("ok")),
        (update(json!({"firstName": "T"})), json!({"operation_name": "Update", "status": 200, "outcome": "ok"})),
        (update(json!({"firstName": "U"})), operation("ok", "update", "updateMyProfile")),
        (update(json!({"username": "neda"})), operation("invalid", "update", "updateMyProfile")),
        (update(json!({"ifVersion": "1-99"})), operation("conflict", "update", "updateMyProfile")),
        (update(json!({"ifVersion": "x"})), operation("invalid", "update", "updateMyProfile")),
        (update(json!({"gender": 5})), json!({"status": 200, "outcome": "rejected"})),
        (query("{ me { id } a: me { id } __typename }"), operation("ok", "read", "me,__typename")),
        (query("{ me { id } sara }"), json!({"root_fields": "me", "status": 200, "outcome": "rejected"})),
        (query("{ me {"), graphql("rejected")),
        (server.graphql("{ me { id } }", json!({})), json!({"status": 401, "outcome": "unauthenticated"})),
        (server.graphql("{ __typename }", json!({})), json!({"root_fields": "__typename", "outcome": "ok"})),
        (page("/openapi.json"), json!({"api": "page", "path": "/openapi.json", "bytes": 0, "outcome": "ok"})),
        (get("/healthz"), json!({"api": "health", "path": "/healthz", "bytes": 3, "outcome": "ok"})),
        (get("/sara"), json!({"api": "none", "path": "other", "status": 404, "outcome": "rejected"})),
    ];
    let (requests, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let lines = logged(server, requests).await;
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(line[field], *value, "{field}: {line}");
        }
        assert!(line["took_us"].is_u64() && line["bytes"].is_u64() && line["request"].is_string(), "{line}");
        assert_eq!(line["client"], json!("127.0.0.1"));
        let (owner, needs_one) = ((line.get("customer"), line.get("token")), line["operation"].is_string());
        let is_saras = owner == (Some(&json!(sara.id)), Some(&json!(1)));
        assert!(is_saras || (owner == (None, None) && !needs_one) || line["outcome"] == "unauthenticated", "{line}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_gives_the_id_and_any_client_the_trace() {
    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let database = Database::sqlite();
    for (options, is_trusted) in [(&["--trusted-proxies", "127.0.0.1"][..], true), (&[], false)] {
        let options = [options, &["--log-format", "json", "--log", "debug"]].concat();
        let server = Server::start(database.url(), &options).await;
        let health = server.request(Method::GET, "/healthz");
        let answer = health.header("x-request-id", "proxy-1").header("traceparent", TRACE).send().await;
        assert_eq!(answer.header("x-request-id") == "proxy-1", is_trusted);
        let health = server.request(Method::GET, "/healthz").header("x-request-id", "a b").header("traceparent", "x");
        let lines = logged(server, [health]).await;
        assert_eq!(lines[0]["request"], answer.header("x-request-id"));
        assert_eq!(lines[0]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!((lines[1].get("trace_id"), lines[1]["request"] == "a b"), (None, false));
    }
}

/// Only with `debug` is there a line for a request that no valid token was needed for: anyone may send any number of them.
#[tokio::test]
async fn the_lines_can_be_switched_off_and_have_a_level() {
    let shop = Shop::on(Database::sqlite()).await;
    let token = &shop.customer("sara").await.token;
    for (options, paths) in [
        (&["--log", "info"][..], &[ME][..]),
        (&["--log", "debug"], &[ME, ME, "/healthz", "other"]),
        (&["--log", "warn,shop_profile::cli=info,shop_profile::request=info"], &[ME]),
        (&["--log", "warn,shop_profile::cli=info"], &[]),
        (&["--log", "debug", "--log-requests", "off"], &[]),
    ] {
        let server = Server::start(shop.database.url(), &[options, &["--log-format", "json"]].concat()).await;
        let get = |path| server.request(Method::GET, path).token(token);
        let requests = [server.get().token(token), server.get(), get("/healthz"), get("/sara")];
        let lines = logged(server, requests).await;
        let logged: Vec<_> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
        assert_eq!(logged, paths, "{options:?}");
    }
}

/// Part of every value; a token, a name and an address may hold it.
const MARK: &str = "zq7mark";

/// Requests that carry the mark wherever a request can carry something.
fn marked(api: &Api, number: u32, token: &str) -> Vec<Request> {
    let mark = format!("{MARK}{number}");
    let patch = |body: Value| api.patch(body).token(token);
    let graphql = |body: Value| {
        let request = api.request(Method::POST, "/graphql").header("content-type", "application/json");
        request.body(body.to_string()).token(token)
    };
    let input = json!({"i": {"firstName": mark, "avatar": format!("https://{mark}.example/a.png")}});
    let get = |path: String| api.request(Method::GET, &path).token(token);
    vec![
        patch(json!({"first_name": mark, "last_name": mark, "avatar": format!("https://cdn.example/{mark}.png")})),
        patch(json!({"username": format!("{mark}@shop.example")})),
        patch(json!({"username": format!("{mark} {mark}"), "gender": mark, "avatar": mark})),
        patch(json!({mark.clone(): mark})).header("prefer", "handling=strict"),
        api.patch_bytes(format!("{{\"first_name\": {mark}")).token(token),
        api.patch_bytes(mark.clone()).header("content-type", format!("text/{mark}")).token(token),
        patch(json!({})).header("if-match", format!("\"{mark}\"")).header("prefer", &mark),
        get(format!("{ME}?{mark}={mark}")),
        api.request(Method::PATCH, &format!("{ME}?validate_only={mark}")).token(token),
        get(format!("/{mark}")),
        get(format!("/graphql/{mark}?token={mark}")),
        api.get().token(&mark),
        api.get().header("authorization", format!("Bearer shp_{mark}")),
        api.get().header("authorization", format!("{mark} {mark} {mark}")),
        api.get().token(token).header("cookie", format!("session={mark}")).header("user-agent", &mark),
        api.get().token(token).header("x-request-id", &mark).header("traceparent", format!("00-{mark}")),
        api.get().token(token).header("x-forwarded-for", &mark).header("forwarded", format!("for={mark}")),
        api.get().token(token).header("accept-language", &mark).header("if-none-match", &mark),
        api.request(Method::from_bytes(mark.as_bytes()).unwrap(), ME).token(token),
        graphql(json!({"query": UPDATE, "variables": input})),
        graphql(
            json!({"query": UPDATE, "variables": {"i": {"username": format!("{mark} {mark}"), "ifVersion": mark}}}),
        ),
        graphql(json!({"query": UPDATE, "variables": {"i": {mark.clone(): mark}}})),
        graphql(
            json!({"query": format!("mutation {{ updateMyProfile(input: {{firstName: \"{mark}\"}}) {{ customer {{ {mark}: firstName }} }} }}")}),
        ),
        graphql(json!({"query": "query Me { me { id } }", "operationName": mark})),
        graphql(json!({"query": format!("query shp_{mark}_{} {{ {mark}: me {{ id }} }}", "x".repeat(39))})),
        graphql(json!({"query": format!("{{ {mark} }}")})),
        graphql(json!({"query": format!("{{ me {{ id {mark}")})),
        graphql(
            json!({"query": "{ me { id } }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": mark}}}),
        ),
        get(format!("/graphql?query=%7B%20{mark}%20%7D&operationName={mark}")),
        api.request(Method::POST, "/graphql").header("content-type", &mark).body(mark.clone()).token(token),
        api.request(Method::POST, "/graphql").header("accept", &mark).header("authorization", &mark),
        graphql(json!(mark)),
    ]
}

async fn no_value_of_a_request_or_a_customer_is_logged(shop: Shop) {
    let token = &shop.customer(&format!("{MARK}_username")).await.token;
    for options in [
        &["--log", "info"][..],
        &["--log", "debug"],
        &["--log", "info", "--log-format", "json"],
        &["--log", "debug", "--log-format", "json"],
    ] {
        let limited = ["--rate-limit-updates", "100", "--rate-limit-reads", "600"];
        let server = Server::start(shop.database.url(), &[options, &limited].concat()).await;
        let mut sent = 0;
        for number in 0..8 {
            for request in marked(&server, number, token) {
                request.send().await;
                sent += 1;
            }
        }
        server.terminate().await;
        let (code, log) = server.ended().await;
        assert_eq!(code, Some(0), "{log}");
        assert!(sent >= 250, "a thousand in all, {sent} here");
        let answered = log.lines().filter(|line| line.contains("answered")).count();
        assert!(answered > sent / 4, "{answered} lines about {sent} requests");
        let found = log.lines().find(|line| line.to_lowercase().contains(MARK));
        assert_eq!(found, None, "{options:?}");
        assert!(!log.contains(token), "{options:?}");
    }
}
