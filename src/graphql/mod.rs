//! **The GraphQL API.** `me` and `updateMyProfile` over the same profile service as REST. It translates and decides
//! nothing about profiles.
//!
//! - `schema`: the two operations
//! - `types`: the customer, the input and the payload as GraphQL shows them
//! - `unboxed`: how a customer is resolved
//! - `error`: codes, and what an error becomes
//! - [`http`]: GraphQL over HTTP (docs/graphql-over-http.md)

mod error;
pub mod http;
mod schema;
mod types;
mod unboxed;

pub use error::Code;
use schema::types_sdl;
pub use schema::{ProfileSchema, schema, sdl};
