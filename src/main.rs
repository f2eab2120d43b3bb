//! The command `shop-profile`: parses its arguments, starts the log and calls one sub-command.

use std::process::ExitCode;

use shop_profile::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse_or_exit();
    cli::log::start(&cli.log, cli.log_format);
    let code = cli::run(cli);
    cli::log::flush();
    code
}
