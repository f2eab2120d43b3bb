//! What a hostile body costs, in instructions and not in time: valgrind's callgrind counts those of one function, which
//! answers one request. Twice the bytes may cost twice as much and not four times.
//!
//! The test runs this binary under valgrind, with [`measured_process`] as its only test.

use std::{env, fs, process::Command};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
};
use shop_profile::{
    auth::ApiToken,
    server::{self, Options},
    store::DatabaseUrl,
};
use tokio::runtime::{self, Runtime};
use tower::ServiceExt;

use crate::support::{
    say,
    shop::{add_customer_with, named, open_store},
};

/// A body of about so many bytes.
type Shape = fn(usize) -> String;

/// Joins parts until there are enough bytes.
fn fill(bytes: usize, open: &str, close: &str, part: impl Fn(usize) -> String) -> String {
    let mut body = open.to_owned();
    for index in 0.. {
        let part = part(index);
        if body.len() + part.len() + close.len() + 1 > bytes {
            break;
        }
        if index > 0 {
            body.push(',');
        }
        body.push_str(&part);
    }
    body + close
}

fn equal_keys(bytes: usize) -> String {
    fill(bytes, "{", "}", |index| format!("\"{:04x}\":0", index % 3))
}

fn distinct_keys(bytes: usize) -> String {
    fill(bytes, "{", "}", |index| format!("\"{index:04x}\":0"))
}

const REST: [(&str, Shape); 5] = [
    ("equal keys", equal_keys),
    ("distinct keys", distinct_keys),
    ("long keys", |bytes| fill(bytes, "{", "}", |index| format!("\"{}{index}\":0", "x".repeat(500)))),
    ("nesting", |bytes| fill(bytes, "{\"x\":[", "]}", |_| format!("{}{}", "[".repeat(400), "]".repeat(400)))),
    ("surrogates", |bytes| format!("{{\"first_name\":\"{}\"}}", "\\ud800".repeat(bytes / 6 - 4))),
];

const GRAPHQL: [(&str, Shape); 5] = [
    ("unknown members", |bytes| fill(bytes, "{\"query\":\"{__typename}\",", "}", |index| format!("\"{index:04x}\":0"))),
    ("variables", |bytes| {
        fill(bytes, "{\"query\":\"{__typename}\",\"variables\":{", "}}", |index| format!("\"v{index:04x}\":0"))
    }),
    ("a variable's fields", |bytes| {
        let query = "query($i: UpdateMyProfileInput) { __typename }";
        let open = format!("{{\"query\":\"{query}\",\"variables\":{{\"i\":{{");
        fill(bytes, &open, "}}}", |index| format!("\"f{index:04x}\":\"x\""))
    }),
    ("extensions", |bytes| {
        fill(bytes, "{\"query\":\"{__typename}\",\"extensions\":{", "}}", |index| format!("\"e{index:04x}\":[]"))
    }),
    ("an array", |bytes| fill(bytes, "[\"{__typename}\",null,{},{}", "]", |index| format!("{index}"))),
];

const HALF: usize = 32_000;
const WHOLE: usize = 64_000;
const LIVE: &str = "live";

/// What is sent: a name, the request and the status that it must have.
fn requests() -> Vec<(String, Request, StatusCode)> {
    let request = |rest: bool, token: &str, body: String| {
        let (method, path) = if rest { ("PATCH", "/api/shop/customers/me") } else { ("POST", "/graphql") };
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header("prefer", "handling=strict");
        request.header(header::AUTHORIZATION, format!("Token {token}")).body(Body::from(body)).unwrap()
    };
    let mut requests = Vec::new();
    for (name, shape) in REST {
        for bytes in [HALF, WHOLE] {
            let named = |token: &str| format!("REST, {token}, {name}, {bytes}");
            requests.push((named("live"), request(true, LIVE, shape(bytes)), StatusCode::BAD_REQUEST));
            requests.push((named("unknown"), request(true, "unknown", shape(bytes)), StatusCode::UNAUTHORIZED));
        }
    }
    requests.push(("REST, unknown, {}".into(), request(true, "unknown", "{}".into()), StatusCode::UNAUTHORIZED));
    for (name, shape) in GRAPHQL {
        for bytes in [HALF, WHOLE] {
            let named = |token: &str| format!("GraphQL, {token}, {name}, {bytes}");
            let live = if name == "an array" { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            requests.push((named("live"), request(false, LIVE, shape(bytes)), live));
            requests.push((named("unknown"), request(false, "unknown", shape(bytes)), StatusCode::UNAUTHORIZED));
        }
    }
    requests
}

/// The function whose instructions are counted: those of this thread, so not SQLite's.
#[inline(never)]
fn measured_request(runtime: &Runtime, app: Router, request: Request) -> StatusCode {
    runtime.block_on(app.oneshot(request)).unwrap().status()
}

#[test]
#[ignore = "run by the other test, under valgrind"]
fn measured_process() {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(async {
        let store = open_store(&DatabaseUrl::in_memory()).await;
        add_customer_with(&store, named("sara"), &ApiToken::from_plaintext(LIVE)).await;
        server::router(store, &Options::default(), Default::default())
    });
    for (name, request, status) in requests() {
        assert_eq!(measured_request(&runtime, app.clone(), request), status, "{name}");
    }
}

#[test]
fn the_cost_of_a_body_grows_no_faster_than_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let measured = concat!(module_path!(), "::measured_request");
    let child = format!("{}::measured_process", module_path!().split_once("::").unwrap().1);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--toggle-collect={measured}"), &format!("--dump-after={measured}")])
        .arg(format!("--callgrind-out-file={}", folder.path().join("out").display()))
        .arg(env::current_exe().unwrap())
        .args(["--exact", &child, "--ignored", "--test-threads=1"])
        .output();
    let Ok(output) = output else {
        let why = "valgrind is not installed";
        assert!(env::var("REQUIRE_VALGRIND").as_deref() != Ok("1"), "{why}, but REQUIRE_VALGRIND=1");
        return say(&format!("NOT RUN: what a hostile body costs. {why}."));
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let names: Vec<_> = requests().into_iter().map(|(name, ..)| name).collect();
    let costs: Vec<_> =
        (1..=names.len()).map(|part| instructions(&folder.path().join(format!("out.{part}")))).collect();
    let table: Vec<_> = names.iter().zip(&costs).map(|(name, cost)| format!("{cost:>12} {name}")).collect();
    let table = table.join("\n");
    let cost = |name: &str| costs[names.iter().position(|known| known == name).unwrap()];
    for name in names.iter().filter_map(|name| name.strip_suffix(&format!(", {WHOLE}"))) {
        let (half, whole) = (cost(&format!("{name}, {HALF}")), cost(&format!("{name}, {WHOLE}")));
        assert!(whole < 3 * half, "{name}\n{table}");
    }
    for token in ["live", "unknown"] {
        let cost = |keys: &str| cost(&format!("REST, {token}, {keys}, {WHOLE}"));
        assert!(cost("distinct keys") < 3 * cost("equal keys"), "{token}\n{table}");
    }
    // Nothing is parsed for a client that is not authenticated: what is left is to copy the body.
    for (shape, _) in REST {
        assert!(cost(&format!("REST, unknown, {shape}, {WHOLE}")) < 2 * cost("REST, unknown, {}"), "{shape}\n{table}");
    }
}

/// The instructions of one dump of callgrind.
fn instructions(dump: &std::path::Path) -> u64 {
    let dump = fs::read_to_string(dump).unwrap();
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")));
    total.and_then(|total| total.trim().parse().ok()).expect("a total")
}
