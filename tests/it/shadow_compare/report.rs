//! What the report says of a difference, and what it never holds.

use std::{
    fs,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use shop_profile::shadow::Report;
use tokio_util::sync::CancellationToken;

use crate::support::{
    api::{Api, ME},
    database::Database,
    eventually,
    full_disk::SmallDisk,
    upstream::{Reply, Upstream},
};

use super::stage::*;

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
    let (api, token) = (&stage.api, &stage.sara.token);
    let bearer = format!("Bearer {token}");
    let requests = [
        (api.get().header("authorization", &bearer), 1),
        (api.request(Method::OPTIONS, ME), 6),
        (api.get().token(token).header("if-none-match", "*"), 25),
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
        stage.api.get().token(&stage.sara.token).send().await.assert_status(200);
        stage.settled(1).await;
        let text = stage.lines().await[0].to_string();
        assert_eq!(text.contains("secret name"), shows_values, "{text}");
        assert!(!text.contains(&stage.sara.token), "{text}");
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
        assert_eq!(api.get().token("x").raw().await, "ok");
    }
    settled(&shadow, 3).await;
    eventually(async || (shadow.summary().dropped_lines == 3).then_some(())).await;
    disk.empty();
    assert_eq!(api.get().token("x").raw().await, "ok");
    settled(&shadow, 4).await;
    shadow.finish().await;
    assert_eq!(fs::read_to_string(&report).unwrap().lines().count(), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
    stop.cancel();
}
