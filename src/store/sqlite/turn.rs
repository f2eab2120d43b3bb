//! How long the writer keeps its connection, for which other writers of this process wait.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use tokio::time::Sleep;

/// The longest, while there is always more to write.
const MAX_HOLD: Duration = Duration::from_millis(100);

/// The time between the taking of the connection and its return.
pub(super) struct Turn {
    began: Instant,
    keep: Duration,
    /// One timer serves many updates. To start one wakes another thread, which each lone update would pay for.
    timer: Pin<Box<Sleep>>,
    /// Whether there was an update since the timer was started.
    is_in_use: bool,
}

impl Turn {
    /// It ends when there was no update for so long, or a little longer.
    pub(super) fn begin(keep: Duration) -> Self {
        Self { began: Instant::now(), keep, timer: Box::pin(tokio::time::sleep(keep)), is_in_use: false }
    }

    /// Waits for the next updates, given by their number; whether there are any before it is the others' turn.
    pub(super) async fn goes_on_with(&mut self, next: impl Future<Output = usize>) -> bool {
        let mut next = std::pin::pin!(next);
        loop {
            tokio::select! {
                biased;
                () = self.timer.as_mut() => {
                    if !std::mem::take(&mut self.is_in_use) || self.began.elapsed() > MAX_HOLD {
                        return false;
                    }
                    self.timer.as_mut().reset((Instant::now() + self.keep).into());
                }
                received = next.as_mut() => {
                    self.is_in_use = true;
                    return received > 0;
                }
            }
        }
    }
}
