//! Dry runs: `?validate_only=true` and `validateOnly: true` answer what the update would answer, and write nothing.

mod stored;

use axum::http::Method;
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use serde_json::{Value, json};
use shop_profile::profile;

use crate::{
    parity::in_graphql,
    properties::{FIELDS, check, value},
    support::{
        answer::Answer,
        api::ME,
        both_databases,
        shop::{Customer, Shop},
    },
};

const TRY: &str = "/api/shop/customers/me?validate_only=true";
const UPDATE: &str = "mutation ($input: UpdateMyProfileInput!, $validateOnly: Boolean) {
    updateMyProfile(input: $input, validateOnly: $validateOnly) {
        customer {
            id username mobileNumber email avatar firstName lastName fullName gender isProfileCompleted version
        }
        userErrors { field code message }
    }
}";
const INVALID: &str = r#"{"validate_only":["Must be a valid boolean."]}"#;

both_databases![
    a_dry_run_by_rest_answers_as_the_update_does,
    a_dry_run_by_graphql_answers_as_the_update_does,
    a_dry_run_by_rest_shows_the_profile_as_it_would_be_stored,
    a_dry_run_by_graphql_keeps_the_version,
    another_value_of_the_parameter_is_400,
];

/// The version that a client expects.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Stored,
    Other,
}

impl Expected {
    async fn of(expected: Option<Self>, shop: &Shop, who: &Customer) -> Option<String> {
        let version = shop.row(who.id).await.version;
        expected.map(|expected| match expected {
            Self::Stored => format!("{}-{version}", who.id),
            Self::Other => format!("{}-{}", who.id, version + 1),
        })
    }
}

/// Any value, and usernames that are taken or the customer's own in another form.
fn field_value() -> impl Strategy<Value = Value> {
    let usernames = ["neda", "NEDA", "ＮＥＤＡ", "sara", "Sara", "ＳＡＲＡ"];
    prop_oneof![6 => value(), 1 => select(usernames.to_vec()).prop_map(Value::from)]
}

fn expected() -> impl Strategy<Value = Option<Expected>> {
    option::of(select(vec![Expected::Stored, Expected::Stored, Expected::Other]))
}

/// Status and body of both, the stored row before and between them, and what is stored afterwards.
async fn a_dry_run_by_rest_answers_as_the_update_does(shop: Shop) {
    let sara = shop.behrooz().await;
    shop.customer("neda").await;
    let patches = btree_map(select([&FIELDS[..], &["email", "x"]].concat()), field_value(), 0..=5);
    check((patches, expected(), any::<bool>()), async |(patch, expected, strict)| {
        let body: Value = patch.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let expected = Expected::of(expected, &shop, &sara).await;
        let send = async |path: &str| {
            let mut request = shop.request(Method::PATCH, path).header("content-type", "application/json");
            if let Some(version) = &expected {
                request = request.header("if-match", format!("\"{version}\""));
            }
            if strict {
                request = request.header("prefer", "handling=strict");
            }
            request.body(body.to_string()).token(&sara.token).send().await
        };
        let before = shop.row(sara.id).await;
        let dry_run = send(TRY).await;
        prop_assert_eq!(&before, &shop.row(sara.id).await, "{}", dry_run);
        let update = send(ME).await;
        prop_assert_eq!((dry_run.status, &dry_run.body), (update.status, &update.body));
        if update.status == 200 {
            let stored = profile::Customer::from(shop.row(sara.id).await);
            prop_assert_eq!(&dry_run.body, &stored.to_json().unwrap());
            prop_assert_eq!(dry_run.header("etag"), "");
        }
        prop_assert_eq!(other_headers(&dry_run), other_headers(&update));
        Ok(())
    });
}

/// Every header but those that differ from answer to answer, and the version of a success.
fn other_headers(answer: &Answer) -> Vec<(String, String)> {
    let differ = ["date", "x-request-id", if answer.status == 200 { "etag" } else { "" }];
    let headers = answer.headers.keys().filter(|name| !differ.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|name| (name.to_string(), answer.header(name.as_str()).to_owned())).collect();
    headers.sort();
    headers
}

