//! The address of a request's client. A proxy in front of the server says it in a header, which any client can send as
//! well: the header counts only on connections from proxies that the operator names.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of the proxies that are believed.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    pub(in crate::server) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// Each proxy adds the address that the request came from. The client is the last of them that is no trusted proxy:
    /// what stands before it, the client wrote. A header that cannot be read, or two that disagree, leave the other end
    /// of the connection.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let forwarded =
            self.last_untrusted(values(headers, &header::FORWARDED), |value| elements(value, ','), forwarded_for);
        let plain = |value| Some(str::split(value, ',').map(str::trim).collect());
        let x_forwarded_for = self.last_untrusted(values(headers, &X_FORWARDED_FOR), plain, address);
        match (forwarded, x_forwarded_for) {
            (Ok(Some(one)), Ok(Some(other))) if one == other => one,
            (Ok(Some(client)), Ok(None)) | (Ok(None), Ok(Some(client))) => client,
            _ => peer,
        }
    }

    /// `Ok(None)`: there is no such header.
    fn last_untrusted<'a>(
        &self,
        values: impl DoubleEndedIterator<Item = &'a HeaderValue>,
        split: impl Fn(&'a str) -> Option<Vec<&'a str>>,
        read: impl Fn(&str) -> Option<IpAddr>,
    ) -> Result<Option<IpAddr>, Malformed> {
        let mut first = None;
        for value in values.rev() {
            let elements = value.to_str().ok().and_then(&split).ok_or(Malformed)?;
            for element in elements.into_iter().rev() {
                let address = read(element).ok_or(Malformed)?;
                if !self.contains(address) {
                    return Ok(Some(address));
                }
                first = Some(address);
            }
        }
        Ok(first)
    }

    /// Whether it is the address of a trusted proxy.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The header is not what a proxy writes.
struct Malformed;

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'a HeaderValue> {
    headers.get_all(name).into_iter()
}

/// What stands between the separators, which mean nothing within quotes (RFC 9110, section 5.6.4). `None`: a quote is not
/// closed, and would hide what a proxy added after it.
fn elements(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let split = text.split(|c| {
        let ends = c == separator && !is_quoted;
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        ends
    });
    let elements = split.map(str::trim).collect();
    (!is_quoted).then_some(elements)
}

/// The address of one proxy's entry in `Forwarded` (RFC 7239): `for="[2001:db8::1]:4711";proto=https`. One that hides the
/// address (`for=_hidden`) is none.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = elements(element, ';')?.into_iter().filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, value)| value.trim());
    match (values.next(), values.next()) {
        (Some(value), None) => address(value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value)),
        _ => None,
    }
}

/// An address, perhaps in brackets, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (address, port) = bracketed.split_once(']')?;
            let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| u16::from_str(port).is_ok());
            IpAddr::V6(address.parse().ok().filter(|_| is_port)?)
        }
        None => match text.split_once(':') {
            Some((address, port)) if u16::from_str(port).is_ok() => IpAddr::V4(address.parse().ok()?),
            _ => text.parse().ok()?,
        },
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client of a request with these headers that came from 10.0.0.1; 10.0.0.0/8 and fd00::/8 are trusted.
    fn client(lines: &[(&'static str, &str)]) -> String {
        client_of("10.0.0.1", lines)
    }

    fn client_of(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let proxies = TrustedProxies::new(&["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let lines =
            lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        proxies.client(peer.parse().unwrap(), &lines.collect()).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_the_client() {
        for (name, value, expected) in [
            ("x-forwarded-for", "192.0.2.1", "192.0.2.1"),
            ("x-forwarded-for", "198.51.100.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            ("x-forwarded-for", "192.0.2.1:4711", "192.0.2.1"),
            ("x-forwarded-for", "2001:db8::1", "2001:db8::1"),
            ("x-forwarded-for", "[2001:db8::1]:4711, fd00::2", "2001:db8::1"),
            ("x-forwarded-for", "::ffff:192.0.2.1", "192.0.2.1"),
            ("x-forwarded-for", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("x-forwarded-for", "nonsense, 192.0.2.1", "192.0.2.1"),
            ("x-forwarded-for", "\", 192.0.2.1", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1", "192.0.2.1"),
            ("forwarded", "For=\"[2001:db8::1]:4711\";proto=https", "2001:db8::1"),
            ("forwarded", "for=198.51.100.9, for=192.0.2.1;by=\"a,b;c\", for=10.0.0.2", "192.0.2.1"),
        ] {
            assert_eq!(client(&[(name, value)]), expected, "{name}: {value}");
        }
        assert_eq!(client(&[("x-forwarded-for", "198.51.100.9"), ("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
    }

    #[test]
    fn what_cannot_be_read_leaves_the_peer() {
        for (name, value) in [
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-for", "192.0.2.1, 10.0.0.300"),
            ("x-forwarded-for", "192.0.2.1,"),
            ("x-forwarded-for", "192.0.2.1:http"),
            ("x-forwarded-for", "[192.0.2.1]"),
            ("x-forwarded-for", "[2001:db8::1]x"),
            ("forwarded", "for=_hidden"),
            ("forwarded", "for=unknown"),
            ("forwarded", "proto=https"),
            ("forwarded", "for=192.0.2.1;for=192.0.2.2"),
            ("forwarded", "for=\"192.0.2.1"),
            ("forwarded", "for=198.51.100.9;x=\", for=192.0.2.1"),
            ("forwarded", "for=198.51.100.9;x=\", for=\"192.0.2.1\""),
            ("forwarded", "for=198.51.100.9;x=\"\\, for=\"192.0.2.1\""),
        ] {
            assert_eq!(client(&[(name, value)]), "10.0.0.1", "{name}: {value}");
        }
        assert_eq!(client(&[]), "10.0.0.1");
    }

    /// A proxy writes one of the two and passes the other on as the client sent it.
    #[test]
    fn two_headers_that_disagree_leave_the_peer() {
        let both = |forwarded| client(&[("forwarded", forwarded), ("x-forwarded-for", "192.0.2.1")]);
        assert_eq!(both("for=192.0.2.1"), "192.0.2.1");
        assert_eq!(both("for=198.51.100.9"), "10.0.0.1");
        assert_eq!(both("for=unknown"), "10.0.0.1");
    }

    #[test]
    fn no_other_peer_is_believed() {
        for peer in ["192.0.2.7", "::1", "::ffff:192.0.2.7"] {
            let expected = peer.trim_start_matches("::ffff:");
            assert_eq!(client_of(peer, &[("x-forwarded-for", "198.51.100.9")]), expected);
        }
        assert_eq!(client_of("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.9")]), "198.51.100.9");
    }
}
