//! What the server must reach, beside what it reached. All are ratios of medians of one machine, but for the last.

use super::{Cell, Figure, Figures, Medians};
use crate::bench::{
    Contender::{self, Apollo, AxumSqlx, Drf, Fastify, ShopProfile},
    Database::{self, Postgres, Sqlite},
    Operation::{self, Get, Patch, Update},
    Start,
};

const CPU: Figure = |figures| figures.server_cpu_ms;
const RATE: Figure = |figures| figures.requests_per_second;
const P99: Figure = |figures| figures.p99_ms;

enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

impl Aim {
    fn print(&self, what: &str, reached: f64, unit: &str) {
        let (words, aim, good) = match *self {
            Self::AtMost(aim) => ("at most", aim, reached <= aim),
            Self::AtLeast(aim) => ("at least", aim, reached >= aim),
        };
        println!("| {what} | {words} {aim}{unit} | {reached:.2}{unit} | {} |", if good { "yes" } else { "**no**" });
    }
}

/// One load of shop-profile over another contender's, or over its own PATCH.
struct Ratio {
    what: &'static str,
    figure: Figure,
    database: Database,
    connections: usize,
    ours: Operation,
    theirs: (Contender, Operation),
    aim: Aim,
}

const fn ratio(
    what: &'static str,
    figure: Figure,
    (database, connections): (Database, usize),
    ours: Operation,
    theirs: (Contender, Operation),
    aim: Aim,
) -> Ratio {
    Ratio { what, figure, database, connections, ours, theirs, aim }
}

const RATIOS: &[Ratio] = &[
    ratio("CPU of PATCH / axum + sqlx", CPU, (Sqlite, 16), Patch, (AxumSqlx, Patch), Aim::AtMost(0.8)),
    ratio("CPU of GET / axum + sqlx", CPU, (Sqlite, 16), Get, (AxumSqlx, Get), Aim::AtMost(1.1)),
    ratio("CPU of PATCH / axum + sqlx", CPU, (Postgres, 16), Patch, (AxumSqlx, Patch), Aim::AtMost(1.15)),
    ratio("CPU of GET / axum + sqlx", CPU, (Postgres, 16), Get, (AxumSqlx, Get), Aim::AtMost(1.15)),
    ratio("CPU of updateMyProfile / our PATCH", CPU, (Sqlite, 16), Update, (ShopProfile, Patch), Aim::AtMost(1.4)),
    ratio("CPU of updateMyProfile / our PATCH", CPU, (Postgres, 16), Update, (ShopProfile, Patch), Aim::AtMost(1.4)),
    ratio("PATCH/s / one transaction each", RATE, (Sqlite, 1), Patch, (AxumSqlx, Patch), Aim::AtLeast(1.0)),
    ratio("PATCH/s / one transaction each", RATE, (Sqlite, 16), Patch, (AxumSqlx, Patch), Aim::AtLeast(2.0)),
    ratio("PATCH/s / one transaction each", RATE, (Sqlite, 64), Patch, (AxumSqlx, Patch), Aim::AtLeast(3.0)),
    ratio("PATCH/s / one transaction each", RATE, (Sqlite, 256), Patch, (AxumSqlx, Patch), Aim::AtLeast(4.0)),
    ratio("p99 of PATCH / autocheckpoint", P99, (Sqlite, 16), Patch, (AxumSqlx, Patch), Aim::AtMost(0.5)),
    ratio("PATCH/s / DRF", RATE, (Sqlite, 16), Patch, (Drf, Patch), Aim::AtLeast(12.0)),
    ratio("PATCH/s / DRF", RATE, (Postgres, 16), Patch, (Drf, Patch), Aim::AtLeast(15.0)),
    ratio("CPU of PATCH / DRF", CPU, (Sqlite, 16), Patch, (Drf, Patch), Aim::AtMost(0.067)),
    ratio("CPU of PATCH / DRF", CPU, (Postgres, 16), Patch, (Drf, Patch), Aim::AtMost(0.067)),
    ratio("PATCH/s / fastify", RATE, (Postgres, 16), Patch, (Fastify, Patch), Aim::AtLeast(1.4)),
    ratio("CPU of PATCH / fastify", CPU, (Postgres, 16), Patch, (Fastify, Patch), Aim::AtMost(0.33)),
    ratio("updateMyProfile/s / Apollo", RATE, (Postgres, 16), Update, (Apollo, Update), Aim::AtLeast(2.0)),
    ratio("CPU of updateMyProfile / Apollo", CPU, (Postgres, 16), Update, (Apollo, Update), Aim::AtMost(0.33)),
];

/// The largest shop against the smallest, at 16 connections.
const GROWTH: f64 = 1.3;

/// Only what was measured.
pub(super) fn print(medians: &Medians, start: Option<&Start>) {
    println!("| | aim | reached | |\n|---|---|--:|---|");
    for customers in medians.sizes() {
        for ratio in RATIOS {
            ratio.print(medians, customers);
        }
    }
    print_growth(medians);
    if let Some(start) = start {
        Aim::AtMost(30.0).print("Start to first answer, SQLite", start.first_answer_ms, " ms");
        Aim::AtMost(15.0).print("Idle RSS", start.idle_rss_bytes as f64 / 1e6, " MB");
        let what = format!("RSS after {} requests", start.requests);
        Aim::AtMost(40.0).print(&what, start.rss_bytes as f64 / 1e6, " MB");
    }
}

impl Ratio {
    fn print(&self, medians: &Medians, customers: u64) {
        let Self { what, figure, database, connections, ours, theirs: (rival, theirs), ref aim } = *self;
        let get = |contender, operation| {
            medians.get(Cell { database, operation, customers, connections, contender }).map(figure)
        };
        if let (Some(ours), Some(theirs)) = (get(ShopProfile, ours), get(rival, theirs)) {
            let what = format!("{what}, {database:?}, {connections} connections, {customers} customers");
            aim.print(&what, ours / theirs, " times");
        }
    }
}

fn print_growth(medians: &Medians) {
    let sizes = medians.sizes();
    let (Some(&least), Some(&most)) = (sizes.first(), sizes.last()) else { return };
    if least == most {
        return;
    }
    for database in [Sqlite, Postgres] {
        for operation in [Get, Patch] {
            let get = |customers| {
                let cell = Cell { database, operation, customers, connections: 16, contender: ShopProfile };
                medians.get(cell).map(Figures::cpu_ms)
            };
            if let (Some(small), Some(large)) = (get(least), get(most)) {
                let what = format!("CPU of {}, {database:?}, {most} / {least} customers", operation.name());
                Aim::AtMost(GROWTH).print(&what, large / small, " times");
            }
        }
    }
}