async fn a_dry_run_by_graphql_answers_as_the_update_does(shop: Shop) {
    let sara = shop.behrooz().await;
    shop.customer("neda").await;
    let text = field_value().prop_filter("what GraphQL's types allow", |value| value.is_string() || value.is_null());
    let gender = select(vec![json!("male"), json!("female"), Value::Null]);
    let fields = btree_map(select(vec!["username", "avatar", "first_name", "last_name"]), text, 0..=4);
    check((fields, option::of(gender), expected(), any::<bool>()), async |(fields, gender, expected, nonsense)| {
        let fields = fields.into_iter().chain(gender.map(|gender| ("gender", gender)));
        let patch: Value = fields.map(|(name, value)| (name.to_owned(), value)).collect();
        let mut input = in_graphql(&patch);
        if let Some(version) = Expected::of(expected, &shop, &sara).await {
            // A version that is none is reported beside the other errors.
            input["ifVersion"] = if nonsense { "x".into() } else { version.into() };
        }
        let send = async |validate_only: bool| {
            let variables = json!({ "input": input, "validateOnly": validate_only });
            shop.graphql(UPDATE, variables).token(&sara.token).send().await.assert_status(200)
        };
        let before = shop.row(sara.id).await;
        let dry_run = send(true).await;
        prop_assert_eq!(&before, &shop.row(sara.id).await, "{}", dry_run);
        let update = send(false).await;
        let payload = |answer: &Answer| answer.json()["data"]["updateMyProfile"].clone();
        let (mut foretold, mut stored) = (payload(&dry_run), payload(&update));
        if foretold["customer"].is_object() {
            prop_assert_eq!(&foretold["customer"]["version"], &json!(format!("{}-{}", sara.id, before.version)));
            let row = shop.row(sara.id).await;
            prop_assert_eq!(&foretold["customer"]["username"], &json!(row.username));
            prop_assert_eq!(&foretold["customer"]["avatar"], &json!(row.avatar));
            prop_assert_eq!(&foretold["customer"]["firstName"], &json!(row.first_name));
            prop_assert_eq!(&foretold["customer"]["lastName"], &json!(row.last_name));
            foretold["customer"]["version"].take();
            stored["customer"]["version"].take();
        }
        prop_assert_eq!(foretold, stored);
        Ok(())
    });
}

