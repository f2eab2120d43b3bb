//! What `shadow` says of an old server. The old server is this one, on the same rows, with a fault in front of it.

mod not_compared;
mod report;
mod stage;

use std::{fs, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use shop_profile::{
    server::{self},
    shadow::Report,
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    api::{Api, ME},
    both_databases,
    database::Database,
    upstream::{Reply, Upstream},
};

use self::stage::*;

both_databases![
    the_same_answers_are_equal,
    each_planted_fault_is_reported,
    a_read_of_a_row_that_changes_meanwhile_is_not_compared,
    a_field_that_changes_beside_a_patch_is_reported,
    a_dry_run_writes_nothing,
    a_database_that_is_away_costs_a_comparison_and_no_answer,
];

async fn the_same_answers_are_equal(database: Database) {
    let stage = Stage::on(database, faultless, false).await;
    let (api, token) = (&stage.api, &stage.sara.token);
    let authorization = format!("Token {token}");
    for (index, (request, status)) in [
        (api.get().token(token), 200),
        (api.request(Method::HEAD, ME).token(token), 200),
        (api.request(Method::GET, &format!("{ME}/?x=1")).token(token), 200),
        (api.request(Method::GET, "/api/shop/customers/%6de").token(token), 200),
        (api.get(), 401),
        (api.get().token("nope"), 401),
        (api.get().token(token).header("authorization", &authorization), 401),
        (api.patch(json!({"first_name": "Sara", "gender": "female"})).token(token), 200),
        (api.patch(json!({"first_name": "Sara"})).token(token), 200),
        (api.patch(json!({"username": "reza", "gender": "x"})).token(token), 400),
        (api.patch(json!({"username": "REZA"})).token(token), 400),
        (api.patch(json!({"email": "x", "nickname": 1})).token(token), 200),
        (api.patch_bytes("{").token(token), 400),
        (api.patch_bytes("[]").token(token), 400),
        (api.patch_bytes("").token(token), 200),
        (api.patch(json!({"first_name": "x"})), 401),
        (api.patch(json!({})).header("content-type", "text/plain").token(token), 415),
        (api.request(Method::PUT, ME).token(token).body("{}"), 405),
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
        request.token(&stage.sara.token).raw().await;
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

/// The old server answers, and another column of the row changes.
fn with_another_change(server: OldServer, request: Request) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let response = server.answer(request).await;
        let change = "UPDATE customer SET last_name = last_name || 'x', version = version + 1";
        server.rows.execute_unprepared(change).await.unwrap();
        response
    })
}

async fn a_read_of_a_row_that_changes_meanwhile_is_not_compared(database: Database) {
    let stage = Stage::on(database, with_another_change, false).await;
    stage.api.get().token(&stage.sara.token).send().await.assert_status(200);
    assert_eq!(numbers(&stage.settled(1).await), [0, 0, 0, 1, 0]);
    assert!(stage.lines().await.is_empty());
}

async fn a_field_that_changes_beside_a_patch_is_reported(database: Database) {
    // The response is as it should be, but it is not what is stored.
    let stage = Stage::on(database, with_another_change, false).await;
    assert_eq!(stage.patch(json!({"gender": "female"})).await, 200);
    assert_eq!(numbers(&stage.settled(1).await), [0, 0, 1, 0, 0]);
    let lines = stage.lines().await;
    let places = lines[0]["differences"].as_array().unwrap().iter().map(|difference| difference["place"].clone());
    assert_eq!(places.collect::<Vec<_>>(), ["stored.last_name", "stored.full_name"]);
}

async fn a_dry_run_writes_nothing(database: Database) {
    // The old server answers and writes nothing: whatever changed would be ours.
    let stage = Stage::on(database, |_, _| Box::pin(async { "no".into_response() }), false).await;
    let before = stage.shop.row(stage.sara.id).await;
    for query in ["", "?validate_only=false", "?validate_only=true", "?validate_only=x&validate_only=false"] {
        let request = stage.api.request(Method::PATCH, &format!("{ME}{query}")).token(&stage.sara.token);
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
    assert_eq!(api.get().token("x").raw().await, "ok");
    let store = Arc::new(database.open().await);
    store.migrate().await.unwrap();
    shadow.compare_with(server::router(store.clone(), &server::Options::default(), stop.clone()));
    assert_eq!(api.get().token("x").raw().await, "ok");
    settled(&shadow, 2).await;
    store.close().await;
    assert_eq!(api.get().token("x").raw().await, "ok");
    assert_eq!(api.patch(json!({})).token("x").raw().await, "ok");
    let summary = settled(&shadow, 4).await;
    assert_eq!(of(&summary, "not_open"), 1);
    assert_eq!(of(&summary, "unavailable"), 2);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_on_one_row_leave_nothing_unexplained() {
    let stage = Stage::on(Database::sqlite(), faultless, false).await;
    let clients = (0..16).map(|client| {
        let (api, token) = (stage.api.clone(), stage.sara.token.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let name = json!({"first_name": format!("{client} {round}"), "last_name": format!("{round}")});
                let request = if round % 3 == 0 { api.get() } else { api.patch(name) };
                request.token(&token).send().await.assert_status(200);
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
