//! The closed loop: each connection sends its next request when the answer to the last one is there and checked.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};

use tokio::task::JoinSet;

use super::{
    http::{self, Client},
    operation::Operation,
};
use crate::Result;

/// How long the load runs before anything counts.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long the answers under way may take when the load ends.
const DRAIN: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) operation: Operation,
    pub(super) connections: usize,
    /// Keys are drawn out of this many.
    pub(super) customers: u64,
    pub(super) duration: Duration,
}

/// What happened within the measured time.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) elapsed: Duration,
    /// Of right answers, in microseconds, ascending.
    pub(super) latencies: Vec<u32>,
    pub(super) errors: u64,
    pub(super) first_error: Option<String>,
}

impl Outcome {
    /// The latency that this share of the requests kept to, in milliseconds.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * share).round() as usize).map_or(f64::NAN, |micros| f64::from(*micros) / 1e3)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    WarmUp,
    Measure,
    Stop,
}

struct Shared {
    phase: Cell<Phase>,
    outcome: RefCell<Outcome>,
}

/// Runs the load in this thread. `meter` reads the contender's counters at both ends of the measured time.
pub(super) fn run<T>(load: Load, meter: impl Fn() -> Result<T>) -> Result<(Outcome, [T; 2])> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shared = Rc::new(Shared { phase: Cell::new(Phase::WarmUp), outcome: RefCell::default() });
    let local = tokio::task::LocalSet::new();
    let readings = local.block_on(&runtime, async {
        let mut connections = JoinSet::new();
        for number in 0..load.connections {
            connections.spawn_local(connection(load, shared.clone(), Random::new(number as u64)));
        }
        tokio::time::sleep(WARM_UP).await;
        let (before, start) = (meter()?, Instant::now());
        shared.phase.set(Phase::Measure);
        tokio::time::sleep(load.duration).await;
        shared.phase.set(Phase::Stop);
        shared.outcome.borrow_mut().elapsed = start.elapsed();
        let after = meter()?;
        tokio::time::timeout(DRAIN, connections.join_all()).await.map_err(|_| "requests without an answer")?;
        Ok::<_, Box<dyn std::error::Error>>([before, after])
    })?;
    let mut outcome = shared.outcome.take();
    outcome.latencies.sort_unstable();
    Ok((outcome, readings))
}

/// One request of the first customer.
pub(super) fn once(address: SocketAddr, operation: Operation) -> Result<()> {
    let mut request = Vec::new();
    operation.write_request(&mut request, 1, 1)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut client = Client::new(address);
    let answer = runtime.block_on(client.send(&request))?;
    if is_right(answer, &operation.expected(1, 1)) { Ok(()) } else { Err(String::from_utf8_lossy(answer).into()) }
}

async fn connection(load: Load, shared: Rc<Shared>, mut random: Random) {
    let Load { address, operation, customers, .. } = load;
    let mut client = Client::new(address);
    let mut request = Vec::with_capacity(1024);
    while shared.phase.get() != Phase::Stop {
        let (customer, nonce) = (random.next() % customers + 1, random.next());
        let expected = operation.expected(customer, nonce);
        let start = Instant::now();
        let sent = match operation.write_request(&mut request, customer, nonce) {
            Ok(()) => client.send(&request).await,
            Err(error) => Err(error),
        };
        let failure = match sent {
            Ok(answer) if is_right(answer, &expected) => None,
            Ok(answer) => Some(String::from_utf8_lossy(answer).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if shared.phase.get() == Phase::Measure {
            let mut outcome = shared.outcome.borrow_mut();
            match failure {
                None => outcome.latencies.push(start.elapsed().as_micros() as u32),
                Some(error) => {
                    outcome.errors += 1;
                    outcome.first_error.get_or_insert(error);
                }
            }
        }
    }
}

fn is_right(answer: &[u8], expected: &str) -> bool {
    answer.starts_with(b"HTTP/1.1 200") && http::find(answer, expected.as_bytes()).is_some()
}

/// xorshift64*: cheap. No two connections ever draw the same: an update that changes nothing is another kind of work.
struct Random(u64);

impl Random {
    fn new(stream: u64) -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos() as u64);
        Self(((now << 10) | stream | 1 << 63).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
