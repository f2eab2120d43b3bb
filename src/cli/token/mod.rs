//! `token`: issue, list, find and revoke API tokens.

mod list;
mod revoke;

use std::{
    io::{self, BufRead, Read},
    str::FromStr,
    time::Duration,
};

use clap::{Args, Subcommand};

use super::{
    CliError,
    arguments::{CustomerArg, CustomerQuery},
    audit, open, print,
};
use crate::{
    auth::{ApiToken, TokenFormat},
    store::{DatabaseUrl, NewToken, Store, now},
};

/// What to do with API tokens.
#[derive(Subcommand)]
pub enum Command {
    /// Issue a token; prints it, alone and for the only time.
    Issue(IssueArgs),
    /// List a customer's tokens: id, name, state, issued, expires, last used.
    List(CustomerQuery),
    /// Say whose a token is, e.g. one that has leaked. The token is read from stdin, so that no history has it.
    Find(list::FindArgs),
    /// Reject one token from the next request on, or several of a customer.
    Revoke(revoke::Args),
}

impl Command {
    /// Whether it writes lines of the audit log.
    pub(super) fn is_audited(&self) -> bool {
        match self {
            Self::Issue(_) | Self::Revoke(_) => true,
            Self::List(_) | Self::Find(_) => false,
        }
    }
}

/// A new token.
#[derive(Args)]
pub struct IssueArgs {
    #[command(flatten)]
    customer: CustomerArg,
    /// What to call the token, e.g. the device that it is for.
    #[arg(long, default_value = "", hide_default_value = true, env = "SHOP_PROFILE_TOKEN_NAME")]
    name: String,
    /// How long the token is valid (`365d`, `12h`), at most `1000y`, or `never` if it does not expire.
    #[arg(long, value_name = "TIME|never", default_value = "365d", env = "SHOP_PROFILE_TOKEN_EXPIRES_IN")]
    expires_in: Lifetime,
}

/// The id of a token. It is no customer, and not the token itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenId(i64);

impl FromStr for TokenId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "expected a token's id, from `token list CUSTOMER`")
    }
}

/// How long a token is valid; `None`: it does not expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Option<Duration>);

/// A thousand of humantime's years of 365.25 days. Ten thousand are more than a date can hold.
const MAX_LIFETIME: Duration = Duration::from_secs(1000 * 31_557_600);

impl FromStr for Lifetime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a time such as `365d` or `12h`, at most `1000y`, or `never`";
        if text == "never" {
            return Ok(Self(None));
        }
        match humantime::parse_duration(text) {
            Ok(time) if !time.is_zero() && time <= MAX_LIFETIME => Ok(Self(Some(time))),
            _ => Err(EXPECTED),
        }
    }
}

pub(super) async fn run(command: Command, url: &DatabaseUrl) -> Result<(), CliError> {
    let store = open(url).await?;
    let result = match command {
        Command::Issue(args) => issue(&store, args).await,
        Command::List(args) => list::run(&args, &store).await,
        Command::Find(args) => list::find(&args, &store).await,
        Command::Revoke(args) => revoke::run(args, &store).await,
    };
    store.close().await;
    result
}

async fn issue(store: &Store, args: IssueArgs) -> Result<(), CliError> {
    let IssueArgs { customer, name, expires_in } = args;
    let customer = customer.find(store).await?;
    let token = ApiToken::generate().map_err(CliError::failed)?;
    let expires_at = expires_in.0.map(|time| now() + time);
    let new = NewToken { digest: token.digest(), name, expires_at };
    let stored = store.issue_token(customer.id, new).await.map_err(CliError::failed)?;
    audit::token("token issued", &stored);
    print(token.expose_secret());
    Ok(())
}

/// The longest line that is read for a token, in bytes.
const MAX_TOKEN_LINE: u64 = 8192;

/// The token on the first line of stdin, alone or as a request's `Authorization` header has it.
fn read_token() -> Result<ApiToken, CliError> {
    let mut line = String::new();
    io::stdin().lock().take(MAX_TOKEN_LINE).read_line(&mut line).map_err(CliError::failed)?;
    match without_scheme(&line) {
        "" => Err(CliError::Usage("--stdin: expected an API token on the first line of stdin".to_owned())),
        token => Ok(ApiToken::from_plaintext(token)),
    }
}

/// The token without what stands before it in a header: `Authorization: Token …`, `Bearer …`.
fn without_scheme(line: &str) -> &str {
    let mut token = line.trim();
    for word in ["authorization:", "token", "bearer"] {
        if let Some((first, rest)) = token.split_once(char::is_whitespace)
            && first.eq_ignore_ascii_case(word)
        {
            token = rest.trim_start();
        }
    }
    token
}

/// What its form says about a token that is not found.
fn why_unknown(token: &ApiToken) -> &'static str {
    match token.format() {
        TokenFormat::BadChecksum => ": its checksum is wrong, so it was mistyped or cut",
        TokenFormat::Native | TokenFormat::Foreign => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_accepts_a_duration_or_never() {
        let days = |days: u64| Ok(Lifetime(Some(Duration::from_secs(days * 24 * 3600))));
        for (text, lifetime) in [("never", Ok(Lifetime(None))), ("365d", days(365)), ("1000y", days(365_250))] {
            assert_eq!(text.parse(), lifetime, "{text:?}");
        }
        for text in ["", "0d", "0s", "-1d", "10", "365", "1001y", "10000000000000y", "forever", "tomorrow"] {
            let error = text.parse::<Lifetime>().unwrap_err();
            assert!(["365d", "12h", "never"].iter().all(|word| error.contains(word)), "{text:?}: {error}");
        }
    }

    #[test]
    fn accepts_a_token_id_and_rejects_a_token() {
        assert_eq!("7".parse(), Ok(TokenId(7)));
        for text in ["phone", "sara", "shp_x", ""] {
            assert!(text.parse::<TokenId>().is_err_and(|error| error.contains("`token list CUSTOMER`")), "{text:?}");
        }
    }

    #[test]
    fn takes_a_token_out_of_a_header() {
        for line in ["shp_x\n", " shp_x ", "Token shp_x", "bearer  shp_x", "Authorization: Token shp_x\r\n"] {
            assert_eq!(without_scheme(line), "shp_x", "{line:?}");
        }
        assert_eq!(without_scheme("Token"), "Token");
    }
}
