//! Rules about the messages of a field that only one of the answers has. They look at the value that was sent, so that
//! they hold in every language.

use icu_properties::{CodePointMapData, props::GeneralCategory};
use serde_json::Value;

use super::case::Case;
use crate::shadow::compare::{Difference, Place, WRITABLE};

/// No limit of an avatar's length is below this, in characters: Django's own for a URL.
const SHORTEST_AVATAR_LIMIT: usize = 200;
/// The longest username that both servers take, in characters.
const USERNAME_CHARACTERS: usize = 150;
/// How many characters of an input a message echoes.
const ECHOED_CHARACTERS: usize = 100;

/// Whose answer has the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Upstream,
    Ours,
}

/// A message that only one of the answers has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    field: &'a str,
    side: Side,
    /// How many messages the other answer has for the field.
    others: usize,
}

/// The messages that make the difference, if they are all that it is made of.
pub(super) fn messages<'a>(case: &Case<'_>, difference: &'a Difference) -> Vec<Message<'a>> {
    match &difference.place {
        Place::Key(field) if case.statuses() == (400, 400) => of_field(field, &difference.upstream, &difference.ours),
        Place::Status => of_status(case),
        Place::Key(_) | Place::Header(_) | Place::Body | Place::Stored(_) => Vec::new(),
    }
}

/// One answer accepts what the other one rejects.
fn of_status(case: &Case<'_>) -> Vec<Message<'static>> {
    let (side, errors) = match (case.upstream.status.is_success(), case.ours.status.is_success()) {
        (true, false) => (Side::Ours, case.ours.field_errors()),
        (false, true) => (Side::Upstream, case.upstream.field_errors()),
        _ => return Vec::new(),
    };
    let known = |name: &str| WRITABLE.into_iter().find(|known| *known == name);
    let message = |(field, messages): (String, Vec<String>)| {
        // A field that nobody can send is explained by no rule.
        let field = known(&field).unwrap_or("");
        messages.into_iter().map(move |_| Message { field, side, others: 0 })
    };
    errors.into_iter().flat_map(message).collect()
}

/// Both reject the request, and say other things of this field.
fn of_field<'a>(field: &'a str, upstream: &Value, ours: &Value) -> Vec<Message<'a>> {
    let list = |value: &Value| match value {
        Value::Null => Some(Vec::new()),
        Value::Array(messages) => {
            messages.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        }
        _ => None,
    };
    let (Some(upstream), Some(ours)) = (list(upstream), list(ours)) else { return Vec::new() };
    let only = |these: &[String], those: &[String], side| {
        let others = those.len();
        let count = these.iter().filter(|message| !those.contains(message)).count();
        (0..count).map(move |_| Message { field, side, others })
    };
    only(&ours, &upstream, Side::Ours).chain(only(&upstream, &ours, Side::Upstream)).collect()
}

/// DRF takes a number for its text.
pub(super) fn strict_strings(case: &Case<'_>, message: &Message<'_>) -> bool {
    let is_number = match case.json {
        Some(_) => case.sent(message.field).is_some_and(Value::is_number),
        // A number that is infinite to serde_json.
        None => is_followed_by_number(&String::from_utf8_lossy(case.body), message.field),
    };
    matches!(message.field, "username" | "first_name" | "last_name") && is_number
}

fn is_followed_by_number(json: &str, field: &str) -> bool {
    let value = json.split_once(&format!("\"{field}\"")).and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
    value.is_some_and(|value| value.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '-'))
}

pub(super) fn control_characters(case: &Case<'_>, message: &Message<'_>) -> bool {
    let is_forbidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = case.sent_text(message.field).unwrap_or_default();
    let is_text = matches!(message.field, "avatar" | "first_name" | "last_name");
    is_text && message.side == Side::Ours && text.contains(is_forbidden)
}

pub(super) fn surrogates(case: &Case<'_>, _: &Message<'_>) -> bool {
    case.json.is_none() && case.has_lone_surrogate()
}

/// A username that is right in itself, and that only we reject: another customer has one that looks alike.
pub(super) fn taken(case: &Case<'_>, message: &Message<'_>) -> bool {
    let is_right = |c: char| c.is_alphanumeric() || "@.+-_".contains(c);
    let username = case.sent_text("username").unwrap_or_default();
    message.field == "username"
        && message.side == Side::Ours
        && message.others == 0
        && !username.is_empty()
        && username.chars().count() <= USERNAME_CHARACTERS
        && username.chars().all(is_right)
}

/// What Django takes for a URL, and a browser would have to repair or not open.
pub(super) fn web_address(case: &Case<'_>, message: &Message<'_>) -> bool {
    let url = case.sent_text("avatar").unwrap_or_default().to_lowercase();
    let port = url.rsplit(':').next().map(|rest| rest.split('/').next().unwrap_or_default());
    let is_unusual = url.starts_with("ftp")
        || url.contains('\\')
        || url.contains("xn--")
        || url.contains(|c| CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format)
        || port.and_then(|port| port.parse::<u32>().ok()).is_some_and(|port| port > u32::from(u16::MAX));
    message.field == "avatar" && message.side == Side::Ours && is_unusual
}

