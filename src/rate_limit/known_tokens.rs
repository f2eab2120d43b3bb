//! Tokens that were valid lately, and whose they are.

use std::time::Duration;

use super::{
    Owner, nanos,
    rate::Nanos,
    table::{Entry, Table},
};
use crate::auth::TokenDigest;

/// How long a token that was valid is known: its customer is counted before the database is asked, and an address that
/// has tried too many others does not keep it out.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// Whose token it is.
#[derive(Clone, Copy, Default)]
struct KnownToken {
    owner: Owner,
    until: Nanos,
}

impl Entry for KnownToken {
    fn until(&self) -> Nanos {
        self.until
    }
}

#[derive(Default)]
pub(super) struct KnownTokens(Table<TokenDigest, KnownToken>);

impl KnownTokens {
    /// The owner of a token that was valid lately.
    pub(super) fn owner(&self, token: &TokenDigest, now: Nanos) -> Option<Owner> {
        let known = self.0.get(token)?;
        if known.until <= now {
            return None;
        }
        if known.until - now < nanos(KNOWN_FOR) / 2 {
            // The token is in use, so it stays known. The statement still checks that it is valid.
            self.remember(*token, known.owner, now);
        }
        Some(known.owner)
    }

    pub(super) fn remember(&self, token: TokenDigest, owner: Owner, now: Nanos) {
        self.0.change(token, now, |known| *known = KnownToken { owner, until: now + nanos(KNOWN_FOR) });
    }

    pub(super) fn forget(&self, token: &TokenDigest) {
        self.0.remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ApiToken;

    const MINUTE: Nanos = 60_000_000_000;
    const SARA: Owner = Owner { customer: 7, token_id: Some(1) };

    fn one_known() -> (KnownTokens, TokenDigest) {
        let (tokens, token) = (KnownTokens::default(), ApiToken::from_plaintext("k").digest());
        tokens.remember(token, SARA, MINUTE);
        (tokens, token)
    }

    #[test]
    fn a_token_is_known_for_an_hour() {
        let (tokens, token) = one_known();
        assert_eq!(tokens.owner(&token, 61 * MINUTE), None);
        let other = ApiToken::from_plaintext("other").digest();
        assert_eq!(tokens.owner(&other, MINUTE), None);
    }

    #[test]
    fn the_token_that_was_used_last_stays_longest() {
        assert_eq!(KnownToken { owner: SARA, until: 7 }.until(), 7);
    }

    #[test]
    fn a_token_in_use_stays_known() {
        let (tokens, token) = one_known();
        // With half of the hour left nothing changes yet.
        assert_eq!(tokens.owner(&token, 31 * MINUTE), Some(SARA));
        assert_eq!(tokens.owner(&token, 61 * MINUTE - 1), Some(SARA));
        assert_eq!(tokens.owner(&token, 121 * MINUTE - 2), Some(SARA));
        assert_eq!(tokens.owner(&token, 182 * MINUTE), None);
    }

    #[test]
    fn a_look_in_the_first_half_hour_does_not_extend_it() {
        let (tokens, token) = one_known();
        assert_eq!(tokens.owner(&token, 31 * MINUTE), Some(SARA));
        assert_eq!(tokens.owner(&token, 61 * MINUTE), None);
    }

    #[test]
    fn the_tokens_that_expire_first_make_room() {
        let tokens = KnownTokens::default();
        let token = |number: u64| TokenDigest(std::array::from_fn(|at| number.to_le_bytes()[at % 8]));
        for number in 0..200_000 {
            tokens.remember(token(number), SARA, number);
        }
        assert_eq!(tokens.owner(&token(0), 200_000), None);
        assert_eq!(tokens.owner(&token(199_999), 200_000), Some(SARA));
    }

    #[test]
    fn a_token_is_known_until_it_is_forgotten() {
        let (tokens, token) = one_known();
        tokens.forget(&token);
        assert_eq!(tokens.owner(&token, MINUTE), None);
    }
}
