//! **Face 2: GraphQL.** `me` and `updateMyProfile` over the same resolver as REST. It translates and decides nothing
//! about profiles.
//!
//! - `schema`: the two operations
//! - `types`: the customer, the input and the payload as GraphQL shows them
//! - `error`: codes, and what a refusal becomes
//! - [`http`]: GraphQL over HTTP to the letter (PROTOCOL.md)

mod error;
pub mod http;
mod schema;
mod types;

pub use error::Code;
pub use schema::{ProfileSchema, schema, sdl};
