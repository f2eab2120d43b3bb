//! Which log lines are written.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// What is logged where no level stands alone.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Targets that say nothing of use below these levels: each step of a migration, PostgreSQL's notices (`relation
/// already exists, skipping`), and the whole text of each statement that takes longer than a second, which is 16 KB where an
/// import inserts many rows. They are logged at their level only when the filter names them.
const QUIET_TARGETS: [(&str, LevelFilter); 3] = [
    ("sea_orm_migration", LevelFilter::WARN),
    ("sqlx::postgres::notice", LevelFilter::WARN),
    ("sqlx::query", LevelFilter::ERROR),
];

/// Logged at `info` whatever the filter's level is, unless the filter names it or is `off`.
const AUDIT_TARGET: &str = crate::audit::TARGET;

/// The lines of the audit log, and no others.
pub(super) fn audit_alone() -> Targets {
    Targets::new().with_target(AUDIT_TARGET, LevelFilter::INFO)
}

/// Never logged, whatever the filter says: sqlx shows a malformed line of `.pgpass` with its password.
const SECRET_TARGET: &str = "sqlx_postgres::options";

/// A level, and levels of single targets: `info,shop_profile=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    level: LevelFilter,
    targets: Vec<(String, LevelFilter)>,
}

/// The text is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected error, warn, info, debug, trace or off, or a list such as info,shop_profile=debug")]
pub struct LogFilterError;

impl LogFilter {
    /// The filter as tracing takes it.
    pub(super) fn targets(&self) -> Targets {
        let quiet = QUIET_TARGETS.into_iter().filter(|(target, _)| !self.names(target));
        let quiet = quiet.map(|(target, level)| (target.to_owned(), self.level.min(level)));
        let named = self.targets.iter().filter(|(target, _)| !is_inside(target, SECRET_TARGET)).cloned();
        let is_off = self.level == LevelFilter::OFF;
        let audit = (AUDIT_TARGET, if is_off { LevelFilter::OFF } else { LevelFilter::INFO });
        let targets =
            Targets::new().with_default(self.level).with_targets(quiet).with_targets([audit]).with_targets(named);
        targets.with_target(SECRET_TARGET, LevelFilter::OFF)
    }

    /// Whether the filter names the target or a module around it.
    fn names(&self, target: &str) -> bool {
        self.targets.iter().any(|(module, _)| is_inside(target, module))
    }
}

/// Whether the target is this module, or one inside it.
fn is_inside(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Stricter than tracing's own filters, which take a word that is no level for the name of a target, and log nothing
/// else then.
impl FromStr for LogFilter {
    type Err = LogFilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut filter = Self { level: DEFAULT_LEVEL, targets: Vec::new() };
        for directive in text.split(',').map(str::trim) {
            match directive.split_once('=') {
                None => filter.level = level(directive)?,
                Some((target, text)) if is_target(target) => filter.targets.push((target.to_owned(), level(text)?)),
                Some(_) => return Err(LogFilterError),
            }
        }
        Ok(filter)
    }
}

fn level(text: &str) -> Result<LevelFilter, LogFilterError> {
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(LogFilterError),
    }
}

/// The path of a module.
fn is_target(text: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    text.split("::").all(is_name)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    const OURS: &str = "shop_profile::server";
    const NOTICE: &str = "sqlx::postgres::notice";

    /// The levels of `shop_profile::server` and of PostgreSQL's notices.
    fn levels(filter: &str) -> (LevelFilter, LevelFilter) {
        let targets = filter.parse::<LogFilter>().unwrap().targets();
        let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
        let highest = |target| {
            let enabled = levels.into_iter().filter(|level| targets.would_enable(target, level)).max();
            enabled.map_or(LevelFilter::OFF, LevelFilter::from_level)
        };
        (highest(OURS), highest(NOTICE))
    }

    #[test]
    fn rejects_what_is_neither_a_level_nor_a_list_of_targets() {
        for text in
            ["", " ", "verbose", "=====", "shop_profile=loud", "shop_profile=", "=info", "info,", "a b=info", "3"]
        {
            assert_eq!(text.parse::<LogFilter>(), Err(LogFilterError), "{text:?}");
        }
    }

    #[test]
    fn slow_statements_are_logged_only_if_the_filter_names_them() {
        for (filter, is_logged) in
            [("info", false), ("trace", false), ("info,sqlx=warn", true), ("off,sqlx::query=warn", true)]
        {
            let targets = filter.parse::<LogFilter>().unwrap().targets();
            assert_eq!(targets.would_enable("sqlx::query", &Level::WARN), is_logged, "{filter}");
        }
    }

    #[test]
    fn quiet_targets_stay_at_warn_unless_they_are_named() {
        for (filter, ours, notice) in [
            ("info", LevelFilter::INFO, LevelFilter::WARN),
            ("DEBUG", LevelFilter::DEBUG, LevelFilter::WARN),
            ("error", LevelFilter::ERROR, LevelFilter::ERROR),
            ("off", LevelFilter::OFF, LevelFilter::OFF),
            ("warn, shop_profile=debug", LevelFilter::DEBUG, LevelFilter::WARN),
            ("shop_profile=trace", LevelFilter::TRACE, LevelFilter::WARN),
            ("debug,sqlx=off", LevelFilter::DEBUG, LevelFilter::OFF),
            ("debug,sql=off", LevelFilter::DEBUG, LevelFilter::WARN),
            ("info,sqlx::postgres::notice=info", LevelFilter::INFO, LevelFilter::INFO),
        ] {
            assert_eq!(levels(filter), (ours, notice), "{filter}");
        }
    }

    #[test]
    fn the_audit_log_is_on_unless_the_filter_names_it() {
        for (filter, is_on) in
            [("info", true), ("warn", true), ("off", false), ("off,audit=info", true), ("info,audit=off", false)]
        {
            let targets = filter.parse::<LogFilter>().unwrap().targets();
            assert_eq!(targets.would_enable("audit", &Level::INFO), is_on, "{filter}");
            assert!(!targets.would_enable("audit", &Level::DEBUG), "{filter}");
        }
    }

    #[test]
    fn no_filter_shows_what_may_hold_a_password() {
        for filter in
            ["trace", "sqlx_postgres=trace", "sqlx_postgres::options=trace", "sqlx_postgres::options::pgpass=trace"]
        {
            let targets = filter.parse::<LogFilter>().unwrap().targets();
            assert!(!targets.would_enable("sqlx_postgres::options::pgpass", &Level::ERROR), "{filter}");
        }
    }
}
