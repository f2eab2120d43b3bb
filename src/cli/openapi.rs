//! `openapi`: the OpenAPI document of the REST API, without a database.

use super::{CliError, print};

pub(super) fn run() -> Result<(), CliError> {
    print(crate::rest::openapi_json(&crate::profile::ProfileRules::NATIVE).map_err(CliError::failed)?.trim_end());
    Ok(())
}
