//! The server: the faces put together, and the connections that they are reached by.

mod cors;
mod health;
mod listener;
mod metrics;
mod observe;
mod router;

pub use listener::{ConnectionLimits, run};
pub use router::{Options, router};
