//! One table of patches, each through both faces: the same row is stored, the same errors are said.

use entity::customer;
use serde_json::{Map, Value, json};

use crate::support::{
    both_databases,
    shop::{Customer, Shop},
};

const UPDATE: &str = "mutation ($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) { customer { version } userErrors { field code message } }
}";

both_databases![both_faces_do_the_same];

/// A patch in REST's names, and the codes that it is refused with.
fn cases() -> Vec<(Value, &'static [&'static str])> {
    let long = "é".repeat(151);
    vec![
        (json!({}), &[]),
        (json!({"first_name": "John", "last_name": "Doe", "gender": "male"}), &[]),
        (json!({"first_name": "John"}), &[]),
        (json!({"username": "Behrooz3500"}), &[]),
        (json!({"username": " سارا۱۲ "}), &[]),
        (json!({"avatar": "https://example.com/a.png"}), &[]),
        (json!({"avatar": null}), &[]),
        (json!({"avatar": ""}), &[]),
        (json!({"gender": "female"}), &[]),
        (json!({"gender": null, "first_name": "", "last_name": " "}), &[]),
        (json!({"first_name": "می\u{200c}نا"}), &[]),
        (json!({"first_name": "😀".repeat(150)}), &[]),
        (json!({"username": null}), &["NULL"]),
        (json!({"username": " "}), &["BLANK"]),
        (json!({"username": "sa ra"}), &["INVALID"]),
        (json!({ "username": long }), &["TOO_LONG"]),
        (json!({ "username": format!("{long} ") + "!" }), &["INVALID", "TOO_LONG"]),
        (json!({"username": "neda"}), &["TAKEN"]),
        (json!({"username": "ＮＥＤＡ"}), &["TAKEN"]),
        (json!({"first_name": null, "last_name": null}), &["NULL", "NULL"]),
        (json!({"first_name": long, "last_name": "ok"}), &["TOO_LONG"]),
        (json!({"last_name": "a\0b"}), &["INVALID"]),
        (json!({"last_name": "\u{202e}"}), &["INVALID"]),
        (json!({"avatar": "https:example.com"}), &["INVALID"]),
        (json!({"avatar": format!("http://x/{}", "a".repeat(2040))}), &["TOO_LONG", "INVALID"]),
        (
            json!({"gender": "male", "last_name": null, "first_name": "x", "avatar": "x", "username": "neda"}),
            &["TAKEN", "INVALID", "NULL"],
        ),
    ]
}

async fn both_faces_do_the_same(by_rest: Shop) {
    let by_graphql = by_rest.another().await;
    let holder = by_rest.behrooz().await;
    let twin = by_graphql.behrooz().await;
    by_rest.customer("neda").await;
    by_graphql.customer("neda").await;
    for (patch, codes) in cases() {
        let rest = rest_errors(&by_rest, &holder, &patch).await;
        let graphql = graphql_errors(&by_graphql, &twin, &patch).await;
        let said: Vec<_> = graphql.iter().map(|(_, _, code)| code.as_str()).collect();
        assert_eq!(said, codes, "{patch}");
        let graphql: Vec<_> = graphql.into_iter().map(|(field, message, _)| (field, message)).collect();
        assert_eq!(rest, graphql, "{patch}");
        assert_eq!(timeless(by_rest.row(holder.id).await), timeless(by_graphql.row(twin.id).await), "{patch}");
    }
}

/// Field and message of every error, in the answer's order.
async fn rest_errors(shop: &Shop, who: &Customer, patch: &Value) -> Vec<(String, String)> {
    let answer = shop.patch(patch.clone()).key(&who.key).send().await;
    if answer.status == 200 {
        return Vec::new();
    }
    let fields: Map<String, Value> = serde_json::from_str(&answer.assert_status(400).body).unwrap();
    // A map has no order; the contract's is asserted elsewhere.
    let mut errors = Vec::new();
    for field in ["username", "avatar", "first_name", "last_name", "gender"] {
        for message in fields.get(field).into_iter().flat_map(|messages| messages.as_array().unwrap()) {
            errors.push((field.to_owned(), message.as_str().unwrap().to_owned()));
        }
    }
    errors
}

/// Field in REST's name, message and code of every error, in the answer's order.
async fn graphql_errors(shop: &Shop, who: &Customer, patch: &Value) -> Vec<(String, String, String)> {
    let answer = shop.graphql(UPDATE, json!({ "input": in_graphql(patch) })).key(&who.key).send().await;
    let errors = answer.json()["data"]["updateMyProfile"]["userErrors"].clone();
    let errors = errors.as_array().unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| (snake(&text(&error["field"][0])), text(&error["message"]), text(&error["code"])))
        .collect()
}

fn in_graphql(patch: &Value) -> Value {
    let field = |(name, value): (&String, &Value)| match name.as_str() {
        "first_name" => ("firstName".to_owned(), value.clone()),
        "last_name" => ("lastName".to_owned(), value.clone()),
        "gender" => (name.clone(), value.as_str().map(str::to_uppercase).into()),
        _ => (name.clone(), value.clone()),
    };
    patch.as_object().unwrap().iter().map(field).collect()
}

fn snake(name: &str) -> String {
    name.chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() }).collect()
}

/// The row without the moments at which it was written.
fn timeless(mut row: customer::Model) -> customer::Model {
    row.created_at = chrono::DateTime::UNIX_EPOCH;
    row.updated_at = chrono::DateTime::UNIX_EPOCH;
    row
}
