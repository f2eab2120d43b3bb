//! A request that was compared, and what the rules ask about it.

use axum::http::{HeaderMap, HeaderName, Method, header};
use serde_json::Value;

use crate::shadow::answer::Answer;

/// A request and its two answers.
pub(in crate::shadow) struct Case<'a> {
    pub(in crate::shadow) method: &'a Method,
    pub(in crate::shadow) query: &'a str,
    pub(in crate::shadow) headers: &'a HeaderMap,
    pub(in crate::shadow) body: &'a [u8],
    /// The body, if it is JSON in UTF-8. (A lone surrogate is none to serde_json.)
    pub(in crate::shadow) json: Option<&'a Value>,
    pub(in crate::shadow) upstream: &'a Answer,
    pub(in crate::shadow) ours: &'a Answer,
}

impl Case<'_> {
    /// A header's value, in lower case; empty if there is none.
    pub(super) fn header(&self, name: &HeaderName) -> String {
        let value = self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The value that the request has for a field.
    pub(super) fn sent(&self, field: &str) -> Option<&Value> {
        self.json?.get(field)
    }

    /// The text that the request has for a field, without the white space around it.
    pub(super) fn sent_text(&self, field: &str) -> Option<&str> {
        self.sent(field)?.as_str().map(str::trim)
    }

    pub(super) fn statuses(&self) -> (u16, u16) {
        (self.upstream.status.as_u16(), self.ours.status.as_u16())
    }

    /// The media type of the request's body, without its parameters.
    pub(super) fn media_type(&self) -> String {
        self.header(&header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_owned()
    }

    /// Whether an escape in the body stands for half of a character.
    pub(super) fn has_lone_surrogate(&self) -> bool {
        let text = String::from_utf8_lossy(self.body).to_ascii_lowercase();
        let unit = |escape: &str| u16::from_str_radix(escape.get(..4)?, 16).ok();
        let mut after_high = false;
        for (index, escape) in text.split("\\u").enumerate().skip(1) {
            let unit = unit(escape).unwrap_or_default();
            let is_low = (0xdc00..0xe000).contains(&unit);
            if is_low != after_high {
                return true;
            }
            let is_followed = escape.len() == 4 && text.split("\\u").nth(index + 1).is_some();
            after_high = (0xd800..0xdc00).contains(&unit);
            if after_high && !is_followed {
                return true;
            }
        }
        after_high
    }
}
