//! `customer`: list, show, add, set, activate, deactivate, delete, import, export, duplicates.

mod delete;
mod list;
mod set;
mod show;

use clap::{Args, Subcommand};

use super::{
    CliError,
    arguments::{CustomerArg, CustomerQuery},
    audit, duplicates, export, import,
    layout::Layout,
    open, print,
};
use crate::{
    profile::{Customer, NewCustomerInput},
    service::{self, WriteCustomerError},
    store::{DatabaseUrl, DjangoOptions, Store},
};

/// What to do with a customer.
#[derive(Subcommand)]
pub enum Command {
    /// Add a customer, under the same rules as the API; prints the REST JSON.
    Add(AddArgs),
    /// List customers, or those with a text in their profile.
    List(list::Args),
    /// Print a customer's profile, whether they are active, how many live tokens they have, and dates.
    Show(CustomerQuery),
    /// Change the mobile number and the e-mail address, which customers cannot change; prints the REST JSON.
    Set(set::Args),
    /// Reject the customer's API tokens from the next request on.
    Deactivate(CustomerArg),
    /// Accept the customer's API tokens again.
    Activate(CustomerArg),
    /// Delete a customer and their API tokens for good, e.g. at the customer's own request.
    Delete(delete::Args),
    /// Add or change customers from a file, with the API tokens that they have.
    Import(import::Args),
    /// Write every customer to stdout, as import reads them, without API tokens.
    Export(export::Args),
    /// List customers whose usernames look alike.
    Duplicates(duplicates::Args),
}

/// Describes a new customer.
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
    /// `male` or `female`.
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

impl Command {
    /// Whether it writes lines of the audit log.
    pub(super) fn is_audited(&self) -> bool {
        match self {
            Self::Add(_)
            | Self::Set(_)
            | Self::Deactivate(_)
            | Self::Activate(_)
            | Self::Delete(_)
            | Self::Import(_) => true,
            Self::List(_) | Self::Show(_) | Self::Export(_) | Self::Duplicates(_) => false,
        }
    }

    /// Whose it is in a Django shop's database, and what to do there; `None` when the command works there too.
    pub(super) fn djangos_own(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Add(_) => Some(("new customers", "use Django's admin, or the shop's own registration")),
            Self::Deactivate(_) | Self::Activate(_) => {
                Some(("the customers' states", "use Django's admin: the field \"Active\" of the user"))
            }
            Self::Delete(_) => Some(("its customers", "use Django's admin, or what the shop itself has for it")),
            Self::Import(args) if args.is_from_database() => None,
            Self::Import(_) => Some(("its customers", "use `manage.py loaddata`")),
            Self::List(_) => Some(("its customers", "use Django's admin, or `shop-profile customer export`")),
            Self::Set(_) => Some(("mobile numbers and e-mail addresses", "use Django's admin")),
            Self::Duplicates(_) => {
                Some(("its usernames", "`shop-profile django check` counts those that differ in case alone"))
            }
            Self::Show(_) | Self::Export(_) => None,
        }
    }
}

pub(super) async fn run(command: Command, url: &DatabaseUrl, layout: &Layout) -> Result<(), CliError> {
    if let (Layout::Django(options), Command::Show(_) | Command::Export(_)) = (layout, &command) {
        return of_django(command, url, options).await;
    }
    let store = open(url).await?;
    let result = match command {
        Command::Add(args) => add(&store, args).await,
        Command::List(args) => list::run(&args, &store).await,
        Command::Show(args) => show::run(&args, &store).await,
        Command::Set(args) => set::run(args, &store).await,
        Command::Deactivate(customer) => set_active(&store, &customer, false).await,
        Command::Activate(customer) => set_active(&store, &customer, true).await,
        Command::Delete(args) => delete::run(&args, &store).await,
        Command::Import(args) => import::run(args, &store, layout).await,
        Command::Export(args) => export::run(args, &store).await,
        Command::Duplicates(args) => duplicates::run(&args, &store).await,
    };
    store.close().await;
    result
}

/// A customer, or all of them, out of a Django shop's tables.
async fn of_django(command: Command, url: &DatabaseUrl, options: &DjangoOptions) -> Result<(), CliError> {
    match command {
        Command::Show(args) => show::run_django(&args, url, options).await,
        Command::Export(args) => export::run_django(args, url, options).await,
        _ => Ok(()),
    }
}

async fn add(store: &Store, args: AddArgs) -> Result<(), CliError> {
    let customer = NewCustomerInput::from(args).parse().map_err(CliError::Invalid)?;
    match service::add_customer(store, &customer).await {
        Ok(customer) => {
            audit::customer("customer added", customer.id, None);
            print_customer(&customer)
        }
        Err(WriteCustomerError::Invalid(errors)) => Err(CliError::Invalid(errors)),
        Err(WriteCustomerError::Store(error)) => Err(CliError::failed(error)),
    }
}

/// Prints the JSON of the REST API.
fn print_customer(customer: &Customer) -> Result<(), CliError> {
    print(&customer.to_json().map_err(CliError::failed)?);
    Ok(())
}

async fn set_active(store: &Store, customer: &CustomerArg, is_active: bool) -> Result<(), CliError> {
    let id = customer.find(store).await?.id;
    let changed = store.set_active(id, is_active).await.map_err(CliError::failed)?;
    let changed = changed.ok_or_else(|| customer.not_found())?;
    audit::customer(if is_active { "customer activated" } else { "customer deactivated" }, changed.id, None);
    print(&format!("{}\t{}", changed.id, if is_active { "active" } else { "inactive" }));
    Ok(())
}
