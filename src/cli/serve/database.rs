//! The database of the server.

use std::sync::Arc;

use super::Args;
use crate::{
    cli::{CliError, check_not_djangos, check_schema, layout::Layout},
    server::Metrics,
    store::{DatabaseUrl, OpenOptions, Store},
};

/// Opens the database and brings its schema up to date, or makes sure that it is.
pub(super) async fn open(
    args: &Args,
    url: &DatabaseUrl,
    layout: &Layout,
    metrics: &Metrics,
) -> Result<Arc<Store>, CliError> {
    let options = OpenOptions {
        connections: args.database_connections,
        create: !args.no_migrate,
        metrics: metrics.store.clone(),
        ..OpenOptions::default()
    };
    if let (Layout::Django(django), false) = (layout, args.demo) {
        // Its schema is the shop's.
        let open = async || Store::open_django(url, options.clone(), django).await;
        return Ok(Arc::new(args.wait.open(url, open).await.map_err(CliError::failed)?));
    }
    let open = async || Store::open(url, options.clone()).await;
    let store = Arc::new(args.wait.open(url, open).await.map_err(CliError::failed)?);
    if args.no_migrate {
        check_schema(&store).await?;
    } else {
        check_not_djangos(&store.migrations().await.map_err(CliError::failed)?)?;
        let applied = store.migrate().await.map_err(CliError::failed)?;
        if !applied.is_empty() {
            tracing::info!(steps = applied.len(), "migrated the schema");
        }
    }
    Ok(store)
}
