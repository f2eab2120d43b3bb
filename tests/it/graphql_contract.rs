//! The GraphQL API: both operations, every code, and what a patch means in its own terms. The HTTP protocol around
//! it has tests of its own.

use entity::customer;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Subject, both_databases, database::Database, shop::Shop};

const FIELDS: &str =
    "id username mobileNumber email avatar firstName lastName fullName gender isProfileCompleted version";
const BEHROOZ: &str = r#"{"id":"1","username":"behrooz3500","mobileNumber":"09308744204","email":"behrooz21@hotmail.com","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","firstName":"behrooz","lastName":"ghorbanie","fullName":"behrooz ghorbanie","gender":"MALE","isProfileCompleted":true,"version":"1-1"}"#;
const JOHN: &str = r#"{"id":"1","username":"behrooz3500","mobileNumber":"09308744204","email":"behrooz21@hotmail.com","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","firstName":"John","lastName":"Doe","fullName":"John Doe","gender":"MALE","isProfileCompleted":true,"version":"1-2"}"#;
const SARA: &str = r#"{"id":"1","username":"sara","mobileNumber":null,"email":null,"avatar":null,"firstName":"","lastName":"","fullName":"","gender":null,"isProfileCompleted":false,"version":"1-1"}"#;

both_databases![
    me_shows_every_field,
    an_update_is_answered_as_documented,
    every_wrong_field_has_its_path_and_code,
    null_and_empty_clear_what_may_be_empty,
    an_absent_field_keeps_its_value,
    a_variable_that_is_not_set_is_absent,
];

fn update() -> String {
    format!(
        "mutation ($input: UpdateMyProfileInput!) {{
            updateMyProfile(input: $input) {{ customer {{ {FIELDS} }} userErrors {{ field code message }} }}
        }}"
    )
}

