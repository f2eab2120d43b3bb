//! `serve --demo`: the contract's example customer, and how to try the server.

use std::net::SocketAddr;

use crate::{
    auth::ApiToken,
    cli::CliError,
    profile::{FieldInput, NewCustomerInput},
    server::DEMO_AVATAR,
    service,
    store::{NewToken, Store},
};

/// The customer of the contract's example, with every value of it.
pub fn example_customer() -> NewCustomerInput {
    let text = |text: &str| FieldInput::Text(text.into());
    NewCustomerInput {
        username: text("behrooz3500"),
        mobile_number: text("09308744204"),
        email: text("behrooz21@hotmail.com"),
        avatar: text("http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg"),
        first_name: text("behrooz"),
        last_name: text("ghorbanie"),
        gender: text("male"),
    }
}

/// Adds the example customer, with an avatar that this server serves, and issues an API token.
pub(super) async fn add_customer(store: &Store, address: SocketAddr) -> Result<ApiToken, CliError> {
    let avatar = FieldInput::Text(format!("http://{address}{DEMO_AVATAR}").as_str().into());
    let customer = NewCustomerInput { avatar, ..example_customer() };
    let customer = customer.parse().map_err(CliError::Invalid)?;
    let customer = service::add_customer(store, &customer).await.map_err(CliError::failed)?;
    let token = ApiToken::generate().map_err(CliError::failed)?;
    let row = NewToken { digest: token.digest(), name: "demo".into(), expires_at: None };
    store.issue_token(customer.id, row).await.map_err(CliError::failed)?;
    Ok(token)
}

/// What to try. A page is named only when it is served.
pub(super) fn welcome(address: SocketAddr, token: &ApiToken, docs: bool, graphiql: bool) -> String {
    let token = token.expose_secret();
    let mut text = format!(
        r#"
A throwaway database with one customer; it ends with this process.

In another terminal, keep the API token and update the profile by REST:
  export TOKEN={token}
  curl -X PATCH "http://{address}/api/shop/customers/me" -H "Authorization: Token $TOKEN" -H "Content-Type: application/json" -d '{{"first_name": "John", "last_name": "Doe"}}'
"#
    );
    if docs {
        text += &format!("\nTry REST in the browser:\n  http://{address}/docs#token={token}\n");
    }
    if graphiql {
        text += &format!("\nTry GraphQL in the browser:\n  http://{address}/graphiql#token={token}\n");
    }
    text
}
