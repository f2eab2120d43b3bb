//! What was counted since the start.

use std::sync::atomic::{AtomicU64, Ordering};

use strum::VariantArray;

use super::{
    outcome::{Outcome, Reason},
    rules::RULES,
    summary::Summary,
};

/// Counters; each request for the path that is compared is in exactly one of those behind `requests`.
#[derive(Debug, Default)]
pub(super) struct Totals {
    requests: AtomicU64,
    equal: AtomicU64,
    explained: AtomicU64,
    unexplained: AtomicU64,
    moved_meanwhile: AtomicU64,
    not_compared: [AtomicU64; Reason::VARIANTS.len()],
    by_rule: [AtomicU64; RULES.len()],
    dropped_lines: AtomicU64,
}

impl Totals {
    pub(super) fn count_request(&self) {
        add(&self.requests);
    }

    pub(super) fn count(&self, outcome: Outcome) {
        add(match outcome {
            Outcome::Equal => &self.equal,
            Outcome::Explained => &self.explained,
            Outcome::Unexplained => &self.unexplained,
            Outcome::MovedMeanwhile => &self.moved_meanwhile,
            Outcome::NotCompared(reason) => &self.not_compared[reason as usize],
        });
    }

    /// Counts an explained difference, by the number of its rule.
    pub(super) fn count_rule(&self, number: usize) {
        if let Some(counter) = self.by_rule.get(number.wrapping_sub(1)) {
            add(counter);
        }
    }

    pub(super) fn count_dropped_line(&self) {
        add(&self.dropped_lines);
    }

    pub(super) fn summary(&self) -> Summary {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let reasons = Reason::VARIANTS.iter().map(|reason| (reason.into(), get(&self.not_compared[*reason as usize])));
        let rules = self.by_rule.iter().enumerate().map(|(index, counter)| (index + 1, get(counter)));
        Summary {
            requests: get(&self.requests),
            equal: get(&self.equal),
            explained: get(&self.explained),
            unexplained: get(&self.unexplained),
            moved_meanwhile: get(&self.moved_meanwhile),
            not_compared: reasons.collect(),
            by_rule: rules.filter(|(_, count)| *count > 0).collect(),
            dropped_lines: get(&self.dropped_lines),
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
