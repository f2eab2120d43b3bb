//! The log: what is in it, and that a server whose log cannot be written goes on.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, PipeReader, PipeWriter, Write, pipe},
    process::Stdio,
};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{
    api::Api,
    binary::{self, Server, serve},
    both_databases,
    database::Database,
    shop::Shop,
};

both_databases![a_start_and_a_stop_are_one_line_each, rejected_tokens_are_summed_up,];

/// The lines of a JSON log whose message is this.
pub fn lines(log: &str, message: &str) -> Vec<Value> {
    let lines =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    lines.map(|line| line["fields"].clone()).filter(|fields| fields["message"] == message).collect()
}

async fn a_start_and_a_stop_are_one_line_each(shop: Shop) {
    let is_postgres = shop.database.backend() == sea_orm::DbBackend::Postgres;
    let options = ["--log-format", "json", "--allow-origin", "https://shop.example", "--graphiql", "off"];
    let mut server = Server::start(shop.database.url(), &options).await;
    server.get().send().await.assert_status(401);
    server.terminate().await;
    let stdout = server.rest_of_stdout().await;
    let address = server.address.to_string();
    let (code, log) = server.ended().await;
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "a JSON log tells the address by itself");
    let [started] = &lines(&log, "started")[..] else { panic!("{log}") };
    let connections = if is_postgres { json!(16) } else { Value::Null };
    let migrations = shop.store.migrations().await.unwrap();
    let newest = &migrations.steps.last().unwrap().0;
    for (field, value) in [
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("address", json!(address)),
        ("schema", json!(newest)),
        ("database_connections", connections),
        ("allowed_origins", json!("https://shop.example")),
        ("introspection", json!(true)),
        ("graphiql", json!(false)),
        ("demo", json!(false)),
    ] {
        assert_eq!(started[field], value, "{field}: {started}");
    }
    let scheme = if is_postgres { "postgres://" } else { "sqlite://" };
    assert!(started["database"].as_str().is_some_and(|database| database.starts_with(scheme)), "{started}");
    let [stopped] = &lines(&log, "stopped")[..] else { panic!("{log}") };
    assert_eq!((&stopped["reason"], &stopped["requests"]), (&json!("SIGTERM"), &json!(1)), "{stopped}");
    assert_eq!(stopped["dropped_log_lines"], json!(0), "{stopped}");
    assert!(stopped["uptime_seconds"].is_u64(), "{stopped}");
}

async fn rejected_tokens_are_summed_up(shop: Shop) {
    let (sara, neda) = (shop.customer("sara").await, shop.customer("neda").await);
    let expired = shop.issue(sara.id, None).await;
    let db = shop.database.connect().await;
    db.execute_unprepared("UPDATE customer SET is_active = false WHERE username = 'neda'").await.unwrap();
    db.execute_unprepared("UPDATE api_token SET expires_at = '2020-01-01 00:00:00+00:00' WHERE id = 3").await.unwrap();
    shop.store.revoke_tokens(&shop_profile::store::TokenRef::Id(1)).await.unwrap();
    let server = Server::start(shop.database.url(), &["--log-format", "json"]).await;
    server.get().token("unknown").send().await.assert_status(401);
    // One alone is logged, too, while the server runs.
    server.logged("tokens rejected").await;
    for token in [sara.token.as_str(), &neda.token, &expired, "shp_mistyped", "unknown"] {
        server.get().token(token).send().await.assert_status(401);
    }
    for _ in 0..300 {
        server.get().token("flood").send().await.assert_status(401);
    }
    server.terminate().await;
    let (_, log) = server.ended().await;
    let summaries = lines(&log, "tokens rejected");
    // One a second at most. A slow machine takes some seconds for so many requests.
    assert!((2..20).contains(&summaries.len()), "{log}");
    let total = |field: &str| summaries.iter().filter_map(|line| line[field].as_u64()).sum::<u64>();
    assert_eq!(
        ["count", "unknown", "mistyped", "expired", "revoked", "inactive"].map(total),
        [306, 302, 1, 1, 1, 1],
        "{log}"
    );
    assert!(summaries[0]["clients"].as_str().is_some_and(|clients| clients.starts_with("127.0.0.1 (")), "{log}");
    assert!(summaries[1]["tokens"].as_str().is_some_and(|tokens| tokens.starts_with("1 (1)")), "{log}");
    for token in [sara.token.as_str(), "mistyped", "flood"] {
        assert!(!log.replace("\"mistyped\":", "").contains(token), "{token}: {log}");
    }
}

/// Rejects 1,000 tokens, then asks for the end.
async fn reject_and_stop(server: &Server) {
    for _ in 0..1000 {
        server.get().token("x").send().await.assert_status(401);
    }
    server.terminate().await;
}

/// A server whose stderr is this. `debug` makes it log three lines for each rejected token.
async fn serve_with_stderr(database: &Database, stderr: impl Into<Stdio>) -> Server {
    let serve = serve(database.url(), &["--log", "debug"]);
    Server::spawn_with(serve, Stdio::piped(), stderr.into()).await
}

