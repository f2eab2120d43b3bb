//! What a client is told of a limit.

use serde::Serialize;

use super::rate::{Nanos, Rate, in_seconds};
use crate::messages::{Message, MessageId};

/// A limit, by the name that clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Policy {
    /// Reads of one customer.
    Reads,
    /// Updates of one customer, dry runs among them.
    Updates,
    /// Tokens from one address that are not valid.
    FailedTokens,
}

/// What is left of a limit after a request that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Which limit.
    pub policy: Policy,
    /// So many a minute, and as many at once.
    pub limit: u32,
    /// So many more at once.
    pub remaining: u32,
    /// The seconds until there are more, rounded up.
    pub reset: u32,
}

impl Quota {
    pub(super) fn new(policy: Policy, rate: Rate, full_at: Nanos, now: Nanos) -> Self {
        let left = rate.left(full_at, now);
        Self { policy, limit: rate.limit(), remaining: left.remaining, reset: left.reset }
    }
}

/// A limit is exceeded. `Display` is the message, which both APIs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Exceeded(Quota);

impl Exceeded {
    /// `wait`: after what time there will be enough.
    pub(super) fn new(quota: Quota, wait: Nanos) -> Self {
        Self(Quota { reset: in_seconds(wait), ..quota })
    }

    /// What is left: less than the request counts for.
    pub fn quota(&self) -> Quota {
        self.0
    }

    /// What the client reads.
    pub fn message(&self) -> Message {
        let seconds = self.retry_after();
        let id = if seconds == 1 { MessageId::ThrottledOneSecond } else { MessageId::Throttled };
        id.with("seconds", seconds)
    }

    /// After how many seconds to try again.
    pub fn retry_after(&self) -> u32 {
        self.0.reset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::PERSIAN;

    #[test]
    fn the_message_counts_as_drf_does() {
        let quota = Quota::new(Policy::Updates, Rate::per_minute(60).unwrap(), 0, 0);
        for (wait, message) in [
            (1, "Request was throttled. Expected available in 1 second."),
            (1_000_000_001, "Request was throttled. Expected available in 2 seconds."),
        ] {
            assert_eq!(Exceeded::new(quota, wait).to_string(), message);
        }
    }

    /// As Django REST Framework answers in a Persian shop.
    #[test]
    fn the_message_has_a_translation() {
        let quota = Quota::new(Policy::Updates, Rate::per_minute(60).unwrap(), 0, 0);
        for (wait, seconds) in [(1, 1), (1_000_000_001, 2)] {
            assert_eq!(
                Exceeded::new(quota, wait).message().text_in(PERSIAN),
                format!(
                    "تعداد درخواست\u{200c}های شما محدود شده است. انتظار می\u{200c}رود در {seconds} ثانیه در دسترس باشد."
                )
            );
        }
    }
}
