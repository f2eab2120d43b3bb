//! Who is calling: API tokens, and the header that carries one.

mod credential;
mod rejected_tokens;
mod token;

pub use credential::{Credential, Unauthenticated};
pub(crate) use rejected_tokens::{RejectedTokens, Rejection};
pub use token::{ApiToken, TokenDigest, TokenFormat};
