//! `man`: manual pages in roff.

use super::{CliError, command, print};

/// Which page.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The sub-command, e.g. `token issue`; without it the page is about the program.
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let mut root = command();
    root.build();
    let found = args.path.iter().try_fold(&root, |command, name| command.find_subcommand(name));
    let Some(found) = found else {
        return Err(CliError::Usage(format!("there is no sub-command {} (see --help)", args.path.join(" "))));
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(found.clone()).render(&mut page).map_err(CliError::failed)?;
    print(String::from_utf8(page).map_err(CliError::failed)?.trim_end());
    Ok(())
}
