//! The options of `serve` about rates.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::rate_limit::RateLimits;

/// How many requests are answered.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct RateArgs {
    /// How many updates and dry runs a customer may send in a minute, by both APIs together; as many at once. 0 is no
    /// limit.
    #[arg(long, value_name = "N", default_value_t = RateLimits::default().updates, env = "SHOP_PROFILE_RATE_LIMIT_UPDATES")]
    rate_limit_updates: u32,
    /// How many reads a customer may send in a minute, by both APIs together; as many at once. 0 is no limit.
    #[arg(long, value_name = "N", default_value_t = RateLimits::default().reads, env = "SHOP_PROFILE_RATE_LIMIT_READS")]
    rate_limit_reads: u32,
    /// How many tokens that are not valid an address (of IPv6: its /64) may send in a minute; 0 is no limit. Behind a proxy
    /// all clients share its address, unless it is in --trusted-proxies.
    #[arg(
        long,
        value_name = "N",
        default_value_t = RateLimits::default().failed_tokens,
        env = "SHOP_PROFILE_RATE_LIMIT_FAILED_TOKENS"
    )]
    rate_limit_failed_tokens: u32,
    /// The proxies in front, as networks or addresses: only from these do `Forwarded` and `X-Forwarded-For` tell a client's
    /// address, and `X-Request-Id` a request's id. A proxy must set or append to one of the first two and remove the other.
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = network, env = "SHOP_PROFILE_TRUSTED_PROXIES")]
    trusted_proxies: Vec<IpNet>,
}

impl RateArgs {
    pub(super) fn limits(&self) -> RateLimits {
        RateLimits {
            updates: self.rate_limit_updates,
            reads: self.rate_limit_reads,
            failed_tokens: self.rate_limit_failed_tokens,
        }
    }

    pub(super) fn trusted_proxies(&self) -> &[IpNet] {
        &self.trusted_proxies
    }

    /// Whether every address counts as a proxy's.
    pub(super) fn trusts_everyone(&self) -> bool {
        self.trusted_proxies.iter().any(|network| network.prefix_len() == 0)
    }
}

/// A network such as `10.0.0.0/8`, or one address. Blanks may stand around the commas of a list.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let text = text.trim();
    let address = |text: &str| text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address(text)).map_err(|_| "expected a network such as 10.0.0.0/8, or an IP address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_network_or_an_address() {
        for (text, expected) in
            [("10.0.0.0/8", "10.0.0.0/8"), (" 192.0.2.1 ", "192.0.2.1/32"), ("fd00::1", "fd00::1/128")]
        {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), Ok(expected));
        }
        for text in ["", " ", "proxy.example", "10.0.0.0/33", "10.0.0", "*"] {
            assert!(network(text).is_err(), "{text}");
        }
    }
}
