//! Updates that wait for the writer: begun before their deadline or never, and what a stop does with them.

use std::{
    task::Poll,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use shop_profile::{
    auth::{ApiToken, Credential},
    profile::{Customer as Profile, FieldInput, PatchInput},
    store::{Store, StoreError, Timeouts},
};

use crate::support::{Subject, database::Database, shop::Shop};

/// A change of the first name, without the API and the service above the store.
async fn update(store: &Store, token: &str, name: &str, deadline: Instant) -> Result<Option<Profile>, StoreError> {
    let input = PatchInput { first_name: FieldInput::Text(name.into()), ..Default::default() };
    let patch = input.parse(&store.rules()).unwrap();
    store.update_profile(&credential(token), &patch, None, deadline).await
}

fn credential(token: &str) -> Credential {
    Credential::from(&ApiToken::from_plaintext(token))
}

/// In a runtime of one thread the writer takes the first update alone, and waits for SQLite, when it is its turn to run.
#[tokio::test]
async fn an_update_is_begun_before_its_deadline_or_never() {
    let shop = Shop::on(Database::sqlite()).await;
    let (sara, zoe) = (shop.customer("sara").await, shop.customer("zoe").await);
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    let soon = Instant::now() + Duration::from_millis(300);
    let mut begun = Box::pin(update(&shop.store, &sara.token, "begun", soon));
    assert!(futures_util::poll!(&mut begun).is_pending());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let mut waiting = Box::pin(update(&shop.store, &zoe.token, "waiting", soon));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    tokio::time::sleep_until(soon.into()).await;
    // As the execution of a request polls it when its time is over.
    let Poll::Ready(waiting) = futures_util::poll!(&mut waiting) else { panic!("it waits on") };
    assert!(matches!(waiting, Err(StoreError::Busy)), "{waiting:?}");
    assert!(futures_util::poll!(&mut begun).is_pending());
    holder.rollback().await.unwrap();
    assert_eq!(begun.await.unwrap().unwrap().first_name.as_deref(), Some("begun"));
    shop.patch(json!({"last_name": "after"})).token(&zoe.token).send().await.assert_status(200);
    assert_eq!(shop.row(zoe.id).await.first_name, "");
}

/// Another process keeps the write lock when the server stops.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_updates() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let patience = Timeouts { busy: Duration::from_secs(3600), ..Timeouts::default() };
    let store = shop.database.open_with(patience).await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    let mut update = Box::pin(update(&store, &sara.token, "stored", Instant::now() + patience.busy));
    assert!(futures_util::poll!(&mut update).is_pending(), "it is queued");
    let mut close = Box::pin(store.close());
    assert!(futures_util::poll!(&mut close).is_pending(), "it waits for the update");
    holder.rollback().await.unwrap();
    let (updated, ()) = tokio::join!(update, close);
    assert_eq!(updated.unwrap().unwrap().first_name.as_deref(), Some("stored"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_up_the_last_uses_of_tokens() {
    let shop = Shop::on(Database::sqlite()).await;
    let sara = shop.customer("sara").await;
    let store = shop.database.open_with(Timeouts { busy: Duration::from_secs(3600), ..Timeouts::default() }).await;
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared("UPDATE customer SET email = NULL").await.unwrap();
    store.find_token_owner(&credential(&sara.token)).await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(30), store.close()).await.expect("an end long before SQLite's");
    holder.rollback().await.unwrap();
}
