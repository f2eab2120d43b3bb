//! From the `Authorization` header to an API token.

use super::{ApiToken, TokenDigest, TokenFormat};
use crate::messages::{Message, MessageId};

/// The token that a request carries. Whether it is a live one, only the database knows.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The token itself: what a Django shop stores.
    pub token: ApiToken,
    /// What shop-profile's own tables store.
    pub digest: TokenDigest,
    /// What the log says when it is not found.
    pub format: TokenFormat,
}

/// Why authentication failed. `Display` is the message, which both APIs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum Unauthenticated {
    /// No header, or another scheme.
    NotProvided,
    /// A scheme and no token.
    NoToken,
    /// More than one word after the scheme, or more than one header.
    Spaces,
    /// A token that is not UTF-8.
    InvalidCharacters,
    /// Unknown, expired or revoked; the log says which.
    UnknownToken,
    /// A live token of a deactivated customer.
    Inactive,
}

impl Unauthenticated {
    /// What the client reads.
    pub fn message(self) -> Message {
        Message::from(match self {
            Self::NotProvided => MessageId::CredentialsNotProvided,
            Self::NoToken => MessageId::TokenMissing,
            Self::Spaces => MessageId::TokenHasSpaces,
            Self::InvalidCharacters => MessageId::TokenHasInvalidCharacters,
            Self::UnknownToken => MessageId::InvalidToken,
            Self::Inactive => MessageId::InactiveUser,
        })
    }
}

impl Credential {
    /// Reads the values of all `Authorization` headers of a request as DRF does: words are split at ASCII white space,
    /// the scheme's case does not matter, `Bearer` means the same as `Token`.
    ///
    /// # Errors
    /// [`Unauthenticated`]: there is no token in the headers, or they are not of the form that DRF takes.
    pub fn from_authorization<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<Self, Unauthenticated> {
        let value = values.next().ok_or(Unauthenticated::NotProvided)?;
        if values.next().is_some() {
            return Err(Unauthenticated::Spaces);
        }
        let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        let mut words = value.split(is_space).filter(|word| !word.is_empty());
        let scheme = words.next().ok_or(Unauthenticated::NotProvided)?;
        if !scheme.eq_ignore_ascii_case(b"token") && !scheme.eq_ignore_ascii_case(b"bearer") {
            return Err(Unauthenticated::NotProvided);
        }
        let token = words.next().ok_or(Unauthenticated::NoToken)?;
        if words.next().is_some() {
            return Err(Unauthenticated::Spaces);
        }
        let token = std::str::from_utf8(token).map_err(|_| Unauthenticated::InvalidCharacters)?;
        Ok(Self::from(&ApiToken::from_plaintext(token)))
    }
}

impl From<&ApiToken> for Credential {
    fn from(token: &ApiToken) -> Self {
        Self { token: token.clone(), digest: token.digest(), format: token.format() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<TokenDigest, Unauthenticated> {
        Credential::from_authorization(values.iter().map(|value| value.as_bytes())).map(|credential| credential.digest)
    }

    #[test]
    fn accepts_the_schemes_token_and_bearer_in_any_case() {
        let digest = ApiToken::from_plaintext("k").digest();
        for value in ["Token k", "token k", "TOKEN\t k ", "Bearer k", "bEARER k"] {
            assert_eq!(read(&[value]), Ok(digest), "{value:?}");
        }
    }

    #[test]
    fn rejects_every_other_header_in_drfs_words() {
        for (values, why) in [
            (&[] as &[&str], Unauthenticated::NotProvided),
            (&[""], Unauthenticated::NotProvided),
            (&["Basic k"], Unauthenticated::NotProvided),
            (&["Tokenk"], Unauthenticated::NotProvided),
            (&["Token"], Unauthenticated::NoToken),
            (&["Token  "], Unauthenticated::NoToken),
            (&["Token a b"], Unauthenticated::Spaces),
            (&["Token a", "Token a"], Unauthenticated::Spaces),
        ] {
            assert_eq!(read(values), Err(why), "{values:?}");
        }
        let latin1: &[u8] = b"Token \xe9";
        assert_eq!(
            Credential::from_authorization([latin1].into_iter()).err(),
            Some(Unauthenticated::InvalidCharacters)
        );
    }
}
