//! Who is calling: keys, and the header that carries one.

mod credential;
mod token;

pub use credential::{Credential, Unauthenticated};
pub use token::{ApiToken, TokenDigest, TokenFormat};
