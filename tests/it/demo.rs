//! `serve --demo`, and the contract's own example clients against it, verbatim but for host and API token.

use std::{fs, path::Path, process::Stdio};

use axum::http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{
    Subject,
    binary::{self, Server},
    database::Database,
    shop::Shop,
};

const DOCUMENT: &str = include_str!("fixtures/update-profile-details.txt");

/// A demo in a folder of its own, with the API token that it prints.
struct Demo {
    server: Server,
    token: String,
    welcome: Vec<String>,
    folder: TempDir,
}

async fn start() -> Demo {
    let folder = TempDir::new().unwrap();
    let mut serve = binary::command(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    serve.current_dir(folder.path()).env("TMPDIR", folder.path()).env("HOME", folder.path());
    let mut server = Server::spawn(serve).await;
    let mut welcome = Vec::new();
    while !welcome.last().is_some_and(|line: &String| line.contains("/graphiql")) {
        welcome.push(server.line().await);
    }
    let export = welcome.iter().find_map(|line| line.trim_start().strip_prefix("export TOKEN="));
    let token = export.expect("a line that sets TOKEN").to_owned();
    Demo { server, token, welcome, folder }
}

/// The document, with the server's address where the document's own stands.
fn document(demo: &Demo) -> String {
    DOCUMENT.replace("127.0.0.1:8000", &demo.server.address.to_string())
}

/// The document's example answer, with the names of its example request.
fn documented_answer(demo: &Demo) -> Value {
    let document = document(demo);
    let (_, example) = document.split_once("Example Response\n").unwrap();
    let mut customer: Value = serde_json::from_str(example).unwrap();
    for (field, value) in [("first_name", "John"), ("last_name", "Doe"), ("full_name", "John Doe"), ("gender", "male")]
    {
        customer[field] = json!(value);
    }
    customer
}

/// An example of the document, which numbers its lines (`1import requests`), from its first line to its last.
fn example(first: &str, last: &str) -> String {
    let start = DOCUMENT.find(&format!("1{first}")).unwrap();
    let end = start + DOCUMENT[start..].find(last).unwrap() + last.len();
    let numbered = DOCUMENT[start..end].lines().enumerate();
    let lines = numbered.map(|(index, line)| line.strip_prefix(&(index + 1).to_string()).expect("a numbered line"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Demo {
    /// The example, sent to this demo with its API token.
    fn addressed(&self, example: &str) -> String {
        let text = example.replace("www.example.com", &self.server.address.to_string());
        text.replace("<your_api_key>", &self.token)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_the_documented_customer_and_leaves_nothing_behind() {
    let demo = start().await;
    let document = document(&demo);
    let (_, example) = document.split_once("Example Response\n").unwrap();
    let documented: Value = serde_json::from_str(example).unwrap();
    let get = demo.server.get().token(&demo.token).send().await.assert_status(200);
    assert_eq!(get.json(), documented);
    // The keys' order too.
    assert_eq!(get.body, example.replace("\n", "").replace("\": ", "\":"));
    demo.server.terminate().await;
    let (code, log) = demo.server.ended().await;
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(fs::read_dir(demo.folder.path()).unwrap().count(), 0, "nothing outlives the demo");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_commands_work() {
    let demo = start().await;
    let is_command = |line: &&String| ["  export ", "  curl "].iter().any(|start| line.starts_with(start));
    let lines: Vec<&str> = demo.welcome.iter().filter(is_command).map(String::as_str).collect();
    assert_eq!(lines.len(), 2, "{:?}", demo.welcome);
    let answer = shell(&lines.join("\n"), demo.folder.path()).await;
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), documented_answer(&demo));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_avatar_is_a_picture_of_its_own() {
    let demo = start().await;
    let profile = demo.server.get().token(&demo.token).send().await.json();
    let avatar: url::Url = profile["avatar"].as_str().unwrap().parse().unwrap();
    assert_eq!(avatar.socket_addrs(|| None).unwrap(), [demo.server.address]);
    let picture = demo.server.request(Method::GET, avatar.path()).send().await.assert_status(200);
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    assert!(picture.body.starts_with("<svg "), "{}", picture.body);

    let shop = Shop::on(Database::sqlite()).await;
    shop.request(Method::GET, avatar.path()).send().await.assert_status(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_curl_example_is_answered_as_documented() {
    let demo = start().await;
    let script = demo.addressed(&example("# Update customer profile\n2curl", "}'"));
    let answer = shell(&script, demo.folder.path()).await;
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), documented_answer(&demo));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_python_example_is_answered_as_documented() {
    let demo = start().await;
    let Some(packages) = requests_for_python().await else { return };
    let script = demo.addressed(&example("import requests", "print(response.json())"));
    let mut python = Command::new("python3");
    python.args(["-c", &script]).env("PYTHONPATH", packages.path());
    let answer = output(python, demo.folder.path()).await;
    // Python prints its own notation.
    let json = answer.replace('\'', "\"").replace("True", "true").replace("None", "null");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), documented_answer(&demo));
}

/// A folder in which Python finds `requests`, empty where it is installed anyway; `None`, said aloud, when there is
/// no getting it.
async fn requests_for_python() -> Option<TempDir> {
    let folder = TempDir::new().unwrap();
    let python = async |arguments: &[&str]| {
        let run = Command::new("python3").args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.await.is_ok_and(|status| status.success())
    };
    if python(&["-c", "import requests"]).await {
        return Some(folder);
    }
    let install = ["-m", "pip", "install", "--quiet", "--target", &folder.path().display().to_string(), "requests"];
    if python(&install).await {
        return Some(folder);
    }
    let why = "python3 has no package `requests`, and pip cannot get it";
    assert!(std::env::var("REQUIRE_PYTHON").as_deref() != Ok("1"), "{why}, but REQUIRE_PYTHON=1");
    crate::support::say(&format!("NOT RUN: the document's Python example. {why}."));
    None
}

async fn shell(script: &str, folder: &Path) -> String {
    let mut sh = Command::new("sh");
    sh.args(["-c", script]);
    output(sh, folder).await
}

/// What a program prints that talks to this machine alone.
async fn output(mut command: Command, folder: &Path) -> String {
    command.current_dir(folder).env("NO_PROXY", "*").kill_on_drop(true);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
