//! `customer duplicates`: customers whose usernames look alike.

use serde_json::json;

use super::{
    CliError, progress,
    table::{Column, Record, Table},
};
use crate::{store::Store, transfer};

const COLUMNS: &[Column] = &[("GROUP", "group"), ("ID", "id"), ("USERNAME", "username")];

/// How to print.
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// How many customers have a username that looks like another's.
pub(super) async fn count_look_alikes(store: &Store) -> Result<u64, CliError> {
    let (customers, _) = store.count_rows().await.map_err(CliError::failed)?;
    let (bar, mut count) = (progress::rows(customers), 0);
    let result = transfer::duplicates(store, |rows| bar.set_position(rows), |_| count += 1).await;
    bar.finish_and_clear();
    result.map_err(CliError::failed)?;
    Ok(count)
}

pub(super) async fn run(args: &Args, store: &Store) -> Result<(), CliError> {
    let (customers, _) = store.count_rows().await.map_err(CliError::failed)?;
    let bar = progress::rows(customers);
    let mut table = None;
    let result = transfer::duplicates(
        store,
        |rows| bar.set_position(rows),
        |customer| {
            let table = table.get_or_insert_with(|| {
                bar.finish_and_clear();
                Table::new(COLUMNS, args.json)
            });
            let values =
                [("group", json!(customer.group)), ("id", json!(customer.id)), ("username", json!(customer.username))];
            table.row(values.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<Record>());
        },
    );
    let result = result.await;
    bar.finish_and_clear();
    if let Some(table) = table {
        table.finish();
    }
    result.map_err(CliError::failed)
}
