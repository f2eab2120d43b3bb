//! All contenders of one database, up and running, and their turns.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Args, Round,
    contender::{self, Contender, Database},
    load::{self, Load, Outcome},
    operation::Operation,
    or_all, pgbench,
    postgres::Cluster,
    process::{Server, Usage, usage_of_tree},
    seed, work_dir,
};
use crate::Result;

/// Connections of the load that warms a contender up.
const WARM_UP_CONNECTIONS: usize = 16;

pub(super) struct Contest<'a> {
    args: &'a Args,
    database: Database,
    cluster: Option<Cluster>,
    contestants: Vec<Contestant>,
}

/// A contender with so many customers.
struct Contestant {
    contender: Contender,
    customers: u64,
    /// `None`: pgbench.
    server: Option<Server>,
    url: String,
    /// SQLite's write-ahead log.
    wal: PathBuf,
}

impl<'a> Contest<'a> {
    pub(super) fn prepare(args: &'a Args, database: Database, directory: &Path) -> Result<Self> {
        let cluster = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start(&work_dir().join("postgres"))?),
        };
        let mut contest = Self { args, database, cluster, contestants: Vec::new() };
        for contender in or_all(&args.contenders) {
            if or_all(&args.operations).iter().any(|operation| contender.does(database, *operation)) {
                for &customers in &args.customers {
                    contest.contestants.push(contest.enter(contender, customers, directory)?);
                }
            }
        }
        contest.warm_up()?;
        Ok(contest)
    }

    /// Its data in the machine's cache, its server started.
    fn enter(&self, contender: Contender, customers: u64, directory: &Path) -> Result<Contestant> {
        let (url, wal) = match &self.cluster {
            Some(cluster) => {
                let database = seed::postgres_database(contender, customers, cluster)?;
                read_whole(&cluster.files(&database)?)?;
                (cluster.url(&database), PathBuf::new())
            }
            None => {
                let file = seed::sqlite_copy(contender, customers, directory)?;
                read_whole(&file)?;
                (contender::sqlite_url(&file)?, file.with_extension("db-wal"))
            }
        };
        Ok(Contestant { contender, customers, server: contender.start(&url)?, url, wal })
    }

    /// A round that does not count.
    fn warm_up(&self) -> Result<()> {
        for operation in or_all(&self.args.operations) {
            for contestant in self.contestants_of(operation) {
                self.measure(contestant, operation, WARM_UP_CONNECTIONS)?;
            }
        }
        Ok(())
    }

    pub(super) fn run(&self) -> Result<Vec<Round>> {
        let Args { rounds, connections, .. } = self.args;
        let mut done = Vec::new();
        for round in 1..=*rounds {
            for operation in or_all(&self.args.operations) {
                for &connections in connections {
                    for contestant in self.contestants_of(operation) {
                        done.push(self.measure(contestant, operation, connections)?);
                    }
                }
            }
            eprintln!("{:?}: round {round} of {rounds}", self.database);
        }
        Ok(done)
    }

    fn contestants_of(&self, operation: Operation) -> impl Iterator<Item = &Contestant> {
        self.contestants.iter().filter(move |contestant| contestant.contender.does(self.database, operation))
    }

    fn measure(&self, contestant: &Contestant, operation: Operation, connections: usize) -> Result<Round> {
        let &Contestant { contender, customers, .. } = contestant;
        let duration = Duration::from_secs(self.args.seconds);
        let meter = || self.meter(contestant);
        let (outcome, [before, after]) = match &contestant.server {
            Some(server) => {
                load::run(Load { address: server.address, operation, connections, customers, duration }, meter)?
            }
            None => {
                let before = meter()?;
                let (latencies, elapsed) = pgbench::run(&contestant.url, connections, customers, duration)?;
                (Outcome { latencies, elapsed, ..Outcome::default() }, [before, meter()?])
            }
        };
        if let Some(error) = &outcome.first_error {
            eprintln!("{contender:?} {operation:?}: {} errors, the first: {error}", outcome.errors);
        }
        Ok(Round {
            database: self.database,
            contender,
            operation,
            customers,
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
            wal_bytes: fs::metadata(&contestant.wal).map_or(0, |file| file.len()),
        })
    }

    /// The contender's processes, and the database's.
    fn meter(&self, contestant: &Contestant) -> Result<(Usage, Usage)> {
        let of = |process: Option<u32>| process.map_or(Ok(Usage::default()), usage_of_tree);
        let server = contestant.server.as_ref().map(|server| server.process.id());
        Ok((of(server)?, of(self.cluster.as_ref().map(|cluster| cluster.process.id()))?))
    }
}

/// Once, so that no round pays for the disk's first read.
fn read_whole(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::read_dir(path)?.try_for_each(|entry| read_whole(&entry?.path()))
    } else {
        io::copy(&mut fs::File::open(path)?, &mut io::sink())?;
        Ok(())
    }
}
