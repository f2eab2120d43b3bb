//! `customer import`: customers from a file, or out of a Django shop's database.

use std::{
    fs::{self, File},
    io::{self, Seek},
    path::{self, Path, PathBuf},
};

use clap::ArgAction;

use super::{CliError, arguments::switch, audit, config::DatabaseUrlArg, layout::Layout, print, progress};
use crate::{
    profile::MediaUrl,
    store::{DatabaseUrl, DjangoOptions, ShopReader, Store},
    transfer::{self, DjangoSource, Format, Import, ImportSource, ImportSummary, OnConflict, StoppedImport},
};

/// Where the rejected rows of a database are listed: in the present folder, for a database has none.
const DATABASE_REPORT: &str = "from-database.rejected.jsonl";

/// What to import, and how.
#[derive(clap::Args)]
#[command(after_help = IMPORT_HELP)]
pub struct Args {
    /// CSV with a first line of field names, or one JSON object a line; `-` is stdin, and needs --format.
    #[arg(value_name = "FILE", required_unless_present = "from_database")]
    file: Option<PathBuf>,
    /// A Django shop's database, in place of a file: its customers with their tokens. Needs --layout django.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_IMPORT_FROM_DATABASE", hide_env_values = true)]
    #[arg(conflicts_with = "file")]
    from_database: Option<DatabaseUrlArg>,
    /// How the file is written; without it the name decides (.csv, .jsonl, .ndjson).
    #[arg(long, value_enum, env = "SHOP_PROFILE_IMPORT_FORMAT")]
    format: Option<Format>,
    /// A file for the rejected rows as they stand in FILE, to be corrected and imported. It has their API tokens, too.
    #[arg(long, value_name = "FILE", conflicts_with = "from_database")]
    rejected: Option<PathBuf>,
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
Fields: id username mobile_number email avatar first_name last_name gender is_active tokens. Only username is required; \
full_name and is_profile_completed are ignored. tokens are the API tokens that a customer already has, in plaintext (a JSON \
list; in CSV separated by spaces); only their hashes are stored, and they do not expire.

A customer is identified by the id, or by the username where no row has an id: give every row an id, or none.

With --from-database the database of --database-url is our own, and --layout django with its options says how to read the \
other one. It is read in one transaction; on SQLite, Django cannot write meanwhile unless its file has a WAL. date_joined, and \
the column of --touch, become the dates of the customer. Rejected rows are listed by the user's id in \
from-database.rejected.jsonl in the present folder.

A row with a username, id, mobile number, e-mail address or token of an earlier row is rejected, in every mode. What is wrong \
with rejected rows is listed in FILE.rejected.jsonl (stdin.rejected.jsonl); the others are imported. Correct the copies that \
--rejected made and import them. After an interruption, run it again with --on-conflict skip or update: what was imported does \
not change again.";

impl Args {
    /// Whether the customers come out of a database.
    pub(super) fn is_from_database(&self) -> bool {
        self.from_database.is_some()
    }
}

pub(super) async fn run(args: Args, store: &Store, layout: &Layout) -> Result<(), CliError> {
    let Args { file, from_database, format, rejected, dry_run, on_conflict, min_token_length: min_token_chars } = args;
    let report;
    let (bar, source) = match (&file, from_database) {
        (Some(path), None) => {
            let format = format
                .or_else(|| Format::of(path))
                .ok_or_else(|| CliError::Failure("cannot tell the format by the file's name: give --format".into()))?;
            report = report_of(path);
            if rejected
                .as_deref()
                .is_some_and(|rejected| is_same_file(path, rejected) || is_same_path(&report, rejected))
            {
                let line =
                    "--rejected: expected another file than the one that is imported and the list of what is wrong";
                return Err(CliError::Usage(line.into()));
            }
            let file = open_file(path)
                .map_err(|error| CliError::Failure(format!("cannot read the file {}: {error}", path.display())))?;
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            (progress::bytes(size), ImportSource::File { file, format, rejected: rejected.as_deref() })
        }
        (_, Some(url)) => {
            let Layout::Django(options) = layout else {
                return Err(CliError::Usage("--from-database reads a Django shop: add --layout django".into()));
            };
            report = PathBuf::from(DATABASE_REPORT);
            let url = url.parse("--from-database (SHOP_PROFILE_IMPORT_FROM_DATABASE)")?;
            let (source, customers) = open_shop(&url, options, true).await?;
            (progress::rows(customers), ImportSource::Django(Box::new(source)))
        }
        (None, None) => return Err(CliError::Usage("give a FILE, or --from-database".into())),
    };
    let import = Import { source, report: &report, dry_run, on_conflict, min_token_chars };
    let result = transfer::import(store, import, |position| bar.set_position(position)).await;
    bar.finish_and_clear();
    let (summary, stopped) = match result {
        Ok(summary) => (summary, None),
        Err(StoppedImport { error, done }) => (*done, Some(error)),
    };
    if !dry_run {
        audit::import(&summary);
    }
    if let Some(error) = stopped {
        if summary != ImportSummary::default() {
            print(&stopped_in_words(&summary, dry_run));
        }
        return Err(CliError::failed(error));
    }
    print(&in_words(&summary, dry_run));
    match &summary.report {
        Some(report) => Err(CliError::Failure(rejected_in_words(&summary, report, dry_run))),
        None => Ok(()),
    }
}

/// What an import had done when it stopped, and how to go on.
fn stopped_in_words(summary: &ImportSummary, dry_run: bool) -> String {
    let mut text = format!("stopped before the end: {}", in_words(summary, dry_run));
    if let Some(report) = &summary.report {
        text += &format!("\n{}", rejected_in_words(summary, report, dry_run));
    }
    if summary.imported + summary.updated > 0 && !dry_run {
        text += "\nwhat is imported stays: run the import again with --on-conflict skip when the cause is gone";
    }
    text
}

fn rejected_in_words(summary: &ImportSummary, report: &Path, dry_run: bool) -> String {
    let rejected = if dry_run { "would be rejected" } else { "rejected" };
    let line = format!("{} {rejected}, listed in {}", count(summary.rejected, "row"), report.display());
    let existing = match summary.existing {
        0 => return line,
        1 => "1 row is about a customer that exists".to_owned(),
        rows => format!("{rows} rows are about customers that exist"),
    };
    format!(
        "{line}\n{existing}: --on-conflict skip keeps what is stored, --on-conflict update sets the fields of the row"
    )
}

/// The name of stdin.
const STDIN: &str = "-";

/// Whether it is stdin or a pipe by any name (`/dev/stdin`, `/dev/fd/63`), which can be read once.
fn is_stream(path: &Path) -> bool {
    let is_special = || fs::metadata(path).is_ok_and(|file| !file.is_file() && !file.is_dir());
    path.as_os_str() == STDIN || path.starts_with("/dev") || is_special()
}

/// The file; a stream is put into a temporary one, so that its rejected rows can be read again.
fn open_file(path: &Path) -> io::Result<File> {
    if !is_stream(path) {
        return match File::open(path)? {
            file if file.metadata()?.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            file => Ok(file),
        };
    }
    let mut file = tempfile::tempfile()?;
    match path.as_os_str() == STDIN {
        true => io::copy(&mut io::stdin().lock(), &mut file)?,
        false => io::copy(&mut File::open(path)?, &mut file)?,
    };
    file.rewind()?;
    Ok(file)
}

/// Where the rejected rows of a file are listed: beside it; those of a stream in the present folder.
fn report_of(path: &Path) -> PathBuf {
    let mut name = if is_stream(path) { "stdin".into() } else { path.as_os_str().to_owned() };
    name.push(".rejected.jsonl");
    PathBuf::from(name)
}

/// Of files that need not exist.
fn is_same_path(one: &Path, other: &Path) -> bool {
    matches!((path::absolute(one), path::absolute(other)), (Ok(one), Ok(other)) if one == other)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// A Django shop, and how many customers it has.
pub(super) async fn open_shop(
    url: &DatabaseUrl,
    options: &DjangoOptions,
    with_dates: bool,
) -> Result<(DjangoSource, u64), CliError> {
    let mut reader = ShopReader::open(url, options, with_dates).await.map_err(CliError::failed)?;
    let customers = reader.count().await.map_err(CliError::failed)?;
    let media_url = options.media_url.as_ref().map(|url| MediaUrl::new(url.as_str()));
    Ok((DjangoSource { reader, media_url }, customers))
}

fn in_words(summary: &ImportSummary, dry_run: bool) -> String {
    let ImportSummary { imported, updated, unchanged, skipped, rejected, tokens, existing: _, report: _ } = summary;
    let (prefix, would_be) = if dry_run { ("dry run: ", "would be ") } else { ("", "") };
    format!(
        "{prefix}{imported} {would_be}imported, {updated} updated, {unchanged} unchanged, {skipped} skipped, \
         {rejected} rejected; {} {would_be}imported",
        count(*tokens, "token")
    )
}

/// `1 row`, `2 rows`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
