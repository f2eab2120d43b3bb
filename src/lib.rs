//! **shop-profile**: a shop's authenticated customer reads and updates their own profile.
//!
//! There is one operation, and two APIs over one service. A request goes one way: an API turns it into a
//! [`profile::PatchInput`] and an [`auth::Credential`], [`service::ProfileService`] applies the rules of [`profile`], the
//! [`store`] sends one statement, and the API shows the [`profile::Customer`] that comes back.
//!
//! Imports point one way: `cli → server → rest, graphql → api, service → store → profile, auth`. A test checks them.
//! Start reading at [`profile`].

mod api;
mod audit;
pub mod auth;
pub mod cli;
mod deadline;
pub mod graphql;
mod held_body;
pub mod messages;
mod metrics;
pub mod playground;
pub mod profile;
pub mod rate_limit;
mod request_id;
mod request_notes;
pub mod rest;
pub mod server;
pub mod service;
pub mod shadow;
pub mod store;
pub mod transfer;
