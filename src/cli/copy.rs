//! `copy`: copies a shop from one database to another.

use super::{CliError, arguments::DatabaseUrlArg, open, print, progress};
use crate::{
    store::{DatabaseUrl, OpenOptions, Store},
    transfer::{self, Progress},
};

/// From where to where.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The database to read. Stop its servers first: the copy fails if they write meanwhile.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_COPY_FROM", hide_env_values = true)]
    from: DatabaseUrlArg,
    /// The empty database to fill; its tables are created.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_COPY_TO", hide_env_values = true)]
    to: DatabaseUrlArg,
}

pub(super) async fn run(args: Args, of_postgres: impl Fn(DatabaseUrl) -> DatabaseUrl) -> Result<(), CliError> {
    let from = of_postgres(args.from.parse("--from (SHOP_PROFILE_COPY_FROM)")?);
    let to = of_postgres(args.to.parse("--to (SHOP_PROFILE_COPY_TO)")?);
    let source = open(&from).await?;
    let target = Store::open(&to, OpenOptions::default()).await.map_err(CliError::failed)?;
    let result = copy(&source, &target).await;
    source.close().await;
    target.close().await;
    result
}

async fn copy(source: &Store, target: &Store) -> Result<(), CliError> {
    let (customers, tokens) = source.count_rows().await.map_err(CliError::failed)?;
    // Every row is written once and compared once.
    let bar = progress::rows((customers + tokens) * 2);
    let result = transfer::copy(source, target, |progress| {
        bar.set_position(match progress {
            Progress::Copied(rows) => rows,
            Progress::Compared(rows) => customers + tokens + rows,
        });
    });
    let result = result.await;
    bar.finish_and_clear();
    let copied = result.map_err(CliError::failed)?;
    print(&format!("copied and compared: {copied}"));
    Ok(())
}
