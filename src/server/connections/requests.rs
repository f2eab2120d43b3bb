//! A connection as its requests see it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{Activity, State, lock};
use crate::held_body::HeldBody;

/// There is no slot for the request: it is answered 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct NoSlot;

/// What the requests of a connection need of it.
#[derive(Clone)]
pub(in crate::server) struct Requests {
    pub(super) state: Arc<State>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) slot_timeout: Duration,
}

impl Requests {
    /// A request begins. It is under way until what is returned is dropped.
    pub(in crate::server) fn begin(&self) -> UnderWay {
        *lock(&self.state.activity) = Activity::Busy;
        UnderWay(self.state.clone())
    }

    /// Waits for the connection's slot, if it has none yet.
    pub(in crate::server) async fn slot(&self) -> Result<(), NoSlot> {
        if self.state.over_address_limit {
            return Err(NoSlot);
        }
        if lock(&self.state.slot).is_some() {
            return Ok(());
        }
        *lock(&self.state.activity) = Activity::Waiting(Instant::now());
        let slot = tokio::select! {
            slot = self.slots.clone().acquire_owned() => slot.map_err(|_| NoSlot)?,
            () = self.state.close.cancelled() => return Err(NoSlot),
            () = tokio::time::sleep(self.slot_timeout) => return Err(NoSlot),
        };
        *lock(&self.state.activity) = Activity::Busy;
        *lock(&self.state.slot) = Some(slot);
        Ok(())
    }
}

/// A request is under way. Dropped when its answer has been sent, or will not be.
pub(in crate::server) struct UnderWay(Arc<State>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        *lock(&self.0.activity) = Activity::Idle(Instant::now());
    }
}

/// The body of a response. Its request is under way until the body has been sent.
pub(in crate::server) type ResponseBody = HeldBody<UnderWay>;
