//! `cargo xtask bench`: the release binary and its peers on real sockets, under a closed loop from this process.
//!
//! Contenders take turns round by round, so that whatever else the machine does meets them all; a figure is the median
//! of the rounds. Server and load share the machine, so requests per second say less than CPU per request.

mod contender;
mod http;
mod load;
mod machine;
mod operation;
mod pgbench;
mod postgres;
mod process;
mod seed;
mod start;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    contender::{Contender, Database},
    machine::Machine,
    operation::Operation,
    start::Start,
};
use self::{
    load::{Load, Outcome},
    postgres::Cluster,
    process::{Server, Usage, usage_of_tree},
};
use crate::{Result, report, root};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One short round at 16 connections, with 10,000 customers.
    #[arg(long)]
    quick: bool,
    /// Customers in each database; requests draw theirs at random.
    #[arg(long, default_value_t = 1_000_000)]
    customers: u64,
    /// Closed loops at once.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    connections: Vec<usize>,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each round.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only these databases.
    #[arg(long, value_enum, value_delimiter = ',')]
    databases: Vec<Database>,
    /// Only these operations.
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,
    /// Only these contenders.
    #[arg(long, value_enum, value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// Only how soon shop-profile answers and how much memory it takes, with this many requests.
    #[arg(long, value_name = "REQUESTS")]
    start: Option<u64>,
    /// Where the rounds are written.
    #[arg(long, default_value = "target/bench/rounds.json")]
    output: PathBuf,
}

/// Everything that a run has measured.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    /// As it was typed.
    pub(crate) command: String,
    pub(crate) customers: u64,
    pub(crate) rounds: Vec<Round>,
    pub(crate) start: Option<Start>,
}

/// One contender under one load, once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) database: Database,
    pub(crate) contender: Contender,
    pub(crate) operation: Operation,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    /// User and system time of the contender's processes.
    pub(crate) server_cpu_seconds: f64,
    /// Of PostgreSQL's processes.
    pub(crate) database_cpu_seconds: f64,
    pub(crate) rss_bytes: u64,
    /// SQLite's write-ahead log after the round; it never shrinks within one.
    pub(crate) wal_bytes: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    build()?;
    fs::create_dir_all(work_dir())?;
    let directory = work_dir().join("run");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    let customers = if args.quick { 10_000 } else { args.customers };
    let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let mut run = Run {
        machine: Machine::this()?,
        command: format!("cargo xtask {command}"),
        customers,
        rounds: Vec::new(),
        start: None,
    };
    match args.start {
        Some(requests) => run.start = Some(start::measure(customers, requests, &directory)?),
        None => {
            for database in or_all(&args.databases) {
                run.rounds.extend(Bench::prepare(args, database, customers, &directory)?.run()?);
            }
        }
    }
    fs::remove_dir_all(&directory)?;
    let output = root().join(&args.output);
    fs::write(&output, serde_json::to_string_pretty(&run)?)?;
    report::print(&run);
    Ok(())
}

/// What `cargo run` says about this package would make some dependencies' build scripts run again, and then the world.
fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let packages = ["--package", "shop-profile", "--package", "axum-sqlx"];
    contender::run(cargo.args(["build", "--release"]).args(packages).current_dir(root()))
}

/// Seeds, the DRF peer's environment and PostgreSQL's cluster stay here between runs.
fn work_dir() -> PathBuf {
    root().join("target/bench")
}

fn or_all<T: ValueEnum + Clone>(chosen: &[T]) -> Vec<T> {
    if chosen.is_empty() { T::value_variants().to_vec() } else { chosen.to_vec() }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// All contenders of one database, up and running.
struct Bench<'a> {
    args: &'a Args,
    database: Database,
    customers: u64,
    cluster: Option<Cluster>,
    contenders: Vec<Running>,
}

struct Running {
    contender: Contender,
    /// `None`: pgbench.
    server: Option<Server>,
    url: String,
    /// SQLite's write-ahead log.
    wal: PathBuf,
}

impl<'a> Bench<'a> {
    fn prepare(args: &'a Args, database: Database, customers: u64, directory: &Path) -> Result<Self> {
        let cluster = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start(&work_dir().join("postgres"))?),
        };
        let operations = or_all(&args.operations);
        let mut contenders = Vec::new();
        for contender in or_all(&args.contenders) {
            if !operations.iter().any(|operation| contender.does(database, *operation)) {
                continue;
            }
            let (url, wal) = match &cluster {
                Some(cluster) => {
                    (cluster.url(&seed::postgres_database(contender, customers, cluster)?), PathBuf::new())
                }
                None => {
                    let file = seed::sqlite_copy(contender, customers, directory)?;
                    (contender::sqlite_url(&file)?, file.with_extension("db-wal"))
                }
            };
            contenders.push(Running { contender, server: contender.start(&url)?, url, wal });
        }
        Ok(Self { args, database, customers, cluster, contenders })
    }

    fn run(&self) -> Result<Vec<Round>> {
        let Args { quick, rounds, connections, .. } = self.args;
        let (rounds, connections) = if *quick { (1, &[16][..]) } else { (*rounds, &connections[..]) };
        let mut done = Vec::new();
        for round in 1..=rounds {
            for operation in or_all(&self.args.operations) {
                for &connections in connections {
                    for running in
                        self.contenders.iter().filter(|running| running.contender.does(self.database, operation))
                    {
                        done.push(self.measure(running, operation, connections)?);
                    }
                }
            }
            eprintln!("{:?}: round {round} of {rounds}", self.database);
        }
        Ok(done)
    }

    fn measure(&self, running: &Running, operation: Operation, connections: usize) -> Result<Round> {
        let duration = Duration::from_secs(if self.args.quick { 1 } else { self.args.seconds });
        let meter = || self.meter(running);
        let (outcome, [before, after]) = match &running.server {
            Some(server) => {
                let customers = self.customers;
                load::run(Load { address: server.address, operation, connections, customers, duration }, meter)?
            }
            None => {
                let before = meter()?;
                let (latencies, elapsed) = pgbench::run(&running.url, connections, self.customers, duration)?;
                (Outcome { latencies, elapsed, ..Outcome::default() }, [before, meter()?])
            }
        };
        if let Some(error) = &outcome.first_error {
            eprintln!("{:?} {operation:?}: {} errors, the first: {error}", running.contender, outcome.errors);
        }
        Ok(Round {
            database: self.database,
            contender: running.contender,
            operation,
            connections,
            seconds: outcome.elapsed.as_secs_f64(),
            requests: outcome.latencies.len() as u64,
            errors: outcome.errors,
            p50_ms: outcome.percentile(0.5),
            p99_ms: outcome.percentile(0.99),
            p999_ms: outcome.percentile(0.999),
            server_cpu_seconds: (after.0.cpu - before.0.cpu).as_secs_f64(),
            database_cpu_seconds: after.1.cpu.saturating_sub(before.1.cpu).as_secs_f64(),
            rss_bytes: after.0.rss_bytes,
            wal_bytes: fs::metadata(&running.wal).map_or(0, |file| file.len()),
        })
    }

    /// The contender's processes, and the database's.
    fn meter(&self, running: &Running) -> Result<(Usage, Usage)> {
        let of = |process: Option<u32>| process.map_or(Ok(Usage::default()), usage_of_tree);
        let server = running.server.as_ref().map(|server| server.process.id());
        Ok((of(server)?, of(self.cluster.as_ref().map(|cluster| cluster.process.id()))?))
    }
}
