//! How long each operation takes through each API: `cargo bench --bench time`. Beside criterion's own account, which compares
//! with the last run, it prints a table and writes `target/bench/time.json`. An update waits for the
//! disk, whose time varies more than all else: `TMPDIR=/dev/shm` leaves it out.

#![allow(clippy::unwrap_used, reason = "a benchmark says no by panicking")]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use criterion::Criterion;
use serde_json::Value;
use support::{Case, Result, Shop, output};

fn main() -> Result<()> {
    let directory = output("criterion")?;
    let mut criterion = Criterion::default().output_directory(&directory);
    let shop = Shop::open()?;
    for case in Case::ALL {
        criterion.bench_function(&case.to_string(), |bencher| bencher.iter(|| shop.run(case).unwrap()));
    }
    report(&directory)
}

fn report(directory: &Path) -> Result<()> {
    println!("| | µs for a request, median |\n|---|--:|");
    let mut medians = BTreeMap::new();
    for case in Case::ALL {
        let file = directory.join(case.to_string()).join("new/estimates.json");
        let estimates: Value = serde_json::from_slice(&fs::read(file)?)?;
        let nanoseconds = estimates["median"]["point_estimate"].as_f64().ok_or("no median")?;
        println!("| {case} | {:.1} |", nanoseconds / 1e3);
        medians.insert(case.to_string(), nanoseconds);
    }
    Ok(fs::write(output("time.json")?, serde_json::to_string_pretty(&medians)?)?)
}
