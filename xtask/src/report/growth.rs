//! What a request costs as the shop grows, as an SVG: CPU, median and 99th percentile over the number of customers.

use std::fmt::Write;

use super::{Cell, Figure, Figures, Medians, chart};
use crate::bench::{Contender::ShopProfile, Database, Operation};

const CONNECTIONS: usize = 16;
const TOP: f64 = 70.0;
const PANEL_WIDTH: f64 = chart::WIDTH / 3.0;
/// Of the curves, within their panel.
const LEFT: f64 = 46.0;
const WIDTH: f64 = PANEL_WIDTH - LEFT - 24.0;
const HEIGHT: f64 = 200.0;

const PANELS: [(&str, Figure); 3] = [
    ("CPU for 1,000 requests, ms", Figures::cpu_ms),
    ("p50, ms", |figures| figures.p50_ms),
    ("p99, ms", |figures| figures.p99_ms),
];
const CURVES: [(Database, Operation); 4] = [
    (Database::Sqlite, Operation::Get),
    (Database::Sqlite, Operation::Patch),
    (Database::Postgres, Operation::Get),
    (Database::Postgres, Operation::Patch),
];

pub(super) fn svg(medians: &Medians) -> String {
    let mut body = String::new();
    for (number, (title, figure)) in PANELS.into_iter().enumerate() {
        panel(&mut body, PANEL_WIDTH * number as f64 + LEFT, title, medians, figure);
    }
    let bottom = TOP + HEIGHT;
    for (number, (database, operation)) in CURVES.into_iter().enumerate() {
        let (x, y) = (LEFT + 200.0 * number as f64, bottom + 56.0);
        let _ = writeln!(
            body,
            r#"<path d="M{x:.0} {:.0}h30" class="{}"/><text x="{:.0}" y="{y:.0}">{}, {database:?}</text>"#,
            y - 4.0,
            class(database, operation),
            x + 36.0,
            operation.name()
        );
    }
    let title = format!("shop-profile at {CONNECTIONS} connections, by the number of customers");
    chart::document(bottom + 76.0, &title, &body)
}

fn panel(body: &mut String, left: f64, title: &str, medians: &Medians, figure: Figure) {
    let sizes: Vec<u64> = medians.sizes().into_iter().collect();
    let curves = CURVES.map(|(database, operation)| {
        let cell =
            |customers| Cell { database, operation, customers, connections: CONNECTIONS, contender: ShopProfile };
        sizes.iter().filter_map(|&size| Some((size, figure(medians.get(cell(size))?)))).collect::<Vec<_>>()
    });
    let highest = curves.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
    let x = |size: u64| left + WIDTH * share(size, &sizes);
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / highest);

    let _ = writeln!(body, r#"<text x="{left:.0}" y="{:.0}" class="title">{title}</text>"#, TOP - 14.0);
    for value in [0.0, highest / 2.0, highest] {
        let (edge, y) = (left - 6.0, y(value));
        let _ = writeln!(
            body,
            r#"<path d="M{left:.0} {y:.0}h{WIDTH:.0}" class="axis"/><text x="{edge:.0}" y="{:.0}" text-anchor="end">{value:.1}</text>"#,
            y + 4.0
        );
    }
    for &size in &sizes {
        let _ = writeln!(
            body,
            r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">{}</text>"#,
            x(size),
            TOP + HEIGHT + 20.0,
            short(size)
        );
    }
    for ((database, operation), points) in CURVES.into_iter().zip(&curves) {
        let points: Vec<_> = points.iter().map(|(size, value)| format!("{:.1},{:.1}", x(*size), y(*value))).collect();
        let _ = writeln!(body, r#"<polyline points="{}" class="{}"/>"#, points.join(" "), class(database, operation));
    }
}

fn class(database: Database, operation: Operation) -> String {
    format!("curve {database:?} {operation:?}").to_lowercase()
}

/// Where the size stands between the smallest and the largest: each step is a factor.
fn share(size: u64, sizes: &[u64]) -> f64 {
    let log = |size: Option<&u64>| size.map_or(0.0, |size| (*size as f64).ln());
    let (least, most) = (log(sizes.first()), log(sizes.last()));
    if most > least { (log(Some(&size)) - least) / (most - least) } else { 0.5 }
}

fn short(size: u64) -> String {
    match size {
        1_000_000.. => format!("{} M", size / 1_000_000),
        1_000.. => format!("{} k", size / 1_000),
        _ => size.to_string(),
    }
}
