//! A PostgreSQL cluster of the benchmark's own. It is kept between runs, for seeding takes time, and runs only
//! within one.

use std::{
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{contender::run, process::Process};
use crate::Result;

const START_WITHIN: Duration = Duration::from_secs(60);
/// As durable as PostgreSQL is by default. Memory for a million customers; and neither a checkpoint nor a vacuum
/// falls into one contender's round.
const SETTINGS: &[&str] = &[
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "max_connections=400",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
];

pub(super) struct Cluster {
    pub(super) process: Process,
    port: u16,
}

impl Cluster {
    /// Starts the cluster in this directory and makes it first if it is not there.
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let data = std::path::absolute(directory)?;
        if !data.join("PG_VERSION").exists() {
            std::fs::create_dir_all(&data)?;
            if is_root()? {
                run(Command::new("chown").arg("postgres").arg(&data))?;
            }
            let mut initdb = program("initdb")?;
            run(initdb.args(["--auth=trust", "--username=postgres", "--pgdata"]).arg(&data).stdout(Stdio::null()))?;
        }
        // PostgreSQL cannot choose a port by itself.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut postgres = program("postgres")?;
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let cluster = Self { process: Process::start(&mut postgres)?, port };
        let end = Instant::now() + START_WITHIN;
        while cluster.query("postgres", "SELECT 1").is_err() {
            if Instant::now() > end {
                return Err("PostgreSQL does not answer".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(cluster)
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(super) fn has(&self, database: &str) -> Result<bool> {
        Ok(!self.query("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{database}'"))?.is_empty())
    }

    /// Makes the database, in the place of one that was left behind.
    pub(super) fn create(&self, database: &str) -> Result<()> {
        self.query("postgres", &format!("DROP DATABASE IF EXISTS {database}"))?;
        self.query("postgres", &format!("CREATE DATABASE {database}")).map(drop)
    }

    /// The folder of the database's tables and indexes.
    pub(super) fn files(&self, database: &str) -> Result<PathBuf> {
        let sql = "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = current_database()";
        Ok(self.query(database, sql)?.trim().into())
    }

    pub(super) fn query(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new("psql").args(["-XAtq", "-c", sql, "-d", &self.url(database)]).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into())
        }
    }
}

/// A server's program: not in the path everywhere, and never run as root.
fn program(name: &str) -> Result<Command> {
    let directory =
        Command::new("pg_config").arg("--bindir").output().map_err(|error| format!("pg_config: {error}"))?;
    let program = PathBuf::from(String::from_utf8(directory.stdout)?.trim()).join(name);
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}
