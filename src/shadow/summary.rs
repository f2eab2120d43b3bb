//! The counters at one moment, as Prometheus and as a person read them.

use std::fmt;

use super::{outcome::Reason, rules::RULES};
use crate::metrics::{self, ConstCounter, Registry, counted};

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Every request that came to the proxy.
    pub requests: u64,
    /// Compared, and equal.
    pub equal: u64,
    /// Compared, and different by documented rules alone.
    pub explained: u64,
    /// Compared, and different in another way.
    pub unexplained: u64,
    /// Not comparable: the row changed between two looks at it.
    pub moved_meanwhile: u64,
    /// Not compared, by reason.
    pub not_compared: Vec<(&'static str, u64)>,
    /// Differences that a rule explains, by the rule's number.
    pub by_rule: Vec<(usize, u64)>,
    /// Lines that the report lacks because it could not be written.
    pub dropped_lines: u64,
}

impl Summary {
    /// Compared with success: equal, explained and unexplained.
    pub fn compared(&self) -> u64 {
        self.equal + self.explained + self.unexplained
    }

    /// Not compared, for whatever reason.
    pub fn all_not_compared(&self) -> u64 {
        self.not_compared.iter().map(|(_, count)| count).sum()
    }

    /// Requests that we could not answer through a defect of our own.
    fn defects(&self) -> u64 {
        let is_defect =
            |reason: &str| [Reason::Failed, Reason::Panicked].iter().any(|defect| reason == <&str>::from(defect));
        self.not_compared.iter().filter(|(reason, _)| is_defect(reason)).map(|(_, count)| count).sum()
    }

    /// Whether something was compared, all of it as documented, and nothing failed here.
    pub fn is_ready(&self) -> bool {
        self.compared() > 0 && self.unexplained == 0 && self.defects() == 0
    }

    /// In Prometheus' text format.
    pub fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("shop_profile_shadow");
        for (name, help, value) in [
            ("requests", "Requests that were passed on to the old server", self.requests),
            ("compared", "Requests whose two answers were compared", self.compared()),
            ("equal", "Compared requests whose answers are equal", self.equal),
            ("explained", "Compared requests whose answers differ by documented rules", self.explained),
            ("unexplained", "Compared requests whose answers differ in another way", self.unexplained),
            ("moved_meanwhile", "Requests whose row changed between two looks at it", self.moved_meanwhile),
            ("report_lines_dropped", "Lines that could not be written to the report", self.dropped_lines),
        ] {
            registry.register(name, help, ConstCounter::new(value));
        }
        let reasons = self.not_compared.iter().map(|(reason, count)| ((*reason).to_owned(), *count));
        registry.register("not_compared", "Requests that were not compared", counted("reason", reasons));
        let rules = self.by_rule.iter().map(|(number, count)| (number.to_string(), *count));
        registry.register("explained_differences", "Differences that a rule explains", counted("rule", rules));
        metrics::text(&registry)
    }
}

/// For a person. The last line says whether the shop can switch.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, count: u64| writeln!(f, "{name:<28}{:>12}", thousands(count));
        line("requests", self.requests)?;
        line("compared", self.compared())?;
        line("  equal", self.equal)?;
        line("  explained", self.explained)?;
        for (number, count) in &self.by_rule {
            let name = RULES.get(number - 1).map_or("", |rule| rule.name);
            line(&format!("    by rule {number}: {name}"), *count)?;
        }
        line("  unexplained", self.unexplained)?;
        line("moved meanwhile", self.moved_meanwhile)?;
        line("not compared", self.all_not_compared())?;
        for (reason, count) in self.not_compared.iter().filter(|(_, count)| *count > 0) {
            line(&format!("  {}", reason.replace('_', " ")), *count)?;
        }
        if self.dropped_lines > 0 {
            line("report lines dropped", self.dropped_lines)?;
        }
        let readiness = if self.is_ready() { "ready to switch" } else { "not ready" };
        let (compared, unexplained) = (thousands(self.compared()), thousands(self.unexplained));
        write!(f, "{readiness}: {compared} compared, {unexplained} unexplained")?;
        match self.defects() {
            0 => Ok(()),
            defects => write!(f, ", {} failed here", thousands(defects)),
        }
    }
}

/// `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shadow::{outcome::Outcome, totals::Totals};

    fn last_line(outcomes: &[Outcome]) -> String {
        let totals = Totals::default();
        outcomes.iter().for_each(|outcome| totals.count(*outcome));
        totals.summary().to_string().lines().last().unwrap().to_owned()
    }

    #[test]
    fn the_last_line_says_whether_the_shop_can_switch() {
        use Outcome::{Equal, Explained, MovedMeanwhile, NotCompared, Unexplained};
        assert_eq!(last_line(&[Equal; 12_345]), "ready to switch: 12,345 compared, 0 unexplained");
        let harmless = [Equal, Explained, MovedMeanwhile, NotCompared(Reason::TooSlow)];
        assert_eq!(last_line(&harmless), "ready to switch: 2 compared, 0 unexplained");
        assert_eq!(last_line(&[Equal, Unexplained]), "not ready: 2 compared, 1 unexplained");
        assert_eq!(last_line(&[MovedMeanwhile]), "not ready: 0 compared, 0 unexplained");
        let failed = [Equal, NotCompared(Reason::Failed), NotCompared(Reason::Panicked)];
        assert_eq!(last_line(&failed), "not ready: 1 compared, 0 unexplained, 2 failed here");
    }

    #[test]
    fn each_reason_and_rule_has_a_line_of_its_own() {
        let totals = Totals::default();
        totals.count(Outcome::NotCompared(Reason::ClientLeft));
        totals.count_rule(1);
        let (text, metrics) = (totals.summary().to_string(), totals.summary().metrics());
        assert!(text.contains("\n  client left") && text.contains("\n    by rule 1: bearer"), "{text}");
        for line in ["not_compared_total{reason=\"client_left\"} 1", "explained_differences_total{rule=\"1\"} 1"] {
            assert!(metrics.contains(&format!("\nshop_profile_shadow_{line}\n")), "{metrics}");
        }
    }
}
