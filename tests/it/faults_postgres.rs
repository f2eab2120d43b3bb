//! PostgreSQL fails in the middle of its work: what was answered 200 is stored, what was answered 503 is not (or the
//! text says that it may be), and the server recovers by itself.

use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use shop_profile::store::{CustomerRef, Store, Timeouts};

use crate::support::{
    answer::Answer,
    database::{CONNECTIONS, Database, open_at},
    eventually,
    proxy::Proxy,
    shop::{Customer, Shop},
};

const UNAVAILABLE: &str = r#"{"detail":"Service temporarily unavailable, try again later."}"#;
const OUTCOME_UNKNOWN: &str = r#"{"detail":"Service temporarily unavailable: the update may or may not have been stored. Read the profile before you try again."}"#;
const UPDATE: &str = r#"mutation { updateMyProfile(input: {firstName: "Graph"}) { customer { firstName } } }"#;

const TERMINATE_OTHERS: &str = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
                                WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// What takes seconds outside takes a fraction here.
const SHORT: Timeouts = Timeouts {
    acquire: Duration::from_secs(4),
    statement: Duration::from_secs(2),
    lock: Duration::from_millis(200),
    response: Duration::from_secs(3),
    idle: Duration::from_secs(3600),
    busy: Duration::from_secs(5),
    ready: Duration::from_secs(1),
    failing: Duration::from_secs(5),
};

/// A shop behind a proxy that can fail, with twice as many customers as connections, all of which are open.
struct Failing {
    shop: Shop,
    proxy: Proxy,
    customers: Vec<Customer>,
    /// What is stored, seen past the proxy.
    observer: Store,
}

impl Failing {
    async fn with(timeouts: Timeouts) -> Option<Self> {
        let database = Database::postgres().await?;
        let proxy = Proxy::start(database.url()).await;
        let store = open_at(proxy.url(), timeouts).await;
        let shop = Shop::on_store(database, store).await;
        let mut customers = Vec::new();
        for number in 0..2 * CONNECTIONS {
            customers.push(shop.customer(&format!("customer{number}")).await);
        }
        let observer = shop.database.open().await;
        let failing = Self { shop, proxy, customers, observer };
        let opened = failing.proxy.opened();
        eventually(async || {
            failing.patch_all("before").await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
            (failing.proxy.opened() - opened >= u64::from(CONNECTIONS)).then_some(())
        })
        .await;
        Some(failing)
    }

    /// All customers at once.
    async fn patch_all(&self, first_name: &str) -> Vec<Answer> {
        let patch =
            |customer: &Customer| self.shop.patch(json!({ "first_name": first_name })).token(&customer.token).send();
        join_all(self.customers.iter().map(patch)).await
    }

    async fn first_name(&self, customer: &Customer) -> String {
        self.observer.find_customer(&CustomerRef::Id(customer.id)).await.unwrap().unwrap().first_name
    }

    async fn get_all(&self) -> Vec<Answer> {
        join_all(self.customers.iter().map(|customer| self.shop.get().token(&customer.token).send())).await
    }

