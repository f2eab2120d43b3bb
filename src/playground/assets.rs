//! What the pages load: scripts, styles and a font, each under a name that changes with its content.

use std::{
    io::{self, Read},
    sync::OnceLock,
};

use axum::{
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{SECURITY_HEADERS, accept_encoding::prefers_gzip};

/// A file that `build.rs` embedded.
pub(super) struct Asset {
    name: &'static str,
    gzip: &'static [u8],
    /// The content, once somebody has asked for it without gzip; `None` if it cannot be inflated.
    inflated: OnceLock<Option<Bytes>>,
}

impl Asset {
    pub(super) const fn new(name: &'static str, gzip: &'static [u8]) -> Self {
        Self { name, gzip, inflated: OnceLock::new() }
    }

    /// The content, inflated at most once in the life of the process: every answer shares the same memory.
    fn content(&self) -> Option<Bytes> {
        self.inflated.get_or_init(|| self.inflate().map(Bytes::from).ok()).clone()
    }

    fn inflate(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::with_capacity(self.content_length() as usize);
        flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut content)?;
        Ok(content)
    }

    /// The length of the content, which gzip keeps in its last four bytes (RFC 1952, section 2.3.1).
    fn content_length(&self) -> u32 {
        self.gzip.last_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }
}

/// A worker lives by the policy of its own file, not by that of the page. Ours fetch nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'";

/// Answers with the asset of that name, as it is stored if the client reads gzip.
pub(super) fn respond(
    assets: &'static [Asset],
    method: &Method,
    Path(name): Path<String>,
    headers: &HeaderMap,
) -> Response {
    let Ok(index) = assets.binary_search_by_key(&name.as_str(), |asset| asset.name) else {
        return (StatusCode::NOT_FOUND, SECURITY_HEADERS).into_response();
    };
    let asset = &assets[index];
    let common = [
        (header::CONTENT_TYPE, content_type(asset.name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    if prefers_gzip(headers) {
        return (SECURITY_HEADERS, common, [(header::CONTENT_ENCODING, "gzip")], asset.gzip).into_response();
    }
    if method == Method::HEAD {
        let length = [(header::CONTENT_LENGTH, HeaderValue::from(asset.content_length()))];
        return (SECURITY_HEADERS, common, length, Body::empty()).into_response();
    }
    match asset.content() {
        Some(content) => (SECURITY_HEADERS, common, content).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | gzip -9n`
    const HELLO: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";

    fn assets() -> &'static [Asset] {
        let assets = [("a-1.css", HELLO), ("b-2.js", HELLO), ("c-3.ttf", b"broken")];
        Vec::leak(assets.map(|(name, gzip)| Asset::new(name, gzip)).into())
    }

    fn ask(assets: &'static [Asset], method: Method, name: &str, accept_encoding: Option<&'static str>) -> Response {
        let mut headers = HeaderMap::new();
        headers.extend(accept_encoding.map(|value| (header::ACCEPT_ENCODING, value.parse().unwrap())));
        respond(assets, &method, Path(name.to_owned()), &headers)
    }

    fn get(name: &str, accept_encoding: Option<&'static str>) -> Response {
        ask(assets(), Method::GET, name, accept_encoding)
    }

    async fn body(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn a_client_that_reads_gzip_gets_the_stored_bytes() {
        let response = get("b-2.js", Some("gzip, deflate, br"));
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(body(response).await, HELLO);
    }

    #[tokio::test]
    async fn any_other_client_gets_them_inflated() {
        let response = get("a-1.css", None);
        assert!(!response.headers().contains_key("content-encoding"));
        assert_eq!(response.headers()["content-type"], "text/css; charset=utf-8");
        assert_eq!(body(response).await, "hello");
    }

    #[tokio::test]
    async fn every_answer_shares_the_memory_of_one_inflation() {
        let assets = assets();
        let mut contents = Vec::new();
        for _ in 0..3 {
            contents.push(body(ask(assets, Method::GET, "b-2.js", None)).await);
        }
        assert_eq!(contents[0], "hello");
        assert!(contents.iter().all(|content| content.as_ptr() == contents[0].as_ptr()));
    }

    #[test]
    fn head_tells_the_length_and_inflates_nothing() {
        let assets = assets();
        assert_eq!(ask(assets, Method::HEAD, "b-2.js", None).headers()["content-length"], "5");
        assert!(assets[1].inflated.get().is_none());
    }

    #[test]
    fn both_encodings_are_immutable_and_have_the_security_headers() {
        for accept_encoding in [Some("gzip"), None] {
            let response = get("b-2.js", accept_encoding);
            assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(response.headers()["vary"], "accept-encoding");
            assert_eq!(response.headers()["content-security-policy"], POLICY);
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
            assert_eq!(response.headers()["x-frame-options"], "DENY");
        }
    }

    #[test]
    fn an_unknown_name_is_404_and_not_cacheable() {
        for name in ["", "b", "../b-2.js", "d-4.js"] {
            let response = get(name, Some("gzip"));
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name:?}");
            assert!(!response.headers().contains_key("cache-control"), "{name:?}");
        }
    }

    #[test]
    fn a_broken_asset_is_a_500() {
        assert_eq!(get("c-3.ttf", None).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
