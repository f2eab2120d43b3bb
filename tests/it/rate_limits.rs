//! Rate limits: of a customer by both APIs, and of an address whose tokens are not valid.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shop_profile::{
    rate_limit::RateLimits,
    server::{ConnectionLimits, Options},
    store::TokenRef,
};

use crate::support::{
    answer::Answer,
    api::{Api, Request},
    both_databases,
    database::Database,
    shop::Shop,
};

both_databases![
    both_apis_share_the_updates_of_a_customer,
    a_customers_tokens_share_their_updates,
    each_root_field_is_counted,
    reads_are_counted_apart,
    a_spent_address_costs_the_database_nothing,
    a_customer_goes_on_from_a_spent_address,
    a_revoked_token_is_unknown_again,
];

const UPDATE: &str = "mutation($i: UpdateMyProfileInput!) { updateMyProfile(input: $i) { userErrors { code } } }";

/// So few that none comes back within a test: one in 12 s.
const FEW: RateLimits = RateLimits { updates: 5, reads: 5, failed_tokens: 5 };

async fn shop(database: Database) -> Shop {
    let options =
        Options { rate_limits: FEW, trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()], ..Options::default() };
    Shop::with(database, &options, ConnectionLimits::default()).await
}

/// A change by REST.
fn patch(api: &Api, token: &str) -> Request {
    api.patch(json!({"first_name": "Sara"})).token(token)
}

/// A change by GraphQL.
fn mutation(api: &Api, token: &str) -> Request {
    api.graphql(UPDATE, json!({"i": {"firstName": "Sara"}})).token(token)
}

/// A mutation with an update of each name.
fn updates(names: &[&str]) -> String {
    let update = |name: &&str| format!("{name}: updateMyProfile(input: {{}}) {{ userErrors {{ code }} }}");
    format!("mutation {{ {} }}", names.iter().map(update).collect::<Vec<_>>().join(" "))
}

/// A read by a client elsewhere, as the proxy says.
fn get_from(api: &Api, address: &str, token: &str) -> Request {
    api.get().token(token).header("x-forwarded-for", address)
}

/// How many are left, as the response says.
#[track_caller]
fn remaining(answer: &Answer, policy: &str) -> u32 {
    let prefix = format!("\"{policy}\";r=");
    let rest = answer.header("ratelimit").strip_prefix(&prefix).unwrap_or_else(|| panic!("not {policy}\n{answer}"));
    rest.split(';').next().unwrap().parse().unwrap()
}

/// The seconds after which to try again; those of `RateLimit` are the same.
#[track_caller]
fn assert_throttled(answer: Answer) -> u32 {
    let answer = answer.assert_status(429);
    let seconds = answer.header("retry-after").to_owned();
    assert!(answer.header("ratelimit").ends_with(&format!(";t={seconds}")), "{answer}");
    seconds.parse().unwrap()
}

async fn both_apis_share_the_updates_of_a_customer(database: Database) {
    let shop = shop(database).await;
    let (sara, neda) = (shop.customer("sara").await, shop.customer("neda").await);
    let dry_run = shop.request(axum::http::Method::PATCH, "/api/shop/customers/me?validate_only=true");
    for (left, request) in [
        (4, patch(&shop, &sara.token)),
        (3, mutation(&shop, &sara.token)),
        (2, dry_run.token(&sara.token)),
        (1, shop.patch(json!({"username": ""})).token(&sara.token)),
        (0, shop.patch_bytes("x").token(&sara.token).header("content-type", "text/plain")),
    ] {
        let answer = request.send().await.assert_header("ratelimit-policy", "\"updates\";q=5;w=60");
        assert_eq!(remaining(&answer, "updates"), left, "{answer}");
    }
    let answer = patch(&shop, &sara.token).send().await;
    let seconds = answer.header("retry-after").to_owned();
    let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
    assert!((1..=12).contains(&assert_throttled(answer.assert(429, &json!({"detail": detail}).to_string()))));
    for accept in ["application/json", "application/graphql-response+json"] {
        let answer = mutation(&shop, &sara.token).header("accept", accept).send().await.assert_status(429);
        let body = answer.json();
        let extensions = json!({"code": "TOO_MANY_REQUESTS", "retryAfter": answer.retry_after()});
        assert_eq!((body["errors"].as_array().map(Vec::len), body.get("data")), (Some(1), None), "{answer}");
        assert_eq!(body["errors"][0]["extensions"], extensions, "{answer}");
        assert!(body["errors"][0]["message"].as_str().unwrap().starts_with("Request was throttled."), "{answer}");
        assert_throttled(answer);
    }
    shop.get().token(&sara.token).send().await.assert_status(200);
    patch(&shop, &neda.token).send().await.assert_status(200);
    assert_eq!(shop.row(sara.id).await.version, 2, "the second update changed nothing, and the others were none");
}

