//! Which connections are open, what each is doing, and how room is made for the next one.
//!
//! A connection needs a *slot* for its requests, and there are [`ConnectionLimits::max_connections`] of them. Every
//! connection is accepted, so that a health check is answered however many connections there are:
//!
//! | when a connection is accepted | what happens |
//! |---|---|
//! | there is a free slot | it takes it |
//! | some slot holders are idle | the one that has been idle longest is closed, and its slot is free |
//! | every slot holder has a request under way | the first request waits for a slot; without one in time it gets 503 |
//! | [`MAX_WITHOUT_SLOT`] connections have no slot already | the longest idle one is closed, or else the request that has waited longest gets 503 |
//!
//! Health checks need no slot. A request that is under way is never cut off to make room. RFC 9112, section
//! 9.5, lets a server close a connection at any time between two requests.

mod metrics;
mod requests;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub use self::metrics::ConnectionMetrics;
pub(super) use self::requests::{Requests, ResponseBody};
use super::ConnectionLimits;
use crate::metrics::Held;

/// How many connections may be open without a slot: health checks, and requests that wait for a slot.
pub(super) const MAX_WITHOUT_SLOT: usize = 128;

/// Every open connection.
pub(super) struct Connections {
    limits: ConnectionLimits,
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<u64, Arc<State>>>,
    next_id: AtomicU64,
    metrics: ConnectionMetrics,
}

/// One open connection, held by its task. Dropping it gives the slot back.
pub(super) struct Connection {
    id: u64,
    state: Arc<State>,
    connections: Arc<Connections>,
    _counted: Held,
}

struct State {
    address: IpAddr,
    /// Its address had reached its limit when it was accepted, so it never gets a slot.
    over_address_limit: bool,
    activity: Mutex<Activity>,
    slot: Mutex<Option<OwnedSemaphorePermit>>,
    /// Cancelled to ask the connection's task to close it.
    close: CancellationToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// No request has arrived yet. The time is that of its acceptance.
    Fresh(Instant),
    /// Between two requests, since then.
    Idle(Instant),
    /// Its request waits for a slot, since then.
    Waiting(Instant),
    /// A request is under way.
    Busy,
    /// It was idle and has been told to close.
    Closing {
        /// Whether it has had a request before.
        fresh: bool,
    },
}

impl Activity {
    fn idle_since(self) -> Option<Instant> {
        match self {
            Self::Fresh(since) | Self::Idle(since) => Some(since),
            Self::Waiting(_) | Self::Busy | Self::Closing { .. } => None,
        }
    }

    fn waiting_since(self) -> Option<Instant> {
        match self {
            Self::Waiting(since) => Some(since),
            _ => None,
        }
    }
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits, metrics: ConnectionMetrics) -> Arc<Self> {
        Arc::new(Self {
            limits,
            slots: Arc::new(Semaphore::new(limits.max_connections)),
            open: Mutex::default(),
            next_id: AtomicU64::new(0),
            metrics,
        })
    }

    /// Registers a connection that was accepted from this address and makes room for it. `None` when there is no room
    /// at all: every connection that could be closed for it is being closed already.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Connection> {
        let mut open = lock(&self.open);
        let room = self.room_of_address(&open, address);
        let slot = if room == Room::None { None } else { self.slots.clone().try_acquire_owned().ok() };
        if slot.is_none() && room == Room::Free {
            close_longest_idle(open.values().filter(|state| lock(&state.slot).is_some()));
        }
        if open.len() >= self.limits.max_connections + MAX_WITHOUT_SLOT
            && !close_longest_idle(open.values())
            && !close_longest_waiting(open.values())
        {
            self.metrics.rejected.inc();
            return None;
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            address,
            over_address_limit: room == Room::None,
            activity: Mutex::new(Activity::Fresh(Instant::now())),
            slot: Mutex::new(slot),
            close: CancellationToken::new(),
        });
        open.insert(id, state.clone());
        let _counted = Held::by(&self.metrics.open);
        Some(Connection { id, state, connections: self.clone(), _counted })
    }

    /// Closes the connection that has been idle longest, for want of anything that each connection needs.
    pub(super) fn close_longest_idle(&self) {
        close_longest_idle(lock(&self.open).values());
    }

    fn room_of_address(&self, open: &HashMap<u64, Arc<State>>, address: IpAddr) -> Room {
        let limit = self.limits.max_connections_per_address;
        let of_address = || open.values().filter(|state| state.address == address && !state.close.is_cancelled());
        if limit == 0 || of_address().count() < limit {
            Room::Free
        } else if close_longest_idle(of_address()) {
            Room::Made
        } else {
            Room::None
        }
    }
}

/// Whether an address may have one more connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// It has fewer than its limit, or there is no limit.
    Free,
    /// It had as many, and one of them is being closed.
    Made,
    /// It has as many, each with a request under way.
    None,
}

/// Whether there was one to close.
fn close_longest_idle<'a>(states: impl Iterator<Item = &'a Arc<State>>) -> bool {
    let since = |state: &&Arc<State>| Some((lock(&state.activity).idle_since()?, (*state).clone()));
    let Some((_, state)) = states.filter_map(|state| since(&state)).min_by_key(|(since, _)| *since) else {
        return false;
    };
    let mut activity = lock(&state.activity);
    // A request may have arrived in between: then the connection closes after it.
    if activity.idle_since().is_some() {
        *activity = Activity::Closing { fresh: matches!(*activity, Activity::Fresh(_)) };
    }
    state.close.cancel();
    true
}

/// Whether there was one to close. Its request has not begun, so that 503 is the whole truth.
fn close_longest_waiting<'a>(states: impl Iterator<Item = &'a Arc<State>>) -> bool {
    let waiting = states.filter(|state| !state.close.is_cancelled());
    let waiting = waiting.filter_map(|state| Some((lock(&state.activity).waiting_since()?, state)));
    let longest = waiting.min_by_key(|(since, _)| *since);
    longest.inspect(|(_, state)| state.close.cancel()).is_some()
}

impl Connection {
    /// Resolves when the connection is to make room for another one.
    pub(super) async fn closed_for_another(&self) {
        self.state.close.cancelled().await;
    }

    /// Whether it was closed while it was idle, so that no answer of ours is on its way.
    pub(super) fn was_closed_while_idle(&self) -> bool {
        matches!(*lock(&self.state.activity), Activity::Closing { .. })
    }

    /// Whether it was closed before its first request had arrived.
    pub(super) fn was_closed_while_fresh(&self) -> bool {
        *lock(&self.state.activity) == Activity::Closing { fresh: true }
    }

    /// What the requests of this connection need of it.
    pub(super) fn requests(&self) -> Requests {
        Requests {
            state: self.state.clone(),
            slots: self.connections.slots.clone(),
            slot_timeout: self.connections.limits.slot_timeout,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.connections.open).remove(&self.id);
        // The requests' handle may live on with a request that outlives its connection.
        lock(&self.state.slot).take();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
