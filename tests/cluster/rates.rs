//! The rate limit of a customer, behind haproxy with three servers.

use std::time::Instant;

use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;

use crate::{load::add_customer, support::say, topology::Topology};

/// `serve --rate-limit-updates`, its default.
const LIMIT: u64 = 60;
const PATCHES: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs haproxy; see main.rs"]
async fn a_token_has_one_limit_behind_haproxy_however_many_servers_there_are() {
    let topology = Topology::start().await;
    let store = std::sync::Arc::new(topology.store().await);
    let (_, token) = add_customer(&store, "sara").await;
    store.close().await;

    let http = Client::builder().no_proxy().build().unwrap();
    let start = Instant::now();
    let mut patches = JoinSet::new();
    for number in 0..PATCHES {
        // The same token, however it is written.
        let scheme = ["Token", "Bearer", "token "][number as usize % 3];
        let request = http.patch(format!("http://{}/api/shop/customers/me", topology.address));
        let request = request.header("authorization", format!("{scheme} {}", token));
        let request =
            request.header("content-type", "application/json").body(format!("{{\"last_name\": \"{number}\"}}"));
        patches.spawn(async { request.send().await.unwrap().status() });
    }
    let statuses = patches.join_all().await;
    let seconds = start.elapsed().as_secs() + 1;
    let count = |status| statuses.iter().filter(|it| **it == status).count() as u64;
    let (accepted, throttled) = (count(StatusCode::OK), count(StatusCode::TOO_MANY_REQUESTS));
    say(&format!("{accepted} of {PATCHES} patches accepted in less than {seconds} s by three servers"));
    assert_eq!(accepted + throttled, PATCHES, "{statuses:?}");
    // One comes back each second.
    assert!((LIMIT..=LIMIT + seconds).contains(&accepted), "{accepted}");
}
