//! The signals that end the server.

use axum::http::Method;

use crate::support::{
    api::ME,
    binary::{self, Server, serve},
    database::Database,
    raw::Connection,
    shop::Shop,
};

/// A connection whose request the server has begun and cannot finish: its body does not come.
async fn begin_request(server: &Server, token: &str) -> Connection {
    let mut connection = server.connection().await;
    let head = format!(
        "PATCH {ME} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {token}\r\nContent-Type: application/json\r\n\
         Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    );
    connection.send(head).await;
    connection.asked_for_the_body().await;
    connection
}

#[tokio::test]
async fn every_first_signal_finishes_the_requests_that_were_begun() {
    for signal in ["TERM", "INT", "HUP"] {
        crate::support::run(Database::sqlite(), async |shop: Shop| {
            let sara = shop.customer("sara").await;
            let server = Server::start(shop.database.url(), &[]).await;
            let mut connection = begin_request(&server, &sara.token).await;
            server.signal(signal).await;
            server.logged("stopping").await;
            connection.exchange(r#"{"a": 1} "#).await.assert_status(200);
            let (code, log) = server.ended().await;
            assert_eq!(code, Some(0), "{log}");
            assert!(log.contains(&format!(r#"stopped reason="SIG{signal}""#)), "{log}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_second_signal_ends_the_server_at_once() {
    for (first, second, code) in [("TERM", "TERM", 143), ("TERM", "INT", 130), ("HUP", "TERM", 143)] {
        crate::support::run(Database::sqlite(), async |shop: Shop| {
            let sara = shop.customer("sara").await;
            let server = Server::start(shop.database.url(), &[]).await;
            let _connection = begin_request(&server, &sara.token).await;
            server.signal(first).await;
            server.logged("stopping").await;
            server.signal(second).await;
            let (ended, log) = server.ended().await;
            assert_eq!(ended, Some(code), "{log}");
            assert!(log.contains("a second signal") && !log.contains("some requests did not finish"), "{log}");
        })
        .await;
    }
}

/// The end of a session sends SIGHUP beside SIGTERM.
#[tokio::test]
async fn a_hangup_after_the_first_signal_does_not_cut_the_stop_short() {
    crate::support::run(Database::sqlite(), async |shop: Shop| {
        let sara = shop.customer("sara").await;
        let server = Server::start(shop.database.url(), &[]).await;
        let mut connection = begin_request(&server, &sara.token).await;
        server.terminate().await;
        server.logged("stopping").await;
        server.signal("HUP").await;
        connection.exchange(r#"{"a": 1} "#).await.assert_status(200);
        assert_eq!(server.ended().await.0, Some(0));
    })
    .await;
}

#[tokio::test]
async fn nohup_keeps_the_server_running() {
    let database = Database::sqlite();
    let mut nohup = binary::command(&[]);
    let program = nohup.as_std().get_program().to_owned();
    nohup = tokio::process::Command::new("sh");
    let serve = serve(database.url(), &[]);
    nohup.args(["-c", r#"trap "" HUP; exec "$0" "$@""#]).arg(program).args(serve.as_std().get_args());
    nohup.env("DATABASE_URL", database.url()).kill_on_drop(true);
    let server = Server::spawn(nohup).await;
    server.signal("HUP").await;
    server.request(Method::GET, "/healthz").send().await.assert_status(200);
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(r#"stopped reason="SIGTERM""#), "{log}");
}
