//! `grants`: the SQL that gives a role of PostgreSQL the rights of a server.

use super::{CliError, layout::Layout, open, print};
use crate::store::{DatabaseUrl, django_grants};

/// To whom.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The role that the server connects as.
    #[arg(value_name = "ROLE")]
    role: String,
}

pub(super) async fn run(args: &Args, url: &DatabaseUrl, layout: &Layout) -> Result<(), CliError> {
    let sql = match layout {
        Layout::Django(options) => django_grants(url, options, &args.role).await.map_err(CliError::failed)?,
        Layout::Native if !url.is_postgres() => {
            let line =
                "SQLite has no roles and no rights on columns: who may write the file may change everything in it";
            return Err(CliError::Failure(line.to_owned()));
        }
        Layout::Native => {
            let store = open(url).await?;
            let sql = store.grants(&args.role).await;
            store.close().await;
            sql.map_err(CliError::failed)?
        }
    };
    print(&sql);
    Ok(())
}
