//! What waits in the writer's queue.

use std::time::Instant;

use tokio::sync::oneshot;

use crate::{
    profile::Customer,
    store::{StoreError, sql::ProfileUpdate},
};

pub(super) type Answer = Result<Option<Customer>, StoreError>;

/// What waits for the writer.
pub(super) struct Job {
    /// In the order of the queue, from 1.
    pub(super) number: u64,
    pub(super) deadline: Instant,
    pub(super) task: Task,
}

#[expect(clippy::large_enum_variant, reason = "nearly every task is an update: a box would cost each of them")]
pub(super) enum Task {
    Update {
        update: ProfileUpdate,
        answer: oneshot::Sender<Answer>,
    },
    /// A write that changes nothing, to see whether writes succeed.
    Probe {
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
}