fn closed_pipe() -> PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

/// A pipe that nothing reads and that has no room left.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    // Linux gives a pipe 16 pages. A write into the empty pipe fills it and does not block.
    writer.write_all(&[b'\n'; 16 * 4096]).unwrap();
    (reader, writer)
}

fn full_disk() -> std::fs::File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[tokio::test]
async fn a_closed_stderr_stops_no_request_and_not_the_server() {
    let database = Database::sqlite();
    let server = serve_with_stderr(&database, closed_pipe()).await;
    reject_and_stop(&server).await;
    assert_eq!(server.ended().await.0, Some(0));
}

#[tokio::test]
async fn a_stderr_on_a_full_disk_stops_no_request_and_not_the_server() {
    let database = Database::sqlite();
    let server = serve_with_stderr(&database, full_disk()).await;
    reject_and_stop(&server).await;
    assert_eq!(server.ended().await.0, Some(0));
}

#[tokio::test]
async fn a_stderr_that_is_not_read_stops_no_request_and_not_the_server() {
    let (database, (_reader, writer)) = (Database::sqlite(), full_pipe());
    let server = serve_with_stderr(&database, writer).await;
    reject_and_stop(&server).await;
    assert_eq!(server.ended().await.0, Some(0));
}

#[tokio::test]
async fn dropped_lines_are_reported_when_stderr_is_read_again() {
    let database = Database::sqlite();
    let (reader, writer) = full_pipe();
    let server = serve_with_stderr(&database, writer).await;
    // More than the queue takes: three lines of more than 100 bytes for each request.
    let requests = (0..20).map(|_| {
        let api = Api::clone(&server);
        tokio::spawn(async move {
            for _ in 0..250 {
                api.get().token("x").send().await.assert_status(401);
            }
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    let (sender, reported) = tokio::sync::oneshot::channel();
    let log = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(reader).lines().map_while(Result::ok);
        let found = lines.any(|line| line.contains("log lines were dropped"));
        let _ = sender.send(found);
        lines.collect::<Vec<_>>()
    });
    assert!(reported.await.unwrap());
    server.terminate().await;
    assert_eq!(server.ended().await.0, Some(0));
    let log = log.await.unwrap();
    let stopped = log.iter().find(|line| line.contains("stopped")).expect("the last line");
    assert!(!stopped.contains("dropped_log_lines=0"), "{stopped}");
}

/// The line with the address is lost, and nothing else is.
#[tokio::test]
async fn a_broken_stdout_does_not_keep_the_server_from_starting() {
    let (_reader, unread) = full_pipe();
    for stdout in [Stdio::from(closed_pipe()), full_disk().into(), unread.into()] {
        let database = Database::sqlite();
        let server = Server::spawn_with(serve(database.url(), &[]), stdout, Stdio::piped()).await;
        server.get().send().await.assert_status(401);
        server.terminate().await;
        let (code, log) = server.ended().await;
        assert_eq!(code, Some(0), "{log}");
    }
}

#[tokio::test]
async fn a_command_that_fails_needs_no_stderr() {
    for stderr in [Stdio::from(closed_pipe()), full_disk().into(), full_pipe().1.into()] {
        let mut command = binary::command(&["customer", "show", "sara"]);
        command.env("DATABASE_URL", "mysql://localhost/shop").stderr(stderr);
        assert_eq!(command.status().await.unwrap().code(), Some(2));
    }
}

#[tokio::test]
async fn an_invalid_filter_is_wrong_usage() {
    for filter in ["verbose", "", "=====", "shop_profile=loud"] {
        let mut by_variable = binary::command(&["schema"]);
        by_variable.env("SHOP_PROFILE_LOG", filter);
        let mut by_option = binary::command(&["schema", "--log", filter]);
        by_option.env("SHOP_PROFILE_LOG", "info");
        for (mut command, names_variable) in [(by_variable, true), (by_option, false)] {
            let ended = binary::Ended::from(command.output().await.unwrap());
            assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{filter:?}: {ended:?}");
            let line = ended.stderr.lines().next().unwrap_or_default();
            assert!(line.contains("--log <FILTER>") && line.contains("expected error, warn, info"), "{ended:?}");
            assert_eq!(line.contains("environment variable SHOP_PROFILE_LOG"), names_variable, "{ended:?}");
        }
    }
}

/// PostgreSQL reports what an operator does not need to know, at `info`.
#[tokio::test]
async fn notices_of_the_database_are_not_logged_by_default() {
    let Some(database) = Database::postgres().await else { return };
    for filter in ["info", "debug"] {
        let mut migrate = binary::command(&["migrate"]);
        migrate.env("DATABASE_URL", database.url()).env("SHOP_PROFILE_LOG", filter);
        let ended = binary::Ended::from(migrate.output().await.unwrap());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.stderr.contains("notice") && !ended.stderr.contains("sea_orm_migration"), "{ended:?}");
    }
}
