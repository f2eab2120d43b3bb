//! Who checks the API token of a request, and what the request is counted as.

use std::sync::Arc;

use super::{Prepared, error::RequestError};
use crate::{
    auth::{Credential, Unauthenticated},
    rate_limit::{Exceeded, Operation, Quota},
    service::{Caller, ProfileService},
};

/// Who checks the API token of a request.
pub(super) enum Authentication {
    /// The request has none and needs none. It is not counted.
    Anonymous,
    /// This API, before the execution: a token that is sent must be valid whatever becomes of the request. It is counted
    /// as a read.
    BeforeExecution(Arc<Caller>),
    /// The resolver, in the statement that it executes anyway. Each root field is counted.
    ByStatement(Arc<Caller>),
}

impl Authentication {
    /// Decides it for a request that is about to be executed or rejected.
    pub(super) fn of(
        profile: &ProfileService,
        credential: Result<Credential, Unauthenticated>,
        prepared: &Result<Prepared, RequestError>,
    ) -> Result<Self, Unauthenticated> {
        let resolved = prepared.as_ref().ok().filter(|prepared| !prepared.introspection_only);
        match (credential, resolved) {
            (Ok(credential), Some(prepared)) => {
                let Prepared { operation, root_fields, .. } = *prepared;
                Ok(Self::ByStatement(Arc::new(profile.admit(credential, operation, root_fields))))
            }
            (Ok(credential), None) => {
                Ok(Self::BeforeExecution(Arc::new(profile.admit(credential, Operation::Read, 1))))
            }
            (Err(Unauthenticated::NotProvided), None) => Ok(Self::Anonymous),
            (Err(why), _) => Err(why),
        }
    }

    /// Whether the request may go on, as far as that is known.
    pub(super) fn check(&self) -> Result<(), Exceeded> {
        self.caller().map_or(Ok(()), |caller| caller.check())
    }

    /// What is left of the limit that the request was counted against.
    pub(super) fn quota(&self) -> Option<Quota> {
        self.caller()?.quota()
    }

    fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Anonymous => None,
            Self::BeforeExecution(caller) | Self::ByStatement(caller) => Some(caller),
        }
    }
}
