//! What every request passes through, outermost first: its id, its client's address and its log line, CORS, the language of
//! the messages, and what a response 503 says.

pub(super) mod client_address;
pub(super) mod cors;
pub(super) mod language;
pub(super) mod log_request;
pub(super) mod unavailable;
