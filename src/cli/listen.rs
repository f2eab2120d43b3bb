//! The address to listen on, as an operator writes it.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use tokio::net::{TcpListener, lookup_host};

use super::CliError;

/// `127.0.0.1:8001`, `[::1]:8001`, `localhost:8001`, or on the loopback address `:8001` and `8001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenAddress {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

/// The text is no address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IP address and a port, e.g. 127.0.0.1:8001")]
pub(super) struct ListenAddressError;

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: Host::Address(address.ip()), port: address.port() });
        }
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let host = match host {
            "" => Host::Address(Ipv4Addr::LOCALHOST.into()),
            name if is_name(name) => Host::Name(name.to_owned()),
            _ => return Err(ListenAddressError),
        };
        Ok(Self { host, port: parse_port(port).ok_or(ListenAddressError)? })
    }
}

/// A host's name. What has no letter is a mistyped IP address.
fn is_name(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.chars().all(is_allowed) && text.chars().any(|c| c.is_ascii_alphabetic())
}

fn parse_port(text: &str) -> Option<u16> {
    // The standard library also takes `+8001`.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(address) => SocketAddr::new(*address, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl ListenAddress {
    /// Whether the system chooses the port.
    pub(super) fn is_any_port(&self) -> bool {
        self.port == 0
    }

    /// Opens the port that this option names.
    pub(super) async fn open(&self, option: &str) -> Result<TcpListener, CliError> {
        self.bind().await.map_err(|error| {
            CliError::Failure(format!("cannot listen on {self}: {error}: choose another address with {option}"))
        })
    }

    /// Where a client on this machine reaches a server that listens here. Every address includes the loopback address.
    pub(super) async fn reachable(&self) -> io::Result<SocketAddr> {
        match &self.host {
            Host::Address(IpAddr::V4(ip)) if ip.is_unspecified() => Ok((Ipv4Addr::LOCALHOST, self.port).into()),
            Host::Address(IpAddr::V6(ip)) if ip.is_unspecified() => Ok((Ipv6Addr::LOCALHOST, self.port).into()),
            Host::Address(ip) => Ok((*ip, self.port).into()),
            Host::Name(name) => {
                let addresses = lookup_host((name.as_str(), self.port)).await?;
                addresses.min_by_key(SocketAddr::is_ipv6).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }

    /// Of the addresses of a name the first one that can be used is taken, IPv4 before IPv6: the default is IPv4 too.
    async fn bind(&self) -> io::Result<TcpListener> {
        match &self.host {
            Host::Address(address) => TcpListener::bind((*address, self.port)).await,
            Host::Name(name) => {
                let mut addresses: Vec<_> = lookup_host((name.as_str(), self.port)).await?.collect();
                addresses.sort_by_key(SocketAddr::is_ipv6);
                TcpListener::bind(&*addresses).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_an_address_a_name_or_a_port_alone() {
        for (text, address) in [
            ("127.0.0.1:8001", "127.0.0.1:8001"),
            ("[::1]:8001", "[::1]:8001"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("localhost:8001", "localhost:8001"),
            (":8001", "127.0.0.1:8001"),
            ("8001", "127.0.0.1:8001"),
        ] {
            let parsed = text.parse::<ListenAddress>();
            assert_eq!(parsed.map(|parsed| parsed.to_string()).as_deref(), Ok(address), "{text}");
        }
    }

    #[test]
    fn rejects_what_has_no_port_or_no_such_host() {
        for text in
            ["", ":", "nowhere", "127.0.0.1", "::1", "1.2.3:80", "localhost:", "8001x", "+8001", "65536", "a b:1"]
        {
            assert_eq!(text.parse::<ListenAddress>(), Err(ListenAddressError), "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_server_on_every_address_is_reached_on_the_loopback_address() {
        for (text, reached) in [
            ("0.0.0.0:8001", "127.0.0.1:8001"),
            ("[::]:8001", "[::1]:8001"),
            ("192.0.2.1:8001", "192.0.2.1:8001"),
            ("localhost:8001", "127.0.0.1:8001"),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.reachable().await.unwrap().to_string(), reached, "{text}");
        }
    }

    #[tokio::test]
    async fn binds_a_name() {
        let address: ListenAddress = "localhost:0".parse().unwrap();
        assert!(address.bind().await.unwrap().local_addr().unwrap().ip().is_loopback());
    }
}
