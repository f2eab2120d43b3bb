//! The pages for browsers: GraphiQL at `/graphiql`, the reference of the REST API at `/docs`. They are embedded in the
//! binary, so that a page in which people paste their API token requests nothing from another server.
//!
//! `build.rs` makes them from `graphiql/`. A build without them answers with a page that says how to get them.

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

/// Which pages are served.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// GraphiQL, at `/graphiql`.
    pub graphiql: bool,
    /// The reference of the REST API, at `/docs`.
    pub docs: bool,
}

/// The pages and what they load. `/` leads to one of them.
pub fn router(pages: Pages) -> Router {
    let Pages { graphiql, docs } = pages;
    let mut router = Router::new();
    if graphiql {
        let other = if docs { "/docs" } else { "" };
        router = add_page(router, "/graphiql", GRAPHIQL, other);
    }
    if docs {
        let other = if graphiql { "/graphiql" } else { "" };
        router = add_page(router, "/docs", DOCS, other);
    }
    if !graphiql && !docs {
        return router;
    }
    let first = if graphiql { "/graphiql" } else { "/docs" };
    router.route("/", get(async move || Redirect::temporary(first))).route(
        "/assets/{name}",
        get(async |method: Method, name, headers: HeaderMap| assets::respond(&ASSETS, &method, name, &headers)),
    )
}

fn add_page(router: Router, path: &'static str, page: Option<&'static str>, other: &'static str) -> Router {
    router
        .route(path, get(async move || page::respond(page, other)))
        .route(&format!("{path}/"), get(async move || Redirect::permanent(path)))
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
        router(Pages { graphiql: true, docs: true }).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_answers_get_and_head_and_rejects_other_methods() {
        for page in ["/graphiql", "/docs"] {
            assert_eq!(ask(Method::GET, page).await.status(), StatusCode::OK);
            assert_eq!(ask(Method::HEAD, page).await.status(), StatusCode::OK);
            assert_eq!(ask(Method::GET, &format!("{page}/")).await.headers()["location"], page);
            let rejected = ask(Method::POST, page).await;
            assert_eq!(
                (rejected.status(), &rejected.headers()["allow"]),
                (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().unwrap())
            );
        }
    }

    #[tokio::test]
    async fn each_page_is_served_alone_or_beside_the_other() {
        for (graphiql, docs) in [(true, true), (true, false), (false, true), (false, false)] {
            let pages = Pages { graphiql, docs };
            let ask = async |path: &str| {
                let request = Request::builder().uri(path).body(Body::empty()).unwrap();
                router(pages).oneshot(request).await.unwrap()
            };
            assert_eq!(ask("/graphiql").await.status().is_success(), graphiql, "{pages:?}");
            assert_eq!(ask("/docs").await.status().is_success(), docs, "{pages:?}");
            assert_eq!(ask("/").await.status().is_redirection(), graphiql || docs, "{pages:?}");
        }
    }

    #[tokio::test]
    async fn each_asset_that_a_page_names_is_embedded() {
        let paths = [GRAPHIQL, DOCS].into_iter().flatten().flat_map(|page| page.split('"'));
        let paths = paths.filter(|text| text.starts_with('/'));
        for path in paths {
            assert_eq!(ask(Method::GET, path).await.status(), StatusCode::OK, "{path}");
        }
    }
}