    /// Patches every customer, and checks that what was answered is what is stored.
    async fn assert_recovered(&self) {
        for (answer, customer) in self.patch_all("after").await.into_iter().zip(&self.customers) {
            answer.assert_status(200);
            assert_eq!(self.first_name(customer).await, "after");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_recover_within_one_deadline_of_a_silent_server() {
    let Some(failing) = Failing::with(SHORT).await else { return };
    failing.proxy.freeze();
    // Half of them have a connection, which is silent. The others wait for one, in vain or not.
    let answers = failing.patch_all("silent").await;
    // Where every change is in a transaction of its own, the silence is known to have come before its end.
    let shares_sessions = failing.shop.database.shares_sessions();
    let unknown = answers.iter().filter(|answer| answer.body == OUTCOME_UNKNOWN).count();
    assert!(if shares_sessions { unknown == 0 } else { unknown >= CONNECTIONS as usize }, "{unknown}");
    for (answer, customer) in answers.into_iter().zip(&failing.customers) {
        let is_stored = failing.first_name(customer).await == "silent";
        match answer.status {
            200 => assert!(is_stored),
            _ if answer.body == UNAVAILABLE => assert!(!is_stored),
            _ => drop(answer.assert(503, OUTCOME_UNKNOWN)),
        }
    }
    failing.assert_recovered().await;

    failing.proxy.freeze();
    let update = failing.shop.graphql(UPDATE, Value::Null).token(&failing.customers[0].token).send().await;
    let error = &update.json()["errors"][0];
    let detail = if shares_sessions { UNAVAILABLE } else { OUTCOME_UNKNOWN };
    let detail: Value = serde_json::from_str(detail).unwrap();
    assert_eq!((&error["message"], &error["extensions"]["code"]), (&detail["detail"], &json!("SERVICE_UNAVAILABLE")));
    failing.assert_recovered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_idle_connection_is_replaced_and_fails_no_request() {
    let Some(failing) = Failing::with(Timeouts { idle: Duration::ZERO, ..SHORT }).await else { return };
    failing.proxy.freeze();
    failing.shop.get().token(&failing.customers[0].token).send().await.assert_status(200);
    failing.assert_recovered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_connections_are_replaced() {
    let Some(failing) = Failing::with(SHORT).await else { return };
    failing.proxy.reset();
    // A read is sent again.
    failing.get_all().await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
    failing.proxy.reset();
    for answer in failing.patch_all("reset").await {
        if answer.status != 200 {
            answer.assert(503, OUTCOME_UNKNOWN);
        }
    }
    failing.assert_recovered().await;
}

/// By REST and by GraphQL. Each statement of each connection was prepared before.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_column_type_fails_no_request() {
    let Some(mut failing) = Failing::with(SHORT).await else { return };
    let db = failing.shop.database.connect().await;
    for sql in
        ["ALTER TABLE customer ALTER COLUMN avatar TYPE text", "ALTER TABLE customer ALTER COLUMN email TYPE text"]
    {
        failing.get_all().await;
        db.execute_unprepared(sql).await.unwrap();
        failing.observer = failing.shop.database.open().await;
        failing.get_all().await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
        failing.patch_all("altered").await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
        let query = |customer: &Customer| failing.shop.graphql(UPDATE, Value::Null).token(&customer.token).send();
        for answer in join_all(failing.customers.iter().map(query)).await {
            answer.assert(200, r#"{"data":{"updateMyProfile":{"customer":{"firstName":"Graph"}}}}"#);
        }
        failing.assert_recovered().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_takes_reads_and_recovers() {
    let Some(failing) = Failing::with(SHORT).await else { return };
    let shop = &failing.shop;
    let db = shop.database.connect().await;
    let set = async |value: &str| {
        let sql = format!(
            "SET default_transaction_read_only = off; \
             DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {value}', \
             current_database()); END $$"
        );
        db.execute_unprepared(&sql).await.unwrap();
    };
    set("on").await;
    // The connections end, as they do when their server becomes a standby. The statement waits until they have ended.
    db.execute_unprepared(TERMINATE_OTHERS).await.unwrap();
    for answer in failing.patch_all("read-only").await {
        assert!(answer.assert(503, UNAVAILABLE).retry_after() >= 2);
    }
    failing.get_all().await.into_iter().for_each(|answer| drop(answer.assert_status(200)));
    let ask = || shop.request(axum::http::Method::GET, "/readyz").send();
    let ready = ask().await;
    assert_eq!((ready.status, &*ready.body), (503, "database read-only\n"));
    for customer in &failing.customers {
        assert_eq!(failing.first_name(customer).await, "before");
    }

    set("off").await;
    if shop.database.is_pooled() {
        // A pooler keeps its sessions, which keep the setting, whatever its clients do.
        db.execute_unprepared(TERMINATE_OTHERS).await.unwrap();
        // It may give a session that has ended to a client before it sees the end.
        eventually(async || (ask().await.status == 200).then_some(())).await;
    }
    // Without any request that finds out.
    ask().await.assert_status(200);
    failing.assert_recovered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_is_a_503_for_its_customer_alone() {
    let Some(failing) = Failing::with(SHORT).await else { return };
    let (shop, locked) = (&failing.shop, &failing.customers[0]);
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared(&format!("SELECT 1 FROM customer WHERE id = {} FOR UPDATE", locked.id)).await.unwrap();
    let own = (0..3 * CONNECTIONS).map(|_| shop.patch(json!({"first_name": "own"})).token(&locked.token).send());
    let others = failing.customers[1..].iter().map(|customer| {
        let patch = || shop.patch(json!({"last_name": "other"})).token(&customer.token).send();
        async move {
            for _ in 0..5 {
                patch().await.assert_status(200);
            }
        }
    });
    let (own, _) = tokio::join!(join_all(own), join_all(others));
    for answer in own {
        answer.assert(503, UNAVAILABLE).assert_header("retry-after", "1");
    }
    shop.get().token(&locked.token).send().await.assert_status(200);
    holder.rollback().await.unwrap();
    assert_eq!(failing.first_name(locked).await, "before");
    failing.assert_recovered().await;
}
