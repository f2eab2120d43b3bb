//! The arithmetic of a limit: the generic cell rate algorithm (GCRA). All that it keeps of the past is one instant.

use std::{num::NonZeroU32, time::Duration};

/// What a limit counts in.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// An instant, in nanoseconds since the limits were made.
pub(super) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// So many a minute, and as many at once. What was used comes back evenly: of 60 a minute, one a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    limit: NonZeroU32,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) remaining: u32,
    /// The seconds until there is one more, rounded up; 0 when nothing was used.
    pub(super) reset: u32,
}

impl Rate {
    /// `None` for 0, which is no limit.
    pub(super) fn per_minute(limit: u32) -> Option<Self> {
        NonZeroU32::new(limit).map(|limit| Self { limit })
    }

    pub(super) fn limit(self) -> u32 {
        self.limit.get()
    }

    /// The time in which one comes back.
    fn interval(self) -> Nanos {
        WINDOW.as_secs() * SECOND / Nanos::from(self.limit())
    }

    /// The time in which all come back.
    fn burst(self) -> Nanos {
        self.interval() * Nanos::from(self.limit())
    }

    /// Uses so many, when all of what was used is back at `full_at`: gives the instant at which it will be, or the time
    /// after which there are enough. More than the limit would never be there: the whole limit is enough then, and all that
    /// is used has to come back.
    pub(super) fn take(self, full_at: Nanos, count: u32, now: Nanos) -> Result<Nanos, Nanos> {
        let (start, interval) = (full_at.max(now), self.interval());
        let needed = start + interval * Nanos::from(count.min(self.limit()));
        match (needed - now).checked_sub(self.burst()) {
            None | Some(0) => Ok(start.saturating_add(interval.saturating_mul(count.into()))),
            Some(wait) => Err(wait),
        }
    }

    /// What is left when all of what was used is back at `full_at`.
    pub(super) fn left(self, full_at: Nanos, now: Nanos) -> Left {
        let free = self.burst().saturating_sub(full_at.saturating_sub(now));
        let remaining = u32::try_from(free / self.interval()).unwrap_or(u32::MAX);
        let until_next = if full_at > now { self.interval() - free % self.interval() } else { 0 };
        Left { remaining, reset: in_seconds(until_next) }
    }
}

/// Rounded up.
pub(super) fn in_seconds(time: Nanos) -> u32 {
    u32::try_from(time.div_ceil(SECOND)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many one after the other at this moment: how many are let through, and the wait of the next.
    fn take_all(rate: Rate, full_at: &mut Nanos, now: Nanos) -> (u32, Nanos) {
        for taken in 0.. {
            match rate.take(*full_at, 1, now) {
                Ok(later) => *full_at = later,
                Err(wait) => return (taken, wait),
            }
        }
        unreachable!("the range has no end")
    }

    #[test]
    fn the_limit_is_let_through_at_once_and_then_one_per_interval() {
        for limit in [1, 7, 30, 60, 600, 1_000_003] {
            let rate = Rate::per_minute(limit).unwrap();
            let (mut full_at, start) = (0, 5 * SECOND);
            assert_eq!(take_all(rate, &mut full_at, start), (limit, rate.interval()), "{limit}");
            assert_eq!(take_all(rate, &mut full_at, start + rate.interval() - 1), (0, 1), "{limit}");
            assert_eq!(take_all(rate, &mut full_at, start + rate.interval()).0, 1, "{limit}");
            assert_eq!(take_all(rate, &mut full_at, start + 120 * SECOND).0, limit, "{limit}");
        }
    }

    #[test]
    fn what_is_left_and_when_there_is_more() {
        let rate = Rate::per_minute(60).unwrap();
        for full_at in [0, SECOND] {
            assert_eq!(rate.left(full_at, SECOND), Left { remaining: 60, reset: 0 });
        }
        let one = rate.take(0, 1, SECOND).unwrap();
        assert_eq!(rate.left(one, SECOND), Left { remaining: 59, reset: 1 });
        let all = rate.take(one, 59, SECOND).unwrap();
        assert_eq!(rate.left(all, SECOND), Left { remaining: 0, reset: 1 });
        let slow = Rate::per_minute(4).unwrap();
        let some = slow.take(0, 2, SECOND).unwrap();
        assert_eq!(slow.left(some, 3 * SECOND), Left { remaining: 2, reset: 13 });
    }

    #[test]
    fn a_request_for_more_than_the_limit_needs_the_whole_limit_and_uses_more() {
        let rate = Rate::per_minute(3).unwrap();
        let full_at = rate.take(0, 5, 0).unwrap();
        assert_eq!(rate.left(full_at, 0).remaining, 0);
        assert_eq!(rate.take(full_at, 1, 20 * SECOND), Err(40 * SECOND));
        assert_eq!(rate.take(full_at, 5, 20 * SECOND), Err(80 * SECOND));
        assert!(rate.take(full_at, 5, 100 * SECOND).is_ok());
    }

    #[test]
    fn no_limit_is_too_large_to_count() {
        let rate = Rate::per_minute(u32::MAX).unwrap();
        let full_at = rate.take(0, u32::MAX, 0).unwrap();
        assert_eq!(rate.left(full_at, 0).remaining, 0);
        assert!(Rate::per_minute(0).is_none());
    }
}
