//! `GET`, `HEAD`, `PATCH` and `OPTIONS` of `/api/shop/customers/me`.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    body::{self, PatchBody},
    conditional,
    error::RestError,
    response,
};
use crate::{
    api,
    auth::Credential,
    profile::{Precondition, ProfileError, ProfileService, UpdateMyProfile},
};

const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, PATCH, OPTIONS");
const APPLIED: HeaderValue = HeaderValue::from_static("handling=strict");

/// The order of checks is the contract's: credentials, method, content type, size, parsing, fields, version, write.
pub(super) async fn handle(State(profile): State<ProfileService>, request: Request) -> Response {
    let mut response = match *request.method() {
        // A browser's preflight carries no key.
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => dispatch(profile, request).await.unwrap_or_else(RestError::into_response),
    };
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, ALLOW);
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    // A cache may keep the answer for its own customer, and asks by `ETag` before it shows it again.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

async fn dispatch(profile: ProfileService, request: Request) -> Result<Response, RestError> {
    let credential = api::credential(request.headers())?;
    match *request.method() {
        Method::GET | Method::HEAD => api::execute(get(profile, credential, request.into_parts().0.headers)).await?,
        Method::PATCH => {
            let strict = conditional::wants_strict_handling(request.headers());
            let expected = conditional::expected(request.headers());
            let body = body::read(request).await;
            let patched = api::execute(patch(profile, credential, body, expected, strict)).await?;
            let mut response = patched.unwrap_or_else(RestError::into_response);
            if strict {
                response.headers_mut().insert("preference-applied", APPLIED);
            }
            Ok(response)
        }
        _ => {
            api::execute(async move { profile.me(&credential).await }).await??;
            Err(RestError::MethodNotAllowed(request.method().clone()))
        }
    }
}

async fn get(profile: ProfileService, credential: Credential, headers: HeaderMap) -> Result<Response, RestError> {
    let customer = profile.me(&credential).await?;
    let unchanged = conditional::is_not_modified(&headers, customer.profile_version());
    Ok(if unchanged { response::not_modified(&customer) } else { response::customer(&customer) })
}

async fn patch(
    profile: ProfileService,
    credential: Credential,
    body: Result<PatchBody, RestError>,
    expected: Precondition,
    strict: bool,
) -> Result<Response, RestError> {
    let PatchBody { input, ignored } = match body {
        Ok(body) => body,
        Err(error) => {
            // Who has no live key learns nothing about the body.
            profile.me(&credential).await?;
            return Err(error);
        }
    };
    if strict && !ignored.is_empty() {
        return match profile.check(&credential, input).await {
            Ok(()) => Err(RestError::Invalid(Vec::new(), ignored)),
            Err(ProfileError::Invalid(errors)) => Err(RestError::Invalid(errors, ignored)),
            Err(refusal) => Err(refusal.into()),
        };
    }
    let customer = profile.update_my_profile(&credential, UpdateMyProfile { input, expected }).await?;
    Ok(response::customer(&customer))
}
