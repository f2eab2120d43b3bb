//! The seeds of the fuzz targets, as tests: every answer is one that the server may give. CONTRIBUTING.md says how to
//! fuzz.

use std::{collections::BTreeSet, fs, path::Path};

use shop_profile::graphql::Code;

use crate::support::fuzz_targets as targets;

#[test]
fn the_seeds_pass_and_cause_every_error_code() {
    let mut met = run("graphql", targets::graphql);
    met.extend(run("request", targets::request));
    // What is too large, too slow or too often for a seed, or never to be seen.
    let not_met = [
        "DOCUMENT_TOO_LARGE",
        "REQUEST_TOO_LARGE",
        "REQUEST_TIMEOUT",
        "TIMEOUT",
        "TOO_MANY_REQUESTS",
        "SERVICE_UNAVAILABLE",
    ];
    let expected = Code::ALL.iter().map(|code| code.as_str());
    let expected = expected.filter(|code| !not_met.contains(code) && *code != "INTERNAL_SERVER_ERROR");
    assert_eq!(met, expected.map(String::from).collect());
}

/// Every error code that the seeds of a target meet.
fn run(target: &str, check: fn(&[u8]) -> targets::Codes) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|file| {
            // Shown if the check fails.
            println!("{}", file.display());
            check(&fs::read(&file).unwrap())
        })
        .collect()
}
