//! Fault injection: the program itself, under a load of patches over real sockets, while something breaks.
//!
//! Each fault has three tests: the server recovers by itself when the fault is over, SIGTERM during the fault is an
//! orderly stop, and `kill -9` during the fault loses nothing. After each of them every patch that was answered 200 is
//! stored, none that was answered 503 is, and the next request is answered 200. See README.md in this folder.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says no by panicking")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod load;
mod locks;
mod postgres;
mod process;
mod scenario;
mod sqlite;

use locks::{LockedFile, LockedRows};
use postgres::{FrozenConnections, ReadOnlyDatabase, ResetConnections};
use process::{ClosedStderr, NoDescriptorsLeft};
use scenario::faults;
use sqlite::FullDisk;
use test_support as support;

faults! {
    both {
        closed_stderr: ClosedStderr,
        no_descriptors_left: NoDescriptorsLeft,
    }
    sqlite {
        full_disk: FullDisk,
        locked_file: LockedFile,
    }
    postgres {
        frozen_connections: FrozenConnections,
        reset_connections: ResetConnections,
        locked_rows: LockedRows,
        read_only_database: ReadOnlyDatabase,
    }
}
