//! Who is calling: keys, and the header that carries one.

mod credential;
mod key;

pub use credential::{Credential, Unauthenticated};
pub use key::{ApiKey, KeyDigest, KeyShape};
