//! How many requests are answered (docs/limits.md, "Rates"): of a customer, whichever API they come by and whichever of
//! their tokens they use, and of an address, as long as it has no valid token.
//!
//! - `rate`: the arithmetic of a limit
//! - `table`: the state of many, in bounded memory
//! - `failed_tokens`: what an address may try
//! - `known_tokens`: tokens that were valid lately
//! - `quota`: what a client is told

mod failed_tokens;
mod known_tokens;
mod quota;
mod rate;
mod table;

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

pub use self::quota::{Exceeded, Policy, Quota};
pub(crate) use self::rate::WINDOW;
use self::{
    failed_tokens::FailedTokens,
    known_tokens::KnownTokens,
    rate::{Nanos, Rate},
    table::Table,
};
use crate::auth::TokenDigest;
pub use crate::request_notes::Operation;

/// The limits, each for a minute and for as many at once; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Updates of one customer, dry runs among them.
    pub updates: u32,
    /// Reads of one customer.
    pub reads: u32,
    /// Tokens from one address that are not valid.
    pub failed_tokens: u32,
}

impl RateLimits {
    /// No limits.
    pub const OFF: Self = Self { updates: 0, reads: 0, failed_tokens: 0 };
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { updates: 60, reads: 600, failed_tokens: 30 }
    }
}

/// Whose token it is, and which of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) customer: i64,
    /// A Django shop's tokens have no id.
    pub(crate) token_id: Option<i64>,
}

/// A limit of each customer.
struct CustomerLimit {
    policy: Policy,
    rate: Rate,
    full_at: Table<i64, Nanos>,
}

impl CustomerLimit {
    fn new(policy: Policy, limit: u32) -> Option<Self> {
        Some(Self { policy, rate: Rate::per_minute(limit)?, full_at: Table::default() })
    }

    fn take(&self, customer: i64, count: u32, now: Nanos) -> Result<Quota, Exceeded> {
        let quota = |full_at| Quota::new(self.policy, self.rate, full_at, now);
        self.full_at.change(customer, now, |full_at| match self.rate.take(*full_at, count, now) {
            Ok(later) => {
                *full_at = later;
                Ok(quota(later))
            }
            Err(wait) => Err(Exceeded::new(quota(*full_at), wait)),
        })
    }
}

/// The limits and what was used of them.
pub(crate) struct Limiter {
    start: Instant,
    reads: Option<CustomerLimit>,
    updates: Option<CustomerLimit>,
    failed_tokens: Option<FailedTokens>,
    known_tokens: KnownTokens,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            start: Instant::now(),
            reads: CustomerLimit::new(Policy::Reads, limits.reads),
            updates: CustomerLimit::new(Policy::Updates, limits.updates),
            failed_tokens: Rate::per_minute(limits.failed_tokens).map(FailedTokens::new),
            known_tokens: KnownTokens::default(),
        }
    }

    /// Whether there is any limit.
    pub(crate) fn is_on(&self) -> bool {
        self.reads.is_some() || self.updates.is_some() || self.failed_tokens.is_some()
    }

    /// Counts operations of a customer. `None`: there is no limit.
    pub(crate) fn take(&self, customer: i64, operation: Operation, count: u32) -> Option<Result<Quota, Exceeded>> {
        let limit = match operation {
            Operation::Read => self.reads.as_ref(),
            Operation::Update => self.updates.as_ref(),
        };
        limit.map(|limit| limit.take(customer, count, self.now()))
    }

    /// The owner of a token that was valid lately.
    pub(crate) fn known_owner(&self, token: &TokenDigest) -> Option<Owner> {
        self.known_tokens.owner(token, self.now())
    }

    /// The token is valid, and this owner's.
    pub(crate) fn remember(&self, token: TokenDigest, owner: Owner) {
        self.known_tokens.remember(token, owner, self.now());
    }

    /// The token is not valid any more.
    pub(crate) fn forget(&self, token: &TokenDigest) {
        self.known_tokens.forget(token);
    }

    /// Whether the address may still try tokens.
    pub(crate) fn check_address(&self, address: Option<IpAddr>) -> Result<(), Exceeded> {
        match (&self.failed_tokens, address) {
            (Some(failed_tokens), Some(address)) => failed_tokens.check(address, self.now()),
            _ => Ok(()),
        }
    }

    /// Permits to look up a token that is not known. The lookup ends when this is dropped.
    pub(crate) async fn begin_lookup(&self, address: Option<IpAddr>) -> Result<Lookup<'_>, Exceeded> {
        if let (Some(failed_tokens), Some(address)) = (&self.failed_tokens, address) {
            failed_tokens.begin(address, || self.now()).await?;
        }
        Ok(Lookup { limiter: self, address })
    }

    /// Counts a token from this address that is not valid. `None`: there is no limit.
    pub(crate) fn count_failed_token(&self, address: Option<IpAddr>) -> Option<Quota> {
        Some(self.failed_tokens.as_ref()?.count(address?, self.now()))
    }

    fn now(&self) -> Nanos {
        nanos(self.start.elapsed())
    }
}

