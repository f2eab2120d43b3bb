use std::time::Duration;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
enum Colour {
    Red,
    DarkBlue,
}

label!(Colour, "colour");

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
enum Shade {
    Light,
}

label!(Shade, "colour");

/// The lines with values.
fn lines(metric: impl prometheus_client::registry::Metric) -> Vec<String> {
    let mut registry = Registry::default();
    registry.register("seen", "What was seen", metric);
    text(&registry).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_value_of_a_label_has_a_metric_from_the_start() {
    let seen: By<Colour, Counter> = By::default();
    seen.clone().of(Colour::DarkBlue).inc_by(2);
    assert_eq!(lines(seen), ["seen_total{colour=\"red\"} 0", "seen_total{colour=\"dark_blue\"} 2"]);
}

#[test]
fn counters_of_several_layers_are_one_metric() {
    let (colours, shades) = (By::<Colour, Counter>::default(), By::<Shade, Counter>::default());
    let seen = Joined::default().with(&colours).with(&shades);
    shades.of(Shade::Light).inc();
    let expected = ["{colour=\"red\"} 0", "{colour=\"dark_blue\"} 0", "{colour=\"light\"} 1"];
    assert_eq!(lines(seen), expected.map(|rest| format!("seen_total{rest}")));
}

#[test]
fn what_is_held_counts_until_it_is_dropped() {
    let gauge = Gauge::default();
    let held = [Held::by(&gauge), Held::by(&gauge)];
    assert_eq!(gauge.get(), 2);
    drop(held);
    assert_eq!(gauge.get(), 0);
}

#[tokio::test]
async fn a_wait_is_measured_also_when_it_is_given_up_and_what_is_ready_is_no_wait() {
    let waits = Timings::default();
    let count = |waits: &Timings| lines(waits.clone()).into_iter().find(|line| line.starts_with("seen_count")).unwrap();
    assert_eq!(measure_wait(&waits, async { 1 }).await, 1);
    assert_eq!(count(&waits), "seen_count 0");
    measure_wait(&waits, tokio::task::yield_now()).await;
    assert_eq!(count(&waits), "seen_count 1");
    let never = measure_wait(&waits, std::future::pending::<()>());
    assert!(tokio::time::timeout(Duration::ZERO, never).await.is_err());
    assert_eq!(count(&waits), "seen_count 2");
}
