//! The trace that a request belongs to (W3C Trace Context, section 3.2).

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
};

use axum::http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The bit of the flags that says that the trace is kept.
const SAMPLED: u64 = 1;

/// A trace and the client's span in it. `Display` is the id of the trace, by which an operator finds a request in the logs of
/// every server that it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only spans have a parent"))]
pub(super) struct TraceParent {
    pub(super) trace_id: NonZeroU128,
    pub(super) span_id: NonZeroU64,
    /// Whether the client keeps its own spans of the trace.
    pub(super) is_sampled: bool,
}

impl TraceParent {
    /// What `traceparent` says, if there is one such header and it is valid: version 00, lower-case digits, no id of zeros.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
        let mut parts = value.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "00" || parts.next().is_some() {
            return None;
        }
        let number = |text, digits| u64::try_from(hex(text, digits)?).ok();
        Some(Self {
            trace_id: NonZeroU128::new(hex(trace, 32)?)?,
            span_id: NonZeroU64::new(number(parent, 16)?)?,
            is_sampled: number(flags, 2)? & SAMPLED != 0,
        })
    }
}

/// The number of so many lower-case digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { u128::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.trace_id)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn parent(values: &[&str]) -> Option<TraceParent> {
        let values = values.iter().map(|value| (TRACEPARENT, HeaderValue::from_str(value).unwrap()));
        TraceParent::of(&values.collect())
    }

    #[test]
    fn only_a_valid_header_counts() {
        const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let valid = parent(&[VALID]).unwrap();
        assert_eq!(valid.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!((valid.span_id.get(), valid.is_sampled), (0xb7ad_6b71_6920_3331, true));
        for (flags, is_sampled) in [("00", false), ("02", false), ("03", true), ("ff", true)] {
            let value = format!("{}{flags}", &VALID[..VALID.len() - 2]);
            assert_eq!(parent(&[&value]).map(|parent| parent.is_sampled), Some(is_sampled), "{flags}");
        }
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
            assert_eq!(parent(&[wrong]), None, "{wrong}");
        }
        assert_eq!(parent(&[VALID, VALID]), None);
        assert_eq!(parent(&[]), None);
    }
}
