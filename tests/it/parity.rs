//! One table of patches, and any patch at all, through both APIs: the same row is stored, the same errors are reported.

use entity::customer;
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use shop_profile::{
    messages::{Languages, PERSIAN},
    server::{self, ConnectionLimits},
};

use crate::{
    properties::{check, value},
    support::{
        both_databases,
        database::Database,
        shop::{Customer, Shop},
    },
};

const UPDATE: &str = "mutation ($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) { customer { version } userErrors { field code message } }
}";

both_databases![
    both_apis_store_the_same_and_report_the_same_errors,
    both_apis_report_the_same_errors_in_persian,
    both_apis_store_the_same_and_report_the_same_errors_for_random_patches
];

/// A patch in REST's names, and the codes of its errors.
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
        (json!({"avatar": format!("http://x/{}", "a".repeat(2040))}), &["TOO_LONG"]),
        (
            json!({"gender": "male", "last_name": null, "first_name": "x", "avatar": "x", "username": "neda"}),
            &["TAKEN", "INVALID", "NULL"],
        ),
    ]
}

async fn both_apis_store_the_same_and_report_the_same_errors(shop: Shop) {
    let pair = Pair::of(shop).await;
    for (patch, codes) in cases() {
        assert_eq!(pair.patch(&patch).await, codes, "{patch}");
    }
}

/// The codes are those of English, and each message is Persian.
async fn both_apis_report_the_same_errors_in_persian(database: Database) {
    let options = server::Options { languages: Languages::Fixed(PERSIAN), ..server::Options::default() };
    let pair = Pair::of(Shop::with(database, &options, ConnectionLimits::default()).await).await;
    for (patch, codes) in cases() {
        assert_eq!(pair.patch(&patch).await, codes, "{patch}");
        for (field, message) in rest_errors(&pair.by_rest.0, &pair.by_rest.1, &patch).await {
            assert!(message.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{field}: {message}");
        }
    }
}

async fn both_apis_store_the_same_and_report_the_same_errors_for_random_patches(shop: Shop) {
    let pair = Pair::of(shop).await;
    let text = value().prop_filter("what GraphQL's types let through", |value| value.is_string() || value.is_null());
    let gender = select(vec![json!("male"), json!("female"), Value::Null]);
    let fields = btree_map(select(vec!["username", "avatar", "first_name", "last_name"]), text, 0..=4);
    check((fields, option::of(gender)), async |(fields, gender)| {
        let fields = fields.into_iter().chain(gender.map(|gender| ("gender", gender)));
        pair.patch(&fields.map(|(name, value)| (name.to_owned(), value)).collect()).await;
        Ok(())
    });
}

/// Two shops alike; one is patched by REST, the other by GraphQL.
struct Pair {
    by_rest: (Shop, Customer),
    by_graphql: (Shop, Customer),
}

impl Pair {
    async fn of(shop: Shop) -> Self {
        let another = shop.another().await;
        let behrooz = async |shop: Shop| {
            let behrooz = shop.behrooz().await;
            shop.customer("neda").await;
            (shop, behrooz)
        };
        Self { by_rest: behrooz(shop).await, by_graphql: behrooz(another).await }
    }

    /// The codes of the errors, once everything else is found to be the same.
    async fn patch(&self, patch: &Value) -> Vec<String> {
        let Self { by_rest: (rest_shop, rest_customer), by_graphql: (graphql_shop, graphql_customer) } = self;
        let by_rest = rest_errors(rest_shop, rest_customer, patch).await;
        let by_graphql = graphql_errors(graphql_shop, graphql_customer, patch).await;
        let (by_graphql, codes): (Vec<_>, Vec<_>) =
            by_graphql.into_iter().map(|(field, message, code)| ((field, message), code)).unzip();
        assert_eq!(by_rest, by_graphql, "{patch}");
        let (rest_row, graphql_row) =
            (rest_shop.row(rest_customer.id).await, graphql_shop.row(graphql_customer.id).await);
        assert_eq!(timeless(rest_row), timeless(graphql_row), "{patch}");
        codes
    }
}

/// Field and message of every error, in the answer's order.
async fn rest_errors(shop: &Shop, who: &Customer, patch: &Value) -> Vec<(String, String)> {
    let answer = shop.patch(patch.clone()).token(&who.token).send().await;
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
    let answer = shop.graphql(UPDATE, json!({ "input": in_graphql(patch) })).token(&who.token).send().await;
    let errors = answer.json()["data"]["updateMyProfile"]["userErrors"].clone();
    let errors = errors.as_array().unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| (snake(&text(&error["field"][0])), text(&error["message"]), text(&error["code"])))
        .collect()
}

/// A patch in REST's names as an input of GraphQL.
pub fn in_graphql(patch: &Value) -> Value {
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
