//! How many tokens that are not valid an address may try. Each costs the database a statement, so an address that has
//! tried too many gets no more of them.

use std::net::{IpAddr, Ipv6Addr};

use tokio::sync::Notify;

use super::{
    quota::{Exceeded, Policy, Quota},
    rate::{Nanos, Rate},
    table::{Entry, Table},
};

/// A network that one client has: an IPv4 address, or an IPv6 prefix of 64 bits, within which a client chooses its
/// addresses as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
            address => address,
        })
    }
}

/// What is known of a network.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    full_at: Nanos,
    /// Statements under way that look up a token, each of which may fail.
    under_way: u32,
}

impl Entry for Failures {
    fn until(&self) -> Nanos {
        self.full_at
    }
}

/// The failed tokens of all addresses.
pub(super) struct FailedTokens {
    rate: Rate,
    networks: Table<Network, Failures>,
    /// A lookup has ended.
    ended: Notify,
}

/// Whether a token may be looked for.
enum Permit {
    Granted,
    /// When one of the looks under way has ended.
    Later,
    Exceeded(Exceeded),
}

impl FailedTokens {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, networks: Table::default(), ended: Notify::new() }
    }

    /// Whether the address has any left.
    pub(super) fn check(&self, address: IpAddr, now: Nanos) -> Result<(), Exceeded> {
        let failures = self.networks.get(&address.into()).unwrap_or_default();
        self.take(failures.full_at, 1, now).map(drop)
    }

    /// Permits one lookup of a token. As many lookups may be under way as may fail: the next waits until one has ended, for
    /// all of them may be valid, say after a restart.
    pub(super) async fn begin(&self, address: IpAddr, now: impl Fn() -> Nanos) -> Result<(), Exceeded> {
        loop {
            // Before the question, so that no end is missed.
            let ended = self.ended.notified();
            match self.permit(address.into(), now()) {
                Permit::Granted => return Ok(()),
                Permit::Later => ended.await,
                Permit::Exceeded(exceeded) => return Err(exceeded),
            }
        }
    }

    fn permit(&self, network: Network, now: Nanos) -> Permit {
        self.networks.change(network, now, |failures| {
            if let Err(exceeded) = self.take(failures.full_at, 1, now) {
                return Permit::Exceeded(exceeded);
            }
            if self.take(failures.full_at, failures.under_way + 1, now).is_err()
                || failures.under_way >= self.rate.limit()
            {
                return Permit::Later;
            }
            failures.under_way += 1;
            Permit::Granted
        })
    }

    /// Ends a lookup that was permitted.
    pub(super) fn end(&self, address: IpAddr, now: Nanos) {
        self.networks.change(address.into(), now, |failures| {
            failures.under_way = failures.under_way.saturating_sub(1);
        });
        self.ended.notify_waiters();
    }

    /// Counts a token that was looked for and is not valid.
    pub(super) fn count(&self, address: IpAddr, now: Nanos) -> Quota {
        self.networks.change(address.into(), now, |failures| {
            // Beyond the limit only when the lookup began before it was reached.
            failures.full_at = self.rate.take(failures.full_at, 1, now).unwrap_or(failures.full_at);
            Quota::new(Policy::FailedTokens, self.rate, failures.full_at, now)
        })
    }

    fn take(&self, full_at: Nanos, count: u32, now: Nanos) -> Result<Nanos, Exceeded> {
        let take = self.rate.take(full_at, count, now);
        take.map_err(|wait| Exceeded::new(Quota::new(Policy::FailedTokens, self.rate, full_at, now), wait))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

    fn of(limit: u32) -> FailedTokens {
        FailedTokens::new(Rate::per_minute(limit).unwrap())
    }

    /// Whether a lookup is permitted; `None` when it has to wait.
    fn begin(failed: &FailedTokens, now: Nanos) -> Option<bool> {
        failed.begin(CLIENT, || now).now_or_never().map(|permit| permit.is_ok())
    }

    #[test]
    fn an_address_has_so_many_and_no_other_pays_for_it() {
        let failed = of(3);
        for remaining in [2, 1, 0] {
            assert_eq!(begin(&failed, 0), Some(true));
            assert_eq!(failed.count(CLIENT, 0).remaining, remaining);
            failed.end(CLIENT, 0);
        }
        assert_eq!(begin(&failed, 0), Some(false));
        assert_eq!(failed.check(CLIENT, 0).unwrap_err().retry_after(), 20);
        assert!(failed.check([203, 0, 113, 8].into(), 0).is_ok());
        assert_eq!(begin(&failed, 20_000_000_000), Some(true));
    }

    #[test]
    fn valid_tokens_cost_nothing_however_many_come_at_once() {
        let failed = of(3);
        for _ in 0..3 {
            assert_eq!(begin(&failed, 0), Some(true));
        }
        let mut next = Box::pin(failed.begin(CLIENT, || 0));
        assert!(next.as_mut().now_or_never().is_none(), "it waits for one of the three");
        failed.end(CLIENT, 0);
        assert!(next.now_or_never().is_some_and(|permit| permit.is_ok()));
    }

    #[test]
    fn lookups_under_way_may_be_as_many_as_may_still_fail() {
        let failed = of(3);
        failed.count(CLIENT, 0);
        assert_eq!([(); 3].map(|()| begin(&failed, 0)), [Some(true), Some(true), None]);
    }

    #[test]
    fn the_network_that_has_used_most_stays_longest() {
        assert_eq!(Failures { full_at: 7, under_way: 1 }.until(), 7);
    }

    #[test]
    fn a_waiting_lookup_is_rejected_when_the_others_fail() {
        let failed = of(1);
        assert_eq!(begin(&failed, 0), Some(true));
        let mut next = Box::pin(failed.begin(CLIENT, || 0));
        assert!(next.as_mut().now_or_never().is_none());
        failed.count(CLIENT, 0);
        failed.end(CLIENT, 0);
        assert!(next.now_or_never().is_some_and(|permit| permit.is_err()));
    }

    #[test]
    fn the_addresses_of_an_ipv6_prefix_are_one() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
