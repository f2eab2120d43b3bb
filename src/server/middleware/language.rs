//! The language of the messages of a request, as Django's `LocaleMiddleware` chooses it and says so.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::messages::{Language, Languages};

/// Has the messages of the answer written in the language of the request. Where `Accept-Language` decides, the answer
/// says so in `Vary`, and names the language.
pub(in crate::server) async fn choose(
    State(languages): State<Arc<Languages>>,
    request: Request,
    next: Next,
) -> Response {
    let language = of(&languages, request.headers());
    answer(&languages, language, next.run(request)).await
}

/// The language of a request with these headers.
pub(super) fn of(languages: &Languages, headers: &HeaderMap) -> Language {
    languages.choose(&accept_language(headers))
}

/// An answer in this language.
pub(super) async fn answer(
    languages: &Languages,
    language: Language,
    response: impl Future<Output = Response>,
) -> Response {
    let mut response = language.scope(response).await;
    if languages.is_negotiated() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    }
    response
}

/// The values of all `Accept-Language` headers as one list. To Django a header is Latin-1.
fn accept_language(headers: &HeaderMap) -> String {
    let values: Vec<String> = headers
        .get_all(header::ACCEPT_LANGUAGE)
        .iter()
        .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
        .collect();
    values.join(",")
}
