//! What may be done about a statement that failed.

use std::time::Instant;

use sea_orm::sqlx;

use crate::store::{StoreError, fault::Fault};

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It may be done twice, and so is sent again when the connection breaks.
    Repeatable,
    /// It is not begun after this moment, and sent again only if it is known not to have been done.
    Once { begin_before: Instant },
}

/// How much of a statement was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Nothing,
    /// It is in a transaction of which the COMMIT was not sent.
    Uncommitted,
    All,
}

impl Access {
    /// What was not committed was not done, and may be done again.
    pub(super) fn after(self, sent: Sent) -> Self {
        if sent == Sent::Uncommitted { Self::Repeatable } else { self }
    }

    /// Fails when it is too late to begin.
    pub(super) fn check_time(self) -> Result<(), StoreError> {
        match self {
            Self::Once { begin_before } if begin_before <= Instant::now() => Err(StoreError::Busy),
            Self::Once { .. } | Self::Repeatable => Ok(()),
        }
    }

    pub(super) fn may_send_again(self, fault: Fault) -> bool {
        fault.may_be_sent_again() || (self == Self::Repeatable && fault == Fault::Disconnected)
    }

    pub(super) fn error(self, error: sqlx::Error) -> StoreError {
        match self {
            Self::Repeatable => error.into(),
            Self::Once { .. } => StoreError::changing(error),
        }
    }
}
