//! `customer export`: customers to stdout, as import reads them.

use std::io;

use super::{CliError, progress};
use crate::{
    store::{DatabaseUrl, DjangoOptions, Store},
    transfer::{self, ExportError, Format},
};

/// How to write.
#[derive(clap::Args)]
#[command(after_help = EXPORT_HELP)]
pub struct Args {
    /// How it is written. Name the file accordingly (.jsonl, .csv): import knows the format by the name.
    #[arg(long, value_enum, default_value = "jsonl", env = "SHOP_PROFILE_EXPORT_FORMAT")]
    format: Format,
}

const EXPORT_HELP: &str = "\
Values are written as they are stored, so that an import reads the same. A customer chooses their own names: a \
spreadsheet takes a cell such as =HYPERLINK(...) for a formula. Import a CSV file into it as text.";

/// Out of a Django shop's database.
pub(super) async fn run_django(args: Args, url: &DatabaseUrl, options: &DjangoOptions) -> Result<(), CliError> {
    let (source, customers) = super::import::open_shop(url, options, false).await?;
    let bar = progress::rows(customers);
    let result = transfer::export_django(source, args.format, io::stdout(), |rows| bar.set_position(rows)).await;
    bar.finish_and_clear();
    ended(result)
}

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let (customers, _) = store.count_rows().await.map_err(CliError::failed)?;
    let bar = progress::rows(customers);
    let result = transfer::export(store, args.format, io::stdout(), |rows| bar.set_position(rows)).await;
    bar.finish_and_clear();
    ended(result)
}

fn ended(result: Result<(), ExportError>) -> Result<(), CliError> {
    match result {
        // It is no error when the reader has closed the pipe (`| head`).
        Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(CliError::failed),
    }
}
