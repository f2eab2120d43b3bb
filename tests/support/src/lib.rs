//! What the tests, the benchmarks and the fuzz targets share. Everything here uses what is public: the store, the socket,
//! the program.

pub mod answer;
pub mod api;
pub mod binary;
pub mod cluster;
pub mod database;
pub mod django;
pub mod full_disk;
pub mod fuzz_targets;
pub mod metrics;
pub mod pooler;
pub mod proxy;
pub mod raw;
pub mod shop;
pub mod upstream;

use std::{
    io::Write,
    time::{Duration, Instant},
};

use database::Database;

/// What a test is about, set up on a database of its own.
pub trait Subject {
    async fn on(database: Database) -> Self;
}

impl Subject for Database {
    async fn on(database: Database) -> Self {
        database
    }
}

/// Sets the test's subject up and runs the test.
pub async fn run<S: Subject, F: Future<Output = ()>>(database: Database, test: impl FnOnce(S) -> F) {
    test(S::on(database).await).await;
}

/// Tells a person something past the test harness, which keeps to itself what passing tests print.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Waits for what nothing announces: looks until there is an answer, and fails after ten seconds without one.
pub async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not happen within ten seconds");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs each of these `async fn name(subject: impl Subject)` once on SQLite and once on PostgreSQL, as the tests
/// `name::sqlite` and `name::postgres`. A test that is missing from the list is an unused function, which the
/// compiler reports.
#[macro_export]
macro_rules! both_databases {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::{database::Database, run};

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                run(Database::sqlite(), super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                if let Some(database) = Database::postgres().await {
                    run(database, super::$name).await;
                }
            }
        }
    )+};
}
