//! Waits for a database that is not there yet, so that it need not be started before the server.

use std::time::{Duration, Instant};

use crate::store::{DatabaseUrl, OpenError, Store};

/// The pause between two attempts to open the database.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a command waits for the database.
#[derive(clap::Args)]
pub(super) struct WaitArgs {
    /// How long to wait for a PostgreSQL that is starting or cannot be reached yet, e.g. `60s`; `0s` is not at all.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        value_parser = time,
        env = "SHOP_PROFILE_WAIT_FOR_DATABASE"
    )]
    wait_for_database: Duration,
}

fn time(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "expected a time such as `60s`")
}

impl WaitArgs {
    /// Opens the database, again and again while the reason against it may pass. It is logged once that it waits, and once
    /// that the database is there.
    ///
    /// # Errors
    /// The last reason.
    pub(super) async fn open(
        &self,
        url: &DatabaseUrl,
        open: impl AsyncFn() -> Result<Store, OpenError>,
    ) -> Result<Store, OpenError> {
        let start = Instant::now();
        let mut is_waiting = false;
        loop {
            let error = match open().await {
                Ok(store) => {
                    if is_waiting {
                        tracing::info!(database = %url, waited_seconds = start.elapsed().as_secs(), "the database is there");
                    }
                    return Ok(store);
                }
                Err(error) => error,
            };
            if !error.is_temporary() || start.elapsed() >= self.wait_for_database {
                return Err(error);
            }
            if !is_waiting {
                tracing::warn!(%error, "waiting for the database");
                is_waiting = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_has_a_unit() {
        assert_eq!(time("0s"), Ok(Duration::ZERO));
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("2m"), Ok(Duration::from_secs(120)));
        for text in ["", "60", "-1s", "forever"] {
            assert!(time(text).is_err(), "{text:?}");
        }
    }
}