async fn a_customers_tokens_share_their_updates(database: Database) {
    let shop = shop(database).await;
    let sara = shop.customer("sara").await;
    for _ in 0..5 {
        patch(&shop, &sara.token).send().await.assert_status(200);
    }
    let other = shop.issue(sara.id, None).await;
    assert_throttled(shop.patch(json!({"first_name": "Zoë"})).token(&other).send().await);
    assert_throttled(mutation(&shop, &shop.issue(sara.id, None).await).send().await);
    assert_eq!(shop.row(sara.id).await.first_name, "Sara");
}

async fn each_root_field_is_counted(database: Database) {
    let shop = shop(database).await;
    let sara = shop.customer("sara").await;
    let send = |query: &str| shop.graphql(query, json!({})).token(&sara.token);
    let three = updates(&["a", "b", "c"]);
    assert_eq!(remaining(&send(&three).send().await.assert_status(200), "updates"), 2);
    // Three do not fit, two do.
    let answer = send(&three).send().await;
    assert_eq!(remaining(&answer, "updates"), 2);
    assert_throttled(answer);
    let two = updates(&["a", "b"]);
    assert_eq!(remaining(&send(&two).send().await.assert_status(200), "updates"), 0);
    let reads = send("{ __typename me { id } b: me { id } ... { c: me { id } } }").send().await.assert_status(200);
    assert_eq!(remaining(&reads, "reads"), 2);
}

async fn reads_are_counted_apart(database: Database) {
    let shop = shop(database).await;
    let sara = shop.customer("sara").await;
    let ask = |query: &str, shows: Value| {
        let body = json!({"query": query, "extensions": {"rateLimit": shows}}).to_string();
        shop.graphql("", json!({})).body(body)
    };
    assert_eq!(remaining(&shop.get().token(&sara.token).send().await, "reads"), 4);
    let not_modified = shop.get().token(&sara.token).header("if-none-match", "*").send().await.assert_status(304);
    assert_eq!(remaining(&not_modified, "reads"), 3);
    for (left, shows) in [(2, json!(true)), (1, json!(false))] {
        let answer = ask("{ me { id } }", shows.clone()).token(&sara.token).send().await.assert_status(200);
        let shown = answer.json()["extensions"]["rateLimit"].clone();
        assert_eq!(remaining(&answer, "reads"), left);
        if shows == json!(true) {
            let reset = shown["reset"].as_u64().unwrap();
            let expected = json!({"policy": "reads", "limit": 5, "remaining": left, "reset": reset});
            assert!(shown == expected && (1..=12).contains(&reset), "{answer}");
        } else {
            assert!(answer.json().get("extensions").is_none(), "{answer}");
        }
    }
    // A token must be valid whatever is asked, so it is looked for.
    let schema = ask("{ __typename }", json!(null)).token(&sara.token).send().await.assert_status(200);
    assert_eq!(remaining(&schema, "reads"), 0);
    assert_throttled(shop.get().token(&sara.token).send().await);
    let answer = ask("{ me { id } }", json!(true)).token(&sara.token).send().await;
    assert_eq!(answer.json()["extensions"]["rateLimit"]["remaining"], 0, "{answer}");
    assert_throttled(answer);
    let anonymous = ask("{ __typename }", json!(true)).send().await.assert_status(200);
    assert!(
        !anonymous.headers.contains_key("ratelimit") && anonymous.json().get("extensions").is_none(),
        "{anonymous}"
    );
    patch(&shop, &sara.token).send().await.assert_status(200);
}

