//! The HTML page itself.

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::SECURITY_HEADERS;

/// What `graphiql/vite.config.js` writes where a nonce belongs.
const NONCE: &str = "CSP_NONCE";
/// What the pages have where the address of the other page belongs.
const OTHER_PAGE: &str = "OTHER_PAGE";
/// What the pages have where the address of the repository belongs, whose README they link to.
const REPOSITORY: &str = "REPOSITORY";

/// Answers with the page, or says how to get it. `other`: the address of the other page; `""` when it is not served.
pub(super) fn respond(page: Option<&str>, other: &str) -> Response {
    let Ok(nonce) = fresh_nonce() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let html = page.unwrap_or(include_str!("not_built.html")).replace(NONCE, &nonce).replace(OTHER_PAGE, other);
    // Empty unless Cargo.toml names it: then there is no link.
    let html = html.replace(REPOSITORY, env!("CARGO_PKG_REPOSITORY"));
    // `no-store`: a nonce is good for one answer.
    let headers = [(header::CONTENT_SECURITY_POLICY, policy(&nonce)), (header::CACHE_CONTROL, "no-store".to_owned())];
    (SECURITY_HEADERS, headers, Html(html)).into_response()
}

fn fresh_nonce() -> Result<String, getrandom::Error> {
    Ok(format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?))
}

/// Scripts and connections of our own origin only, and nothing inline but styles:
/// Monaco fills `<style>` elements while it runs, hence the nonce (see `graphiql/src/style-nonce.js`), and places each
/// line of text by a `style` attribute in HTML that it writes, which no nonce can cover. An attribute has no selector
/// and, by this policy, nothing outside to load. Monaco's wavy underlines are `data:` images.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; \
         img-src 'self' data:; style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
        answer.headers()[name].to_str().unwrap()
    }

    async fn body(answer: Response) -> String {
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_nonce_of_the_policy_is_the_nonce_of_the_page() {
        let answer = respond(Some("<meta nonce=\"CSP_NONCE\"><link nonce=\"CSP_NONCE\">"), "");
        let policy = header(&answer, "content-security-policy").to_owned();
        let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned();
        assert_eq!(nonce.len(), 32);
        assert_eq!(body(answer).await, format!("<meta nonce=\"{nonce}\"><link nonce=\"{nonce}\">"));
    }

    #[tokio::test]
    async fn no_two_answers_share_a_nonce() {
        assert_ne!(body(respond(Some(NONCE), "")).await, body(respond(Some(NONCE), "")).await);
    }

    #[tokio::test]
    async fn every_answer_has_the_security_headers() {
        for page in [Some("<p>"), None] {
            let answer = respond(page, "");
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
            assert_eq!(header(&answer, "cache-control"), "no-store");
            assert_eq!(header(&answer, "x-frame-options"), "DENY");
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert_eq!(header(&answer, "referrer-policy"), "no-referrer");
            let policy = header(&answer, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
            assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
        }
    }

    #[tokio::test]
    async fn a_page_names_the_other() {
        assert_eq!(body(respond(Some("<a href=\"OTHER_PAGE\">"), "/docs")).await, "<a href=\"/docs\">");
    }

    #[tokio::test]
    async fn a_page_links_to_no_readme_unless_the_repository_is_known() {
        let answer = body(respond(Some("<meta content=\"REPOSITORY\">"), "")).await;
        assert_eq!(answer, format!("<meta content=\"{}\">", env!("CARGO_PKG_REPOSITORY")));
    }

    #[tokio::test]
    async fn a_build_without_the_page_says_how_to_get_it() {
        assert!(body(respond(None, "")).await.contains("npm"));
    }
}
