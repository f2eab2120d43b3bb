//! The trace that a request belongs to (W3C Trace Context, section 3.2).

use std::{fmt, num::NonZeroU128};

use axum::http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id of a trace, by which an operator finds a request in the logs of every server that it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceId(NonZeroU128);

impl TraceId {
    /// The id in `traceparent`, if there is one such header and it is valid: version 00, lower-case digits, no id of zeros.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
        let mut parts = value.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_valid = version == "00" && parts.next().is_none() && hex(parent, 16)? != 0 && hex(flags, 2).is_some();
        NonZeroU128::new(hex(trace, 32)?).filter(|_| is_valid).map(Self)
    }
}

/// The number of so many lower-case digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { u128::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn trace_id(values: &[&str]) -> Option<String> {
        let values = values.iter().map(|value| (TRACEPARENT, HeaderValue::from_str(value).unwrap()));
        TraceId::of(&values.collect()).map(|id| id.to_string())
    }

    #[test]
    fn only_a_valid_header_counts() {
        const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(trace_id(&[VALID]).as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
        for wrong in [
            "",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-sara",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(trace_id(&[wrong]), None, "{wrong}");
        }
        assert_eq!(trace_id(&[VALID, VALID]), None);
        assert_eq!(trace_id(&[]), None);
    }
}
