//! docs/operations.md, "Metrics": its table is what the servers of both databases say of themselves.

use shop_profile::server::Metrics as Counted;

use super::read;
use crate::support::metrics::Metrics;

#[test]
fn the_table_of_metrics_is_that_of_the_server() {
    let text = read("docs/operations.md");
    let head = "| metric | type | labels | |\n|---|---|---|---|\n";
    let start = text.find(head).expect("a table of metrics");
    let table: String =
        text[start..].lines().take_while(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
    let described = |is_postgres| Metrics::from(Counted::default().exposition(is_postgres, || 0)()).described();
    let mut metrics = described(true);
    for metric in described(false) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let rows = metrics.iter().map(|[name, kind, labels, help]| {
        let labels: Vec<_> =
            labels.split(", ").filter(|label| !label.is_empty()).map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {kind} | {} | {} |\n", labels.join(", "), help.trim_end_matches('.'))
    });
    let expected: String = std::iter::once(head.to_owned()).chain(rows).collect();
    assert_eq!(table, expected, "the table in docs/operations.md should be:\n{expected}");
}
