//! `GET`, `HEAD`, `PATCH` and `OPTIONS` of `/api/shop/customers/me`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    VALIDATE_ONLY,
    body::{self, Patch, PatchBody},
    conditional,
    error::RestError,
    response,
};
use crate::{
    api,
    profile::Precondition,
    rate_limit::Operation,
    request_id,
    request_notes::Outcome,
    service::{Caller, ProfileError, ProfileService, UpdateMyProfile},
};

const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, PATCH, OPTIONS");
const APPLIED: HeaderValue = HeaderValue::from_static("handling=strict");

/// Answers a request. The checks have the contract's order: credentials, rate, method, query parameter, content type, size,
/// parsing, fields, version, write.
pub(super) async fn handle(State(profile): State<ProfileService>, request: Request) -> Response {
    let mut response = match *request.method() {
        // A browser's preflight carries no token.
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => admit(profile, request).await.unwrap_or_else(RestError::into_response),
    };
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, ALLOW);
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    // A browser may keep the answer for its own customer, and asks by `ETag` before it shows it again.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Counts the request, answers it, and says what is left.
async fn admit(profile: ProfileService, request: Request) -> Result<Response, RestError> {
    let operation = if *request.method() == Method::PATCH { Operation::Update } else { Operation::Read };
    request_id::note(|notes| notes.operation = Some(operation));
    let credential = api::credential(request.headers())?;
    let caller = Arc::new(profile.admit(credential, operation, 1));
    let mut response = dispatch(profile, caller.clone(), request).await.unwrap_or_else(RestError::into_response);
    api::add_rate_limit(response.headers_mut(), caller.quota());
    Ok(response)
}

async fn dispatch(profile: ProfileService, caller: Arc<Caller>, request: Request) -> Result<Response, RestError> {
    caller.check()?;
    let (parts, body) = request.into_parts();
    match parts.method {
        Method::GET | Method::HEAD => api::execute(get(profile, caller, parts.headers)).await?,
        Method::PATCH => {
            let validate_only = validate_only(parts.uri.query().unwrap_or_default());
            let update = Update {
                profile,
                caller,
                expected: conditional::expected(&parts.headers),
                has_strong_tag: conditional::has_strong_tag(&parts.headers),
                strict: conditional::wants_strict_handling(&parts.headers),
                validate_only: matches!(validate_only, Ok(true)),
                body: match validate_only {
                    Ok(_) => body::read(&parts.headers, body).await,
                    Err(error) => Err(error),
                },
            };
            api::execute(update.answer()).await?
        }
        method => api::execute(reject_method(profile, caller, method)).await?,
    }
}

async fn get(profile: ProfileService, caller: Arc<Caller>, headers: HeaderMap) -> Result<Response, RestError> {
    let customer = profile.me(&caller).await?;
    let unchanged = conditional::is_not_modified(&headers, customer.profile_version());
    Ok(if unchanged { response::not_modified(&customer) } else { response::customer(&customer) })
}

/// Credentials come before the method.
async fn reject_method(profile: ProfileService, caller: Arc<Caller>, method: Method) -> Result<Response, RestError> {
    profile.me(&caller).await?;
    Err(RestError::MethodNotAllowed(method))
}

/// A PATCH whose body has been read and not parsed.
struct Update {
    profile: ProfileService,
    caller: Arc<Caller>,
    expected: Precondition,
    has_strong_tag: bool,
    strict: bool,
    validate_only: bool,
    body: Result<PatchBody, RestError>,
}

impl Update {
    async fn answer(self) -> Result<Response, RestError> {
        let Self { strict, has_strong_tag, .. } = self;
        let result = self.run().await.map_err(|error| match error {
            RestError::Conflict(version) if !has_strong_tag => RestError::NoStrongTag(version),
            error => error,
        });
        if matches!(result, Err(RestError::Invalid(..))) {
            // 400 is other errors, too.
            request_id::note(|notes| notes.add_outcome(Outcome::Invalid));
        }
        let mut response = result.unwrap_or_else(RestError::into_response);
        if strict {
            response.headers_mut().insert("preference-applied", APPLIED);
        }
        Ok(response)
    }

    async fn run(self) -> Result<Response, RestError> {
        let Self { profile, caller, expected, strict, validate_only, body, .. } = self;
        let is_small = body.as_ref().is_ok_and(PatchBody::is_small);
        if !is_small {
            profile.me(&caller).await?;
        }
        let patch = body.and_then(|body| body.parse(strict, &profile.rules()));
        if is_small && patch.is_err() {
            // A client without a valid token learns nothing about its body.
            profile.me(&caller).await?;
        }
        let Patch { input, ignored_fields } = patch?;
        if !ignored_fields.is_empty() {
            let update = UpdateMyProfile { input, expected: Precondition::Any };
            return match profile.validate_update(&caller, update).await {
                Ok(_) => Err(RestError::Invalid(Vec::new(), ignored_fields)),
                Err(ProfileError::Invalid(errors)) => Err(RestError::Invalid(errors, ignored_fields)),
                Err(error) => Err(error.into()),
            };
        }
        let update = UpdateMyProfile { input, expected };
        if validate_only {
            let customer = profile.validate_update(&caller, update).await?;
            return Ok(response::customer_as_if_stored(&customer));
        }
        let customer = profile.update_my_profile(&caller, update).await?;
        Ok(response::customer(&customer))
    }
}

/// The query parameter `validate_only`: whether to write nothing. A client that says it twice, in another word than
/// `true` and `false`, or as GraphQL spells it, gets an error: what it wanted tried must not be written.
fn validate_only(query: &str) -> Result<bool, RestError> {
    let mut given = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| is_validate_only(name));
    match (given.next().as_ref().map(|(name, value)| (&**name, &**value)), given.next()) {
        (None, _) | (Some((VALIDATE_ONLY, "false")), None) => Ok(false),
        (Some((VALIDATE_ONLY, "true")), None) => Ok(true),
        _ => Err(RestError::InvalidValidateOnly),
    }
}

/// Whether the name has the parameter's letters: `validateOnly`, `validate-only`.
fn is_validate_only(name: &str) -> bool {
    let letters = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    name.len() <= VALIDATE_ONLY.len() && letters(name) == letters(VALIDATE_ONLY)
}
