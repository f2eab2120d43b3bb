//! The metrics of a server, as Prometheus reads them.

use std::{
    collections::BTreeMap,
    env,
    io::Write,
    process::{Command, Stdio},
};

/// What one reading has.
#[derive(Debug)]
pub struct Metrics {
    pub text: String,
    /// By name and labels, as they are written: `shop_profile_failed_tokens_total{reason="unknown"}`.
    values: BTreeMap<String, f64>,
}

impl From<String> for Metrics {
    fn from(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let parse = |line: &str| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.parse().expect("a number"))
        };
        let values = lines.map(parse).collect();
        Self { text, values }
    }
}

impl Metrics {
    /// The value of a series of shop-profile's; the prefix is left out.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        let series = format!("shop_profile_{series}");
        *self.values.get(&series).unwrap_or_else(|| panic!("no {series}\n{}", self.text))
    }

    /// The series of a metric that are not 0, with what follows the name.
    pub fn not_zero(&self, metric: &str) -> Vec<(String, f64)> {
        let prefix = format!("shop_profile_{metric}");
        let of_metric = self.values.iter().filter(|(_, value)| **value != 0.0);
        let named = of_metric.filter_map(|(series, value)| Some((series.strip_prefix(&prefix)?, value)));
        named.filter(|(labels, _)| labels.starts_with('{')).map(|(labels, value)| (labels.to_owned(), *value)).collect()
    }

    /// The metrics: name, type, names of the labels, help. A histogram's `le` is no label of its own.
    pub fn described(&self) -> Vec<[String; 4]> {
        let find = |prefix: String| self.text.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned);
        let types = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let describe = |(name, kind): (&str, &str)| {
            let series = if kind == "histogram" { format!("{name}_bucket") } else { name.to_owned() };
            let labels = find(format!("{series}{{")).unwrap_or_default();
            let labels = labels.split(['{', ',', '}']).filter_map(|label| Some(label.split_once('=')?.0));
            let labels = labels.filter(|label| *label != "le").collect::<Vec<_>>().join(", ");
            [name.to_owned(), kind.to_owned(), labels, find(format!("# HELP {name} ")).expect("a help")]
        };
        types.map(describe).collect()
    }
}

/// Runs promtool with this on its standard input, and gives what it printed; `None`, said aloud, when it is not
/// installed.
pub fn promtool(arguments: &[&str], input: &str) -> Option<Result<String, String>> {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let why = "promtool is not installed (apt install prometheus)";
        assert!(env::var("REQUIRE_PROMTOOL").as_deref() != Ok("1"), "{why}, but REQUIRE_PROMTOOL=1");
        crate::say(&format!("NOT RUN: promtool {}. {why}.", arguments.join(" ")));
        return None;
    };
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    Some(if output.status.success() { Ok(text) } else { Err(text) })
}
