//! The responses that the document shows, each made by the code that answers requests.

use axum::{
    http::Method,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::{
    api::BodyError,
    auth::Unauthenticated,
    profile::{Customer, FieldError, FieldInput, Gender, PatchInput, ProfileRules, ProfileVersion},
    rate_limit::{Limiter, Operation, RateLimits},
    rest::{
        body,
        error::{IgnoredField, RestError},
        response,
    },
};

/// A response that the document shows.
pub(super) struct Example {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) status: u16,
    /// The headers that this response has beside those of every response.
    pub(super) headers: Vec<String>,
    pub(super) body: Value,
}

impl Example {
    fn new(name: &'static str, summary: &'static str, response: Response) -> Self {
        let headers = response.headers().keys().map(ToString::to_string).filter(|name| name != "content-type");
        Self { name, summary, status: response.status().as_u16(), headers: headers.collect(), body: body_of(response) }
    }
}

/// The body, which these responses have at hand.
fn body_of(response: Response) -> Value {
    let body = response.into_body().collect().now_or_never().and_then(Result::ok);
    body.and_then(|body| serde_json::from_slice(&body.to_bytes()).ok()).unwrap_or_default()
}

/// The customer of docs/rest-api.md.
pub(super) fn customer() -> Value {
    body_of(response::customer(&Customer {
        id: 1,
        username: "behrooz3500".to_owned(),
        mobile_number: Some("09308744204".to_owned()),
        email: Some("behrooz21@hotmail.com".to_owned()),
        avatar: Some("http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg".to_owned()),
        first_name: Some("behrooz".to_owned()),
        last_name: Some("ghorbanie".to_owned()),
        gender: Some(Gender::Male.into()),
        version: 1,
        completed_by: ProfileRules::NATIVE.completed_by,
    }))
}

/// Every error of the REST API.
pub(super) fn errors() -> Vec<Example> {
    all().map(|(name, summary, error)| Example::new(name, summary, error.into_response())).collect()
}

fn all() -> impl Iterator<Item = ErrorExample> {
    [tokens(), rates(), requests(), bodies(), failures()].into_iter().flatten()
}

type ErrorExample = (&'static str, &'static str, RestError);

fn tokens() -> Vec<ErrorExample> {
    use Unauthenticated::*;
    [
        ("no_token", "No `Authorization` header, or another scheme", NotProvided),
        ("empty_token", "The scheme and nothing after it", NoToken),
        ("spaces", "More than one word after the scheme, or two `Authorization` headers", Spaces),
        ("invalid_characters", "A token that is not UTF-8", InvalidCharacters),
        ("unknown_token", "A token that is unknown, expired or revoked", UnknownToken),
        ("inactive", "A token of a deactivated customer", Inactive),
    ]
    .map(|(name, summary, why)| (name, summary, RestError::Unauthenticated(why)))
    .into()
}

/// One update too many.
fn rates() -> Vec<ErrorExample> {
    let (limits, customer) = (RateLimits::default(), 1);
    let limiter = Limiter::new(limits);
    let [_, last] = [limits.updates, 1].map(|count| limiter.take(customer, Operation::Update, count));
    let exceeded = last.and_then(Result::err).map(RestError::RateLimited);
    let example = |error| ("throttled", "The customer has sent too many updates", error);
    exceeded.map(example).into_iter().collect()
}

fn requests() -> Vec<ErrorExample> {
    let present = ProfileVersion { id: 1, version: 2 };
    vec![
        ("not_found", "Another path", RestError::NotFound),
        ("method_not_allowed", "Another method", RestError::MethodNotAllowed(Method::PUT)),
        ("unsupported_media_type", "Another content type", RestError::UnsupportedMediaType("text/plain".to_owned())),
        ("too_large", "The body is too large", RestError::Body(BodyError::TooLarge)),
        ("too_slow", "The body was not complete in time", RestError::Body(BodyError::TooSlow)),
        ("incomplete", "The body ended early", RestError::Body(BodyError::Broken)),
        ("conflict", "`If-Match` names another version", RestError::Conflict(present)),
        ("no_strong_tag", "`If-Match` has a weak tag, or one without quotes", RestError::NoStrongTag(present)),
    ]
}

