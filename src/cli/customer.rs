//! `customer`: add, show, activate, deactivate, import, export.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{CliError, export, find_customer, import, open, print};
use crate::{
    profile::{Customer, NewCustomerInput, ProfileError},
    rest,
    store::{DatabaseUrl, Store},
};

/// What to do with a customer.
#[derive(Subcommand)]
pub enum Command {
    /// Add a customer, under the same rules as the API; prints the REST JSON.
    Add(AddArgs),
    /// Print a customer's REST JSON.
    Show(WhoArgs),
    /// Refuse the customer's keys from the next request on.
    Deactivate(WhoArgs),
    /// Accept the customer's keys again.
    Activate(WhoArgs),
    /// Add or change customers from a file, with the keys that they have.
    Import(import::Args),
    /// Write every customer to stdout, as import reads them, without keys.
    Export(export::Args),
}

/// Names a customer.
#[derive(Args)]
pub struct WhoArgs {
    /// The customer's id (digits) or username.
    #[arg(value_name = "ID|USERNAME", env = "SHOP_PROFILE_CUSTOMER")]
    who: String,
}

/// Describes a customer.
#[derive(Args)]
pub struct AddArgs {
    /// 1 to 150 letters, numbers and @/./+/-/_.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_USERNAME")]
    username: String,
    /// At most 32 characters, unique; the customer cannot change it.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_MOBILE_NUMBER")]
    mobile_number: Option<String>,
    /// At most 254 characters, unique; the customer cannot change it.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_EMAIL")]
    email: Option<String>,
    /// At most 150 characters.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_FIRST_NAME")]
    first_name: Option<String>,
    /// At most 150 characters.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_LAST_NAME")]
    last_name: Option<String>,
    /// male or female.
    #[arg(long, env = "SHOP_PROFILE_CUSTOMER_GENDER")]
    gender: Option<String>,
    /// An absolute http or https URL.
    #[arg(long, value_name = "URL", env = "SHOP_PROFILE_CUSTOMER_AVATAR")]
    avatar: Option<String>,
}

impl From<AddArgs> for NewCustomerInput {
    fn from(args: AddArgs) -> Self {
        let AddArgs { username, mobile_number, email, first_name, last_name, gender, avatar } = args;
        Self {
            username: Some(username).into(),
            mobile_number: mobile_number.into(),
            email: email.into(),
            avatar: avatar.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
            gender: gender.into(),
        }
    }
}

pub(super) async fn run(command: Command, url: &DatabaseUrl) -> Result<(), CliError> {
    let store = Arc::new(open(url).await?);
    let result = match command {
        Command::Add(args) => add(&store, args).await,
        Command::Show(args) => find_customer(&store, &args.who).await.and_then(|row| show(&row.into())),
        Command::Deactivate(args) => set_active(&store, &args.who, false).await,
        Command::Activate(args) => set_active(&store, &args.who, true).await,
        Command::Import(args) => import::run(args, &store).await,
        Command::Export(args) => export::run(args, &store).await,
    };
    store.close().await;
    result
}

async fn add(store: &Arc<Store>, args: AddArgs) -> Result<(), CliError> {
    let customer = NewCustomerInput::from(args).parse().map_err(CliError::Invalid)?;
    match customer.add_to(store).await {
        Ok(customer) => show(&customer),
        Err(ProfileError::Invalid(errors)) => Err(CliError::Invalid(errors)),
        Err(refusal) => Err(CliError::failed(refusal)),
    }
}

fn show(customer: &Customer) -> Result<(), CliError> {
    print(&rest::customer_json(customer).map_err(CliError::failed)?);
    Ok(())
}

async fn set_active(store: &Store, who: &str, is_active: bool) -> Result<(), CliError> {
    let customer = find_customer(store, who).await?;
    let changed = store.set_active(customer.id, is_active).await.map_err(CliError::failed)?;
    let changed = changed.ok_or_else(|| CliError::Failure(format!("there is no customer {who:?}")))?;
    print(&format!("{}\t{}", changed.id, if is_active { "active" } else { "inactive" }));
    Ok(())
}
