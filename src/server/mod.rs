//! The server: the faces put together, and the connections that they are reached by.

mod listener;
mod observe;
mod router;

pub use listener::{ConnectionLimits, run};
pub use router::{Options, router};
