//! What every request passes through, outermost first: its id, its client's address and its log line, CORS, what a response
//! 503 says, and the language of the messages.

pub(super) mod client_address;
pub(super) mod cors;
pub(super) mod language;
pub(super) mod log_request;
pub(super) mod unavailable;
