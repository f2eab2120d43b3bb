//! Authentication: the header, and tokens that are no longer live.

use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use shop_profile::{auth::ApiToken, store::TokenRef};

use crate::support::{answer::Answer, api::ME, both_databases, eventually, raw::Connection, shop::Shop};

const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const NO_TOKEN: &str = r#"{"detail":"Invalid token header. No credentials provided."}"#;
const SPACES: &str = r#"{"detail":"Invalid token header. Token string should not contain spaces."}"#;
const UNKNOWN: &str = r#"{"detail":"Invalid token."}"#;
const INACTIVE: &str = r#"{"detail":"User inactive or deleted."}"#;

both_databases![
    reads_the_authorization_header_as_drf_does,
    revoking_a_token_leaves_the_customers_other_tokens_live,
    accepts_a_token_of_another_system,
    a_revoked_token_is_rejected_on_an_open_connection,
    an_expired_token_is_rejected_on_an_open_connection,
    a_deactivated_customer_is_rejected_on_an_open_connection,
    a_request_does_not_wait_for_the_last_use_of_its_token,
];

async fn reads_the_authorization_header_as_drf_does(shop: Shop) {
    let sara = shop.customer("sara").await;
    let token = &sara.token;
    for header in
        [format!("Token {token}"), format!("tOkEn   {token}"), format!("Bearer {token}"), format!("BEARER\t{token} ")]
    {
        shop.get().header("authorization", &header).send().await.assert_status(200);
    }
    for (headers, body) in [
        (vec![], NOT_PROVIDED),
        (vec![""], NOT_PROVIDED),
        (vec!["Basic dTpw"], NOT_PROVIDED),
        (vec![token], NOT_PROVIDED),
        (vec!["Token"], NO_TOKEN),
        (vec!["bearer "], NO_TOKEN),
        (vec![&format!("Token {token} x")], SPACES),
        (vec![&format!("Token {token}"), &format!("Token {token}")], SPACES),
        (vec!["Token wrong"], UNKNOWN),
        (vec![&format!("Token {}", &token[..49])], UNKNOWN),
        (vec![&format!("Token {}", token.to_lowercase())], UNKNOWN),
        (vec![&format!("Token {token},")], UNKNOWN),
    ] {
        for request in [shop.get(), shop.patch(json!({"first_name": "Mallory"}))] {
            let request = headers.iter().fold(request, |request, header| request.header("authorization", header));
            request.send().await.assert(401, body);
        }
        let request = shop.graphql("{ me { id } }", Value::Null);
        let request = headers.iter().fold(request, |request, header| request.header("authorization", header));
        assert_graphql_rejected(&request.send().await, body);
    }
    let latin1 = shop.get().header("authorization", b"Token \xe9");
    latin1
        .send()
        .await
        .assert(401, r#"{"detail":"Invalid token header. Token string should not contain invalid characters."}"#);
    assert_eq!(shop.row(sara.id).await.first_name, "");
}

async fn revoking_a_token_leaves_the_customers_other_tokens_live(shop: Shop) {
    let sara = shop.customer("sara").await;
    let phone = ApiToken::generate().unwrap();
    let id = shop.store_token(sara.id, &phone, Some(Duration::from_secs(3600))).await;
    for token in [&sara.token, phone.expose_secret()] {
        shop.get().token(token).send().await.assert_status(200);
    }
    assert_eq!(shop.store.revoke_tokens(&TokenRef::Id(id)).await.unwrap()[0].id, id);
    shop.get().token(phone.expose_secret()).send().await.assert(401, UNKNOWN);
    shop.get().token(&sara.token).send().await.assert_status(200);
}

async fn accepts_a_token_of_another_system(shop: Shop) {
    let sara = shop.customer("sara").await;
    let drf = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b";
    shop.get().token(drf).send().await.assert(401, UNKNOWN);
    shop.store_token(sara.id, &ApiToken::from_plaintext(drf), None).await;
    shop.get().token(drf).send().await.assert_status(200);
    shop.patch(json!({"first_name": "Sara"})).token(drf).send().await.assert_status(200);
}

/// A read, a patch and both of GraphQL, on a connection that was already in use.
async fn try_everything(connection: &mut Connection, token: &str) -> [Answer; 4] {
    let mut send = async |head: &str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{head} HTTP/1.1\r\nHost: shop\r\nAuthorization: Token {token}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.exchange(request).await
    };
    [
        send(&format!("GET {ME}"), Value::Null).await,
        send(&format!("PATCH {ME}"), json!({"last_name": "Ahmadi"})).await,
        send("POST /graphql", json!({"query": "{ me { lastName } }"})).await,
        send("POST /graphql", json!({"query": UPDATE})).await,
    ]
}

