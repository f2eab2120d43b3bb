//! What the repository's developers run: `cargo xtask bench`, `cargo xtask report`.

mod bench;
mod report;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Whatever goes wrong here is for the person before the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The repository's own commands.
#[derive(Parser)]
enum Command {
    /// Measure the server against its peers, on a real socket, and write every round to a JSON file.
    Bench(bench::Args),
    /// Print the table of one or more benchmark files and draw the chart.
    Report(report::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Bench(args) => bench::run(args),
        Command::Report(args) => report::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root, wherever the command is run.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
