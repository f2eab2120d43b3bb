//! `GET /openapi.json`

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::{
    profile::ProfileRules,
    rest::{JSON, conditional, error::RestError},
    service::ProfileService,
};

/// The document for the rules in force, made when a client first asks, and again when the rules have changed.
#[derive(Clone)]
struct Endpoint {
    profile: ProfileService,
    last: Arc<Mutex<Option<Arc<Document>>>>,
}

/// The document for these rules, and the SHA-256 digest that its `ETag` is made of.
struct Document {
    rules: ProfileRules,
    json: String,
    digest: String,
}

/// `/openapi.json`. It needs no token.
pub fn router(profile: ProfileService) -> Router {
    let endpoint = Endpoint { profile, last: Arc::default() };
    Router::new().route("/openapi.json", get(async move |headers: HeaderMap| endpoint.respond(&headers)))
}

impl Endpoint {
    fn respond(&self, request: &HeaderMap) -> Response {
        let Ok(document) = self.document() else { return RestError::Internal.into_response() };
        let Document { json, digest, .. } = &*document;
        let etag = format!("\"{digest}\"");
        let headers = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "public, no-cache")];
        if conditional::is_not_modified(request, digest) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, JSON)], json.clone()).into_response()
    }

    fn document(&self) -> serde_json::Result<Arc<Document>> {
        let rules = self.profile.rules();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = &*last
            && document.rules == *rules
        {
            return Ok(document.clone());
        }
        let json = super::openapi_json(&rules)?;
        let digest = hex::encode(Sha256::digest(json.as_bytes()));
        let document = Arc::new(Document { rules: rules.clone(), json, digest });
        *last = Some(document.clone());
        Ok(document)
    }
}
