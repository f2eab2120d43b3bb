//! Who sends a request: authentication, and what the rate limits say.

use std::{net::IpAddr, sync::OnceLock};

use super::{
    ProfileService,
    error::{ProfileError, log_store_error},
};
use crate::{
    auth::{Credential, Rejection, TokenFormat, Unauthenticated},
    profile::Customer,
    rate_limit::{Exceeded, Operation, Owner, Quota},
    request_id,
    store::{TokenOwner, now},
};

/// A client with a token, for one request. Whatever the request does with the service, it is counted once, and a token
/// that is not valid is looked for once.
pub struct Caller {
    pub(super) credential: Credential,
    operation: Operation,
    count: u32,
    owner: OnceLock<Owner>,
    counted: OnceLock<Result<Quota, Exceeded>>,
    unauthenticated: OnceLock<Unauthenticated>,
}

impl Caller {
    /// The id of the token, as far as it is known: it has one, and it was looked up in this request or lately.
    pub(super) fn token_id(&self) -> Option<i64> {
        self.owner.get()?.token_id
    }

    /// What is left of the limit that the request was counted against; `None` when it was not counted.
    pub fn quota(&self) -> Option<Quota> {
        self.counted.get().map(|counted| counted.unwrap_or_else(|exceeded| exceeded.quota()))
    }

    /// Whether the request may go on.
    ///
    /// # Errors
    ///
    /// It exceeds a limit. Of a token that was not seen lately that is known only when the database has been asked for it.
    pub fn check(&self) -> Result<(), Exceeded> {
        self.counted.get().map_or(Ok(()), |counted| counted.map(drop))
    }
}

impl ProfileService {
    /// Counts a request before anything is done for it, as so many operations. A token that was valid lately tells its
    /// customer; any other is looked for first, unless its address has tried too many. [`Caller::check`] has the result.
    pub fn admit(&self, credential: Credential, operation: Operation, count: u32) -> Caller {
        let (owner, counted, unauthenticated) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let caller = Caller { credential, operation, count, owner, counted, unauthenticated };
        if !self.limiter.is_on() {
            return caller;
        }
        match self.limiter.known_owner(&caller.credential.digest) {
            Some(owner) => self.count(&caller, owner),
            None => {
                if let Err(exceeded) = self.limiter.check_address(request_id::client()) {
                    self.reject_unchecked(&caller, exceeded);
                }
            }
        }
        caller
    }

    /// The customer whose token this is; the first step of every operation that cannot be one statement.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unauthenticated`], [`ProfileError::RateLimited`], [`ProfileError::Unavailable`],
    /// [`ProfileError::Internal`].
    pub async fn me(&self, caller: &Caller) -> Result<Customer, ProfileError> {
        caller.check()?;
        if let Some(why) = caller.unauthenticated.get() {
            return Err((*why).into());
        }
        let address = request_id::client();
        let _lookup = match caller.owner.get() {
            Some(_) => None,
            None => {
                let lookup = self.limiter.begin_lookup(address).await;
                Some(lookup.map_err(|exceeded| self.reject_unchecked(caller, exceeded))?)
            }
        };
        let credential = &caller.credential;
        let owner = self.store.find_token_owner(credential).await.map_err(log_store_error)?;
        let token_id = owner.as_ref().and_then(|owner| owner.token_id);
        match valid_owner(owner, credential.format) {
            Ok(customer) => {
                self.identify(caller, Owner { customer: customer.id, token_id })?;
                Ok(customer)
            }
            Err(invalid) => Err(self.reject(caller, address, invalid).into()),
        }
    }

    /// Makes sure that the request is counted before it changes anything.
    pub(super) async fn check_caller(&self, caller: &Caller) -> Result<(), ProfileError> {
        caller.check()?;
        if self.limiter.is_on() && caller.owner.get().is_none() {
            self.me(caller).await?;
        }
        Ok(())
    }

    /// The token is valid, and this owner's.
    fn identify(&self, caller: &Caller, owner: Owner) -> Result<(), Exceeded> {
        if caller.owner.get().is_none() {
            if self.limiter.is_on() {
                self.limiter.remember(caller.credential.digest, owner);
            }
            self.count(caller, owner);
        }
        caller.check()
    }

    fn count(&self, caller: &Caller, owner: Owner) {
        let _ = caller.owner.set(owner);
        request_id::note(|notes| (notes.customer, notes.token) = (Some(owner.customer), owner.token_id));
        let Some(counted) = self.limiter.take(owner.customer, caller.operation, caller.count) else { return };
        if let Err(exceeded) = counted {
            self.metrics.limits.of(exceeded.quota().policy).inc();
        }
        let _ = caller.counted.set(counted);
    }

    fn reject(&self, caller: &Caller, address: Option<IpAddr>, invalid: Invalid) -> Unauthenticated {
        let Invalid { reason, token_id, error } = invalid;
        self.record(reason, token_id);
        self.limiter.forget(&caller.credential.digest);
        let _ = self.limiter.count_failed_token(address).map(|quota| caller.counted.set(Ok(quota)));
        let _ = caller.unauthenticated.set(error);
        error
    }

    /// The address has tried too many tokens: the database is not asked for this one.
    fn reject_unchecked(&self, caller: &Caller, exceeded: Exceeded) -> Exceeded {
        self.record(Rejection::Unchecked, None);
        self.metrics.limits.of(exceeded.quota().policy).inc();
        let _ = caller.counted.set(Err(exceeded));
        exceeded
    }

    fn record(&self, reason: Rejection, token_id: Option<i64>) {
        self.metrics.failed_tokens.of(reason).inc();
        self.rejected_tokens.record(reason, token_id);
    }
}

/// Why a token is not valid: for the log, and for the client.
struct Invalid {
    reason: Rejection,
    token_id: Option<i64>,
    error: Unauthenticated,
}

/// The customer who owns a token, if there is one, it is live and they are active.
fn valid_owner(owner: Option<TokenOwner>, format: TokenFormat) -> Result<Customer, Invalid> {
    let Some(TokenOwner { customer, is_active, token_id, expires_at, revoked_at }) = owner else {
        return Err(Invalid { reason: format.into(), token_id: None, error: Unauthenticated::UnknownToken });
    };
    let (reason, error) = match (revoked_at, expires_at) {
        (Some(_), _) => (Rejection::Revoked, Unauthenticated::UnknownToken),
        (None, Some(end)) if end <= now() => (Rejection::Expired, Unauthenticated::UnknownToken),
        (None, _) if !is_active => (Rejection::Inactive, Unauthenticated::Inactive),
        (None, _) => return Ok(customer),
    };
    Err(Invalid { reason, token_id, error })
}
