//! Which headers go on to the next hop (RFC 9110, section 7.6.1), and what a proxy adds to a request.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers that belong to one connection, whether `Connection` names them or not.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];
/// What `Connection` cannot take out: without these the message would be another one.
const END_TO_END: [HeaderName; 3] = [header::CONTENT_LENGTH, header::HOST, header::AUTHORIZATION];

/// The headers of a request as the next server gets them. `Expect` is kept.
pub(super) fn of_request(headers: &HeaderMap, client: Option<IpAddr>) -> HeaderMap {
    let is_chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let mut forwarded = end_to_end(headers);
    if is_chunked {
        // The body keeps its framing: some servers read a body without a length in another way. The listener rejects
        // every other coding.
        forwarded.remove(header::CONTENT_LENGTH);
        forwarded.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if tokens(headers, &header::TE).any(|token| token.eq_ignore_ascii_case("trailers")) {
        forwarded.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if let Some(client) = client {
        append_client(&mut forwarded, client);
    }
    // What a proxy in front of this one has said is true of the client; this one sees plain HTTP alone.
    forwarded.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    if let Some(host) = headers.get(header::HOST) {
        forwarded.entry(FORWARDED_HOST).or_insert_with(|| host.clone());
    }
    forwarded
}

/// The headers of a response as the client gets them.
pub(super) fn of_response(headers: &HeaderMap) -> HeaderMap {
    end_to_end(headers)
}

/// All headers but those of one connection, in their order. (`HeaderMap::remove` would change the order.)
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = tokens(headers, &header::CONNECTION)
        .filter_map(|token| HeaderName::try_from(token).ok())
        .filter(|name| !END_TO_END.contains(name))
        .collect();
    let ends_here = |name: &HeaderName| HOP_BY_HOP.contains(name) || named.contains(name);
    let mut kept = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers.iter().filter(|(name, _)| !ends_here(name)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

/// The members of a list.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Adds the client's address to the end of the list, which stays one header.
fn append_client(headers: &mut HeaderMap, client: IpAddr) {
    let before: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let client = client.to_canonical().to_string();
    let list = [&*before, &[client.as_bytes()]].concat().join(&b", "[..]);
    if let Ok(list) = HeaderValue::from_bytes(&list) {
        headers.insert(FORWARDED_FOR, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    fn lines(headers: &HeaderMap) -> Vec<(&str, &str)> {
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
    }

    #[test]
    fn headers_of_one_connection_end_here_and_the_others_keep_their_order() {
        let sent = headers(&[
            ("date", "today"),
            ("connection", "close, X-Own"),
            ("set-cookie", "a=1"),
            ("x-own", "1"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("set-cookie", "b=2"),
            ("content-length", "5"),
            ("upgrade", "h2c"),
            ("connection", "content-length"),
            ("trailer", "x-sum"),
        ]);
        let expected = [
            ("date", "today"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("content-length", "5"),
            ("trailer", "x-sum"),
        ];
        assert_eq!(lines(&of_response(&sent)), expected);
    }

    #[test]
    fn forwarded_headers_name_the_client_and_its_host() {
        let client = Some([192, 0, 2, 1].into());
        let first = of_request(&headers(&[("host", "shop.example")]), client);
        assert_eq!(
            lines(&first),
            [
                ("host", "shop.example"),
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-proto", "http"),
                ("x-forwarded-host", "shop.example"),
            ]
        );
        let behind_another = of_request(
            &headers(&[
                ("host", "inner"),
                ("x-forwarded-for", "198.51.100.7"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "shop.example"),
                ("x-forwarded-for", "203.0.113.9"),
            ]),
            client,
        );
        assert_eq!(
            lines(&behind_another),
            [
                ("host", "inner"),
                ("x-forwarded-for", "198.51.100.7, 203.0.113.9, 192.0.2.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "shop.example"),
            ]
        );
    }

    #[test]
    fn a_request_keeps_its_framing_and_its_wish_for_trailers() {
        let sent = of_request(&headers(&[("transfer-encoding", "chunked"), ("te", "gzip, Trailers")]), None);
        assert_eq!(
            lines(&sent),
            [("transfer-encoding", "chunked"), ("te", "trailers"), ("x-forwarded-proto", "http"),]
        );
    }
}
