//! A private PgBouncer in front of the private PostgreSQL, where `TEST_POOLER` asks for one: `session` or `transaction`.

use std::{
    env, fs,
    os::unix::{net::UnixStream, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use crate::cluster::{Cluster, OWNER};

/// Where Debian puts it.
const PROGRAM: &str = "/usr/sbin/pgbouncer";
/// Part of the socket's name.
const PORT: u16 = 6432;
/// Ends with the tests, however they end: its standard input is a pipe that they hold.
const WATCHDOG: &str = r#""$0" -q "$1" & cat >/dev/null; kill $!"#;

/// A running pooler. Dropping it stops it.
pub struct Pooler {
    /// What its connections have before the database's name, and after.
    around_database: [String; 2],
    watchdog: Child,
}

impl Pooler {
    /// The one that `TEST_POOLER` asks for.
    pub fn from_environment(cluster: &Cluster) -> Option<Self> {
        let mode = env::var("TEST_POOLER").ok()?;
        // In transaction mode few sessions, so that clients share them.
        let sessions = match mode.as_str() {
            "session" => 60,
            "transaction" => 3,
            _ => panic!("TEST_POOLER={mode}: expected session or transaction"),
        };
        Some(Self::start(cluster, &mode, sessions).expect("apt install pgbouncer"))
    }

    /// Starts one in a mode of PgBouncer's, with so many sessions for each database; `None`, said aloud, when PgBouncer is
    /// not installed.
    pub fn start(cluster: &Cluster, mode: &str, sessions: u32) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !Path::new(PROGRAM).exists() {
            assert!(env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{PROGRAM} is missing, but REQUIRE_POSTGRES=1");
            crate::say(&format!("NOT RUN: the tests of poolers. {PROGRAM} is missing (apt install pgbouncer)."));
            return None;
        }
        let folder = cluster.folder().join(format!("pooler-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&folder).expect("a folder for the pooler");
        let (shown, server) = (folder.display(), cluster.folder().display());
        let settings = format!(
            "[databases]\n* = host={server}\n[pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {shown}\n\
             auth_type = trust\nauth_file = {shown}/users\npool_mode = {mode}\ndefault_pool_size = {sessions}\n\
             max_client_conn = 2000\nlogfile = {shown}/log\n"
        );
        let ini = folder.join("pgbouncer.ini");
        fs::write(&ini, settings).expect("pgbouncer.ini");
        fs::write(folder.join("users"), format!("\"{OWNER}\" \"\"\n")).expect("its users");
        cluster.give(&folder);
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG, PROGRAM]).arg(&ini);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watchdog = cluster.as_user(&mut watchdog).spawn().expect("sh");
        let deadline = Instant::now() + Duration::from_secs(10);
        while UnixStream::connect(folder.join(format!(".s.PGSQL.{PORT}"))).is_err() {
            let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "{PROGRAM} did not start\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
        let around_database = [format!("postgres://{OWNER}@localhost:{PORT}/"), format!("?host={shown}")];
        Some(Self { around_database, watchdog })
    }

    /// The URL of one of the databases behind it.
    pub fn url(&self, database: &str) -> String {
        let [before, after] = &self.around_database;
        format!("{before}{database}{after}")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}
