//! A private PostgreSQL server in a temporary folder, made from the binaries that are installed.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The name of the database's owner, who needs no password: the socket's folder is the tests' own.
pub const OWNER: &str = "shop";

/// It is reached by a unix socket and by no port. Whatever is written need not survive a power cut.
const SETTINGS: &str = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300";

/// Outlives the tests by a moment, however they end: its standard input is a pipe that they hold, and the kernel
/// closes that even after `kill -9`.
const WATCHDOG: &str = r#"cat >/dev/null; "$0/pg_ctl" stop -D "$1/data" -m immediate; rm -rf "$1""#;

/// A running server. Dropping it stops it.
pub struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    watchdog: Child,
}

#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Starts one; `None` when PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let binaries = find_binaries()?;
        let folder = TempDir::with_prefix("shop-pg-").expect("a temporary folder").keep();
        let user = unprivileged_user(&folder);
        if let Some(User { uid, gid }) = user {
            chown(&folder, Some(uid), Some(gid)).expect("root may give a folder away");
        }
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG]).arg(&binaries).arg(&folder);
        // A group of its own: Ctrl-C on the terminal is for the tests.
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watchdog = as_user(&mut watchdog, user).spawn().expect("sh");
        let cluster = Self { binaries, folder, user, watchdog };
        cluster.run("initdb", &["-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "--no-sync"]);
        cluster.resume();
        Some(cluster)
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{OWNER}@localhost/{database}?host={}", self.folder.display())
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives a folder, with the files in it, to the user that the server runs as.
    pub fn give(&self, folder: &Path) {
        let Some(User { uid, gid }) = self.user else { return };
        let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        for path in files.chain([folder.to_owned()]) {
            chown(path, Some(uid), Some(gid)).expect("root may give a folder away");
        }
    }

    /// Makes a command one of the user that the server runs as.
    pub fn as_user<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        as_user(command, self.user)
    }

    /// Stops at once, as a crash would.
    pub fn crash(&self) {
        self.run("pg_ctl", &["stop", "-m", "immediate"]);
    }

    /// Starts what `crash` stopped, and waits until it accepts connections.
    pub fn resume(&self) {
        let settings = format!("{SETTINGS} -k {}", self.folder.display());
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["start", "-w", "-s", "-l", &log, "-o", &settings]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-D").arg(self.folder.join("data")).args(arguments).current_dir(&self.folder);
        // The server would keep a pipe open for as long as it runs.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = as_user(&mut command, self.user).status().expect(program);
        let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "{program} {arguments:?}: {status}\n{}", log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

fn as_user(command: &mut Command, user: Option<User>) -> &mut Command {
    match user {
        Some(User { uid, gid }) => command.uid(uid).gid(gid),
        None => command,
    }
}

/// The folder that `TEST_POSTGRES_PROGRAMS` names; or `pg_config` knows best. Debian keeps the server's programs off the
/// path.
fn find_binaries() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("TEST_POSTGRES_PROGRAMS") {
        return Some(folder.into());
    }
    let config = Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success());
    let told = config.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = told.into_iter().chain(debian.into_iter().rev()).chain(env::split_paths(&path));
    folders.into_iter().find(|folder| is_there(folder, "initdb") && is_there(folder, "pg_ctl"))
}

fn is_there(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}

/// PostgreSQL does not run as root. The owner of the folder that was just made is the user of this process.
fn unprivileged_user(ours: &Path) -> Option<User> {
    if fs::metadata(ours).expect("our folder").uid() != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let user = ["postgres", "nobody"].into_iter().find_map(|name| find_user(&passwd, name));
    Some(user.expect("a user `postgres` or `nobody` to run PostgreSQL as"))
}

fn find_user(passwd: &str, name: &str) -> Option<User> {
    let fields: Vec<_> = passwd.lines().find(|line| line.split(':').next() == Some(name))?.split(':').collect();
    Some(User { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
}
