//! The program itself, as an operator runs it.

use std::{
    env,
    net::SocketAddr,
    ops::Deref,
    path::PathBuf,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::Method;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    task::JoinHandle,
};

use crate::{api::Api, metrics::Metrics};

/// The program: the one that was built beside this test, or the one that `TEST_PROGRAM` names, say a release build.
pub fn program() -> PathBuf {
    if let Some(program) = env::var_os("TEST_PROGRAM") {
        return program.into();
    }
    // target/debug/deps/it-0123456789abcdef
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("shop-profile")
}

/// The program in an empty environment, so that nothing of this machine leaks into a test.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    // tests/mutants chooses a mutant by it, in the program as in the test.
    command.envs(env::var_os("MUTANT").map(|mutant| ("MUTANT", mutant)));
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
    command(arguments)
        .env("DATABASE_URL", database_url)
        .env("SHOP_PROFILE_LOG", "warn,audit=off")
        .output()
        .await
        .unwrap()
        .into()
}

/// A running `serve`. Dropping it kills it.
pub struct Server {
    api: Api,
    child: Child,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
    log: Log,
}

impl Server {
    /// `serve` on any free port, ready for requests.
    pub async fn start(database_url: &str, arguments: &[&str]) -> Self {
        Self::spawn(serve(database_url, arguments)).await
    }

    /// Waits until the command says where it listens.
    pub async fn spawn(command: Command) -> Self {
        Self::spawn_with(command, Stdio::piped(), Stdio::piped()).await
    }

    /// As `spawn`, with another stdout or stderr. One of them must be piped: it tells the address.
    pub async fn spawn_with(mut command: Command, stdout: Stdio, stderr: Stdio) -> Self {
        // Programs read the address in the log, people on stdout.
        let is_json = command.as_std().get_args().any(|argument| argument == "json");
        let mut child = command.stdout(stdout).stderr(stderr).spawn().unwrap();
        let log = Log::of(child.stderr.take());
        let mut stdout = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        let address = match &mut stdout {
            Some(stdout) if !is_json => {
                let line = stdout.next_line().await.unwrap().unwrap_or_default();
                line.strip_prefix("listening on http://").and_then(|address| address.parse().ok())
            }
            _ => address_in(&log.line("started").await),
        };
        let address = address.unwrap_or_else(|| panic!("no address\n{}", log.text()));
        Self { api: Api::at(address), child, stdout, log }
    }

    /// The next line on stdout.
    pub async fn line(&mut self) -> String {
        self.stdout.as_mut().expect("stdout is piped").next_line().await.unwrap().expect("one more line")
    }

    /// What stdout says until its end.
    pub async fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        while let Some(line) = self.stdout.as_mut().expect("stdout is piped").next_line().await.unwrap() {
            rest.push_str(&line);
            rest.push('\n');
        }
        rest
    }

    /// Waits until the log says this, and gives the line.
    pub async fn logged(&self, text: &str) -> String {
        self.log.line(text).await
    }

    /// All that was logged so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// A client of the port that `--metrics-listen` opens.
    pub async fn metrics_port(&self) -> Api {
        Api::at(address_in(&self.log.line(" metrics ").await).expect("an address"))
    }

    /// The metrics at this moment.
    pub async fn metrics(&self) -> Metrics {
        self.metrics_port().await.request(Method::GET, "/metrics").raw().await.into()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it is running")
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
        self.signal("TERM").await;
    }

    /// Sends a signal: `TERM`, `HUP`.
    pub async fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().await.unwrap();
        assert!(status.success());
    }

    /// The end: the exit code and all that was logged.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let status = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.expect("an end").unwrap();
        (status.code(), self.log.whole().await)
    }
}

/// `serve` on any free port. It answers however many requests a test sends, unless the arguments limit them.
pub fn serve(database_url: &str, arguments: &[&str]) -> Command {
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.args(arguments).env("DATABASE_URL", database_url).envs(NO_RATE_LIMITS);
    serve
}

/// The variables that switch the limits off.
pub const NO_RATE_LIMITS: [(&str, &str); 3] = [
    ("SHOP_PROFILE_RATE_LIMIT_UPDATES", "0"),
    ("SHOP_PROFILE_RATE_LIMIT_READS", "0"),
    ("SHOP_PROFILE_RATE_LIMIT_FAILED_TOKENS", "0"),
];

/// What a server writes to stderr.
struct Log {
    text: Arc<Mutex<String>>,
    /// Ends with stderr. `None` when stderr is not piped.
    task: Option<JoinHandle<()>>,
}

impl Log {
    fn of(stderr: Option<ChildStderr>) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let task = stderr.map(|stderr| tokio::spawn(collect(stderr, text.clone())));
        Self { text, task }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Waits for a line with this text.
    async fn line(&self, text: &str) -> String {
        let find = || self.text.lock().unwrap().lines().find(|line| line.contains(text)).map(str::to_owned);
        crate::eventually(async || find()).await
    }

    /// Waits for the end of stderr.
    async fn whole(self) -> String {
        if let Some(task) = self.task {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.text.lock().unwrap())
    }
}

/// The address in the line that the server logs when it has started: `"address":"127.0.0.1:1"` or `address=127.0.0.1:1`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let value = line.split("address").nth(1)?.trim_start_matches(['"', ':', '=']);
    value.split(['"', ' ']).next()?.parse().ok()
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
