//! Prometheus' own tool, and what is shipped for Prometheus and Grafana.

use std::{collections::BTreeSet, path::Path};

use regex::Regex;
use serde_json::Value;
use shop_profile::server::Metrics as Counted;

use super::serve;
use crate::support::{
    both_databases,
    database::Database,
    metrics::{Metrics, promtool},
};

both_databases![promtool_has_no_objection_to_the_metrics];

async fn promtool_has_no_objection_to_the_metrics(database: Database) {
    let (server, sara, _shop) = serve(database, &[]).await;
    server.get().token(&sara.token).send().await.assert_status(200);
    let metrics = server.metrics().await;
    if let Some(checked) = promtool(&["check", "metrics"], &metrics.text) {
        assert_eq!(checked, Ok(String::new()), "{}", metrics.text);
    }
}

/// The path of a file of `deploy/`.
fn deployed(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file).display().to_string()
}

#[test]
fn promtool_accepts_the_configuration_and_the_rules() {
    for (command, file) in [
        (["check", "config"], "prometheus/prometheus.yml"),
        (["check", "rules"], "prometheus/alerts.yml"),
        (["test", "rules"], "prometheus/alerts.test.yml"),
    ] {
        if let Some(Err(why)) = promtool(&[&command[..], &[&deployed(file)]].concat(), "") {
            panic!("{file}: {why}");
        }
    }
}

/// The series of both databases' servers, by name, with the names of their labels.
fn series() -> BTreeSet<(String, String)> {
    let described =
        [true, false].map(|is_postgres| Metrics::from(Counted::default().exposition(is_postgres, || 0)()).described());
    let mut series = BTreeSet::new();
    for [name, kind, labels, _] in described.into_iter().flatten() {
        let parts: &[&str] = if kind == "histogram" { &["_bucket", "_count", "_sum"] } else { &[""] };
        for part in parts {
            let labels = if *part == "_bucket" { format!("{labels}, le") } else { labels.clone() };
            let labels = labels.split(", ").filter(|label| !label.is_empty()).map(str::to_owned);
            series.extend(labels.chain([String::new()]).map(|label| (format!("{name}{part}"), label)));
        }
    }
    series
}

/// Every expression of the dashboard and of the rules.
fn expressions() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(deployed("grafana/shop-profile.json")).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array());
    let mut expressions: Vec<_> = targets.flatten().map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    assert!(expressions.len() > 20, "{expressions:?}");
    let rules = std::fs::read_to_string(deployed("prometheus/alerts.yml")).unwrap();
    let rules: Vec<_> = rules.split("\n        expr: ").skip(1).collect();
    assert!(rules.len() > 10, "{rules:?}");
    let end = Regex::new(r"\n        \w+:").unwrap();
    expressions.extend(rules.iter().map(|rule| end.split(rule).next().unwrap().to_owned()));
    expressions
}

#[test]
fn every_expression_names_metrics_and_labels_that_exist() {
    let series = series();
    let exists = |name: &str, label: &str| series.contains(&(name.to_owned(), label.to_owned()));
    let selector = Regex::new(r"\b(shop_profile_\w+|process_\w+)(?:\{([^}]*)\})?").unwrap();
    let by = Regex::new(r"by \(([^)]*)\)").unwrap();
    let mut named = BTreeSet::new();
    for expression in expressions() {
        let mut labels = BTreeSet::new();
        for found in selector.captures_iter(&expression) {
            assert!(exists(&found[1], ""), "no {}: {expression}", &found[1]);
            named.insert(found[1].to_owned());
            let conditions = found.get(2).map_or("", |conditions| conditions.as_str()).split(", ");
            for (label, _) in conditions.filter_map(|condition| condition.split_once('=')) {
                assert!(is_of_scrape(label) || exists(&found[1], label), "no {label}: {expression}");
            }
            labels.extend(series.iter().filter(|(name, _)| *name == found[1]).map(|(_, label)| label.clone()));
        }
        for grouped in
            by.captures_iter(&expression).flat_map(|by| by[1].split(", ").map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(is_of_scrape(&grouped) || labels.contains(&grouped), "no {grouped}: {expression}");
        }
    }
    assert!(named.len() > 20, "{named:?}");
}

/// The labels that Prometheus adds.
fn is_of_scrape(label: &str) -> bool {
    ["job", "instance"].contains(&label)
}
