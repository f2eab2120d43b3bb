//! What the log says about rejected tokens: one line a second at most, however many there are.
//!
//! A client without a token decides how many it sends: a line for each would let it fill the disk. The single
//! rejections are logged at `debug`. Neither says anything of the token itself.

use std::{
    fmt::{self, Display},
    mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::runtime::Handle;
use tracing::field::{DisplayValue, display};

use super::TokenFormat;
use crate::request_id;

/// The time that one line sums up.
const INTERVAL: Duration = Duration::from_secs(1);
/// How many addresses, and how many ids of tokens, a line lists.
const MAX_LISTED_VALUES: usize = 8;

/// Why a token was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Rejection {
    /// No customer has it.
    Unknown,
    /// No customer has it, and its checksum is wrong: it was mistyped or cut.
    Mistyped,
    /// Its time is over.
    Expired,
    /// An operator revoked it.
    Revoked,
    /// It is live, but its customer is deactivated.
    Inactive,
    /// It was not looked for: its address has tried too many.
    Unchecked,
}

/// Why a token of this format was not found.
impl From<TokenFormat> for Rejection {
    fn from(format: TokenFormat) -> Self {
        match format {
            TokenFormat::BadChecksum => Self::Mistyped,
            TokenFormat::Native | TokenFormat::Foreign => Self::Unknown,
        }
    }
}

/// Sums up rejected tokens for the log. What is left is logged when the last clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct RejectedTokens(Arc<Shared>);

#[derive(Default)]
struct Shared(Mutex<Summary>);

impl RejectedTokens {
    /// A token was rejected in the current request. `token` is its id, if it has one.
    pub(crate) fn record(&self, rejection: Rejection, token: Option<i64>) {
        let client = request_id::client();
        let (request, logged_client) = (request_id::for_log(), client.map(display));
        tracing::debug!(request, client = logged_client, reason = ?rejection, token, "token rejected");
        let mut summary = self.0.lock();
        let is_first = summary.count == 0;
        summary.add(rejection, client, token);
        if is_first && let Ok(runtime) = Handle::try_current() {
            let shared = Arc::downgrade(&self.0);
            runtime.spawn(async move {
                tokio::time::sleep(INTERVAL).await;
                if let Some(shared) = shared.upgrade() {
                    shared.log();
                }
            });
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Summary> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs the summary, if there is anything in it, and begins the next one.
    fn log(&self) {
        let summary = mem::take(&mut *self.lock());
        if summary.count > 0 {
            summary.log();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.log();
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    count: u64,
    /// By [`Rejection`].
    reasons: [u64; 6],
    clients: Tally<IpAddr>,
    tokens: Tally<i64>,
}

impl Summary {
    fn add(&mut self, rejection: Rejection, client: Option<IpAddr>, token: Option<i64>) {
        self.count += 1;
        self.reasons[rejection as usize] += 1;
        self.clients.add(client);
        self.tokens.add(token);
    }

    /// Fields without a value are left out.
    fn log(&self) {
        let Self { count, reasons, clients, tokens } = self;
        let [unknown, mistyped, expired, revoked, inactive, unchecked] =
            reasons.map(|count| (count > 0).then_some(count));
        let (other_clients, other_tokens) = (clients.others(), tokens.others());
        let (clients, tokens) = (clients.listed(), tokens.listed());
        tracing::info!(
            count,
            unknown,
            mistyped,
            expired,
            revoked,
            inactive,
            unchecked,
            clients,
            other_clients,
            tokens,
            other_tokens,
            "tokens rejected"
        );
    }
}

/// How often each value was seen: the first [`MAX_LISTED_VALUES`] by themselves, all others together.
#[derive(Debug, PartialEq, Eq)]
struct Tally<T> {
    listed: Vec<(T, u64)>,
    others: u64,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { listed: Vec::new(), others: 0 }
    }
}

impl<T: PartialEq + Display> Tally<T> {
    fn add(&mut self, value: Option<T>) {
        let Some(value) = value else { return };
        let has_room = self.listed.len() < MAX_LISTED_VALUES;
        match self.listed.iter_mut().find(|(listed, _)| *listed == value) {
            Some((_, count)) => *count += 1,
            None if has_room => self.listed.push((value, 1)),
            None => self.others += 1,
        }
    }

    fn listed(&self) -> Option<DisplayValue<&Self>> {
        (!self.listed.is_empty()).then(|| display(self))
    }

    fn others(&self) -> Option<u64> {
        (self.others > 0).then_some(self.others)
    }
}

/// `203.0.113.7 (80), 203.0.113.9 (2)`
impl<T: Display> Display for Tally<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (value, count)) in self.listed.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{value} ({count})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
