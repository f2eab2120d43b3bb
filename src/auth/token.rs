//! API tokens: made, recognised and digested, never printed.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};

const PREFIX: &str = "shp_";
const RANDOM_CHARS: usize = 40;
const CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An API token in plaintext: `shp_`, 40 random characters (238 bits), 6 characters of checksum. It exists where it is
/// issued and where a request carries it; only its digest is stored, but for a Django shop, which stores the token.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(Arc<str>);

impl ApiToken {
    /// A new token from the system's random source.
    ///
    /// # Errors
    /// The random source fails.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut token = String::with_capacity(PREFIX.len() + RANDOM_CHARS + CHECKSUM_CHARS);
        token.push_str(PREFIX);
        while token.len() < PREFIX.len() + RANDOM_CHARS {
            let mut bytes = [0; RANDOM_CHARS];
            getrandom::fill(&mut bytes)?;
            // 248 is the largest multiple of 62 in a byte: beyond it some characters would be likelier than others.
            let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| BASE62[usize::from(*byte % 62)]);
            token.extend(fair.take(PREFIX.len() + RANDOM_CHARS - token.len()).map(char::from));
        }
        let checksum = checksum(&token[PREFIX.len()..]);
        token.push_str(&checksum);
        Ok(Self(token.into()))
    }

    /// A token of any shape that a client or an operator holds.
    pub fn from_plaintext(token: impl Into<Arc<str>>) -> Self {
        Self(token.into())
    }

    /// The token in clear, for the one moment in which it is shown, and for the statement that looks for it.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0.as_bytes()).into())
    }

    /// Whether the token can be one of ours: what the log says of one that is not found.
    pub fn format(&self) -> TokenFormat {
        let Some(rest) = self.0.strip_prefix(PREFIX) else { return TokenFormat::Foreign };
        let whole = rest.len() == RANDOM_CHARS + CHECKSUM_CHARS && rest.is_ascii();
        if whole && rest[RANDOM_CHARS..] == checksum(&rest[..RANDOM_CHARS]) {
            TokenFormat::Native
        } else {
            TokenFormat::BadChecksum
        }
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(..)")
    }
}

/// CRC-32 in base 62, as secret scanners know it from other services' tokens.
fn checksum(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// What a token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFormat {
    /// Our prefix and a checksum that fits: it was issued by some shop-profile.
    Native,
    /// Our prefix, but the rest was mistyped or cut.
    BadChecksum,
    /// Another system's token, say one of DRF's 40 hexadecimal digits.
    Foreign,
}

/// SHA-256 of an API token. The token is random, so the digest needs neither salt nor stretching.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_has_50_characters_and_differs_from_the_last() {
        let (one, two) = (ApiToken::generate().unwrap(), ApiToken::generate().unwrap());
        assert_eq!(one.expose_secret().len(), 50);
        assert_eq!(one.format(), TokenFormat::Native);
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

    #[test]
    fn each_random_character_is_one_of_62() {
        let random = || {
            let token = ApiToken::generate().unwrap();
            assert_eq!(token.expose_secret().len(), 50);
            token.expose_secret()[PREFIX.len()..][..RANDOM_CHARS].to_owned()
        };
        // That one of them is missing in 8,000 characters has a chance of 62 · (61/62)^8000, less than 10^-54.
        let seen: std::collections::BTreeSet<char> =
            (0..200).flat_map(|_| random().chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen, BASE62.iter().copied().map(char::from).collect());
    }

    #[test]
    fn the_checksum_detects_any_one_wrong_character() {
        let token = ApiToken::generate().unwrap();
        for at in PREFIX.len()..token.expose_secret().len() {
            let mut typo = token.expose_secret().as_bytes().to_vec();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(
                ApiToken::from_plaintext(String::from_utf8(typo).unwrap()).format(),
                TokenFormat::BadChecksum,
                "at {at}"
            );
        }
        assert_eq!(ApiToken::from_plaintext("shp_").format(), TokenFormat::BadChecksum);
        assert_eq!(ApiToken::from_plaintext("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b").format(), TokenFormat::Foreign);
    }

    #[test]
    fn debug_shows_neither_a_token_nor_its_digest() {
        let token = ApiToken::from_plaintext("shp_secret");
        assert_eq!(format!("{token:?} {:?}", token.digest()), "ApiToken(..) TokenDigest(..)");
    }
}
