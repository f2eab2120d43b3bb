//! What PostgreSQL says about itself, the database and the role.

use chrono::TimeDelta;
use indicatif::HumanBytes;

use super::{Served, report::Report};
use crate::store::{OTHER_CONNECTIONS, PostgresFacts, PreparedStatements};

/// From here on a token ends too early or too late by so much that somebody notices.
const CLOCK_TOLERANCE_MS: i64 = 1000;

pub(super) fn check(facts: &PostgresFacts, served: &Served, report: &mut Report) {
    report.ok("database", format!("{}, PostgreSQL {}", served.url, facts.version));
    check_writes(facts, report);
    check_durability(facts, report);
    check_pooler(facts, served.prepared_statements, report);
    // A pooler has the connections to PostgreSQL, and gives the server as many as it likes.
    if !facts.shares_sessions {
        check_connections(facts, served.connections, report);
    }
    check_timeouts(facts, report);
    check_clock(facts, report);
    check_wal(facts, report);
}

/// Whether changes are taken at all.
fn check_writes(facts: &PostgresFacts, report: &mut Report) {
    if facts.is_standby {
        let remedy = "let the database URL lead to the primary; a standby takes no changes";
        report.problem("writes", "this PostgreSQL is a standby (pg_is_in_recovery)", remedy);
    }
    if facts.is_read_only {
        let remedy =
            "ALTER ROLE .. or ALTER DATABASE .. RESET default_transaction_read_only, or take it out of the URL";
        report.problem("writes", "default_transaction_read_only is on", remedy);
    }
    let role = &facts.role;
    for right in &facts.missing_rights {
        report.problem(
            "writes",
            format!("the role {role} has no right to {right}"),
            format!("GRANT {right} TO {role}; `shop-profile grants {role}` prints every right that a server needs"),
        );
    }
    if !facts.is_standby && !facts.is_read_only && facts.missing_rights.is_empty() {
        report.ok("writes", format!("the role {role} may read and change profiles"));
    }
}

/// Whether a patch that was answered survives a crash.
fn check_durability(facts: &PostgresFacts, report: &mut Report) {
    let settings = [
        (
            "synchronous_commit",
            facts.synchronous_commit != "off",
            "patches that were answered are lost when PostgreSQL crashes",
        ),
        ("fsync", facts.fsync, "the database may be destroyed when the machine crashes"),
        ("full_page_writes", facts.full_page_writes, "the database may be destroyed when the machine crashes"),
    ];
    for (name, is_right, effect) in settings {
        if !is_right {
            report.problem("durability", format!("{name} is off: {effect}"), format!("set {name} = on"));
        }
    }
    if settings.iter().all(|(_, is_right, _)| *is_right) {
        let synchronous_commit = &facts.synchronous_commit;
        report
            .ok("durability", format!("fsync and full_page_writes are on, synchronous_commit is {synchronous_commit}"));
    }
}

fn check_pooler(facts: &PostgresFacts, given: PreparedStatements, report: &mut Report) {
    match (facts.shares_sessions, given) {
        (true, PreparedStatements::On) => {
            let seen = "a pooler in transaction mode is in front, and --prepared-statements is on";
            report.problem("pooler", seen, "set --prepared-statements off: the timeouts would reach other clients");
        }
        (true, PreparedStatements::Auto) => {
            let remedy = "say --prepared-statements off: `auto` may take it for PostgreSQL when many clients use it";
            report.note("pooler", "a pooler in transaction mode is in front", remedy);
        }
        (true, PreparedStatements::Off) => report.ok("pooler", "in transaction mode, and --prepared-statements is off"),
        (false, PreparedStatements::Off) => {
            let seen = "each connection is a session of its own, and --prepared-statements is off";
            report.note("pooler", seen, "set --prepared-statements auto: requests are faster");
        }
        (false, _) => report.ok("pooler", "none, or one in session mode"),
    }
}

fn check_connections(facts: &PostgresFacts, connections: u32, report: &mut Report) {
    let needed = i64::from(connections) + i64::from(OTHER_CONNECTIONS);
    let usable = i64::from(facts.usable_connections);
    let seen = format!("a server takes up to {needed} connections, and the role {} may have {usable}", facts.role);
    match usable / needed {
        0 => report.problem(
            "connections",
            seen,
            "lower --database-connections, or raise max_connections or the limit of the role or the database",
        ),
        1 => report.note("connections", seen, "a second server, also one that replaces the first, would not fit"),
        servers => report.ok("connections", format!("{seen}: {servers} servers fit")),
    }
}

