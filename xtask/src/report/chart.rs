//! Pictures in SVG that need nothing but themselves; and the one of every contender at 16 connections.

use std::fmt::Write;

use super::{Cell, Figures, Medians};
use crate::bench::{Contender, Database, Operation};

const CONNECTIONS: usize = 16;
pub(super) const WIDTH: f64 = 860.0;
const LABEL_WIDTH: f64 = 190.0;
const BAR_WIDTH: f64 = 480.0;
const ROW: f64 = 20.0;
const HEAD: f64 = 40.0;

/// A picture of this height with a title, and what the body's classes look like.
pub(super) fn document(height: f64, title: &str, body: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">
<style>.title {{ font-weight: bold }} .ours {{ fill: #b7410e }} .theirs {{ fill: #8a9ba8 }} .axis {{ stroke: #ccc }} .curve {{ fill: none; stroke-width: 2 }} .sqlite {{ stroke: #b7410e }} .postgres {{ stroke: #336791 }} .patch {{ stroke-dasharray: 6 4 }}</style>
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
<text x="8" y="24" font-size="16">{title}</text>
{body}</svg>
"##
    )
}

/// Bars of requests per second, and beside them the figure that another machine would show too.
pub(super) fn contenders(medians: &Medians) -> String {
    let mut body = String::new();
    let mut y = HEAD;
    for database in [Database::Sqlite, Database::Postgres] {
        for operation in [Operation::Get, Operation::Patch, Operation::Me, Operation::Update] {
            let rows = rows(medians, database, operation);
            if rows.is_empty() {
                continue;
            }
            y += ROW;
            let _ = writeln!(body, r#"<text x="8" y="{y}" class="title">{}, {database:?}</text>"#, operation.name());
            let longest = rows.iter().map(|(_, figures)| figures.requests_per_second).fold(0.0, f64::max);
            for (contender, figures) in rows {
                y += ROW;
                bar(&mut body, y, contender, figures, longest);
            }
        }
    }
    let title = format!("Requests per second at {CONNECTIONS} connections (server CPU for 1,000 requests)");
    document(y + ROW, &title, &body)
}

fn rows(medians: &Medians, database: Database, operation: Operation) -> Vec<(Contender, &Figures)> {
    let is_row = |cell: &Cell| (cell.database, cell.operation, cell.connections) == (database, operation, CONNECTIONS);
    medians.0.iter().filter(|(cell, _)| is_row(cell)).map(|(cell, figures)| (cell.contender, figures)).collect()
}

fn bar(body: &mut String, y: f64, contender: Contender, figures: &Figures, longest: f64) {
    let Figures { requests_per_second, server_cpu_ms, .. } = *figures;
    let width = requests_per_second / longest * BAR_WIDTH;
    let class = if contender == Contender::ShopProfile { "ours" } else { "theirs" };
    let cpu = if contender == Contender::Pgbench { String::new() } else { format!(" ({server_cpu_ms:.0} ms)") };
    let _ = writeln!(
        body,
        r#"<text x="{:.0}" y="{y}" text-anchor="end">{}</text><rect x="{LABEL_WIDTH}" y="{:.0}" width="{width:.1}" height="14" class="{class}"/><text x="{:.1}" y="{y}">{requests_per_second:.0}{cpu}</text>"#,
        LABEL_WIDTH - 8.0,
        contender.name(),
        y - 12.0,
        LABEL_WIDTH + width + 6.0,
    );
}
