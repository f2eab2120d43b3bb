//! How many instructions each operation takes through each API: `cargo bench --bench instructions`. It needs valgrind, prints
//! a table and writes `target/bench/instructions.json`.
//!
//! SQLite works on threads of its own, and what gungraun counts by itself is one function in its thread: of work that
//! another thread does it saw a thousandth. Its way out, requests to valgrind from within, would have every build of the
//! tests look for libclang and valgrind's headers. So whole processes are counted, one with a few requests and one with
//! many, and the difference is what the requests between took. SQLite is enough here: PostgreSQL's part of the work is
//! in its own processes, and `benches/bench.py` has it.

mod support;

use std::{collections::BTreeMap, env, fs, process::Command};

use shop_profile::cli::log;
use support::{Case, Result, Shop, output};

const FEW: u64 = 100;
const MANY: u64 = 600;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [case, count] => repeat(case, count),
        // What cargo passes is of no concern.
        _ => count_all(),
    }
}

/// The process that is counted.
fn repeat(case: &str, count: &str) -> Result<()> {
    let case = Case::ALL.into_iter().find(|known| known.to_string() == case).ok_or("no such case")?;
    // As on every server: each request is a line. `BENCH_LOG=off` shows what that costs.
    log::start(&env::var("BENCH_LOG").as_deref().unwrap_or("info").parse()?, log::Format::Text, None)?;
    let shop = Shop::open()?;
    for _ in 0..count.parse()? {
        shop.run(case)?;
    }
    log::flush();
    Ok(())
}

fn count_all() -> Result<()> {
    println!("| | instructions for a request |\n|---|--:|");
    let mut counts = BTreeMap::new();
    for case in Case::ALL {
        let count = (instructions(case, MANY)? - instructions(case, FEW)?) / (MANY - FEW);
        println!("| {case} | {count} |");
        counts.insert(case.to_string(), count);
    }
    Ok(fs::write(output("instructions.json")?, serde_json::to_string_pretty(&counts)?)?)
}

/// Of a whole process with this many requests.
fn instructions(case: Case, requests: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([case.to_string(), requests.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| report.into())
}
