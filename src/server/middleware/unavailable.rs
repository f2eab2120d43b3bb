//! The responses 503: what a request gets when there is no room for it, and when to try again.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{StatusCode, header, request::Parts},
    middleware::Next,
    response::Response,
};

use super::language;
use crate::{graphql, messages::Languages, rest, server::listener::Overloaded, store::Store};

/// What a response 503 needs.
pub(in crate::server) struct Unavailable {
    pub(in crate::server) store: Arc<Store>,
    pub(in crate::server) languages: Languages,
}

impl Unavailable {
    /// Answers 503, in the API's own form, to a request for which the listener has no slot. Adds `Retry-After`, as the store
    /// sees it, to each 503 that has none. GraphQL's have it already, because their bodies say the same.
    pub(super) async fn respond(&self, request: Request, next: Next) -> Response {
        let mut response = match request.extensions().get::<Overloaded>() {
            None => next.run(request).await,
            Some(Overloaded) => self.reject(request.into_parts().0).await,
        };
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.entry(header::RETRY_AFTER).or_insert_with(|| self.store.retry_after().into());
        }
        response
    }

    async fn reject(&self, Parts { uri, headers, .. }: Parts) -> Response {
        let response = async {
            match uri.path() {
                "/graphql" => graphql::http::unavailable(&headers, self.store.retry_after()),
                _ => rest::unavailable(),
            }
        };
        language::answer(&self.languages, language::of(&self.languages, &headers), response).await
    }
}
