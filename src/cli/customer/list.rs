//! `customer list`: who there is, and who has a word in their profile.

use serde_json::{Map, Value, json};

use crate::{
    cli::{
        CliError, log,
        table::{Column, Table, date},
    },
    profile::Customer,
    store::Store,
};

const COLUMNS: &[Column] = &[
    ("ID", "id"),
    ("USERNAME", "username"),
    ("FULL NAME", "full_name"),
    ("MOBILE NUMBER", "mobile_number"),
    ("EMAIL", "email"),
    ("ACTIVE", "is_active"),
    ("UPDATED", "updated_at"),
];

/// Which customers, and how.
#[derive(clap::Args)]
pub struct Args {
    /// Only those with this text in the username, mobile number, e-mail address or a name, whatever its case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most so many, the oldest first. `customer export` writes all of them.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, store: &Store) -> Result<(), CliError> {
    // One more, to know whether there are more.
    let (limit, search) = (args.limit as usize, args.search.as_deref());
    let mut rows = store.search_customers(search, u64::from(args.limit) + 1).await.map_err(CliError::failed)?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut table = Table::new(COLUMNS, args.json);
    for row in rows {
        let (is_active, updated_at) = (row.is_active, date(row.updated_at));
        let mut record = record(&row.into())?;
        record.insert("is_active".into(), json!(is_active));
        record.insert("updated_at".into(), json!(updated_at));
        table.row(record);
    }
    table.finish();
    if has_more {
        log::print_to_stderr(&format!("only the first {limit} are listed: see --search and --limit"));
    }
    Ok(())
}

/// The fields of the REST API.
pub(super) fn record(customer: &Customer) -> Result<Map<String, Value>, CliError> {
    let json = customer.to_json().map_err(CliError::failed)?;
    serde_json::from_str(&json).map_err(CliError::failed)
}
