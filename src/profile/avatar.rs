//! Avatar URLs: stored as sent, never fetched.

use icu_properties::{CodePointMapData, props::GeneralCategory};
use url::{Host, SyntaxViolation, Url};

use super::{
    ErrorCode, Field, FieldError,
    text::{JsonString, too_long},
};
use crate::messages::MessageId;

/// The longest avatar URL, in characters (code points).
pub const AVATAR_MAX_CHARS: usize = 2048;

/// An absolute http or https URL with a host, that needed no repair; `""` for none where the column takes no null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AvatarUrl(String);

impl AvatarUrl {
    /// Trims, then reports everything that is wrong, in DRF's order. The text is not blank. `max_chars`: the longest
    /// URL, in characters.
    pub(super) fn parse(text: &JsonString, max_chars: usize) -> Result<Self, Vec<FieldError>> {
        let url = text.trimmed();
        let mut errors = Vec::from_iter(too_long(Field::Avatar, url, max_chars));
        errors.extend(text.forbidden_characters(Field::Avatar));
        // Only the length is wrong with an overlong URL, as far as we look. (DRF would say both.)
        if errors.iter().all(|error| error.code != ErrorCode::TooLong) && !is_web_url(url) {
            errors.push(FieldError::new(Field::Avatar, ErrorCode::Invalid, MessageId::InvalidUrl));
        }
        if errors.is_empty() { Ok(Self(url.to_owned())) } else { Err(errors) }
    }

    /// The URL as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL as sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Whether the text is such a URL as it stands. The `url` crate repairs what browsers repair; a client that sent such a
/// text made a mistake, and what is stored must mean the same to every reader.
fn is_web_url(text: &str) -> bool {
    if text.chars().any(is_invisible) {
        return false;
    }
    let repaired = std::cell::Cell::new(false);
    let on_violation = |violation| {
        repaired.set(repaired.get() || is_repair(violation));
    };
    // The parser would trim a NUL at the end; it has been reported.
    let text = text.trim_end_matches('\0');
    let Ok(url) = Url::options().syntax_violation_callback(Some(&on_violation)).parse(text) else { return false };
    !repaired.get() && matches!(url.scheme(), "http" | "https") && authority_is_whole(&url, text)
}

/// White space, control and format characters, but for NUL, which has an error of its own.
fn is_invisible(c: char) -> bool {
    let format = || CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format;
    c.is_whitespace() || (c.is_control() && c != '\0') || (!c.is_ascii() && format())
}

/// Which of the parser's remarks mean that it read something else than what was written. The others (a password in
/// the URL, a `|` or a stray `%` in the path) leave the meaning alone, and DRF takes them.
fn is_repair(violation: SyntaxViolation) -> bool {
    use SyntaxViolation::*;
    !matches!(violation, EmbeddedCredentials | NonUrlCodePoint | NullInFragment | PercentDecode)
}

/// Repairs of the authority that the parser does not remark on: `user@` without a user, `:` without a port, a host that
/// is escaped or holds what no host does, an IPv4 address in another notation (`http://127.1/`).
fn authority_is_whole(url: &Url, text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, authority),
    };
    let user_is_whole = user.is_none_or(|user| {
        let mut parts = user.split(':');
        parts.next() != Some("") && parts.nth(1).is_none()
    });
    let written = host_and_port.split(':').next().unwrap_or_default();
    let host_is_whole = match url.host() {
        None => false,
        Some(Host::Ipv4(address)) => written == address.to_string(),
        Some(Host::Ipv6(_)) => true,
        Some(Host::Domain(_)) => is_host_name(written),
    };
    user_is_whole && host_is_whole && !host_and_port.ends_with(':')
}

/// Whether every label is non-empty, neither begins nor ends with a hyphen (DRF rejects those, too), and consists of RFC
/// 3986's `reg-name` characters without escapes, and of letters beyond ASCII except the full stops that IDNA reads as
/// dots.
fn is_host_name(host: &str) -> bool {
    let is_host_char = |c: char| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(c),
        _ => true,
    };
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let labels = host.strip_suffix('.').unwrap_or(host);
    labels.split('.').all(is_label) && host.chars().all(is_host_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(text: &str) -> bool {
        AvatarUrl::parse(&text.into(), AVATAR_MAX_CHARS).is_ok()
    }

    #[test]
    fn web_urls_are_taken_as_sent() {
        for url in [
            "http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg",
            "https://example.com",
            "HTTPS://EXAMPLE.com/A",
            "http://localhost/",
            "http://example.com./",
            "http://a--b.xn--mgbh0fb.example/",
            "http://[::1]:8080/a.png",
            "https://user:secret@example.com/a",
            "https://مثال.ایران/عکس.png",
            "https://example.com/a|b?c={d}#%zz",
        ] {
            assert_eq!(AvatarUrl::parse(&url.into(), AVATAR_MAX_CHARS).map(AvatarUrl::into_string).as_deref(), Ok(url));
        }
    }

    #[test]
    fn rejects_other_schemes_and_relative_references() {
        for url in ["ftp://example.com/a", "javascript:alert(1)", "data:,x", "//example.com/a", "/a.png", "example.com"]
        {
            assert!(!is_valid(url), "{url}");
        }
    }

    #[test]
    fn rejects_what_the_parser_would_repair() {
        for url in [
            "https:example.com",
            "https:/example.com",
            "https:///example.com",
            "https:\\\\example.com",
            "https://example.com\\a",
            "https://example.com/a b",
            "https://example.com/a\u{ad}b",
            "https://exa\u{200c}mple.com/",
            "https://exam\tple.com/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://%65xample.com/",
            "http://a..com",
            "http://.",
            "http://.a.com",
            "http://-example.com/a.jpg",
            "http://example-.com/a.jpg",
            "http://www.-example.com/",
            "http://example.com-/",
            "http://example.-./",
            "http://a\u{3002}com/",
            "http://x\u{ff0e}com",
            "http://a\"b.com",
            "http://{a}.com",
            "http://a:b:c@d.com",
            "http://:secret@d.com",
            "http://@example.com/",
            "http://a@b@example.com/",
            "http://example.com:/",
            "http://",
            "http://:80/",
            "http://?a",
        ] {
            assert!(!is_valid(url), "{url:?}");
        }
    }

    #[test]
    fn length_counts_characters() {
        let url = |chars: usize| format!("http://x/{}", "é".repeat(chars - 9));
        assert!(is_valid(&url(2048)));
        let errors = AvatarUrl::parse(&url(2049).into(), AVATAR_MAX_CHARS).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), [ErrorCode::TooLong]);
    }

    #[test]
    fn a_null_character_in_a_sound_url_has_one_error_of_its_own() {
        let messages = |text: &str| {
            let errors = AvatarUrl::parse(&text.into(), AVATAR_MAX_CHARS).unwrap_err();
            errors.into_iter().map(|error| error.message.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(messages("http://a.com/\0"), ["Null characters are not allowed."]);
        assert_eq!(messages("\0http://a.com/"), ["Null characters are not allowed.", "Enter a valid URL."]);
    }
}