async fn a_dry_run_by_rest_shows_the_profile_as_it_would_be_stored(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let send = |path: &str, body: &str| {
        let request = shop.request(Method::PATCH, path).header("content-type", "application/json");
        request.body(body.to_owned()).token(&sara.token)
    };
    let neda = r#"{"id":1,"username":"Sara","mobile_number":null,"email":null,"avatar":null,"first_name":"Neda","last_name":"","full_name":"Neda","gender":"female","is_profile_completed":false}"#;
    let answer =
        send(TRY, r#"{"username":"Sara","first_name":" Neda ","gender":"female","email":"a@b.c"}"#).send().await;
    let answer = answer.assert(200, neda).assert_header("etag", "");
    assert_eq!((answer.header("vary"), answer.header("cache-control")), ("authorization", "private, no-cache"));
    let taken = r#"{"username":["A user with that username already exists."]}"#;
    send(TRY, r#"{"username":"NEDA"}"#).send().await.assert(400, taken);
    let both =
        r#"{"username":["A user with that username already exists."],"gender":["\"x\" is not a valid choice."]}"#;
    send(TRY, r#"{"gender":"x","username":"NEDA"}"#).send().await.assert(400, both);
    let stale = send(TRY, r#"{"first_name":"Neda"}"#).header("if-match", r#""1-7""#).send().await;
    stale.assert_status(412).assert_header("etag", r#""1-1""#);
    let strict = send(TRY, r#"{"first_name":"Neda","x":1}"#).header("prefer", "handling=strict").send().await;
    strict.assert(400, r#"{"x":["Unknown field."]}"#).assert_header("preference-applied", "handling=strict");
    let strict = send(TRY, "{}").header("prefer", "handling=strict").send().await;
    strict.assert_status(200).assert_header("preference-applied", "handling=strict");
    send(TRY, "{").send().await.assert_status(400);
    shop.request(Method::PATCH, TRY).token("wrong").send().await.assert(401, r#"{"detail":"Invalid token."}"#);
    assert_eq!(shop.row(sara.id).await.version, 1);

    // An update, and other parameters do nothing.
    for path in [&format!("{ME}?validate_only=false"), &format!("{ME}/?x=1&validate_onl=true")] {
        send(path, r#"{"first_name":"Neda"}"#).send().await.about(path).assert_status(200);
        assert_eq!(shop.row(sara.id).await.first_name, "Neda", "{path}");
        send(ME, r#"{"first_name":""}"#).send().await.assert_status(200);
    }
}

async fn a_dry_run_by_graphql_keeps_the_version(shop: Shop) {
    let sara = shop.customer("sara").await;
    let select = "{ customer { firstName version } userErrors { code } }";
    let foretold = r#"{"data":{"updateMyProfile":{"customer":{"firstName":"A","version":"1-1"},"userErrors":[]}}}"#;
    let send = async |arguments: &str, definitions: &str, variables: Value| {
        let query = format!("mutation {definitions} {{ updateMyProfile({arguments}) {select} }}");
        shop.graphql(&query, variables).token(&sara.token).send().await.about(query)
    };
    send(r#"input: {firstName: "A"}, validateOnly: true"#, "", Value::Null).await.assert(200, foretold);
    let by_variable = r#"input: {firstName: "A"}, validateOnly: $only"#;
    for definitions in ["($only: Boolean!)", "($only: Boolean)", "($only: Boolean = false)"] {
        send(by_variable, definitions, json!({"only": true})).await.assert(200, foretold);
    }
    // Null is neither true nor false: it must not be taken for an update.
    for (definitions, code) in [("($only: Boolean!)", "BAD_USER_INPUT"), ("($only: Boolean)", "")] {
        let answer = send(by_variable, definitions, json!({"only": null})).await;
        assert!(answer.json()["data"]["updateMyProfile"].is_null() && answer.body.contains(code), "{answer}");
    }
    send(r#"input: {firstName: "A"}, validateOnly: null"#, "", Value::Null).await.assert_status(200);
    assert_eq!(shop.row(sara.id).await.version, 1);
    // A variable that is not set is absent, and absent is false.
    let stored = foretold.replace("1-1", "1-2");
    send(by_variable, "($only: Boolean)", Value::Null).await.assert(200, &stored);
    assert_eq!(shop.row(sara.id).await.first_name, "A");
}

async fn another_value_of_the_parameter_is_400(shop: Shop) {
    let sara = shop.customer("sara").await;
    let patch = |query: &str| {
        let request = shop.request(Method::PATCH, &format!("{ME}?{query}")).token(&sara.token);
        request.header("content-type", "application/json").body(r#"{"first_name":"Sara"}"#)
    };
    for query in [
        "validate_only",
        "validate_only=",
        "validate_only=True",
        "validate_only=1",
        "validate_only=true%20",
        "validate_only=true&validate_only=true",
        "validate_only=false&x=1&validate%5Fonly=true",
        "validateOnly=true",
        "validate-only",
        "validate_only=true&validateOnly=true",
    ] {
        patch(query).send().await.about(query).assert(400, INVALID);
    }
    // After the token and the method, before the body; a read does not know the parameter.
    let wrong = "validate_only=x";
    shop.request(Method::PATCH, &format!("{ME}?{wrong}")).token("wrong").send().await.assert_status(401);
    shop.request(Method::PUT, &format!("{ME}?{wrong}")).token(&sara.token).send().await.assert_status(405);
    patch(wrong).header("content-type", "text/plain").send().await.assert(400, INVALID);
    shop.request(Method::GET, &format!("{ME}?{wrong}")).token(&sara.token).send().await.assert_status(200);
    assert_eq!(shop.row(sara.id).await.version, 1);
}
