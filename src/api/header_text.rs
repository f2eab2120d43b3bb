//! Values of headers that the server writes: words of ours and numbers. Every response has some of them, and to format
//! them by `format!` would take three times as long.

use axum::http::HeaderValue;
use bytes::BytesMut;

/// The longest of these values, roughly: no second allocation.
const CAPACITY: usize = 48;

/// The beginning of a value.
pub(crate) struct HeaderText(BytesMut);

impl HeaderText {
    /// Begins with this text.
    pub(crate) fn new(text: &str) -> Self {
        Self(BytesMut::with_capacity(CAPACITY)).text(text)
    }

    /// Adds a text.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Adds a number.
    pub(crate) fn number(self, number: impl itoa::Integer) -> Self {
        self.text(itoa::Buffer::new().format(number))
    }

    /// The value; empty if a text has a character that no header may have.
    pub(crate) fn finish(self) -> HeaderValue {
        HeaderValue::from_maybe_shared(self.0.freeze()).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_its_parts_in_order() {
        let value = HeaderText::new("\"reads\";q=").number(600_u32).text(";w=").number(-60_i64).finish();
        assert_eq!(value, "\"reads\";q=600;w=-60");
        assert_eq!(HeaderText::new("a\nb").finish(), "");
    }
}
