//! The practical limit: `GET` and `PATCH /api/shop/customers/me` by axum and sqlx, in hand-written SQL that sets only
//! what was sent, one statement a request and one transaction a change. No rules, no versions: what is
//! missing here is what shop-profile costs.
//!
//! `DATABASE_URL=… axum-sqlx` prints the address that it listens on.

mod database;

use std::{env, error::Error};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::database::Database;

#[derive(Deserialize)]
struct Patch {
    username: Option<String>,
    avatar: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    gender: Option<String>,
}

/// A row, column by column: `database::COLUMNS`.
type Customer = (i64, String, Option<String>, Option<String>, Option<String>, String, String, Option<String>);

#[derive(Serialize)]
struct CustomerJson<'a> {
    id: i64,
    username: &'a str,
    mobile_number: Option<&'a str>,
    email: Option<&'a str>,
    avatar: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    full_name: String,
    gender: Option<&'a str>,
    is_profile_completed: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::connect(&env::var("DATABASE_URL")?).await?;
    let app = Router::new().route("/api/shop/customers/me", get(read).patch(update)).with_state(database);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn read(State(database): State<Database>, headers: HeaderMap) -> Result<Response, StatusCode> {
    let customer = database.read(digest(&headers)?).await;
    answer(customer)
}

async fn update(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Result<Response, StatusCode> {
    let patch: Patch = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let customer = database.update(digest(&headers)?, patch).await;
    answer(customer)
}

fn digest(headers: &HeaderMap) -> Result<Vec<u8>, StatusCode> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Token ")).ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(Sha256::digest(token).to_vec())
}

fn answer(customer: sqlx::Result<Option<Customer>>) -> Result<Response, StatusCode> {
    let customer = customer.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::UNAUTHORIZED)?;
    let (id, username, mobile_number, email, avatar, first_name, last_name, gender) = &customer;
    let complete = !(username.is_empty() || first_name.is_empty() || last_name.is_empty()) && gender.is_some();
    let json = serde_json::to_string(&CustomerJson {
        id: *id,
        username,
        mobile_number: mobile_number.as_deref(),
        email: email.as_deref(),
        avatar: avatar.as_deref(),
        first_name,
        last_name,
        full_name: format!("{first_name} {last_name}").trim().to_owned(),
        gender: gender.as_deref(),
        is_profile_completed: complete,
    });
    let json = json.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
