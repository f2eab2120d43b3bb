//! The signals that end the server.
//!
//! The first SIGTERM, SIGINT (Ctrl-C) or SIGHUP asks for an orderly stop. A SIGTERM or SIGINT after that ends the
//! process at once, with the exit code that a shell shows for the signal. What was answered is stored either way.

use std::{
    process,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::signal::unix::{self, SignalKind};
use tokio_util::sync::CancellationToken;

use crate::cli::{CliError, log};

/// Added to a signal's number: the exit code of a process that the signal ended.
const EXIT_CODE_BASE: i32 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Hangup,
    Interrupt,
    Terminate,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    fn kind(self) -> SignalKind {
        match self {
            Self::Hangup => SignalKind::hangup(),
            Self::Interrupt => SignalKind::interrupt(),
            Self::Terminate => SignalKind::terminate(),
        }
    }
}

/// How long a server that is asked to stop still takes requests, while load balancers find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StopDelay(Duration);

const MAX_STOP_DELAY: Duration = Duration::from_secs(600);

impl FromStr for StopDelay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match humantime::parse_duration(text) {
            Ok(delay) if delay <= MAX_STOP_DELAY => Ok(Self(delay)),
            _ => Err("expected a time such as `5s` or `500ms`, at most `10m`"),
        }
    }
}

/// An orderly stop that a signal asks for.
pub(super) struct Stop {
    /// Cancelled by the first signal.
    pub(super) requested: CancellationToken,
    signal: Arc<OnceLock<Signal>>,
}

impl Stop {
    /// Handles the signals from now on.
    pub(super) fn on_signal() -> Result<Self, CliError> {
        let mut signals = Signals::new().map_err(CliError::failed)?;
        let stop = Self { requested: CancellationToken::new(), signal: Arc::default() };
        let (requested, first) = (stop.requested.clone(), stop.signal.clone());
        tokio::spawn(async move {
            let signal = signals.next().await;
            tracing::info!(signal = signal.name(), "stopping");
            let _ = first.set(signal);
            requested.cancel();
            end_at_once(signals.next_urgent().await);
        });
        Ok(stop)
    }

    /// Cancelled so long after the first signal.
    pub(super) fn after(&self, delay: StopDelay) -> CancellationToken {
        if delay.0.is_zero() {
            return self.requested.clone();
        }
        let (requested, after) = (self.requested.clone(), CancellationToken::new());
        let later = after.clone();
        tokio::spawn(async move {
            requested.cancelled().await;
            tokio::time::sleep(delay.0).await;
            later.cancel();
        });
        after
    }

    /// The name of the signal, once there was one.
    pub(super) fn signal(&self) -> Option<&'static str> {
        self.signal.get().map(|signal| signal.name())
    }
}

fn end_at_once(signal: Signal) -> ! {
    tracing::warn!(signal = signal.name(), "a second signal: ended at once");
    log::flush();
    process::exit(EXIT_CODE_BASE + signal.kind().as_raw_value());
}

struct Signals {
    /// Without it where SIGHUP is ignored: `nohup` asks for that.
    hangup: Option<unix::Signal>,
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let listen = |signal: Signal| unix::signal(signal.kind());
        Ok(Self {
            hangup: if is_hangup_ignored() { None } else { Some(listen(Signal::Hangup)?) },
            interrupt: listen(Signal::Interrupt)?,
            terminate: listen(Signal::Terminate)?,
        })
    }

    async fn next(&mut self) -> Signal {
        let Self { hangup, interrupt, terminate } = self;
        tokio::select! {
            Some(()) = async { hangup.as_mut()?.recv().await } => Signal::Hangup,
            Some(()) = interrupt.recv() => Signal::Interrupt,
            Some(()) = terminate.recv() => Signal::Terminate,
            // A signal's stream does not end.
            else => std::future::pending().await,
        }
    }

    /// The next signal that does not leave the server the time to stop. The end of a session sends SIGHUP beside
    /// another signal.
    async fn next_urgent(&mut self) -> Signal {
        loop {
            match self.next().await {
                Signal::Hangup => {}
                signal @ (Signal::Interrupt | Signal::Terminate) => return signal,
            }
        }
    }
}

/// Whether the process was started with SIGHUP ignored, where the system says so (Linux).
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status).is_some_and(|mask| mask & 1 << (SignalKind::hangup().as_raw_value() - 1) != 0)
}

/// The bit `n - 1` of the mask stands for the signal `n`.
fn ignored_signals(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_a_time_of_at_most_ten_minutes() {
        for (text, milliseconds) in [("0s", 0), ("500ms", 500), ("10m", 600_000)] {
            assert_eq!(text.parse(), Ok(StopDelay(Duration::from_millis(milliseconds))), "{text}");
        }
        for text in ["", "5", "-1s", "11m", "soon"] {
            assert!(text.parse::<StopDelay>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn reads_the_mask_of_ignored_signals() {
        let status = "Name:\tshop-profile\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(ignored_signals(status), Some(0x1001));
        assert_eq!(ignored_signals("Name:\tshop-profile\n"), None);
    }
}
