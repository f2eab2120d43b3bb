//! **shop-profile**: a shop's authenticated customer reads and updates their own profile.
//!
//! One operation, two faces over one resolver. A request goes one way and never back: a face turns its wire shape into
//! a [`profile::PatchInput`] and an [`auth::Credential`]; the resolver [`profile::ProfileService`] applies the rules; the
//! [`store`] makes one statement of it; the face shows the [`profile::Customer`] that comes out.
//!
//! Who may import whom (a test holds it): `cli → server → rest, graphql → http, profile → store → auth, entity`.
//! Start reading at [`profile`].

mod api;
pub mod auth;
pub mod cli;
mod deadline;
pub mod graphql;
pub mod playground;
pub mod profile;
mod request_id;
pub mod rest;
pub mod server;
pub mod service;
pub mod store;
pub mod transfer;
