//! `customer delete`: a customer and their tokens, for good.

use std::io::{self, BufRead, IsTerminal, Read};

use crate::{
    cli::{CliError, arguments::CustomerArg, audit, import::count, log, print},
    store::Store,
};

/// What confirms.
const YES: &str = "yes";

/// Whom, and whether to ask.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    customer: CustomerArg,
    /// Do not ask. Without a terminal to ask on it is required.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: &Args, store: &Store) -> Result<(), CliError> {
    if !args.yes && !io::stdin().is_terminal() {
        return Err(CliError::Usage("stdin is no terminal to ask on: add --yes to delete the customer".to_owned()));
    }
    let customer = args.customer.find(store).await?;
    if !args.yes && !is_confirmed(&customer)? {
        return Err(CliError::Failure("nothing was deleted".to_owned()));
    }
    let deleted = store.delete_customer(customer.id).await.map_err(CliError::failed)?;
    let tokens = deleted.ok_or_else(|| args.customer.not_found())?;
    audit::customer_deleted(customer.id, tokens);
    print(&format!("{}\tdeleted\t{}", customer.id, count(tokens, "token")));
    Ok(())
}

fn is_confirmed(customer: &entity::customer::Model) -> Result<bool, CliError> {
    let (id, username) = (customer.id, &customer.username);
    log::print_to_stderr(&format!(
        "delete customer {id}, {username:?}, and their tokens for good? Type {YES} to delete:"
    ));
    let mut answer = String::new();
    io::stdin().lock().take(2 * YES.len() as u64).read_line(&mut answer).map_err(CliError::failed)?;
    Ok(answer.trim() == YES)
}
