//! `migrate`: the schema brought up to date, or only looked at.

use super::{CliError, print};
use crate::store::{DatabaseUrl, OpenOptions, Store};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only say which steps are applied; exit code 1 when one is pending.
    #[arg(long, env = "SHOP_PROFILE_MIGRATE_STATUS")]
    status: bool,
}

pub(super) async fn run(args: Args, url: &DatabaseUrl) -> Result<(), CliError> {
    let options = OpenOptions { create: !args.status, ..OpenOptions::default() };
    let store = Store::open(url, options).await.map_err(CliError::failed)?;
    let result = if args.status { status(&store).await } else { apply(&store).await };
    store.close().await;
    result
}

async fn status(store: &Store) -> Result<(), CliError> {
    let migrations = store.migrations().await.map_err(CliError::failed)?;
    for (name, applied) in &migrations.steps {
        print(&format!("{name}\t{}", if *applied { "applied" } else { "pending" }));
    }
    match migrations.pending().count() {
        0 => Ok(()),
        pending => Err(CliError::Failure(format!("{pending} pending: run `shop-profile migrate`"))),
    }
}

async fn apply(store: &Store) -> Result<(), CliError> {
    let applied = store.migrate().await.map_err(CliError::failed)?;
    for name in &applied {
        print(&format!("{name}\tapplied"));
    }
    tracing::info!(steps = applied.len(), "the schema is up to date");
    Ok(())
}
