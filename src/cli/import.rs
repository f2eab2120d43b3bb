//! `customer import`: customers from a file.

use std::path::PathBuf;

use super::{CliError, print, progress};
use crate::{
    store::Store,
    transfer::{self, Format, Import, OnConflict, Tally},
};

/// What to import, and how.
#[derive(clap::Args)]
#[command(after_help = IMPORT_HELP)]
pub struct Args {
    /// CSV with a first line of field names, or a JSON object a line.
    #[arg(value_name = "FILE", env = "SHOP_PROFILE_IMPORT_FILE")]
    file: PathBuf,
    /// How the file is written; without it the name decides (.csv, .jsonl, .ndjson).
    #[arg(long, value_enum, env = "SHOP_PROFILE_IMPORT_FORMAT")]
    format: Option<Format>,
    /// Check every row and write no customer.
    #[arg(long, env = "SHOP_PROFILE_IMPORT_DRY_RUN")]
    dry_run: bool,
    /// When the customer exists: refuse the row, leave the customer, or set what the row names.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "fail", env = "SHOP_PROFILE_IMPORT_ON_CONFLICT")]
    on_conflict: OnConflict,
}

const IMPORT_HELP: &str = "\
Fields: id username mobile_number email avatar first_name last_name gender is_active keys. Only username is needed;
full_name and is_profile_completed are read over. keys are existing keys in clear (a JSON list; in CSV separated by
spaces); only their digests are stored.

A customer is known by the id if the row names one, else by the username. Give every row an id, or none.

RequestError rows are listed in FILE.rejected.jsonl, usernames that look alike in FILE.twins.jsonl; the rest goes in.
After an interruption run it again with --on-conflict skip or update: what is in is not changed twice.";

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let Args { file, format, dry_run, on_conflict } = args;
    let format = format
        .or_else(|| Format::of(&file))
        .ok_or_else(|| CliError::Failure("cannot tell the format by the file's name: give --format".into()))?;
    let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
    let bar = progress::bytes(size);
    let import = Import { file: &file, format, dry_run, on_conflict };
    let result = transfer::import(store, import, |bytes| bar.set_position(bytes)).await;
    bar.finish_and_clear();
    let tally = result.map_err(CliError::failed)?;
    print(&summary(&tally, dry_run));
    refusal(&tally, dry_run).map_or(Ok(()), |why| Err(CliError::Failure(why)))
}

fn summary(tally: &Tally, dry_run: bool) -> String {
    let Tally { imported, updated, unchanged, skipped, refused, repeated, lookalikes, rejected: _, twins } = tally;
    let mut text = format!(
        "{}{imported} imported, {updated} updated, {unchanged} unchanged, {skipped} skipped, {refused} refused",
        if dry_run { "dry run: " } else { "" }
    );
    if let Some(twins) = twins {
        text += &format!("\n{repeated} values repeated, {lookalikes} usernames look alike: see {}", twins.display());
    }
    text
}

/// What makes the exit code 1. In a dry run nothing was stored that a repeated value could meet.
fn refusal(tally: &Tally, dry_run: bool) -> Option<String> {
    match &tally.rejected {
        Some(path) => Some(format!("refused rows: {}, listed in {}", tally.refused, path.display())),
        None if dry_run && tally.repeated > 0 => Some("values are repeated".into()),
        None => None,
    }
}
