//! Three servers and haproxy (with `deploy/haproxy/haproxy.cfg`) over one PostgreSQL, under a steady load of patches,
//! while one of everything dies or is restarted. It needs PostgreSQL, haproxy and wrk, takes 90 seconds and prints figures:
//!
//! ```text
//! cargo test --release --test cluster -- --ignored --nocapture
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says no by panicking")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod load;
mod rates;
mod rolling;
mod topology;

use std::time::{Duration, Instant};

use load::{Load, Outcome};
use support::say;
use test_support as support;
use topology::Topology;

/// How long the load goes on undisturbed between two disasters.
const CALM: Duration = Duration::from_secs(4);
/// How long PostgreSQL stays away.
const OUTAGE: Duration = Duration::from_secs(2);
/// The promise: so long after PostgreSQL's return every patch is answered 200 again.
const BACK_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs haproxy and half a minute; see the command above"]
async fn no_answered_change_is_lost_when_a_server_the_proxy_or_the_database_dies() {
    let mut topology = Topology::start().await;
    let load = Load::start(&topology).await;
    calm("before", &load).await;

    let killed = Instant::now();
    topology.kill(0).await;
    calm("kill -9 of a server", &load).await;
    topology.restart(0).await;
    calm("its return", &load).await;

    topology.crash_database();
    tokio::time::sleep(OUTAGE).await;
    topology.resume_database();
    let resumed = Instant::now();
    calm("PostgreSQL's restart", &load).await;
    tokio::time::sleep(BACK_WITHIN).await;

    let stopping = Instant::now();
    topology.stop(1).await;
    calm("SIGTERM of a server", &load).await;

    let report = load.stop().await;
    for (outcome, count) in report.counts() {
        say(&format!("{outcome:?}: {count}"));
        let allowed = matches!(outcome, Outcome::Answer(200 | 429 | 503) | Outcome::Broken);
        assert!(allowed, "{outcome:?}, {count} times");
    }
    let failures = |from, to| report.failures(from, to);
    say(&format!("failed after kill -9: {}", failures(killed, resumed - OUTAGE - CALM)));
    say(&format!("failed after SIGTERM: {}", failures(stopping, Instant::now())));
    let back = report.first_success_after(resumed).expect("it came back");
    say(&format!("first 200 after PostgreSQL's return: {} ms", back.as_millis()));
    assert_eq!(failures(resumed + BACK_WITHIN, stopping), 0, "failures long after PostgreSQL's return");
    let checked = report.assert_all_stored(&topology).await;
    say(&format!("patches answered 200, each found in the database: {checked}"));
}

async fn calm(after: &str, load: &Load) {
    let before = load.successes();
    tokio::time::sleep(CALM).await;
    let rate = (load.successes() - before) as f64 / CALM.as_secs_f64();
    say(&format!("{after}: {rate:.0} patches/s answered 200"));
    assert!(rate > 0.0, "{after}: no patch gets through any more");
}
