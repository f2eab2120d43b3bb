//! Where the answers differ on purpose: the rules of docs/moving-from-django.md, by their numbers there, and which of them
//! explains a difference.

mod case;
mod errors;
mod requests;

use super::compare::Difference;

pub(super) use self::case::Case;
use self::errors::Message;

/// A documented difference.
pub struct Rule {
    /// Its name, as `tests/reference/rules.py` has it.
    pub name: &'static str,
    /// Whether it explains the difference, whatever the fields are.
    explains: fn(&Case<'_>, &Difference) -> bool,
    /// Whether it explains that only one of the two answers has this message of a field.
    explains_message: fn(&Case<'_>, &Message<'_>) -> bool,
}

/// For a rule that the request as a whole decides.
const fn request(name: &'static str, explains: fn(&Case<'_>, &Difference) -> bool) -> Rule {
    Rule { name, explains, explains_message: |_, _| false }
}

/// For a rule about the messages of a field.
const fn message(name: &'static str, explains_message: fn(&Case<'_>, &Message<'_>) -> bool) -> Rule {
    Rule { name, explains: |_, _| false, explains_message }
}

/// For a rule that no compared request can meet.
const fn elsewhere(name: &'static str) -> Rule {
    request(name, |_, _| false)
}

/// The rules; a rule's number is its place, counted from one.
pub const RULES: [Rule; 29] = [
    request("bearer", requests::bearer),
    request("two Authorization headers", requests::two_authorization_headers),
    // Only the one path is compared.
    elsewhere("404"),
    request("accept", requests::accept),
    request("format", requests::format),
    request("options", requests::options),
    request("methods", requests::methods),
    // The proxy leaves it to the old server.
    elsewhere("host"),
    request("content types", requests::content_types),
    request("charset", requests::charset),
    request("size", requests::size),
    request("chunked", requests::chunked),
    request("parse error", requests::parse_error),
    request("too deep", requests::too_deep),
    request("big numbers", requests::big_numbers),
    message("strict strings", errors::strict_strings),
    message("control characters", errors::control_characters),
    Rule { name: "surrogates", explains: requests::surrogates, explains_message: errors::surrogates },
    message("taken", errors::taken),
    message("web address", errors::web_address),
    message("any host", errors::any_host),
    message("too long", errors::too_long),
    message("containers", errors::containers),
    Rule { name: "echo", explains: requests::echo, explains_message: errors::echo },
    request("etag", requests::etag),
    request("if-match", requests::if_match),
    request("strict", requests::strict),
    // The listener reads such a request as HTTP/1.1 has it, and answers what is no HTTP by itself.
    elsewhere("chunks win"),
    elsewhere("http"),
];

/// The number of the rule that explains the difference.
pub(super) fn explanation(case: &Case<'_>, difference: &Difference) -> Option<usize> {
    let by_request = RULES.iter().position(|rule| (rule.explains)(case, difference));
    let number = by_request.or_else(|| explained_messages(case, difference));
    number.map(|index| index + 1)
}

/// A rule, if each message that only one of the answers has is explained by one.
fn explained_messages(case: &Case<'_>, difference: &Difference) -> Option<usize> {
    let messages = errors::messages(case, difference);
    let rule = |message: &Message<'_>| RULES.iter().position(|rule| (rule.explains_message)(case, message));
    let rules = messages.iter().map(rule).collect::<Option<Vec<_>>>()?;
    rules.first().copied()
}
