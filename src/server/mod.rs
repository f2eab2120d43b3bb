//! The server: both APIs in one router, and the connections by which clients reach them.

mod connections;
mod cors;
mod health;
mod listener;
mod log_request;
mod metrics;
mod router;
mod trusted_proxies;

pub use listener::{App, ConnectionLimits, Role, run};
pub use router::{Options, router};
