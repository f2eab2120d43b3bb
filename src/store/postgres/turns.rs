//! The updates of one token take turns on a few of the connections, so that a customer whose row is locked holds up no
//! other customer.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{auth::TokenDigest, store::StoreError};

/// The updates of one token may take this fraction of the connections.
const TOKEN_SHARE: usize = 4;

/// Who waits and who is updated: only tokens with an update under way take memory.
pub(super) struct Turns {
    at_once: usize,
    tokens: Mutex<HashMap<TokenDigest, Token>>,
}

struct Token {
    turns: Arc<Semaphore>,
    /// How many updates have their turn or wait for it.
    updates: usize,
}

/// An update may be sent until this is dropped.
pub(super) struct Turn<'a> {
    _permit: OwnedSemaphorePermit,
    _place: Place<'a>,
}

/// An update that has its turn or waits for it.
struct Place<'a> {
    turns: &'a Turns,
    token: TokenDigest,
}

impl Turns {
    pub(super) fn new(connections: usize) -> Self {
        Self { at_once: (connections / TOKEN_SHARE).max(1), tokens: Mutex::default() }
    }

    /// # Errors
    ///
    /// [`StoreError::Busy`] when the token's other updates are not done in time.
    pub(super) async fn wait(&self, token: TokenDigest, at_most: Duration) -> Result<Turn<'_>, StoreError> {
        let (place, turns) = self.enter(token);
        let permit = match turns.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => match tokio::time::timeout(at_most, turns.acquire_owned()).await {
                Ok(Ok(permit)) => permit,
                Ok(Err(_)) | Err(_) => return Err(StoreError::Busy),
            },
        };
        Ok(Turn { _permit: permit, _place: place })
    }

    fn enter(&self, token: TokenDigest) -> (Place<'_>, Arc<Semaphore>) {
        let mut tokens = self.lock();
        let entry = tokens.entry(token);
        let entry = entry.or_insert_with(|| Token { turns: Arc::new(Semaphore::new(self.at_once)), updates: 0 });
        entry.updates += 1;
        (Place { turns: self, token }, entry.turns.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenDigest, Token>> {
        // Nothing under the lock can panic half-way through a change.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut token) = self.turns.lock().entry(self.token) {
            token.get_mut().updates -= 1;
            if token.get().updates == 0 {
                token.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const SARA: TokenDigest = TokenDigest([1; 32]);
    /// Begins with the same bytes.
    const OMID: TokenDigest = {
        let mut bytes = [1; 32];
        bytes[31] = 2;
        TokenDigest(bytes)
    };

    #[tokio::test]
    async fn a_token_waits_for_its_own_updates_alone() {
        let turns = Turns::new(8);
        let first = turns.wait(SARA, LONG).await.unwrap();
        let _second = turns.wait(SARA, LONG).await.unwrap();
        let mut third = Box::pin(turns.wait(SARA, LONG));
        assert!(third.as_mut().now_or_never().is_none(), "a quarter of eight connections is two");
        assert!(turns.wait(OMID, LONG).now_or_never().is_some());
        drop(first);
        assert!(third.await.is_ok());
    }

    #[tokio::test]
    async fn an_update_that_waits_too_long_is_rejected() {
        let turns = Turns::new(1);
        let _first = turns.wait(SARA, LONG).await.unwrap();
        assert!(matches!(turns.wait(SARA, Duration::ZERO).await, Err(StoreError::Busy)));
    }

    #[tokio::test]
    async fn a_token_without_updates_takes_no_memory() {
        let turns = Turns::new(4);
        let first = turns.wait(SARA, LONG).await.unwrap();
        // The client goes away while its update waits.
        assert!(turns.wait(SARA, LONG).now_or_never().is_none());
        assert_eq!(turns.lock().len(), 1);
        drop(first);
        assert!(turns.lock().is_empty());
    }
}