fn nanos(time: Duration) -> Nanos {
    Nanos::try_from(time.as_nanos()).unwrap_or(Nanos::MAX)
}

/// A lookup of a token.
pub(crate) struct Lookup<'a> {
    limiter: &'a Limiter,
    address: Option<IpAddr>,
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if let (Some(failed_tokens), Some(address)) = (&self.limiter.failed_tokens, self.address) {
            failed_tokens.end(address, self.limiter.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ApiToken;

    #[test]
    fn operations_and_customers_are_counted_apart() {
        let limiter = Limiter::new(RateLimits { updates: 2, reads: 3, failed_tokens: 0 });
        let left = |customer, operation, count| match limiter.take(customer, operation, count) {
            Some(Ok(quota)) => i64::from(quota.remaining),
            Some(Err(exceeded)) => -i64::from(exceeded.retry_after()),
            None => i64::MAX,
        };
        assert_eq!([1, 1, 1].map(|count| left(1, Operation::Update, count)), [1, 0, -30]);
        assert_eq!([2, 2].map(|count| left(1, Operation::Read, count)), [1, -20]);
        assert_eq!(left(2, Operation::Update, 2), 0);
        assert!(limiter.take(1, Operation::Read, 1).unwrap().is_ok(), "what was rejected was not counted");
    }

    #[test]
    fn an_address_with_too_many_failed_tokens_is_rejected_before_a_lookup() {
        let limiter = Limiter::new(RateLimits { failed_tokens: 1, ..RateLimits::OFF });
        let [one, other] = [7, 8].map(|host| Some(IpAddr::from([203, 0, 113, host])));
        assert_eq!(limiter.count_failed_token(one).map(|quota| quota.remaining), Some(0));
        assert_eq!([one, other, None].map(|address| limiter.check_address(address).is_ok()), [false, true, true]);
    }

    #[test]
    fn time_goes_on() {
        let limiter = Limiter { start: Instant::now() - Duration::from_secs(5), ..Limiter::new(RateLimits::OFF) };
        assert!(limiter.now() >= 5_000_000_000);
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = Limiter::new(RateLimits::OFF);
        assert!(!limiter.is_on() && limiter.take(1, Operation::Read, 1).is_none());
        for one in [
            RateLimits { reads: 1, ..RateLimits::OFF },
            RateLimits { updates: 1, ..RateLimits::OFF },
            RateLimits { failed_tokens: 1, ..RateLimits::OFF },
        ] {
            assert!(Limiter::new(one).is_on(), "{one:?}");
        }
    }

    /// The memory of the process, in KiB.
    #[cfg(target_os = "linux")]
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    #[ignore = "no other test may run beside it: cargo test --lib million_tokens -- --ignored --nocapture"]
    fn a_million_tokens_customers_and_addresses_take_bounded_memory() {
        let limiter = Limiter::new(RateLimits::default());
        let before = resident_kib();
        for number in 0..1_000_000_u32 {
            let owner = Owner { customer: number.into(), token_id: Some(number.into()) };
            limiter.remember(ApiToken::from_plaintext(number.to_string()).digest(), owner);
            let _ = limiter.take(number.into(), Operation::Read, 1);
            let _ = limiter.take(number.into(), Operation::Update, 1);
            let prefix = u128::from(number) << 64;
            limiter.count_failed_token(Some(std::net::Ipv6Addr::from_bits(prefix).into()));
            limiter.count_failed_token(Some(std::net::Ipv4Addr::from_bits(number).into()));
        }
        let grown = resident_kib() - before;
        println!("a million tokens, a million customers and two million networks: {grown} KiB");
        assert!(grown < 32 * 1024, "{grown} KiB");
    }
}
