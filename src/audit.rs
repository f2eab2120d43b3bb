//! The audit log: whose data has changed, by which token and in which request. It has ids and names of fields, and no values.

use crate::request_id;

/// The target of its lines.
pub(crate) const TARGET: &str = "audit";

/// A customer's change of their profile is stored. `token` is the id of the API token, as far as it is known.
pub(crate) fn profile_changed(customer: i64, token: Option<i64>, fields: &str) {
    let (request, api) = (request_id::for_log(), request_id::api().map(<&str>::from));
    tracing::info!(target: TARGET, request, api, customer, token, fields, "profile changed");
}
