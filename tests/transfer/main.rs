//! Transfer: import, export and copy by the program itself, on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says no by panicking")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod copy;
mod dry_run;
mod duplicates;
mod files;
mod from_django;
mod import;
mod repeated;

use test_support as support;
