//! The server: both APIs in one router, and the connections by which clients reach them.

mod connections;
mod demo_avatar;
mod health;
mod listener;
mod metrics;
mod middleware;
mod request_record;
mod router;
mod spans;
mod trace_parent;
mod unread_body;

pub use connections::ConnectionMetrics;
pub use demo_avatar::DEMO_AVATAR;
pub use listener::{App, ConnectionLimits, Role, run};
pub use metrics::{Metrics, serve_metrics};
pub use router::{Options, router};
pub use spans::{CollectorUrl, CollectorUrlError, Spans};
