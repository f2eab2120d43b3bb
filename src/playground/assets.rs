//! What the page loads: scripts, styles and a font, each under a name that changes with its content.

use std::io::{self, Read};

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{HARDENING, accept_encoding::prefers_gzip};

/// A file that `build.rs` embedded.
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) gzip: &'static [u8],
}

/// A worker lives by the policy of its own file, not by that of the page. Ours fetch nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'";

/// Answers with the asset of that name, as it is stored if the client reads gzip.
pub(super) fn answer(assets: &'static [Asset], Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Ok(index) = assets.binary_search_by_key(&name.as_str(), |asset| asset.name) else {
        return (StatusCode::NOT_FOUND, HARDENING).into_response();
    };
    let asset = &assets[index];
    let common = [
        (header::CONTENT_TYPE, content_type(asset.name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    if prefers_gzip(&headers) {
        return (HARDENING, common, [(header::CONTENT_ENCODING, "gzip")], asset.gzip).into_response();
    }
    match inflate(asset.gzip) {
        Ok(content) => (HARDENING, common, Body::from(content)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

fn inflate(gzip: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(gzip).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | gzip -9n`
    const HELLO: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";
    const ASSETS: &[Asset] = &[
        Asset { name: "a-1.css", gzip: HELLO },
        Asset { name: "b-2.js", gzip: HELLO },
        Asset { name: "c-3.ttf", gzip: b"broken" },
    ];

    fn get(name: &str, accept_encoding: Option<&'static str>) -> Response {
        let mut headers = HeaderMap::new();
        headers.extend(accept_encoding.map(|value| (header::ACCEPT_ENCODING, value.parse().unwrap())));
        answer(ASSETS, Path(name.to_owned()), headers)
    }

    async fn body(answer: Response) -> Vec<u8> {
        axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()
    }

    #[tokio::test]
    async fn a_client_that_reads_gzip_gets_the_stored_bytes() {
        let answer = get("b-2.js", Some("gzip, deflate, br"));
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        assert_eq!(answer.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(body(answer).await, HELLO);
    }

    #[tokio::test]
    async fn any_other_client_gets_them_inflated() {
        let answer = get("a-1.css", None);
        assert!(!answer.headers().contains_key("content-encoding"));
        assert_eq!(answer.headers()["content-type"], "text/css; charset=utf-8");
        assert_eq!(body(answer).await, b"hello");
    }

    #[test]
    fn either_answer_may_be_kept_for_ever_and_is_hardened() {
        for accept_encoding in [Some("gzip"), None] {
            let answer = get("b-2.js", accept_encoding);
            assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()["vary"], "accept-encoding");
            assert_eq!(answer.headers()["content-security-policy"], POLICY);
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert_eq!(answer.headers()["x-frame-options"], "DENY");
        }
    }

    #[test]
    fn an_unknown_name_is_not_found_and_not_kept() {
        for name in ["", "b", "../b-2.js", "d-4.js"] {
            let answer = get(name, Some("gzip"));
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name:?}");
            assert!(!answer.headers().contains_key("cache-control"), "{name:?}");
        }
    }

    #[test]
    fn a_broken_asset_is_our_fault() {
        assert_eq!(get("c-3.ttf", None).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
