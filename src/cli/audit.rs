//! The audit lines of commands. Who runs a command is known to the operating system alone: a line has its user's id, and the
//! id of the user who has called sudo.

use std::{env, fs, os::unix::fs::MetadataExt};

use entity::api_token;

use crate::{audit::TARGET, transfer::ImportSummary};

/// What a command is in place of the API of a request.
const API: &str = "command";

/// A customer was added or changed.
pub(super) fn customer(change: &str, customer: i64, fields: Option<&str>) {
    tracing::info!(target: TARGET, message = change, api = API, user = user(), sudo_uid = sudo_uid(), customer, fields);
}

/// A customer was deleted with so many tokens.
pub(super) fn customer_deleted(customer: i64, tokens: u64) {
    let (user, sudo_uid) = (user(), sudo_uid());
    tracing::info!(target: TARGET, api = API, user, sudo_uid, customer, tokens, "customer deleted");
}

/// A token was issued or revoked.
pub(super) fn token(change: &str, token: &api_token::Model) {
    let (customer, token) = (token.customer_id, token.id);
    tracing::info!(target: TARGET, message = change, api = API, user = user(), sudo_uid = sudo_uid(), customer, token);
}

/// Customers were imported. What changed nothing is not counted.
pub(super) fn import(summary: &ImportSummary) {
    let ImportSummary { imported, updated, tokens, .. } = *summary;
    if imported + updated + tokens > 0 {
        let (user, sudo_uid) = (user(), sudo_uid());
        tracing::info!(target: TARGET, api = API, user, sudo_uid, imported, updated, tokens, "customers imported");
    }
}

/// The id of the user who runs this command by sudo.
fn sudo_uid() -> Option<u32> {
    env::var("SUDO_UID").ok()?.parse().ok()
}

/// The id of the user of the operating system; `None` where `/proc` does not tell.
fn user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|process| process.uid())
}
