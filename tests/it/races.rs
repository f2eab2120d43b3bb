//! Many clients at the same time.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{both_databases, shop::Shop};

const UPDATE: &str = "mutation ($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) { customer { lastName } userErrors { code } }
}";

both_databases![
    concurrent_patches_of_different_fields_are_all_stored,
    one_of_two_concurrent_renames_to_a_username_succeeds,
    one_of_many_concurrent_patches_of_a_version_succeeds,
    a_rejected_patch_fails_no_other_patch_of_its_batch,
    a_patch_never_undoes_a_deactivation,
];

async fn concurrent_patches_of_different_fields_are_all_stored(shop: Shop) {
    let sara = shop.customer("sara").await;
    let by_rest = async {
        for turn in 1..=200 {
            let name = format!("first{turn}");
            let answer = shop.patch(json!({ "first_name": name })).token(&sara.token).send().await.assert_status(200);
            assert_eq!(answer.json()["first_name"], name, "{answer}");
        }
    };
    let by_graphql = async {
        for turn in 1..=200 {
            let name = format!("last{turn}");
            let request = shop.graphql(UPDATE, json!({"input": {"lastName": name}})).token(&sara.token);
            let updated =
                format!(r#"{{"data":{{"updateMyProfile":{{"customer":{{"lastName":"{name}"}},"userErrors":[]}}}}}}"#);
            request.send().await.assert(200, &updated);
        }
    };
    tokio::join!(by_rest, by_graphql);
    let row = shop.row(sara.id).await;
    assert_eq!((row.first_name.as_str(), row.last_name.as_str(), row.version), ("first200", "last200", 401));
}

async fn one_of_two_concurrent_renames_to_a_username_succeeds(shop: Shop) {
    let (sara, neda) = (shop.customer("sara").await, shop.customer("neda").await);
    for round in 0..40 {
        // They differ in case: the index is on the canonical form.
        let ask = |token: &str, name: String| shop.patch(json!({ "username": name })).token(token).send();
        let answers =
            tokio::join!(ask(&sara.token, format!("round{round}")), ask(&neda.token, format!("ROUND{round}")));
        let (winner, loser) = if answers.0.status == 200 { answers } else { (answers.1, answers.0) };
        winner.assert_status(200);
        loser.assert(400, r#"{"username":["A user with that username already exists."]}"#);
    }
    assert_eq!(shop.row(sara.id).await.version + shop.row(neda.id).await.version, 42);
}

async fn one_of_many_concurrent_patches_of_a_version_succeeds(shop: Shop) {
    let sara = shop.customer("sara").await;
    for version in 1..=10 {
        let ask = |name: usize| {
            let patch = shop.patch(json!({ "first_name": format!("{version} {name}") }));
            patch.header("if-match", format!(r#""{}-{version}""#, sara.id)).token(&sara.token).send()
        };
        let answers = join_all((0..16).map(ask)).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![412; 15]].concat());
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        let row = shop.row(sara.id).await;
        assert_eq!((winner.json()["first_name"].as_str(), row.version), (Some(&*row.first_name), version + 1));
    }
}

/// SQLite's writer makes one transaction of what comes at once.
async fn a_rejected_patch_fails_no_other_patch_of_its_batch(shop: Shop) {
    let mut customers = Vec::new();
    for number in 0..32 {
        customers.push(shop.customer(&format!("customer{number}")).await);
    }
    for round in 0..5 {
        let ask = |(number, token): (usize, &str)| {
            let patch = match number % 2 {
                0 => json!({"username": format!("round{round}"), "last_name": format!("winner{round}")}),
                _ => json!({"last_name": format!("{round} {number}")}),
            };
            shop.patch(patch).token(token).send()
        };
        let answers = join_all(customers.iter().map(|customer| &*customer.token).enumerate().map(ask)).await;
        let mut winners = 0;
        for (number, (customer, answer)) in customers.iter().zip(answers).enumerate() {
            let row = shop.row(customer.id).await;
            winners += usize::from(number % 2 == 0 && answer.status == 200);
            match answer.status {
                200 if number % 2 == 0 => assert_eq!(row.username, format!("round{round}")),
                200 => assert_eq!(row.last_name, format!("{round} {number}")),
                _ => assert!(number % 2 == 0 && row.last_name != format!("winner{round}"), "{answer}"),
            }
        }
        assert_eq!(winners, 1);
    }
}

async fn a_patch_never_undoes_a_deactivation(shop: Shop) {
    let sara = shop.customer("sara").await;
    for round in 0..20 {
        let patch = |text: String| shop.patch(json!({ "first_name": text })).token(&sara.token).send();
        let (answer, deactivated) =
            tokio::join!(patch(format!("before {round}")), shop.store.set_active(sara.id, false));
        assert!(deactivated.unwrap().is_some());
        assert!([200, 401].contains(&answer.status), "{answer}");
        assert!(!shop.row(sara.id).await.is_active);
        patch("after".into()).await.assert(401, r#"{"detail":"User inactive or deleted."}"#);
        assert_ne!(shop.row(sara.id).await.first_name, "after");
        shop.store.set_active(sara.id, true).await.unwrap();
    }
}
