//! `token list` and `token find`: tokens as they are stored, which is without the token itself.

use entity::api_token;
use serde_json::json;

use super::{read_token, why_unknown};
use crate::{
    cli::{
        CliError,
        arguments::CustomerQuery,
        table::{Column, Record, Table, date, print_record},
    },
    store::{Store, now},
};

const COLUMNS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("STATE", "state"),
    ("ISSUED", "created_at"),
    ("EXPIRES", "expires_at"),
    ("LAST USED", "last_used_at"),
];

/// Which token, and how.
#[derive(clap::Args)]
pub struct FindArgs {
    /// Read the token from stdin.
    #[arg(long, required = true)]
    stdin: bool,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &CustomerQuery, store: &Store) -> Result<(), CliError> {
    let customer = args.customer.find(store).await?;
    let mut table = Table::new(COLUMNS, args.json);
    for token in store.list_tokens(customer.id).await.map_err(CliError::failed)? {
        table.row(record(&token));
    }
    table.finish();
    Ok(())
}

pub(super) async fn find(args: &FindArgs, store: &Store) -> Result<(), CliError> {
    let token = read_token()?;
    let found = store.find_token(token.digest()).await.map_err(CliError::failed)?;
    let Some((token, customer)) = found else {
        return Err(CliError::Failure(format!("this database does not have the token{}", why_unknown(&token))));
    };
    let mut record = record(&token);
    record.insert("customer_id".into(), json!(customer.id));
    record.insert("username".into(), json!(customer.username));
    record.insert("is_active".into(), json!(customer.is_active));
    print_record(record, args.json);
    Ok(())
}

fn record(token: &api_token::Model) -> Record {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if end <= now() => "expired",
        (None, _) => "live",
    };
    let values = [
        ("id", json!(token.id)),
        ("name", json!(token.name)),
        ("state", json!(state)),
        ("created_at", json!(date(token.created_at))),
        ("expires_at", json!(token.expires_at.map(date))),
        ("last_used_at", json!(token.last_used_at.map(date))),
    ];
    values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
