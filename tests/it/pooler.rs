//! Behind PgBouncer in transaction mode, where few sessions serve many clients. (`TEST_POOLER` puts one in front of all
//! tests.)

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use shop_profile::store::{CustomerRef, PreparedStatements, Store, Timeouts};

use crate::support::{
    binary::{self, Server},
    database::{self, Database, open_at, start_pooler},
    pooler::Pooler,
    shop::{Customer, Shop},
};

const CUSTOMERS: usize = 12;
/// Fewer than the clients: each session serves several.
const SESSIONS: u32 = 2;

/// Two servers behind one pooler, and customers.
struct Pooled {
    shops: [Shop; 2],
    customers: Vec<Customer>,
    pooler: Pooler,
}

impl Pooled {
    async fn start() -> Option<Self> {
        let database = Database::postgres().await?;
        let pooler = start_pooler("transaction", SESSIONS)?;
        let url = database.url_by(&pooler);
        let (store, other) = (open_at(&url, Timeouts::default()).await, open_at(&url, Timeouts::default()).await);
        let shop = Shop::on_store(database, store).await;
        let other = Shop::on_store(shop.database.another().await, other).await;
        let mut customers = Vec::new();
        for number in 0..CUSTOMERS {
            customers.push(shop.customer(&format!("customer{number}")).await);
        }
        Some(Self { shops: [shop, other], customers, pooler })
    }

    /// A change of every customer by both servers at once, each change another statement.
    async fn patch_all(&self, value: &str) {
        let patch = |(number, customer): (usize, &Customer)| {
            let field = ["first_name", "last_name"][number % 2];
            let patches =
                self.shops.iter().map(|shop| shop.patch(json!({ field: value })).token(&customer.token).send());
            join_all(patches.collect::<Vec<_>>())
        };
        for answer in join_all(self.customers.iter().enumerate().map(patch)).await.into_iter().flatten() {
            answer.assert_status(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_stored_and_no_setting_reaches_another_client() {
    let Some(pooled) = Pooled::start().await else { return };
    let [shop, other] = &pooled.shops;
    for value in ["a", "b", "c", "d"] {
        pooled.patch_all(value).await;
        for (number, customer) in pooled.customers.iter().enumerate() {
            let row = shop.store.find_customer(&CustomerRef::Id(customer.id)).await.unwrap().unwrap();
            assert_eq!([&row.first_name, &row.last_name][number % 2], value);
            let profile = other.get().token(&customer.token).send().await.assert_status(200).json();
            assert_eq!((&profile["id"], &profile["username"]), (&json!(row.id), &json!(row.username)));
        }
    }
    let client = database::connect(&shop.database.url_by(&pooled.pooler)).await;
    // Without prepared statements, as a pooler wants it.
    let leaked = "DO $$ BEGIN IF current_setting('lock_timeout') <> '0' OR current_setting('statement_timeout') <> '0' \
                  THEN RAISE 'leaked'; END IF; END $$";
    let asked = join_all((0..4 * SESSIONS).map(|_| client.execute_unprepared(leaked))).await;
    assert!(asked.iter().all(Result::is_ok), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_is_a_503_and_the_transaction_is_rolled_back() {
    let Some(pooled) = Pooled::start().await else { return };
    let (shop, locked) = (&pooled.shops[0], &pooled.customers[0]);
    let holder = shop.database.connect().await.begin().await.unwrap();
    holder.execute_unprepared(&format!("SELECT 1 FROM customer WHERE id = {} FOR UPDATE", locked.id)).await.unwrap();
    let patch = shop.patch(json!({"first_name": "locked"})).token(&locked.token).send().await;
    patch.assert_status(503).assert_header("retry-after", "1");
    holder.rollback().await.unwrap();
    pooled.patch_all("free").await;
    let taken = shop.patch(json!({"username": "customer1"})).token(&locked.token).send().await;
    taken.assert_status(400);
    pooled.patch_all("again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_find_the_pooler_and_migrate_once() {
    let Some(database) = Database::postgres().await else { return };
    let Some(pooler) = start_pooler("transaction", SESSIONS) else { return };
    let url = database.url_by(&pooler);
    let stores = join_all((0..8).map(|_| open_at(&url, Timeouts::default()))).await;
    let applied = join_all(stores.iter().map(Store::migrate)).await;
    assert_eq!(applied.into_iter().filter(|applied| !applied.as_ref().unwrap().is_empty()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pooler_is_found_or_the_option_names_it() {
    let Some(database) = Database::postgres().await else { return };
    let Some(pooler) = start_pooler("transaction", SESSIONS) else { return };
    let url = database.url_by(&pooler);
    binary::run(&url, &["migrate", "--prepared-statements", "off"]).await.assert_code(0);
    Server::start(&url, &["--log", "debug"]).await.logged("prepared statements are off").await;
    let server = Server::start(&url, &["--prepared-statements", "off"]).await;
    server.request(axum::http::Method::GET, "/readyz").send().await.assert_status(200);
    let wrong = binary::run(&url, &["migrate", "--prepared-statements", "never"]).await;
    wrong.assert_code(2);
    assert!(wrong.stderr.contains("expected auto, on or off"), "{}", wrong.stderr);
    let parsed: shop_profile::store::DatabaseUrl = url.parse().unwrap();
    assert_ne!(parsed.clone().with_prepared_statements(PreparedStatements::On), parsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_said_in_one_line() {
    let Some(database) = Database::postgres().await else { return };
    let Some(pooler) = start_pooler("transaction", SESSIONS) else { return };
    let url = format!("{}&options[search_path]=shop", database.url_by(&pooler));
    let ended = binary::run(&url, &["migrate"]).await;
    ended.assert_code(1);
    let expected = "unsupported startup parameter: options: a pooler takes no settings from the database URL: remove them \
                    there, and give them to the role (ALTER ROLE .. SET ..)\n";
    assert!(ended.stderr.ends_with(expected) && ended.stderr.lines().count() == 1, "{}", ended.stderr);

    let ended = binary::run(&pooler.url("no_such_database"), &["migrate"]).await;
    ended.assert_code(1);
    let expected = "database \"no_such_database\" does not exist: create it (createdb, or CREATE DATABASE) and run `shop-profile migrate`, \
                    or name another in the database URL\n";
    assert!(ended.stderr.ends_with(expected) && ended.stderr.lines().count() == 1, "{}", ended.stderr);

    let Some(pooler) = start_pooler("statement", SESSIONS) else { return };
    let ended = binary::run(&database.url_by(&pooler), &["migrate"]).await;
    ended.assert_code(1);
    assert!(ended.stderr.contains("transaction blocks not allowed in statement pooling mode"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}
