//! A Django shop's tables: what `django check` says.

use super::report::Report;
use crate::{
    cli::django::examine,
    store::{DatabaseUrl, DjangoOptions},
};

/// What to do about what `django check` says; the finding itself says it best.
const SEE_CHECK: &str = "see `shop-profile django check`, which shows the tables and columns, too";

pub(super) async fn check(url: &DatabaseUrl, options: &DjangoOptions, report: &mut Report) {
    match examine(url, options).await {
        Err(error) => report.problem("django", error.to_string(), SEE_CHECK),
        Ok(check) => {
            if check.missing.is_empty() {
                report.ok("django", "every table and column was found");
            }
            check.missing.iter().for_each(|missing| report.problem("django", missing.to_string(), SEE_CHECK));
            check.notices.iter().for_each(|notice| report.note("django", notice.to_string(), SEE_CHECK));
        }
    }
}
