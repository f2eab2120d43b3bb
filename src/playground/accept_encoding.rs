//! The `Accept-Encoding` header (RFC 9110, section 12.5.3), as far as gzip goes.

use axum::http::{HeaderMap, header};

/// Whether the client reads gzip, and likes it at least as much as no compression.
pub(super) fn prefers_gzip(headers: &HeaderMap) -> bool {
    let weight = |coding: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(weighted).find(|(name, _)| name.eq_ignore_ascii_case(coding))
    };
    let gzip = weight("gzip").or_else(|| weight("*")).map_or(0.0, |(_, q)| q);
    let identity = weight("identity").map_or(0.0, |(_, q)| q);
    gzip > 0.0 && gzip >= identity
}

/// `gzip;q=0.5` is `("gzip", 0.5)`; a weight that is no number excludes.
fn weighted(item: &str) -> (&str, f32) {
    let (name, parameters) = item.split_once(';').unwrap_or((item, "q=1"));
    let q = parameters.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=').parse().unwrap_or(0.0);
    (name.trim(), q)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers(values: &[&'static str]) -> bool {
        prefers_gzip(&values.iter().map(|value| (header::ACCEPT_ENCODING, value.parse().unwrap())).collect())
    }

    #[test]
    fn gzip_is_sent_where_it_is_wanted() {
        for values in [
            &["gzip"] as &[&str],
            &["GZIP"],
            &["deflate, gzip;q=0.1"],
            &["br", "gzip"],
            &["*"],
            &["gzip ; q=0.5, identity; q=0.5"],
            &["*;q=0, gzip;Q=1"],
        ] {
            assert!(prefers(values), "{values:?}");
        }
    }

    #[test]
    fn gzip_is_not_sent_where_it_is_not() {
        for values in [
            &[] as &[&str],
            &[""],
            &["br"],
            &["gzip;q=0"],
            &["gzip;q=0, *"],
            &["*;q=0"],
            &["identity, gzip;q=0.9"],
            &["gzip;q=x"],
            &["gzipped"],
        ] {
            assert!(!prefers(values), "{values:?}");
        }
    }
}
