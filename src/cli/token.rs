//! `token`: issue, list, revoke.

use std::{str::FromStr, time::Duration};

use clap::{Args, Subcommand};

use super::{CliError, find_customer, open, print};
use crate::{
    auth::ApiToken,
    store::{DatabaseUrl, NewToken, Store, now},
};

/// What to do with keys.
#[derive(Subcommand)]
pub enum Command {
    /// Issue a key; prints it, alone and for the only time.
    Issue(IssueArgs),
    /// List a customer's keys: id, name, state, issued, expires, last used.
    List(ListArgs),
    /// Refuse a key from the next request on.
    Revoke(RevokeArgs),
}

/// A new key.
#[derive(Args)]
pub struct IssueArgs {
    /// The customer's id (digits) or username.
    #[arg(value_name = "ID|USERNAME", env = "SHOP_PROFILE_CUSTOMER")]
    who: String,
    /// What to call the key, e.g. the device that it is for.
    #[arg(long, default_value = "", hide_default_value = true, env = "SHOP_PROFILE_TOKEN_NAME")]
    name: String,
    /// How long the key is good for (`365d`, `12h`), or `never` if it does not expire.
    #[arg(long, value_name = "TIME|never", default_value = "365d", env = "SHOP_PROFILE_TOKEN_EXPIRES_IN")]
    expires_in: Lifetime,
}

/// Whose keys.
#[derive(Args)]
pub struct ListArgs {
    /// The customer's id (digits) or username.
    #[arg(value_name = "ID|USERNAME", env = "SHOP_PROFILE_CUSTOMER")]
    who: String,
}

/// Which key.
#[derive(Args)]
pub struct RevokeArgs {
    /// The key's id, from `token list`.
    #[arg(value_name = "TOKEN ID", env = "SHOP_PROFILE_TOKEN_ID")]
    id: i64,
}

/// How long a key is good for; `None`: without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Option<Duration>);

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self(None));
        }
        let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
        // Ten thousand years are more than a date can hold.
        let longest = Duration::from_secs(1000 * 365 * 24 * 3600);
        if time.is_zero() || time > longest { Err("expected a time up to 1000y".into()) } else { Ok(Self(Some(time))) }
    }
}

pub(super) async fn run(command: Command, url: &DatabaseUrl) -> Result<(), CliError> {
    let store = open(url).await?;
    let result = match command {
        Command::Issue(args) => issue(&store, args).await,
        Command::List(args) => list(&store, &args.who).await,
        Command::Revoke(args) => revoke(&store, args.id).await,
    };
    store.close().await;
    result
}

async fn issue(store: &Store, args: IssueArgs) -> Result<(), CliError> {
    let IssueArgs { who, name, expires_in } = args;
    let customer = find_customer(store, &who).await?;
    let key = ApiToken::generate().map_err(CliError::failed)?;
    let expires_at = expires_in.0.map(|time| now() + time);
    let token = NewToken { digest: key.digest(), name, expires_at };
    store.issue_token(customer.id, token).await.map_err(CliError::failed)?;
    print(key.expose_secret());
    Ok(())
}

async fn list(store: &Store, who: &str) -> Result<(), CliError> {
    let customer = find_customer(store, who).await?;
    let tokens = store.list_tokens(customer.id).await.map_err(CliError::failed)?;
    let date = |date: Option<chrono::DateTime<chrono::Utc>>| {
        date.map_or_else(|| "never".to_owned(), |date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    };
    print("ID\tNAME\tSTATE\tISSUED\tEXPIRES\tLAST USED");
    for token in tokens {
        let state = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now() => "expired",
            (None, _) => "live",
        };
        let dates = [Some(token.created_at), token.expires_at, token.last_used_at].map(date).join("\t");
        print(&format!("{}\t{}\t{state}\t{dates}", token.id, token.name));
    }
    Ok(())
}

async fn revoke(store: &Store, id: i64) -> Result<(), CliError> {
    if store.revoke_token(id).await.map_err(CliError::failed)? {
        print(&format!("{id}\trevoked"));
        Ok(())
    } else {
        Err(CliError::Failure(format!("there is no live key {id}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_time_or_never() {
        assert_eq!("never".parse(), Ok(Lifetime(None)));
        assert_eq!("365d".parse(), Ok(Lifetime(Some(Duration::from_secs(365 * 24 * 3600)))));
        for text in ["", "0s", "-1d", "365", "2000y", "always"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text:?}");
        }
    }
}
