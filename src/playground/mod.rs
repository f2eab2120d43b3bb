//! GraphiQL at `/graphiql`. It is embedded in the binary, so that a page in which people paste their API token requests
//! nothing from another server.
//!
//! `build.rs` makes it from `graphiql/`. A build without it answers with a page that says how to get it.

mod accept_encoding;
mod assets;
mod page;

use axum::{
    Router,
    http::{HeaderMap, Method, header},
    response::Redirect,
    routing::get,
};

use assets::Asset;

include!(concat!(env!("OUT_DIR"), "/graphiql.rs"));

/// On every answer: browsers guess no types, show the page in no frame, and tell no other server its address.
const SECURITY_HEADERS: [(header::HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// `/graphiql` and what the page loads.
pub fn router() -> Router {
    Router::new()
        .route("/graphiql", get(async || page::respond(PAGE)))
        .route("/graphiql/", get(async || Redirect::permanent("/graphiql")))
        .route(
            "/graphiql/assets/{name}",
            get(async |method: Method, name, headers: HeaderMap| assets::respond(&ASSETS, &method, name, &headers)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{
        body::Body,
        http::{Request, StatusCode},
        response::Response,
    };
    use tower::ServiceExt;

    async fn ask(method: Method, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn the_page_is_read_and_nothing_else() {
        assert_eq!(ask(Method::GET, "/graphiql").await.status(), StatusCode::OK);
        assert_eq!(ask(Method::HEAD, "/graphiql").await.status(), StatusCode::OK);
        assert_eq!(ask(Method::GET, "/graphiql/").await.headers()["location"], "/graphiql");
        let rejected = ask(Method::POST, "/graphiql").await;
        assert_eq!(
            (rejected.status(), &rejected.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn everything_that_the_page_names_is_there() {
        let paths = PAGE.iter().flat_map(|page| page.split('"')).filter(|text| text.starts_with('/'));
        for path in paths {
            assert_eq!(ask(Method::GET, path).await.status(), StatusCode::OK, "{path}");
        }
    }
}
