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
    let script = String::from_utf8(script).map_err(CliError::failed)?;
    // For bash clap_complete writes the program's name in two ways if it has a hyphen (clap-rs/clap#6421).
    print(script.replace("shop__subcmd__profile", "shop__profile").trim_end());
    Ok(())
}