/// A host that Django takes for none: its pattern knows names of the public DNS, `localhost` and addresses.
pub(super) fn any_host(case: &Case<'_>, message: &Message<'_>) -> bool {
    let url = case.sent_text("avatar").unwrap_or_default();
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    message.field == "avatar" && message.side == Side::Upstream && message.others == 0 && !is_public_name(host)
}

fn is_public_name(host: &str) -> bool {
    let host = host.to_lowercase();
    let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || ('\u{a1}'..='\u{ffff}').contains(&c);
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(is_letter);
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(&host).split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    let has_top = labels.len() > 1 && top.chars().count() > 1 && !top.contains(|c: char| c.is_ascii_digit());
    is_address || host == "localhost" || (has_top && labels.into_iter().all(is_label))
}

/// We say that it is too long, and not that it is no URL as well.
pub(super) fn too_long(case: &Case<'_>, message: &Message<'_>) -> bool {
    let is_long = case.sent_text("avatar").is_some_and(|url| url.chars().count() > SHORTEST_AVATAR_LIMIT);
    message.field == "avatar" && message.side == Side::Upstream && message.others > 0 && is_long
}

pub(super) fn containers(case: &Case<'_>, message: &Message<'_>) -> bool {
    message.field == "gender" && case.sent("gender").is_some_and(|value| value.is_array() || value.is_object())
}

pub(super) fn echo(case: &Case<'_>, message: &Message<'_>) -> bool {
    let text = case.sent("gender").map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    message.field == "gender" && text.is_some_and(|text| text.chars().count() > ECHOED_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method, StatusCode};

    use super::*;
    use crate::shadow::{answer::Answer, compare, rules::explanation};

    /// The rule that explains the only difference of two answers to a PATCH.
    fn rule(sent: &str, upstream: (u16, &'static str), ours: (u16, &'static str)) -> Option<usize> {
        let answer = |(status, body): (u16, &'static str)| {
            Answer::new(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.into()).unwrap()
        };
        let (upstream, ours) = (answer(upstream), answer(ours));
        let differences = compare::differences(&upstream, &ours, &Method::PATCH);
        let json = serde_json::from_str(sent).ok();
        let case = Case {
            method: &Method::PATCH,
            query: "",
            headers: &HeaderMap::new(),
            body: sent.as_bytes(),
            json: json.as_ref(),
            upstream: &upstream,
            ours: &ours,
        };
        assert_eq!(differences.len(), 1, "{differences:?}");
        explanation(&case, &differences[0])
    }

    #[test]
    fn a_rule_explains_its_own_difference_and_no_other() {
        let name = (400, r#"{"first_name":["?"]}"#);
        let avatar = (400, r#"{"avatar":["?"]}"#);
        let both = (400, r#"{"avatar":["?","!"]}"#);
        let taken = (400, r#"{"username":["?"]}"#);
        let gender = (400, r#"{"gender":["?"]}"#);
        let ok = (200, "{}");
        let long = format!(r#"{{"avatar":"http://a.com/{}"}}"#, "a".repeat(200));
        for (sent, upstream, ours, explained) in [
            (r#"{"first_name":5}"#, ok, name, Some(16)),
            (r#"{"first_name": 1e999}"#, ok, name, Some(16)),
            (r#"{"first_name":"5"}"#, ok, name, None),
            ("{\"first_name\":\"a\u{202b}\"}", ok, name, Some(17)),
            ("{\"first_name\":\"a\u{202b}\"}", name, ok, None),
            (r#"{"first_name":"\ud800"}"#, ok, name, Some(18)),
            (r#"{"first_name":"\ud83d\ude00"}"#, ok, name, None),
            (r#"{"username":"Reza"}"#, ok, taken, Some(19)),
            (r#"{"username":"Re za"}"#, ok, taken, None),
            (r#"{"avatar":"ftp://a.com"}"#, ok, avatar, Some(20)),
            (r#"{"avatar":"http://a.com"}"#, ok, avatar, None),
            (r#"{"avatar":"http://intranet/x"}"#, avatar, ok, Some(21)),
            (r#"{"avatar":"http://a.com/x"}"#, avatar, ok, None),
            (&long, both, avatar, Some(22)),
            (r#"{"avatar":"x"}"#, both, avatar, None),
            (r#"{"gender":["male"]}"#, (400, r#"{"gender":["!"]}"#), gender, Some(23)),
            (r#"{"gender":"x"}"#, (400, r#"{"gender":["!"]}"#), gender, None),
            (r#"{"gender":"x"}"#, (400, r#"{"gender":["?","!"]}"#), (400, r#"{"gender":["!","?"]}"#), None),
        ] {
            assert_eq!(rule(sent, upstream, ours), explained, "{sent}");
        }
    }
}
