//! `migrate`: brings the schema up to date, or shows its state.

use clap::ArgAction;

use super::{CliError, arguments::switch, print, wait::WaitArgs};
use crate::store::{DatabaseUrl, OpenOptions, Store};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only show which migrations are applied; the exit code is 1 when one is pending.
    #[arg(long, env = "SHOP_PROFILE_MIGRATE_STATUS", action = ArgAction::SetTrue, value_parser = switch)]
    status: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(super) async fn run(args: Args, url: &DatabaseUrl) -> Result<(), CliError> {
    let options = OpenOptions { create: !args.status, ..OpenOptions::default() };
    let store =
        args.wait.open(url, async || Store::open(url, options.clone()).await).await.map_err(CliError::failed)?;
    let result = if args.status { status(&store).await } else { apply(&store, url).await };
    store.close().await;
    result
}

async fn status(store: &Store) -> Result<(), CliError> {
    let migrations = store.migrations().await.map_err(CliError::failed)?;
    for (name, applied) in &migrations.steps {
        print(&format!("{name}\t{}", if *applied { "applied" } else { "pending" }));
    }
    for name in &migrations.unknown {
        print(&format!("{name}\tapplied, unknown to this version"));
    }
    match migrations.pending().count() {
        0 => Ok(()),
        pending => Err(CliError::Failure(format!("{pending} pending: run `shop-profile migrate`"))),
    }
}

async fn apply(store: &Store, url: &DatabaseUrl) -> Result<(), CliError> {
    let applied = store.migrate().await.map_err(CliError::failed)?;
    for name in &applied {
        print(&format!("{name}\tapplied"));
    }
    print(&match applied.len() {
        0 => format!("{url} is up to date"),
        1 => format!("1 migration applied to {url}"),
        count => format!("{count} migrations applied to {url}"),
    });
    Ok(())
}
