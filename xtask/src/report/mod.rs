//! The table and the charts of what `cargo xtask bench` has measured.

mod aims;
mod chart;
mod growth;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use crate::{
    Result,
    bench::{Contender, Database, Operation, Round, Run, median},
};

/// What to report.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files that `bench` has written on one machine; what they hold of one load is pooled.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the chart of the contenders goes.
    #[arg(long)]
    chart: Option<PathBuf>,
    /// Where the chart of the numbers of customers goes.
    #[arg(long)]
    growth: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut runs = Vec::new();
    for file in &args.files {
        runs.push(serde_json::from_str::<Run>(&fs::read_to_string(file)?)?);
    }
    let mut runs = runs.into_iter();
    let mut whole = runs.next().ok_or("no file")?;
    for run in runs {
        whole.rounds.extend(run.rounds);
        whole.start = run.start.or(whole.start);
    }
    print(&whole);
    let medians = Medians::of(&whole.rounds);
    if let Some(path) = &args.chart {
        fs::write(path, chart::contenders(&medians))?;
    }
    if let Some(path) = &args.growth {
        fs::write(path, growth::svg(&medians))?;
    }
    Ok(())
}

pub(crate) fn print(run: &Run) {
    let machine = &run.machine;
    println!(
        "{}; {}, {} cores, {} GB, {}\n",
        machine.date, machine.cpu, machine.cores, machine.memory_gb, machine.kernel
    );
    let medians = Medians::of(&run.rounds);
    medians.print();
    println!();
    aims::print(&medians, run.start.as_ref());
}

/// What a load was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    database: Database,
    operation: Operation,
    customers: u64,
    connections: usize,
    contender: Contender,
}

/// The medians of its rounds.
#[derive(Clone, Copy)]
struct Figures {
    requests_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    /// Of the contender's processes, for 1,000 requests.
    server_cpu_ms: f64,
    /// Of PostgreSQL's.
    database_cpu_ms: f64,
    rss_mb: f64,
    wal_mb: f64,
    /// All of them, not a median.
    errors: u64,
}

type Figure = fn(&Figures) -> f64;

struct Medians(BTreeMap<Cell, Figures>);

impl Medians {
    fn of(rounds: &[Round]) -> Self {
        let mut cells = BTreeMap::<Cell, Vec<&Round>>::new();
        for round in rounds {
            let Round { database, operation, customers, connections, contender, .. } = *round;
            cells.entry(Cell { database, operation, customers, connections, contender }).or_default().push(round);
        }
        Self(cells.into_iter().map(|(cell, rounds)| (cell, Figures::of(&rounds))).collect())
    }

    fn get(&self, cell: Cell) -> Option<&Figures> {
        self.0.get(&cell)
    }

    /// The numbers of customers that there are figures for, ascending.
    fn sizes(&self) -> BTreeSet<u64> {
        self.0.keys().map(|cell| cell.customers).collect()
    }

    fn print(&self) {
        println!(
            "| | | customers | connections | contender | requests/s | p50 ms | p99 ms | p99.9 ms | server CPU ms/1,000 | PostgreSQL CPU ms/1,000 | RSS MB | WAL MB | errors |"
        );
        println!("|---|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (cell, figures) in &self.0 {
            let Figures { requests_per_second, p50_ms, p99_ms, p999_ms, .. } = figures;
            println!(
                "| {:?} | {} | {} | {} | {} | {requests_per_second:.0} | {p50_ms:.2} | {p99_ms:.2} | {p999_ms:.2} | {:.1} | {:.1} | {:.0} | {:.0} | {} |",
                cell.database,
                cell.operation.name(),
                cell.customers,
                cell.connections,
                cell.contender.name(),
                figures.server_cpu_ms,
                figures.database_cpu_ms,
                figures.rss_mb,
                figures.wal_mb,
                figures.errors
            );
        }
    }
}

impl Figures {
    /// All that 1,000 requests take of the processors.
    fn cpu_ms(&self) -> f64 {
        self.server_cpu_ms + self.database_cpu_ms
    }

    fn of(rounds: &[&Round]) -> Self {
        let median = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(|round| figure(round)).collect());
        let per_thousand = |seconds: f64, round: &Round| seconds * 1e6 / round.requests as f64;
        Self {
            requests_per_second: median(&|round| round.requests as f64 / round.seconds),
            p50_ms: median(&|round| round.p50_ms),
            p99_ms: median(&|round| round.p99_ms),
            p999_ms: median(&|round| round.p999_ms),
            server_cpu_ms: median(&|round| per_thousand(round.server_cpu_seconds, round)),
            database_cpu_ms: median(&|round| per_thousand(round.database_cpu_seconds, round)),
            rss_mb: median(&|round| round.rss_bytes as f64 / 1e6),
            wal_mb: median(&|round| round.wal_bytes as f64 / 1e6),
            errors: rounds.iter().map(|round| round.errors).sum(),
        }
    }
}
