//! The program itself, as an operator runs it.

use std::{
    ops::Deref,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

use super::api::Api;

/// The program in an empty environment, so that nothing of this machine leaks into a test.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop-profile"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The whole of it: exit code, stdout and stderr.
    #[track_caller]
    pub fn assert(&self, code: i32, stdout: &str, stderr: &str) {
        assert_eq!((self.code, &*self.stdout, &*self.stderr), (Some(code), stdout, stderr));
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }

    /// Success, and nothing to say on stderr; what stdout says, without the line's end.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{self:?}");
        self.stdout.trim_end().to_owned()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs a command to its end. `database_url` goes by the environment.
pub async fn run(database_url: &str, arguments: &[&str]) -> Ended {
    command(arguments).env("DATABASE_URL", database_url).env("SHOP_PROFILE_LOG", "warn").output().await.unwrap().into()
}

/// A running `serve`. Dropping it kills it.
pub struct Server {
    api: Api,
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Arc<Mutex<String>>,
    stderr_ends: JoinHandle<()>,
}

impl Server {
    /// `serve` on any free port, ready for requests.
    pub async fn start(database_url: &str, arguments: &[&str]) -> Self {
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.args(arguments).env("DATABASE_URL", database_url);
        Self::spawn(serve).await
    }

    /// Waits until the command says where it listens.
    pub async fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let stderr_ends = tokio::spawn(collect(child.stderr.take().unwrap(), stderr.clone()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = stdout.next_line().await.unwrap().unwrap_or_default();
        let address = line.strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{line:?} instead of an address\n{}", stderr.lock().unwrap()));
        Self { api: Api::at(address), child, stdout, stderr, stderr_ends }
    }

    /// The next line on stdout.
    pub async fn line(&mut self) -> String {
        self.stdout.next_line().await.unwrap().expect("one more line")
    }

    /// Waits until the log says this, and gives the line.
    pub async fn logged(&self, text: &str) -> String {
        let find = || self.stderr.lock().unwrap().lines().find(|line| line.contains(text)).map(str::to_owned);
        super::eventually(async || find()).await
    }

    /// The most memory that it has had at once (its peak resident set).
    #[cfg(target_os = "linux")]
    pub fn peak_memory_kib(&self) -> u64 {
        let pid = self.child.id().expect("it is running");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// `kill -9`: it has no chance to tidy up.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM asks for an orderly end.
    pub async fn terminate(&self) {
        let pid = self.child.id().expect("it is running").to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    }

    /// The end: the exit code and all that was logged.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let status = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.expect("an end").unwrap();
        self.stderr_ends.await.unwrap();
        let log = self.stderr.lock().unwrap().clone();
        (status.code(), log)
    }
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

async fn collect(stderr: impl AsyncRead + Unpin, log: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}
