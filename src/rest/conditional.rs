//! Conditional requests (RFC 9110, section 13) and the client's preference (RFC 7240).

use std::fmt::Display;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    api::HeaderText,
    profile::{Precondition, ProfileVersion},
};

/// The strong entity tag of a customer at a version, e.g. `"1-7"`.
pub(super) fn etag(version: ProfileVersion) -> HeaderValue {
    HeaderText::new("\"").number(version.id).text("-").number(version.version).text("\"").finish()
}

/// `If-None-Match`, by weak comparison: whether the client already has what the tag without its quotes stands for.
pub(super) fn is_not_modified(headers: &HeaderMap, own: impl Display) -> bool {
    if !headers.contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    let own = own.to_string();
    tags(headers, header::IF_NONE_MATCH)
        .iter()
        .any(|tag| matches!(tag, Tag::Any) || matches!(tag, Tag::Strong(text) | Tag::Weak(text) if *text == own))
}

/// `If-Match`, by strong comparison. A header without a version of ours matches nothing.
pub(super) fn expected(headers: &HeaderMap) -> Precondition {
    let tags = tags(headers, header::IF_MATCH);
    if !headers.contains_key(header::IF_MATCH) || tags.iter().any(|tag| matches!(tag, Tag::Any)) {
        return Precondition::Any;
    }
    let version = |tag: &Tag| match tag {
        Tag::Strong(text) => text.parse().ok(),
        Tag::Weak(_) | Tag::Any => None,
    };
    Precondition::OneOf(tags.iter().filter_map(version).collect())
}

/// Whether `If-Match` has a tag that some version could match. A tag that is weak or has lost its quotes is none.
pub(super) fn has_strong_tag(headers: &HeaderMap) -> bool {
    tags(headers, header::IF_MATCH).iter().any(|tag| matches!(tag, Tag::Strong(_)))
}

/// `Prefer: handling=strict`. Only the first `handling` counts (RFC 7240, section 2).
pub(super) fn wants_strict_handling(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    let handling = preferences.filter_map(|preference| {
        // Parameters of a preference follow a semicolon; this one has none.
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("handling").then(|| value.trim().trim_matches('"'))
    });
    handling.into_iter().next().is_some_and(|value| value.eq_ignore_ascii_case("strict"))
}

enum Tag<'a> {
    Any,
    Strong(&'a str),
    Weak(&'a str),
}

/// The tags of a list; anything else in it is skipped. Our tags contain no comma, so that splitting a foreign tag at one
/// cannot make it match.
fn tags(headers: &HeaderMap, name: HeaderName) -> Vec<Tag<'_>> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let tag = |text| match text {
        "*" => Some(Tag::Any),
        text => match text.strip_prefix("W/") {
            Some(weak) => unquote(weak).map(Tag::Weak),
            None => unquote(text).map(Tag::Strong),
        },
    };
    values.flat_map(|value| value.split(',')).filter_map(|text| tag(text.trim())).collect()
}

fn unquote(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: ProfileVersion = ProfileVersion { id: 1, version: 7 };

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for value in ["\"1-7\"", "W/\"1-7\"", "*", "\"x\", \"1-7\""] {
            assert!(is_not_modified(&headers("if-none-match", &[value]), "1-7"), "{value}");
        }
        for value in ["\"1-8\"", "1-7", "", "\"2-7\""] {
            assert!(!is_not_modified(&headers("if-none-match", &[value]), "1-7"), "{value}");
        }
    }

    #[test]
    fn if_match_compares_strongly() {
        assert_eq!(expected(&HeaderMap::new()), Precondition::Any);
        assert_eq!(expected(&headers("if-match", &["*"])), Precondition::Any);
        assert_eq!(expected(&headers("if-match", &["\"1-6\"", "\"1-7\", W/\"1-8\""])), {
            Precondition::OneOf(vec![ProfileVersion { id: 1, version: 6 }, VERSION])
        });
        assert_eq!(expected(&headers("if-match", &["1-7"])), Precondition::OneOf(Vec::new()));
    }

    #[test]
    fn a_weak_tag_and_one_without_quotes_are_no_strong_tags() {
        for value in ["\"1-7\"", "\"x\"", "1-6, \"1-7\""] {
            assert!(has_strong_tag(&headers("if-match", &[value])), "{value}");
        }
        for value in ["1-7", "W/\"1-7\"", "", "\"1-7", "'1-7'"] {
            assert!(!has_strong_tag(&headers("if-match", &[value])), "{value}");
        }
    }

    #[test]
    fn the_first_handling_preference_counts() {
        for values in
            [&["handling=strict"] as &[_], &["respond-async, Handling=\"strict\"; a=b"], &["a", "handling=strict"]]
        {
            assert!(wants_strict_handling(&headers("prefer", values)), "{values:?}");
        }
        for values in [&[] as &[_], &["handling=lenient, handling=strict"], &["strict"], &["handling"]] {
            assert!(!wants_strict_handling(&headers("prefer", values)), "{values:?}");
        }
    }
}
