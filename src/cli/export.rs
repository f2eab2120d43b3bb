//! `customer export`: customers to stdout, as import reads them.

use std::io;

use super::{CliError, progress};
use crate::{
    store::Store,
    transfer::{self, ExportError, Format},
};

/// How to write.
#[derive(clap::Args)]
pub struct Args {
    /// How it is written.
    #[arg(long, value_enum, default_value = "jsonl", env = "SHOP_PROFILE_EXPORT_FORMAT")]
    format: Format,
}

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let (customers, _) = store.count_rows().await.map_err(CliError::failed)?;
    let bar = progress::rows(customers);
    let result = transfer::export(store, args.format, io::stdout(), |rows| bar.set_position(rows)).await;
    bar.finish_and_clear();
    match result {
        // A reader that has gone (`| head`) is no failure.
        Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(CliError::failed),
    }
}
