//! Variables and literals that are not of their type: found before anything runs.

use serde_json::json;

use super::{assert_code, post, query, shop};

#[tokio::test]
async fn a_mutation_that_would_run_twice_or_in_part_does_not_run() {
    let (shop, sara) = shop().await;
    let repeated = r#"mutation { updateMyProfile(input: {firstName: "a"}) { userErrors { code } } updateMyProfile(input: {lastName: "b"}) { userErrors { code } } }"#;
    assert_code(&query(&shop, repeated).token(&sara.token).send().await, 400, "GRAPHQL_VALIDATION_FAILED");
    let missing = r#"mutation ($v: UpdateMyProfileInput!) { a: updateMyProfile(input: {firstName: "a"}) { userErrors { code } } b: updateMyProfile(input: $v) { userErrors { code } } }"#;
    for variables in [json!({}), json!({"v": null})] {
        let body = json!({"query": missing, "variables": variables}).to_string();
        assert_code(&post(&shop, body).token(&sara.token).send().await, 400, "BAD_USER_INPUT");
    }
    assert_eq!(shop.row(sara.id).await.version, 1);
    let two = r#"mutation { a: updateMyProfile(input: {firstName: "a"}) { userErrors { code } } b: updateMyProfile(input: {lastName: "b"}) { userErrors { code } } }"#;
    query(&shop, two).token(&sara.token).send().await.assert_status(200);
    assert_eq!(shop.row(sara.id).await.version, 3);
}

/// Whatever is wrong with a variable, it is found before anything runs, and has one code.
#[tokio::test]
async fn a_wrong_variable_is_bad_user_input() {
    let (shop, sara) = shop().await;
    let update = "mutation ($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { userErrors { code } } }";
    for (variables, message) in [
        (json!({}), r#"Variable "$input" of required type "UpdateMyProfileInput!" was not provided."#),
        (json!({"input": null}), r#"Variable "$input" of non-null type "UpdateMyProfileInput!" must not be null."#),
        (
            json!({"input": 5}),
            r#"Variable "$input" got an invalid value: expected an object of type UpdateMyProfileInput."#,
        ),
        (
            json!({"input": {"firstName": 5}}),
            r#"Variable "$input" got an invalid value at "firstName": expected a value of type String."#,
        ),
        (
            json!({"input": {"gender": "male"}}),
            r#"Variable "$input" got an invalid value at "gender": expected one of MALE, FEMALE."#,
        ),
        (
            json!({"input": {"first_name": "x"}}),
            r#"Variable "$input" got an invalid value at "first_name": there is no such field."#,
        ),
    ] {
        let request = || post(&shop, json!({"query": update, "variables": variables}).to_string()).token(&sara.token);
        let answer = request().send().await.about(&variables);
        assert_code(&answer, 400, "BAD_USER_INPUT");
        assert_eq!(answer.json()["errors"][0]["message"], message, "{answer}");
        let json = request().header("accept", "application/json").send().await.about(&variables);
        assert_code(&json, 200, "BAD_USER_INPUT");
    }
    assert_eq!(shop.row(sara.id).await.version, 1);
}

#[tokio::test]
async fn an_enum_value_is_written_without_quotes() {
    let (shop, sara) = shop().await;
    let update = |gender: &str| {
        let document =
            format!("mutation {{ updateMyProfile(input: {{gender: {gender}}}) {{ customer {{ gender }} }} }}");
        query(&shop, &document).token(&sara.token).send()
    };
    for gender in [r#""MALE""#, r#""male""#, "male"] {
        assert_code(&update(gender).await.about(gender), 400, "GRAPHQL_VALIDATION_FAILED");
    }
    let right = update("MALE").await.assert_status(200);
    assert_eq!(right.body, r#"{"data":{"updateMyProfile":{"customer":{"gender":"MALE"}}}}"#);
}
