//! Rules that the request as a whole decides.

use axum::http::{HeaderName, HeaderValue, Method, header};
use encoding_rs::Encoding;

use super::case::Case;
use crate::shadow::compare::{Difference, Kind, Place, WRITABLE};

/// The deepest nesting of a body that this server reads; Python's parser gives up at about the same depth.
const READ_DEPTH: usize = 900;
/// Python reads no longer integer.
const PYTHON_INTEGER_DIGITS: usize = 4_300;
/// How many characters of an input an error message echoes.
const ECHOED_CHARACTERS: usize = 100;
const PREFER: HeaderName = HeaderName::from_static("prefer");

pub(super) fn bearer(case: &Case<'_>, _: &Difference) -> bool {
    let scheme = case.header(&header::AUTHORIZATION);
    scheme.split_ascii_whitespace().next() == Some("bearer") && case.upstream.status.as_u16() == 401
}

pub(super) fn two_authorization_headers(case: &Case<'_>, _: &Difference) -> bool {
    case.headers.get_all(header::AUTHORIZATION).iter().count() > 1
}

pub(super) fn accept(case: &Case<'_>, difference: &Difference) -> bool {
    let accept = case.header(&header::ACCEPT);
    if !case.headers.contains_key(header::ACCEPT) {
        return false;
    }
    let content_type = case.upstream.header(&header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let is_html = accept.contains("text/html") && content_type.starts_with(b"text/html");
    let is_indented = accept.contains("indent") && difference.kind == Kind::Bytes;
    case.upstream.status.as_u16() == 406 || is_html || is_indented
}

pub(super) fn format(case: &Case<'_>, _: &Difference) -> bool {
    case.query.split('&').any(|parameter| parameter.starts_with("format="))
}

pub(super) fn options(case: &Case<'_>, _: &Difference) -> bool {
    case.method == Method::OPTIONS && case.ours.status.as_u16() == 204
}

pub(super) fn methods(case: &Case<'_>, _: &Difference) -> bool {
    const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
    !KNOWN.contains(&case.method.as_str()) && matches!(case.statuses(), (400 | 501, 401 | 405))
}

pub(super) fn content_types(case: &Case<'_>, difference: &Difference) -> bool {
    let is_special = case.media_type().contains('*') || case.media_type() == "application/merge-patch+json";
    let (upstream, ours) = case.statuses();
    difference.place == Place::Status && is_special && (upstream == 415) != (ours == 415)
}

pub(super) fn charset(case: &Case<'_>, _: &Difference) -> bool {
    let content_type = case.header(&header::CONTENT_TYPE);
    let charset = content_type.split("charset=").nth(1).map(|rest| rest.split(';').next().unwrap_or_default());
    charset.is_some_and(|label| Encoding::for_label(label.trim().trim_matches('"').as_bytes()).is_none())
}

pub(super) fn size(case: &Case<'_>, _: &Difference) -> bool {
    case.ours.status.as_u16() == 413
}

/// A WSGI server hides the body from Django, which sees an empty one.
pub(super) fn chunked(case: &Case<'_>, _: &Difference) -> bool {
    case.headers.contains_key(header::TRANSFER_ENCODING) && !case.body.is_empty() && case.method == Method::PATCH
}

pub(super) fn parse_error(_: &Case<'_>, difference: &Difference) -> bool {
    let is_parse_error = |text: Option<&str>| text.is_some_and(|text| text.starts_with("JSON parse error - "));
    difference.place == Place::Key("detail".to_owned())
        && is_parse_error(difference.upstream.as_str())
        && is_parse_error(difference.ours.as_str())
}

pub(super) fn too_deep(case: &Case<'_>, _: &Difference) -> bool {
    let opening = case.body.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    case.statuses() == (500, 400) && opening > READ_DEPTH
}

pub(super) fn big_numbers(case: &Case<'_>, _: &Difference) -> bool {
    let longest = case.body.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).max();
    longest > Some(PYTHON_INTEGER_DIGITS) && case.upstream.status.as_u16() == 400
}

pub(super) fn surrogates(case: &Case<'_>, _: &Difference) -> bool {
    case.statuses() == (500, 400) && case.has_lone_surrogate()
}

/// The echo of a content type. That of a field is a message.
pub(super) fn echo(case: &Case<'_>, difference: &Difference) -> bool {
    let is_long = case.header(&header::CONTENT_TYPE).chars().count() > ECHOED_CHARACTERS;
    difference.place == Place::Key("detail".to_owned()) && case.statuses() == (415, 415) && is_long
}

pub(super) fn etag(case: &Case<'_>, _: &Difference) -> bool {
    case.headers.contains_key(header::IF_NONE_MATCH) && case.statuses() == (200, 304)
}

pub(super) fn if_match(case: &Case<'_>, _: &Difference) -> bool {
    case.headers.contains_key(header::IF_MATCH) && case.statuses() == (200, 412)
}

/// A strict client is told of keys that do nothing.
pub(super) fn strict(case: &Case<'_>, difference: &Difference) -> bool {
    let is_strict = case.header(&PREFER).contains("handling=strict") && case.ours.status.as_u16() == 400;
    let is_ignored = |field: &str| !WRITABLE.contains(&field) && field != "detail" && field != "non_field_errors";
    is_strict
        && match &difference.place {
            Place::Status => {
                let errors = case.ours.field_errors();
                !errors.is_empty() && errors.iter().all(|(field, _)| is_ignored(field))
            }
            Place::Key(field) => difference.kind == Kind::MissingField && is_ignored(field),
            Place::Header(_) | Place::Body | Place::Stored(_) => false,
        }
}
