use std::{io, sync::Arc};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::BoxDynError},
};

use super::*;

fn lost() -> StoreError {
    let error: BoxDynError = io::Error::from(io::ErrorKind::ConnectionRefused).into();
    StoreError::Unavailable(Arc::new(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Configuration(error))))))
}

fn fail(health: &Health, error: StoreError) {
    health.after_read(&Err::<(), _>(error));
}

/// As if the outage had begun earlier.
fn began_earlier(outage: &Outage, by: Duration) {
    let mut state = lock(&outage.state);
    let since = state.as_mut().and_then(|state| state.failing_since.as_mut()).unwrap();
    *since = since.checked_sub(by).unwrap();
}

#[test]
fn the_wait_is_as_long_as_the_outage_and_bounded() {
    let health = Health::new(FailureMetrics::default());
    assert_eq!(health.retry_after().as_secs(), 1);
    fail(&health, lost());
    for (earlier, wait) in [(0, 1), (1, 1), (1, 2), (2, 4), (4, 8), (8, 10), (600, 10)] {
        began_earlier(&health.connections, Duration::from_secs(earlier));
        fail(&health, lost());
        assert_eq!(health.retry_after().as_secs(), wait);
    }
    health.after_read(&Ok(()));
    assert_eq!(health.retry_after().as_secs(), 1, "it is over");
}

#[test]
fn requests_that_wait_for_others_are_worth_a_try_soon() {
    let health = Health::new(FailureMetrics::default());
    fail(&health, StoreError::Busy);
    began_earlier(&health.load, Duration::from_secs(60));
    fail(&health, StoreError::Busy);
    fail(&health, StoreError::Stopped);
    assert_eq!(health.retry_after().as_secs(), 1);
}

#[test]
fn an_outage_of_some_time_ago_says_nothing() {
    let health = Health::new(FailureMetrics::default());
    fail(&health, lost());
    began_earlier(&health.connections, Duration::from_secs(60));
    lock(&health.connections.state).as_mut().unwrap().last_failure -= QUIET;
    assert_eq!(health.retry_after().as_secs(), 1);
}
