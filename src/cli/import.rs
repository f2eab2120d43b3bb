//! `customer import`: customers from a file.

use std::path::PathBuf;

use clap::ArgAction;

use super::{CliError, arguments::switch, print, progress};
use crate::{
    store::Store,
    transfer::{self, Format, Import, ImportSummary, OnConflict},
};

/// What to import, and how.
#[derive(clap::Args)]
#[command(after_help = IMPORT_HELP)]
pub struct Args {
    /// CSV with a first line of field names, or one JSON object a line.
    #[arg(value_name = "FILE", env = "SHOP_PROFILE_IMPORT_FILE")]
    file: PathBuf,
    /// How the file is written; without it the name decides (.csv, .jsonl, .ndjson).
    #[arg(long, value_enum, env = "SHOP_PROFILE_IMPORT_FORMAT")]
    format: Option<Format>,
    /// Report what an import would do, and write no customer.
    #[arg(long, env = "SHOP_PROFILE_IMPORT_DRY_RUN", action = ArgAction::SetTrue, value_parser = switch)]
    dry_run: bool,
    /// When the customer exists: reject the row, skip it, or set the fields that it has.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "fail", env = "SHOP_PROFILE_IMPORT_ON_CONFLICT")]
    on_conflict: OnConflict,
    /// Reject a row with a token of fewer characters. A short token can be guessed, and a client that guesses it has the
    /// customer's account. Lower it only for tokens that were made at random.
    #[arg(long, value_name = "N", default_value = "20", env = "SHOP_PROFILE_IMPORT_MIN_TOKEN_LENGTH")]
    min_token_length: usize,
}

const IMPORT_HELP: &str = "\
Fields: id username mobile_number email avatar first_name last_name gender is_active tokens. Only username is
required; full_name and is_profile_completed are ignored. tokens are the API tokens that a customer already has, in
plaintext (a JSON list; in CSV separated by spaces); only their hashes are stored, and they do not expire.

A customer is identified by the id, or by the username where no row has an id: give every row an id, or none.

A row with a username, id, mobile number, e-mail address or token of an earlier row is rejected, in every mode.
Rejected rows are listed in FILE.rejected.jsonl; the others are imported. After an interruption, run it again with
--on-conflict skip or update: what was imported does not change again.";

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let Args { file, format, dry_run, on_conflict, min_token_length } = args;
    let format = format
        .or_else(|| Format::of(&file))
        .ok_or_else(|| CliError::Failure("cannot tell the format by the file's name: give --format".into()))?;
    let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
    let bar = progress::bytes(size);
    let import = Import { file: &file, format, dry_run, on_conflict, min_token_chars: min_token_length };
    let result = transfer::import(store, import, |bytes| bar.set_position(bytes)).await;
    bar.finish_and_clear();
    let summary = result.map_err(CliError::failed)?;
    print(&in_words(&summary, dry_run));
    match &summary.report {
        Some(report) => Err(CliError::Failure(format!(
            "{} {}, listed in {}",
            count(summary.rejected, "row"),
            if dry_run { "would be rejected" } else { "rejected" },
            report.display()
        ))),
        None => Ok(()),
    }
}

fn in_words(summary: &ImportSummary, dry_run: bool) -> String {
    let ImportSummary { imported, updated, unchanged, skipped, rejected, tokens, report: _ } = summary;
    let (prefix, would_be) = if dry_run { ("dry run: ", "would be ") } else { ("", "") };
    format!(
        "{prefix}{imported} {would_be}imported, {updated} updated, {unchanged} unchanged, {skipped} skipped, \
         {rejected} rejected; {} {would_be}imported",
        count(*tokens, "token")
    )
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
