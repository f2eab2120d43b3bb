//! The command `shop-profile`: parses its arguments, starts the log and calls one sub-command.

use std::process::ExitCode;

use shop_profile::cli::{self, Invocation};

fn main() -> ExitCode {
    let invocation = Invocation::read_or_exit();
    let (filter, format) = invocation.log();
    cli::log::start(filter, format);
    let code = cli::run(invocation);
    cli::log::flush();
    code
}