fn check_timeouts(facts: &PostgresFacts, report: &mut Report) {
    match &*facts.timeouts.join(", ") {
        "" => report.ok("timeouts", "the role has none of its own: the server sets those of requests"),
        timeouts => report.note(
            "timeouts",
            format!("the role has timeouts of its own, in milliseconds: {timeouts}"),
            "the server sets statement_timeout and lock_timeout of requests itself. The others, and lock_timeout, may end an \
             import or a migration: ALTER ROLE .. RESET .. if they are not for this role",
        ),
    }
}

fn check_clock(facts: &PostgresFacts, report: &mut Report) {
    let difference = (facts.clock_ahead.abs() - facts.clock_error).max(TimeDelta::zero());
    let milliseconds = difference.num_milliseconds();
    if milliseconds <= CLOCK_TOLERANCE_MS {
        return report.ok("clock", format!("at most {CLOCK_TOLERANCE_MS} ms from the database's"));
    }
    let direction = if facts.clock_ahead > TimeDelta::zero() { "behind" } else { "ahead of" };
    let seen = format!("this machine's clock is {milliseconds} ms {direction} the database's");
    report.problem("clock", seen, "synchronise both clocks (NTP): tokens expire by the clock of each server");
}

fn check_wal(facts: &PostgresFacts, report: &mut Report) {
    let Some(bytes) = facts.wal_bytes else {
        return report.ok("wal", "not seen: it needs the role pg_monitor");
    };
    let seen = format!("{}, max_wal_size is {}", HumanBytes(bytes), HumanBytes(facts.max_wal_bytes));
    if bytes <= 2 * facts.max_wal_bytes {
        return report.ok("wal", seen);
    }
    let remedy = "a replication slot without its client or a failing archive_command holds it: look at pg_replication_slots \
                  and pg_stat_archiver before the disk is full";
    report.note("wal", seen, remedy);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{doctor::report::Level, layout::Layout};

    fn found(change: impl FnOnce(&mut PostgresFacts, &mut Served)) -> Vec<(Level, &'static str)> {
        let mut facts = PostgresFacts {
            version: "15.18".to_owned(),
            clock_ahead: TimeDelta::milliseconds(-900),
            clock_error: TimeDelta::zero(),
            shares_sessions: false,
            is_standby: false,
            is_read_only: false,
            usable_connections: 97,
            synchronous_commit: "remote_write".to_owned(),
            fsync: true,
            full_page_writes: true,
            timeouts: Vec::new(),
            role: "shop".to_owned(),
            missing_rights: Vec::new(),
            wal_bytes: Some(1 << 30),
            max_wal_bytes: 1 << 30,
        };
        let url = "postgres://shop@db/shop".parse().unwrap();
        let prepared_statements = PreparedStatements::Auto;
        let mut served = Served { url, layout: Layout::Native, prepared_statements, connections: 16 };
        change(&mut facts, &mut served);
        let mut report = Report::default();
        check(&facts, &served, &mut report);
        let wrong = report.0.into_iter().filter(|finding| finding.level != Level::Ok);
        wrong.map(|finding| (finding.level, finding.check)).collect()
    }

    #[test]
    fn each_fault_of_postgres_is_a_finding() {
        use PreparedStatements::{Off, On};
        let (note, problem) = (|check| vec![(Level::Note, check)], |check| vec![(Level::Problem, check)]);
        assert_eq!(found(|_, _| {}), []);
        assert_eq!(found(|facts, _| facts.is_standby = true), problem("writes"));
        assert_eq!(found(|facts, _| facts.full_page_writes = false), problem("durability"));
        assert_eq!(found(|facts, _| facts.usable_connections = 18), note("connections"));
        assert_eq!(found(|facts, _| facts.usable_connections = 17), problem("connections"));
        assert_eq!(found(|facts, _| facts.shares_sessions = true), note("pooler"));
        let with = |shares_sessions, prepared_statements| {
            found(|facts, served| {
                (facts.shares_sessions, served.prepared_statements) = (shares_sessions, prepared_statements);
            })
        };
        assert_eq!(with(true, On), problem("pooler"));
        assert_eq!(with(true, Off), []);
        assert_eq!(with(false, Off), note("pooler"));
        assert_eq!(found(|facts, _| facts.clock_ahead = TimeDelta::seconds(2)), problem("clock"));
        assert_eq!(found(|facts, _| facts.clock_ahead = TimeDelta::seconds(-2)), problem("clock"));
        let slow = |facts: &mut PostgresFacts, _: &mut Served| {
            (facts.clock_ahead, facts.clock_error) = (TimeDelta::seconds(2), TimeDelta::seconds(2));
        };
        assert_eq!(found(slow), []);
        assert_eq!(found(|facts, _| facts.wal_bytes = Some(3 << 30)), note("wal"));
        assert_eq!(found(|facts, _| facts.wal_bytes = None), []);
    }
}
