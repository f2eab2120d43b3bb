//! What shop-profile stores, and nothing else: no GraphQL, no serde, no rules.
//!
//! The tables themselves are made by the `migration` crate; a test of the server crate holds the two together.

pub mod api_token;
pub mod customer;