async fn a_spent_address_costs_the_database_nothing(database: Database) {
    let shop = shop(database).await;
    for left in (0..5).rev() {
        let answer = get_from(&shop, "2001:db8::1", "unknown").send().await.assert_status(401);
        assert_eq!(remaining(&answer, "failed-tokens"), left);
    }
    // A request tries its token once, however many root fields it has.
    let three = updates(&["a", "b", "c"]);
    let answer =
        shop.graphql(&three, json!({})).token("unknown").header("x-forwarded-for", "2001:db8:9::1").send().await;
    assert_eq!(remaining(&answer.assert_status(401), "failed-tokens"), 4);
    // No credentials are no token.
    shop.get().header("x-forwarded-for", "2001:db8::1").send().await.assert_status(401);
    let db = shop.database.connect().await;
    db.execute_unprepared("ALTER TABLE api_token RENAME TO hidden").await.unwrap();
    let spent = async |address| assert_throttled(get_from(&shop, address, "unknown").send().await);
    for address in ["2001:db8::1", "2001:db8::ffff", "198.51.100.1, 2001:db8::2"] {
        assert!((1..=12).contains(&spent(address).await));
    }
    for request in [patch(&shop, "unknown"), mutation(&shop, "unknown"), shop.graphql("{", json!({})).token("unknown")]
    {
        let answer = request.header("forwarded", "for=\"[2001:db8::7]:1\"").send().await;
        assert_eq!(remaining(&answer, "failed-tokens"), 0);
        assert_throttled(answer);
    }
    // Another network is another client, and the database is asked.
    get_from(&shop, "2001:db8:0:1::1", "unknown").send().await.assert_status(500);
}

async fn a_customer_goes_on_from_a_spent_address(database: Database) {
    let shop = shop(database).await;
    let (sara, neda) = (shop.customer("sara").await, shop.customer("neda").await);
    let address = "198.51.100.1";
    get_from(&shop, address, &sara.token).send().await.assert_status(200);
    for _ in 0..5 {
        get_from(&shop, address, "unknown").send().await.assert_status(401);
    }
    patch(&shop, &sara.token).header("x-forwarded-for", address).send().await.assert_status(200);
    // A token that this server has not seen is no better than any other, until it comes from elsewhere.
    assert_throttled(get_from(&shop, address, &neda.token).send().await);
    get_from(&shop, "198.51.100.2", &neda.token).send().await.assert_status(200);
    get_from(&shop, address, &neda.token).send().await.assert_status(200);
}

async fn a_revoked_token_is_unknown_again(database: Database) {
    let shop = shop(database).await;
    let sara = shop.customer("sara").await;
    shop.get().token(&sara.token).send().await.assert_status(200);
    shop.store.revoke_tokens(&TokenRef::Id(1)).await.unwrap();
    for _ in 0..5 {
        shop.get().token(&sara.token).send().await.assert_status(401);
    }
    assert_throttled(shop.get().token(&sara.token).send().await);
}

#[tokio::test]
async fn a_header_from_a_peer_that_is_no_trusted_proxy_is_not_believed() {
    let options = Options { rate_limits: FEW, ..Options::default() };
    let shop = Shop::with(Database::sqlite(), &options, ConnectionLimits::default()).await;
    for last in 0..5 {
        get_from(&shop, &format!("198.51.100.{last}"), "unknown").send().await.assert_status(401);
    }
    assert_throttled(get_from(&shop, "198.51.100.9", "unknown").send().await);
}

#[tokio::test]
async fn a_server_without_limits_says_nothing_of_them() {
    let shop = Shop::with(Database::sqlite(), &Options::default(), ConnectionLimits::default()).await;
    let sara = shop.customer("sara").await;
    for request in [shop.get().token(&sara.token), patch(&shop, &sara.token), shop.get().token("unknown")] {
        let answer = request.send().await;
        assert!(!answer.headers.contains_key("ratelimit"), "{answer}");
    }
}
