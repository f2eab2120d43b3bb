//! What is in shop-profile's own tables: migrations, tokens, usernames.

use chrono::TimeDelta;

use super::{
    NOT_READ,
    report::{Level, Report},
};
use crate::{
    cli::duplicates::count_look_alikes,
    store::{BESIDE_NEWER, Migrations, OldTokens, Store, explain, now},
};

/// A token that ended longer ago is a row without use.
const LONG_AGO_DAYS: i64 = 365;

pub(super) async fn check(store: &Store, report: &mut Report) {
    match store.migrations().await {
        Ok(migrations) => check_migrations(&migrations, report),
        Err(error) => report.problem("schema", explain(&error), NOT_READ),
    }
    // Without its tables there is nothing more to see.
    if report.0.iter().any(|finding| finding.check == "schema" && finding.level == Level::Problem) {
        return;
    }
    match store.count_old_tokens(now() - TimeDelta::days(LONG_AGO_DAYS)).await {
        Ok(tokens) => check_tokens(tokens, report),
        Err(error) => report.problem("tokens", explain(&error), NOT_READ),
    }
    match count_look_alikes(store).await {
        Ok(0) => report.ok("usernames", "no two look alike"),
        Ok(count) => report.note(
            "usernames",
            format!("customers whose usernames look like those of others: {count}"),
            "`shop-profile customer duplicates` lists them: one may pretend to be the other",
        ),
        Err(error) => report.problem("usernames", error.to_string(), NOT_READ),
    }
}

fn check_migrations(migrations: &Migrations, report: &mut Report) {
    let pending: Vec<_> = migrations.pending().collect();
    if migrations.is_djangos {
        let seen = "this is a Django project's database, and it has no tables of shop-profile's own";
        report.problem(
            "schema",
            seen,
            "add --layout django; or run `shop-profile migrate` to have tables beside Django's",
        );
    } else if !pending.is_empty() {
        let seen = format!("{} pending: {}", pending.len(), pending.join(", "));
        report.problem(
            "schema",
            seen,
            "run `shop-profile migrate`; `shop-profile serve` without --no-migrate does it, too",
        );
    } else if let Some(unknown) = migrations.describe_unknown() {
        report.note("schema", unknown, BESIDE_NEWER);
    } else {
        report.ok(
            "schema",
            format!("every migration is applied, the last is {}", migrations.newest().unwrap_or_default()),
        );
    }
}

fn check_tokens(tokens: OldTokens, report: &mut Report) {
    let OldTokens { never_expire, ended } = tokens;
    if never_expire > 0 {
        report.note(
            "tokens",
            format!("live tokens that never expire, such as imported ones: {never_expire}"),
            "issue others (`token issue` has --expires-in 365d), and revoke these when they are no longer used (`token list`)",
        );
    }
    if ended > 0 {
        report.note(
            "tokens",
            format!("tokens that expired or were revoked more than a year ago: {ended}"),
            "they are rejected and do no harm; nothing needs their rows in api_token, which may be deleted",
        );
    }
    if never_expire + ended == 0 {
        report.ok("tokens", "every token expires, and none ended more than a year ago");
    }
}
