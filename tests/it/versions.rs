//! Versions: `ETag`, `If-None-Match`, `If-Match` and `ifVersion`. They are optional for the client, always.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{api::ME, both_databases, shop::Shop};

const CONFLICT: &str = r#"{"detail":"The profile has changed meanwhile. Read it again before you update it."}"#;
const NO_STRONG_TAG: &str = r#"{"detail":"If-Match has no strong entity tag. Send the ETag as it was received, in its quotes and without W/."}"#;
const UPDATE: &str = "mutation ($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) { customer { firstName version } userErrors { field code message } }
}";

both_databases![
    only_a_change_increases_the_version,
    a_client_that_has_the_version_gets_304,
    a_patch_of_another_version_is_rejected,
    graphql_has_the_same_versions,
];

async fn only_a_change_increases_the_version(shop: Shop) {
    let sara = shop.customer("sara").await;
    for (patch, status, etag) in [
        (json!({"first_name": "Sara"}), 200, r#""1-2""#),
        (json!({"first_name": " Sara "}), 200, r#""1-2""#),
        (
            json!({"first_name": "Sara", "avatar": null, "username": "sara", "gender": "", "last_name": ""}),
            200,
            r#""1-2""#,
        ),
        (json!({"email": "a@b.c"}), 200, r#""1-2""#),
        (json!({"first_name": null}), 400, ""),
        (json!({"first_name": "Sara", "last_name": "Ahmadi"}), 200, r#""1-3""#),
    ] {
        let answer = shop.patch(patch).token(&sara.token).send().await;
        answer.assert_status(status).assert_header("etag", etag);
    }
    let before = shop.row(sara.id).await;
    shop.patch(json!({"last_name": "Ahmadi"})).token(&sara.token).send().await.assert_status(200);
    assert_eq!(shop.row(sara.id).await.updated_at, before.updated_at, "nothing changed, nothing was written");
}

async fn a_client_that_has_the_version_gets_304(shop: Shop) {
    let sara = shop.customer("sara").await;
    for known in [r#""1-1""#, r#"W/"1-1""#, "*", r#""x", "1-1""#] {
        let answer = shop.get().header("if-none-match", known).token(&sara.token).send().await;
        answer.assert(304, "").assert_header("etag", r#""1-1""#).assert_header("vary", "authorization");
    }
    let head = shop.request(Method::HEAD, ME).header("if-none-match", r#""1-1""#).token(&sara.token).send().await;
    head.assert(304, "");
    for unknown in [r#""1-2""#, r#""2-1""#, "1-1", "", r#""1-1"x"#] {
        shop.get().header("if-none-match", unknown).token(&sara.token).send().await.assert_status(200);
    }
    shop.get().header("if-none-match", "*").token("wrong").send().await.assert_status(401);
}

async fn a_patch_of_another_version_is_rejected(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let patch = |name: &str, expected: &str| {
        shop.patch(json!({"first_name": name})).header("if-match", expected).token(&sara.token).send()
    };
    for (other, body) in [
        (r#""1-0""#, CONFLICT),
        (r#""1-2""#, CONFLICT),
        (r#""2-1""#, CONFLICT),
        (r#""01-1""#, CONFLICT),
        (r#"1-1, "x""#, CONFLICT),
        (r#"W/"1-1""#, NO_STRONG_TAG),
        ("1-1", NO_STRONG_TAG),
        ("", NO_STRONG_TAG),
    ] {
        let answer = patch("Sara", other).await;
        // The present version, so that the client need not ask for it.
        answer.about(other).assert(412, body).assert_header("etag", r#""1-1""#);
    }
    // The right version beside nonsense.
    patch("Sara", r#""1-1", x"#).await.assert_status(200);
    patch("A", "*").await.assert_status(200).assert_header("etag", r#""1-3""#);
    patch("B", r#""1-3""#).await.assert_status(200).assert_header("etag", r#""1-4""#);
    patch("C", r#""1-3""#).await.assert(412, CONFLICT).assert_header("etag", r#""1-4""#);
    patch("C", r#""1-3", "1-4""#).await.assert_status(200).assert_header("etag", r#""1-5""#);
    // A patch that would change nothing is held to it all the same.
    patch("C", r#""1-4""#).await.assert(412, CONFLICT);
    patch("C", r#""1-5""#).await.assert_status(200).assert_header("etag", r#""1-5""#);
    shop.patch(json!({})).header("if-match", r#""1-4""#).token(&sara.token).send().await.assert(412, CONFLICT);
    assert_eq!(shop.row(sara.id).await.first_name, "C");
}

async fn graphql_has_the_same_versions(shop: Shop) {
    let sara = shop.customer("sara").await;
    let update = async |name: &str, version: Value| {
        let input = json!({"firstName": name, "ifVersion": version});
        shop.graphql(UPDATE, json!({ "input": input })).token(&sara.token).send().await
    };
    let updated = |name: &str, version: &str| {
        format!(
            r#"{{"data":{{"updateMyProfile":{{"customer":{{"firstName":"{name}","version":"{version}"}},"userErrors":[]}}}}}}"#
        )
    };
    update("A", json!("1-1")).await.assert(200, &updated("A", "1-2"));
    update("B", Value::Null).await.assert(200, &updated("B", "1-3"));
    for other in ["1-2", "2-3"] {
        update("C", json!(other)).await.about(other).assert(
            200,
            r#"{"data":{"updateMyProfile":{"customer":null,"userErrors":[{"field":[],"code":"CONFLICT","message":"The profile has changed meanwhile. Read it again before you update it."}]}}}"#,
        );
    }
    // What can be no version of ours is invalid for ever, beside whatever else is.
    let invalid =
        r#"{"field":["ifVersion"],"code":"INVALID","message":"Not a version. Pass the value of `Customer.version`."}"#;
    let payload =
        |errors: &str| format!(r#"{{"data":{{"updateMyProfile":{{"customer":null,"userErrors":[{errors}]}}}}}}"#);
    for other in ["", "\"1-3\"", "nonsense", "1-03"] {
        update("C", json!(other)).await.about(other).assert(200, &payload(invalid));
    }
    let input = json!({"avatar": "x", "ifVersion": "x"});
    let both = shop.graphql(UPDATE, json!({ "input": input })).token(&sara.token).send().await;
    let avatar = r#"{"field":["avatar"],"code":"INVALID","message":"Enter a valid URL."}"#;
    both.assert(200, &payload(&format!("{avatar},{invalid}")));
    shop.graphql(UPDATE, json!({ "input": input })).token("unknown").send().await.assert_status(401);
    // What REST calls `"1-3"` is GraphQL's `1-3`.
    shop.get().token(&sara.token).send().await.assert_status(200).assert_header("etag", r#""1-3""#);
}
