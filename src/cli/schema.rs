//! `schema`: the SDL, without a database.

use super::{CliError, print};

pub(super) fn run() -> Result<(), CliError> {
    print(crate::graphql::sdl().trim_end());
    Ok(())
}
