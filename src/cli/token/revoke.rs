//! `token revoke`: by id, by the token itself, or several of a customer.

use clap::ArgGroup;

use super::{TokenId, read_token, why_unknown};
use crate::{
    cli::{CliError, arguments::CustomerArg, audit, print},
    store::{Store, TokenRef},
};

/// Which tokens.
#[derive(clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("tokens").required(true), group = ArgGroup::new("whose").conflicts_with_all(["id", "stdin"]))]
pub struct Args {
    /// The token's id, from `token list` or `token find`.
    #[arg(value_name = "TOKEN ID", group = "tokens")]
    id: Option<TokenId>,
    /// Read the token itself from stdin.
    #[arg(long, group = "tokens")]
    stdin: bool,
    /// The tokens of a customer that are called so.
    #[arg(long, value_name = "NAME", group = "tokens", requires = "whose")]
    name: Option<String>,
    /// Every token of a customer.
    #[arg(long, group = "tokens", requires = "whose")]
    all: bool,
    /// The customer's username, for --name and --all.
    #[arg(long, value_name = "USERNAME", group = "whose")]
    customer: Option<String>,
    /// The customer's id, in place of the username.
    #[arg(long, value_name = "ID", group = "whose")]
    customer_id: Option<i64>,
}

pub(super) async fn run(args: Args, store: &Store) -> Result<(), CliError> {
    let (which, missing) = match args {
        Args { id: Some(TokenId(id)), .. } => (TokenRef::Id(id), format!("there is no live token with the id {id}")),
        Args { stdin: true, .. } => {
            let token = read_token()?;
            let missing = format!("this database does not have the token, or it is revoked{}", why_unknown(&token));
            (TokenRef::Digest(token.digest()), missing)
        }
        Args { name, customer, customer_id, .. } => {
            let customer = CustomerArg::new(customer, customer_id).find(store).await?;
            let called = name.as_ref().map(|name| format!(" called {name:?}")).unwrap_or_default();
            let missing = format!("the customer has no live token{called}");
            (TokenRef::Customer { id: customer.id, name }, missing)
        }
    };
    let revoked = store.revoke_tokens(&which).await.map_err(CliError::failed)?;
    for token in &revoked {
        audit::token("token revoked", token);
        print(&format!("{}\trevoked", token.id));
    }
    if revoked.is_empty() { Err(CliError::Failure(missing)) } else { Ok(()) }
}