const UPDATE: &str = r#"mutation { updateMyProfile(input: {lastName: "Ahmadi"}) { customer { lastName } } }"#;

#[track_caller]
fn assert_all_answered(answers: [Answer; 4]) {
    for answer in answers {
        assert!(answer.status == 200 && !answer.body.contains("errors"), "{answer}");
    }
}

#[track_caller]
fn assert_all_rejected(answers: [Answer; 4], detail: &str) {
    let [get, patch, me, update] = answers;
    get.assert(401, detail);
    patch.assert(401, detail);
    assert_graphql_rejected(&me, detail);
    assert_graphql_rejected(&update, detail);
}

/// What REST says as its detail, said by GraphQL.
#[track_caller]
fn assert_graphql_rejected(answer: &Answer, detail: &str) {
    let body = answer.json();
    let error = &body["errors"][0];
    assert_eq!((answer.status, &error["extensions"]), (401, &json!({"code": "UNAUTHENTICATED"})), "{answer}");
    assert_eq!(json!({ "detail": error["message"] }).to_string(), detail, "{answer}");
    assert!(body.get("data").is_none(), "{answer}");
}

async fn a_revoked_token_is_rejected_on_an_open_connection(shop: Shop) {
    let sara = shop.customer("sara").await;
    let mut connection = shop.connection().await;
    assert_all_answered(try_everything(&mut connection, &sara.token).await);
    let id = shop.store.list_tokens(sara.id).await.unwrap()[0].id;
    assert_eq!(shop.store.revoke_tokens(&TokenRef::Id(id)).await.unwrap()[0].id, id);
    assert_all_rejected(try_everything(&mut connection, &sara.token).await, UNKNOWN);
}

async fn an_expired_token_is_rejected_on_an_open_connection(shop: Shop) {
    let sara = shop.customer("sara").await;
    let mut connection = shop.connection().await;
    assert_all_answered(try_everything(&mut connection, &sara.token).await);
    let db = shop.database.connect().await;
    db.execute_unprepared("UPDATE api_token SET expires_at = created_at").await.unwrap();
    assert_all_rejected(try_everything(&mut connection, &sara.token).await, UNKNOWN);
}

async fn a_deactivated_customer_is_rejected_on_an_open_connection(shop: Shop) {
    let sara = shop.customer("sara").await;
    let mut connection = shop.connection().await;
    assert_all_answered(try_everything(&mut connection, &sara.token).await);
    shop.store.set_active(sara.id, false).await.unwrap();
    assert_all_rejected(try_everything(&mut connection, &sara.token).await, INACTIVE);
    shop.store.set_active(sara.id, true).await.unwrap();
    assert_all_answered(try_everything(&mut connection, &sara.token).await);
}

async fn a_request_does_not_wait_for_the_last_use_of_its_token(shop: Shop) {
    let sara = shop.customer("sara").await;
    let last_used = async || shop.store.list_tokens(sara.id).await.unwrap()[0].last_used_at;
    // Another transaction locks the row (PostgreSQL) or the whole database (SQLite).
    let db = shop.database.connect().await;
    let holder = db.begin().await.unwrap();
    holder.execute_unprepared("UPDATE api_token SET name = 'held'").await.unwrap();
    shop.get().token(&sara.token).send().await.assert_status(200);
    assert_eq!(last_used().await, None);
    holder.rollback().await.unwrap();
    let used = eventually(last_used).await;
    assert!(used >= shop.row(sara.id).await.created_at && used <= shop_profile::store::now());
}
