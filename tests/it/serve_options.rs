//! The options of `serve`, by the command line and by environment variables.

use axum::http::Method;

use crate::support::{
    binary::{self, Ended, Server, serve},
    database::Database,
};

#[tokio::test]
async fn listens_on_a_name_or_on_a_port_alone() {
    for listen in ["localhost:0", ":0", "0"] {
        let database = Database::sqlite();
        let mut serve = binary::command(&["serve"]);
        serve.env("DATABASE_URL", database.url()).env("SHOP_PROFILE_LISTEN", listen);
        let server = Server::spawn(serve).await;
        assert!(server.address.ip().is_loopback(), "{listen}: {}", server.address);
        server.request(Method::GET, "/healthz").send().await.assert_status(200);
    }
}

#[tokio::test]
async fn an_address_without_a_port_is_wrong_usage() {
    for listen in ["127.0.0.1", "nowhere", "localhost:", "1:2:3"] {
        let ended = binary::run("sqlite://unused.db", &["serve", "--listen", listen]).await;
        assert_eq!(ended.code, Some(2), "{listen}: {ended:?}");
        assert!(ended.stderr.contains("expected an IP address and a port, e.g. 127.0.0.1:8001"), "{ended:?}");
    }
}

/// Every switch takes the same words.
#[tokio::test]
async fn switches_take_on_and_off_in_any_spelling() {
    for (off, on) in [("off", "on"), ("FALSE", "True"), ("0", "1"), ("No", "YES")] {
        let database = Database::sqlite();
        let mut serve = serve(database.url(), &[]);
        serve.env("SHOP_PROFILE_GRAPHIQL", off).env("SHOP_PROFILE_DOCS", off).env("SHOP_PROFILE_INTROSPECTION", off);
        serve.env("SHOP_PROFILE_DEMO", on).env("SHOP_PROFILE_NO_MIGRATE", off);
        let server = Server::spawn(serve).await;
        for page in ["/graphiql", "/docs", "/"] {
            server.request(Method::GET, page).send().await.assert_status(404);
        }
        let started = server.logged("started").await;
        assert!(started.contains("introspection=false graphiql=false docs=false demo=true"), "{started}");
    }
    for variable in ["SHOP_PROFILE_GRAPHIQL", "SHOP_PROFILE_DEMO", "SHOP_PROFILE_NO_MIGRATE"] {
        let mut serve = serve("sqlite://unused.db", &[]);
        let ended = Ended::from(serve.env(variable, "maybe").output().await.unwrap());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(variable) && ended.stderr.contains("expected on or off"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_demo_names_a_page_only_when_it_is_served() {
    let database = Database::sqlite();
    let mut server = Server::start(database.url(), &["--demo", "--graphiql", "off", "--docs", "off"]).await;
    let warning = server.logged("--demo serves a throwaway database").await;
    assert!(warning.contains("WARN"), "{warning}");
    server.terminate().await;
    let stdout = server.rest_of_stdout().await;
    assert!(stdout.contains("curl -X PATCH") && !stdout.contains("in the browser"), "{stdout}");
}
