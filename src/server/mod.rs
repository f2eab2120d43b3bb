//! The server: the faces put together, and the connections that they are reached by.

mod cors;
mod health;
mod listener;
mod log_request;
mod metrics;
mod router;

pub use listener::{ConnectionLimits, run};
pub use router::{Options, router};
