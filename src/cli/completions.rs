//! `completions`: what a shell needs to complete the command line.

use clap_complete::Shell;

use super::{CliError, command, print};

/// For which shell.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), env!("CARGO_PKG_NAME"), &mut script);
    print(String::from_utf8(script).map_err(CliError::failed)?.trim_end());
    Ok(())
}