fn bodies() -> Vec<ErrorExample> {
    let malformed = body::parse("{\"first_name\": NaN}", false, false).err();
    let not_an_object = body::parse("[\"first_name\"]", false, false).err();
    let null = body::parse("null", false, false).err();
    let examples = [
        ("not_json", "The body is not JSON", malformed),
        ("not_an_object", "The body is JSON, but not an object", not_an_object),
        ("null_body", "The body is `null`", null),
        ("fields", "Fields that break a rule", Some(RestError::Invalid(wrong_fields(), Vec::new()))),
        ("username_taken", "Another customer has the username", Some(taken())),
        ("strict_handling", "Read-only and unknown fields, with `Prefer: handling=strict`", Some(ignored_fields())),
        ("validate_only", "A `validate_only` that is neither `true` nor `false`", Some(RestError::InvalidValidateOnly)),
    ];
    examples.into_iter().filter_map(|(name, summary, error)| Some((name, summary, error?))).collect()
}

fn failures() -> Vec<ErrorExample> {
    vec![
        ("internal", "An error of the server; its log has the cause", RestError::Internal),
        ("unavailable", "The change was not made", RestError::Unavailable),
        (
            "outcome_unknown",
            "The change may have been made: the connection to the database broke",
            RestError::OutcomeUnknown,
        ),
    ]
}

/// Each field breaks a rule.
fn wrong_fields() -> Vec<FieldError> {
    let text = |text: &str| FieldInput::Text(text.into());
    let input = PatchInput {
        username: text("sa ra"),
        avatar: text("example.com/a.png"),
        first_name: text(&"a".repeat(crate::profile::NAME_MAX_CHARS + 1)),
        last_name: FieldInput::Null,
        gender: text("other"),
    };
    input.parse(&ProfileRules::NATIVE).err().map(|wrong| wrong.errors).unwrap_or_default()
}

fn taken() -> RestError {
    RestError::Invalid(vec![FieldError::username_taken()], Vec::new())
}

fn ignored_fields() -> RestError {
    let fields = ["email", "nickname"];
    let ignored = fields.map(|name| IgnoredField { name: name.to_owned(), reason: body::reason_ignored(name) });
    RestError::Invalid(Vec::new(), ignored.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A new error does not compile until it has a number here, and fails until the document has an example of it.
    fn number(error: &RestError) -> u32 {
        match error {
            RestError::NotFound => 0,
            RestError::Unauthenticated(why) => match why {
                Unauthenticated::NotProvided => 1,
                Unauthenticated::NoToken => 2,
                Unauthenticated::Spaces => 3,
                Unauthenticated::InvalidCharacters => 4,
                Unauthenticated::UnknownToken => 5,
                Unauthenticated::Inactive => 6,
            },
            RestError::MethodNotAllowed(_) => 7,
            RestError::InvalidValidateOnly => 8,
            RestError::UnsupportedMediaType(_) => 9,
            RestError::Body(why) => match why {
                BodyError::TooLarge => 10,
                BodyError::TooSlow => 11,
                BodyError::Broken => 12,
            },
            RestError::Malformed(_) => 13,
            RestError::NotAnObject(None) => 14,
            RestError::NotAnObject(Some(_)) => 15,
            RestError::Invalid(errors, ignored) => {
                16 + u32::from(errors.is_empty()) + 2 * u32::from(ignored.is_empty())
            }
            RestError::Conflict(_) => 20,
            RestError::Unavailable => 21,
            RestError::OutcomeUnknown => 22,
            RestError::Internal => 23,
            RestError::RateLimited(_) => 24,
            RestError::NoStrongTag(_) => 25,
        }
    }

    #[test]
    fn each_error_has_an_example() {
        let examples = all().map(|(_, _, error)| number(&error));
        // 16 is wrong and ignored fields together, 19 is neither.
        let expected: BTreeSet<u32> = (0..26).filter(|number| ![16, 19].contains(number)).collect();
        assert_eq!(examples.collect::<BTreeSet<_>>(), expected);
    }
}