fn updated(customer: &str) -> String {
    format!(r#"{{"data":{{"updateMyProfile":{{"customer":{customer},"userErrors":[]}}}}}}"#)
}

async fn me_shows_every_field(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let me = format!("{{ me {{ {FIELDS} }} }}");
    let whole = |customer: &str| format!(r#"{{"data":{{"me":{customer}}}}}"#);
    shop.graphql(&me, Value::Null).token(&behrooz.token).send().await.assert(200, &whole(BEHROOZ));

    let shop = shop.another().await;
    let sara = shop.customer("sara").await;
    shop.graphql(&me, Value::Null).token(&sara.token).send().await.assert(200, &whole(SARA));
}

async fn an_update_is_answered_as_documented(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let input = json!({"firstName": "John", "lastName": "Doe", "gender": "MALE"});
    let answer = shop.graphql(&update(), json!({ "input": input })).token(&behrooz.token).send().await;
    answer.assert(200, &updated(JOHN));
    let literal = update()
        .replace("($input: UpdateMyProfileInput!)", "")
        .replace("$input", r#"{firstName: "John", lastName: "Doe", gender: MALE}"#);
    shop.graphql(&literal, Value::Null).token(&behrooz.token).send().await.assert(200, &updated(JOHN));
}

async fn every_wrong_field_has_its_path_and_code(shop: Shop) {
    let sara = shop.customer("sara").await;
    shop.customer("neda").await;
    let before = shop.row(sara.id).await;
    let long = "a".repeat(151);
    for (input, errors) in [
        (json!({"username": ""}), r#"{"field":["username"],"code":"BLANK","message":"This field may not be blank."}"#),
        (json!({"username": null}), r#"{"field":["username"],"code":"NULL","message":"This field may not be null."}"#),
        (
            json!({"username": "sa ra"}),
            r#"{"field":["username"],"code":"INVALID","message":"Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."}"#,
        ),
        (
            json!({"username": "NEDA"}),
            r#"{"field":["username"],"code":"TAKEN","message":"A user with that username already exists."}"#,
        ),
        (
            json!({ "firstName": long }),
            r#"{"field":["firstName"],"code":"TOO_LONG","message":"Ensure this field has no more than 150 characters."}"#,
        ),
        (json!({"avatar": "x"}), r#"{"field":["avatar"],"code":"INVALID","message":"Enter a valid URL."}"#),
        (
            // Everything at once, in the contract's order; the right field is not written.
            json!({"gender": "MALE", "lastName": null, "firstName": "a\0b", "avatar": "x", "username": "neda"}),
            r#"{"field":["username"],"code":"TAKEN","message":"A user with that username already exists."},{"field":["avatar"],"code":"INVALID","message":"Enter a valid URL."},{"field":["firstName"],"code":"INVALID","message":"Null characters are not allowed."},{"field":["lastName"],"code":"NULL","message":"This field may not be null."}"#,
        ),
    ] {
        let answer = shop.graphql(&update(), json!({ "input": input })).token(&sara.token).send().await;
        answer.assert(200, &format!(r#"{{"data":{{"updateMyProfile":{{"customer":null,"userErrors":[{errors}]}}}}}}"#));
    }
    assert_eq!(shop.row(sara.id).await, before);
}

async fn null_and_empty_clear_what_may_be_empty(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let full = json!({"avatar": "http://a.b/", "firstName": "John", "lastName": "Doe", "gender": "MALE"});
    for (input, field, value) in [
        (json!({"avatar": null}), "avatar", Value::Null),
        (json!({"avatar": ""}), "avatar", Value::Null),
        (json!({"gender": null}), "gender", Value::Null),
        (json!({"firstName": ""}), "firstName", json!("")),
        (json!({"lastName": ""}), "lastName", json!("")),
    ] {
        for input in [&full, &input] {
            let answer = shop.graphql(&update(), json!({ "input": input })).token(&behrooz.token).send().await;
            assert_eq!(answer.json()["data"]["updateMyProfile"]["userErrors"], json!([]), "{answer}");
        }
        let me = shop.graphql(&format!("{{ me {{ {field} }} }}"), Value::Null).token(&behrooz.token).send().await;
        assert_eq!(me.json(), json!({"data": {"me": {field: value}}}), "{me}");
    }
}

async fn an_absent_field_keeps_its_value(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let answer = shop.graphql(&update(), json!({"input": {}})).token(&behrooz.token).send().await;
    answer.assert(200, &updated(BEHROOZ));
    let before = shop.row(behrooz.id).await;
    let answer = shop.graphql(&update(), json!({"input": {"gender": "FEMALE"}})).token(&behrooz.token).send().await;
    answer.assert(200, &updated(&BEHROOZ.replace("MALE", "FEMALE").replace("1-1", "1-2")));
    let after = shop.row(behrooz.id).await;
    assert_eq!((before.first_name, before.avatar, before.username), (after.first_name, after.avatar, after.username));
}

/// The trap: stock async-graphql 7.2.1 takes such a variable for null, and a real client would lose data.
async fn a_variable_that_is_not_set_is_absent(shop: Shop) {
    let behrooz = shop.behrooz().await;
    let update = "mutation ($u: String, $a: String, $f: String, $l: String, $g: Gender, $v: String) {
        updateMyProfile(input: {username: $u, avatar: $a, firstName: $f, lastName: $l, gender: $g, ifVersion: $v}) {
            customer { username avatar firstName lastName gender } userErrors { field code message }
        }
    }";
    let answer = shop.graphql(update, json!({"f": "John"})).token(&behrooz.token).send().await;
    answer.assert(
        200,
        r#"{"data":{"updateMyProfile":{"customer":{"username":"behrooz3500","avatar":"http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg","firstName":"John","lastName":"ghorbanie","gender":"MALE"},"userErrors":[]}}}"#,
    );
    let answer = shop.graphql(update, json!({"l": null, "g": null})).token(&behrooz.token).send().await;
    answer.assert(
        200,
        r#"{"data":{"updateMyProfile":{"customer":null,"userErrors":[{"field":["lastName"],"code":"NULL","message":"This field may not be null."}]}}}"#,
    );
}

/// Two updates in one request, of which the second fails. (A trigger of SQLite makes it fail.)
async fn update_twice(trigger: &str) -> (u16, Value, customer::Model) {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let db = shop.database.connect().await;
    db.execute_unprepared(trigger).await.unwrap();
    let update = |alias: &str, name: &str| {
        format!(r#"{alias}: updateMyProfile(input: {{firstName: "{name}"}}) {{ customer {{ firstName }} }}"#)
    };
    let document = format!("mutation {{ {} {} }}", update("a", "Sara"), update("b", "boom"));
    let answer = shop.graphql(&document, Value::Null).token(&sara.token).send().await;
    (answer.status, answer.json(), shop.row(sara.id).await)
}

#[tokio::test]
async fn a_failed_root_field_leaves_the_result_of_the_other() {
    let failed = "CREATE TRIGGER t BEFORE UPDATE ON customer WHEN NEW.first_name = 'boom'
        BEGIN SELECT RAISE(ABORT, 'boom'); END";
    let revoked = "CREATE TRIGGER t AFTER UPDATE ON customer
        BEGIN UPDATE api_token SET revoked_at = '2020-01-01 00:00:00.000000+00:00'; END";
    for (trigger, code) in [(failed, "INTERNAL_SERVER_ERROR"), (revoked, "UNAUTHENTICATED")] {
        let (status, answer, row) = update_twice(trigger).await;
        assert_eq!(status, 200, "the first change is stored: {answer}");
        assert_eq!(answer["data"], json!({"a": {"customer": {"firstName": "Sara"}}, "b": null}), "{code}");
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer}");
        assert_eq!(answer["errors"][0]["path"], json!(["b"]), "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert_eq!(row.first_name, "Sara");
    }
}

/// By the specification `me` is one field, however often it is selected; under aliases it is still one customer.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_sees_one_version_of_the_customer() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let aliases: String = (0..25).map(|index| format!("a{index}: me {{ ...F }} ")).collect();
    let document = format!(
        "{{ me {{ firstName }} me {{ lastName version }} {aliases} }} fragment F on Customer {{ firstName lastName version }}"
    );
    let writes = async {
        for index in 0..200 {
            let name = format!("Name{index}");
            shop.patch(json!({"first_name": name, "last_name": name}))
                .token(&sara.token)
                .send()
                .await
                .assert_status(200);
        }
    };
    let reads = async {
        for _ in 0..100 {
            let answer = shop.graphql(&document, Value::Null).token(&sara.token).send().await.assert_status(200);
            let data = answer.json()["data"].clone();
            let me = &data["me"];
            assert_eq!(me["firstName"], me["lastName"], "{answer}");
            assert!(data.as_object().unwrap().values().all(|alias| alias["version"] == me["version"]), "{answer}");
        }
    };
    tokio::join!(writes, reads);
}
