//! The command `shop-profile`: parses its arguments, starts the log and calls one sub-command.

use std::process::ExitCode;

use shop_profile::cli::{self, Invocation};

fn main() -> ExitCode {
    let invocation = Invocation::read_or_exit();
    let code = match invocation.start_log() {
        Ok(()) => cli::run(invocation),
        Err(code) => code,
    };
    cli::log::flush();
    code
}
