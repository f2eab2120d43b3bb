//! `customer show`: the profile as the REST API has it, and what an operator wants to know beside it. As JSON it is the object
//! of the REST API, with more fields after it.

use serde_json::json;

use super::list::record;
use crate::{
    cli::{
        CliError,
        arguments::CustomerQuery,
        table::{date, print_record},
    },
    store::{DatabaseUrl, DjangoOptions, Store},
};

pub(super) async fn run(args: &CustomerQuery, store: &Store) -> Result<(), CliError> {
    let row = args.customer.find(store).await?;
    let live_tokens = store.count_live_tokens(row.id).await.map_err(CliError::failed)?;
    let (is_active, created_at, updated_at) = (row.is_active, date(row.created_at), date(row.updated_at));
    let mut record = record(&row.into())?;
    record.insert("is_active".into(), json!(is_active));
    record.insert("live_tokens".into(), json!(live_tokens));
    record.insert("created_at".into(), json!(created_at));
    record.insert("updated_at".into(), json!(updated_at));
    print_record(record, args.json);
    Ok(())
}

/// Of a Django shop's customer the profile, and whether it is active.
pub(super) async fn run_django(
    args: &CustomerQuery,
    url: &DatabaseUrl,
    options: &DjangoOptions,
) -> Result<(), CliError> {
    let (customer, is_active) = args.customer.find_in_django(url, options).await?;
    let mut record = record(&customer)?;
    record.insert("is_active".into(), json!(is_active));
    print_record(record, args.json);
    Ok(())
}
