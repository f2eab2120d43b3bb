//! Random bodies: no answer is a 5xx, a patch is stored as a whole or not at all, and the answer shows what is stored.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value};
use tokio::runtime::Handle;

use crate::support::{
    both_databases,
    shop::{Customer, Shop},
};

both_databases![
    a_random_patch_is_stored_or_rejected_as_a_whole,
    a_random_json_body_is_stored_or_rejected_as_a_whole,
    a_random_body_is_stored_or_rejected_as_a_whole
];

/// What a patch can change.
pub const FIELDS: [&str; 5] = ["username", "avatar", "first_name", "last_name", "gender"];

/// Runs the property for each of 256 bodies, or of as many as `PROPTEST_CASES` says.
pub fn check<B: std::fmt::Debug>(
    bodies: impl Strategy<Value = B>,
    holds: impl AsyncFn(B) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let run = |body| Handle::current().block_on(holds(body));
    tokio::task::block_in_place(|| runner.run(&bodies, run)).unwrap_or_else(|error| panic!("{error}"));
}

/// Sends the body and compares the answer with what is stored before and after.
async fn holds(shop: &Shop, who: &Customer, body: Vec<u8>) -> Result<(), TestCaseError> {
    let before = shop.row(who.id).await;
    let answer = shop.patch_bytes(body).token(&who.token).send().await;
    let after = shop.row(who.id).await;
    if answer.status == 200 {
        let read = shop.get().token(&who.token).send().await;
        prop_assert_eq!((200, &answer.body, answer.header("etag")), (read.status, &read.body, read.header("etag")));
        prop_assert!(after.version == before.version + 1 || after == before, "{answer}");
        prop_assert_eq!(answer.json().as_object().map(Map::len), Some(10));
    } else {
        prop_assert_eq!(answer.status, 400, "{}", answer);
        prop_assert!(answer.json().as_object().is_some_and(|errors| !errors.is_empty()), "{answer}");
        prop_assert_eq!(before, after, "{}", answer);
    }
    Ok(())
}

/// Values on both sides of the rules.
pub fn value() -> impl Strategy<Value = Value> {
    let known = ["", " ", "neda", "male", "female", "https://example.com/a.png", "http://127.1/", "\0", "\u{202e}"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(known.to_vec()).prop_map(Value::from),
        "[a-zA-Z0-9._@+-]{1,160}".prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    value().prop_recursive(6, 64, 8, |inner| {
        let key = prop_oneof![select(FIELDS.to_vec()).prop_map(str::to_owned), any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            btree_map(key, inner, 0..8).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

async fn a_random_patch_is_stored_or_rejected_as_a_whole(shop: Shop) {
    let sara = shop.behrooz().await;
    shop.customer("neda").await;
    let patches = btree_map(select(FIELDS.to_vec()), value(), 0..=5);
    check(patches, async |patch| {
        let body: Value = patch.clone().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        holds(&shop, &sara, body.to_string().into()).await?;
        let row = shop.row(sara.id).await;
        // What is stored obeys the rules that no patch may break.
        prop_assert!((1..=150).contains(&row.username.chars().count()));
        prop_assert!(!row.username.eq_ignore_ascii_case("neda"));
        prop_assert!([&row.first_name, &row.last_name].into_iter().all(|name| name == name.trim()));
        Ok(())
    });
}

async fn a_random_json_body_is_stored_or_rejected_as_a_whole(shop: Shop) {
    let sara = shop.behrooz().await;
    shop.customer("neda").await;
    check(json(), async |body| holds(&shop, &sara, body.to_string().into()).await);
}

async fn a_random_body_is_stored_or_rejected_as_a_whole(shop: Shop) {
    let sara = shop.behrooz().await;
    let text = prop_oneof![
        vec(any::<u8>(), 0..300),
        any::<String>().prop_map(String::into_bytes),
        // Nearly JSON.
        "[{}\\[\\]\":,\\\\0-9eE+.a-z_ -]{0,60}".prop_map(String::into_bytes),
        r#"\{"first_name":"(\\u[0-9a-fA-F]{4}|\\[nrt"\\/]|[^"\\]){0,10}"\}"#.prop_map(String::into_bytes),
    ];
    check(text, async |body| holds(&shop, &sara, body).await);
}
