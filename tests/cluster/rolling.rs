//! Each server is stopped and started again, one after the other, while wrk sends requests through haproxy.

use std::{
    env, fs,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use crate::{load::add_customer, support::say, topology::Topology};

/// How often all three servers are restarted, unless `ROLLING_RESTARTS` says otherwise.
const RESTARTS: usize = 5;
const CUSTOMERS: usize = 32;
/// More than haproxy needs to find out.
const OPTIONS: &[&str] = &["--stop-delay", "2s", "--rate-limit-updates", "0", "--rate-limit-reads", "0"];

/// Half of the requests are changes. `done` prints one line for this test.
const SCRIPT: &str = r#"
local sent = 0
local json = { ["Content-Type"] = "application/json" }
function request()
  sent = sent + 1
  wrk.headers["Authorization"] = "Token " .. tokens[sent % #tokens + 1]
  json["Authorization"] = wrk.headers["Authorization"]
  if sent % 2 == 0 then return wrk.format("GET", path) end
  return wrk.format("PATCH", path, json, '{"last_name": "' .. sent .. '"}')
end
function done(summary)
  local failed = summary.errors
  print("requests " .. summary.requests)
  print("failed " .. failed.connect + failed.read + failed.write + failed.status + failed.timeout)
end
"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs haproxy and wrk; see main.rs"]
async fn a_rolling_restart_fails_no_request() {
    let mut topology = Topology::start_with(OPTIONS).await;
    let store = Arc::new(topology.store().await);
    let mut tokens = Vec::new();
    for number in 0..CUSTOMERS {
        tokens.push(format!("{:?}", add_customer(&store, &format!("customer{number}")).await.1));
    }
    store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("requests.lua");
    let tokens = tokens.join(", ");
    fs::write(&script, format!("path = \"/api/shop/customers/me\"\ntokens = {{ {tokens} }}\n{SCRIPT}")).unwrap();
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", "16", "-d", "1h", "-s"]).arg(&script).arg(format!("http://{}", topology.address));
    let wrk = wrk.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("wrk (apt install wrk)");

    let restarts = env::var("ROLLING_RESTARTS").map_or(RESTARTS, |number| number.parse().unwrap());
    for _ in 0..restarts {
        for server in 0..3 {
            topology.stop(server).await;
            topology.restart(server).await;
            topology.is_in_use(server).await;
        }
    }
    let [requests, failed] = end(wrk);
    say(&format!("{restarts} rolling restarts of three servers: {requests} requests, {failed} failed"));
    assert!(requests > 100 * restarts as u64);
    assert_eq!(failed, 0);
}

/// Ends wrk as Ctrl-C does, and reads what it has counted.
fn end(wrk: Child) -> [u64; 2] {
    let interrupted = Command::new("kill").args(["-INT", &wrk.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = String::from_utf8(wrk.wait_with_output().unwrap().stdout).unwrap();
    ["requests ", "failed "].map(|name| {
        let number = output.lines().find_map(|line| line.strip_prefix(name));
        number.unwrap_or_else(|| panic!("wrk says no {name:?}:\n{output}")).trim().parse().unwrap()
    })
}
