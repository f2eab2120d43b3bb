//! `customer set`: what customers cannot change themselves.

use clap::ArgGroup;

use super::print_customer;
use crate::{
    cli::{CliError, arguments::CustomerArg, audit},
    profile::{Contacts, Field},
    service::{self, WriteCustomerError},
    store::Store,
};

/// Whose, and the new values.
#[derive(clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("values").required(true).multiple(true))]
pub struct Args {
    #[command(flatten)]
    customer: CustomerArg,
    /// At most 32 characters, unique; "" for none.
    #[arg(long, group = "values", value_name = "NUMBER")]
    mobile_number: Option<String>,
    /// At most 254 characters, unique; "" for none.
    #[arg(long, group = "values", value_name = "ADDRESS")]
    email: Option<String>,
}

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let Args { customer, mobile_number, email } = args;
    let contacts = Contacts::parse(mobile_number.into(), email.into()).map_err(CliError::Invalid)?;
    match service::set_contacts(store, &customer.to_ref()?, &contacts).await {
        Ok(Some((customer, is_changed))) => {
            if is_changed {
                audit::customer("customer changed", customer.id, Some(&Field::names(contacts.fields())));
            }
            print_customer(&customer)
        }
        Ok(None) => Err(customer.not_found()),
        Err(WriteCustomerError::Invalid(errors)) => Err(CliError::Invalid(errors)),
        Err(WriteCustomerError::Store(error)) => Err(CliError::failed(error)),
    }
}
