//! SQLite's WAL: its limit, and a reader that needs an old snapshot for long.

use std::{path::PathBuf, time::Duration};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{
    Subject,
    api::Api,
    database::Database,
    eventually,
    shop::{Customer, Shop},
};

const MAX_WAL_BYTES: u64 = 64 * 1024 * 1024;
const STREAMS: usize = 8;
/// How long a patch may take: less than SQLite's busy timeout, which no patch must reach.
const PATIENCE: Duration = Duration::from_secs(4);
/// Each patch writes 256 KB more than it needs: with no pause between them, far more than the patches of any shop.
const BALLAST: &str = "
    CREATE TABLE ballast (customer INTEGER PRIMARY KEY, bytes BLOB);
    CREATE TRIGGER ballast AFTER UPDATE ON customer
    BEGIN INSERT OR REPLACE INTO ballast VALUES (NEW.id, zeroblob(262144)); END";

struct Load {
    shop: Shop,
    customers: Vec<Customer>,
    wal: PathBuf,
}

impl Load {
    async fn prepare() -> Self {
        let shop = Shop::on(Database::sqlite()).await;
        let mut customers = Vec::new();
        for number in 0..STREAMS {
            customers.push(shop.customer(&format!("customer{number}")).await);
        }
        shop.database.connect().await.execute_unprepared(BALLAST).await.unwrap();
        let wal = format!("{}-wal", shop.database.url().trim_start_matches("sqlite://")).into();
        Self { shop, customers, wal }
    }

    fn wal_bytes(&self) -> u64 {
        self.wal.metadata().unwrap().len()
    }

    /// So many patches of each customer, all answered 200; gives the WAL's greatest length.
    async fn run(&self, patches: usize) -> u64 {
        let streams = self.customers.iter().map(|customer| {
            let (api, token) = (Api::clone(&self.shop), customer.token.clone());
            tokio::spawn(async move {
                for _ in 0..patches {
                    let name = format!("{:?}", Instant::now());
                    let patch = api.patch(json!({ "first_name": name })).token(&token).send();
                    tokio::time::timeout(PATIENCE, patch).await.unwrap().assert_status(200);
                }
            })
        });
        let mut streams = std::pin::pin!(join_all(streams));
        let mut longest = 0;
        loop {
            tokio::select! {
                done = &mut streams => {
                    done.into_iter().for_each(Result::unwrap);
                    return longest;
                }
                () = tokio::time::sleep(Duration::from_millis(5)) => longest = longest.max(self.wal_bytes()),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wal_stays_below_its_limit_under_constant_load() {
    let longest = Load::prepare().await.run(150).await;
    assert!(longest <= MAX_WAL_BYTES, "{longest}");
}

/// SQLite cannot truncate the WAL while a reader needs it. Writes go on meanwhile, and when the reader has ended, the WAL
/// is below its limit again.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_reader_lets_the_wal_grow_and_fails_no_write() {
    let load = Load::prepare().await;
    let reader = load.shop.database.connect().await.begin().await.unwrap();
    reader
        .query_one_raw(sea_orm::Statement::from_string(reader.get_database_backend(), "SELECT COUNT(*) FROM customer"))
        .await
        .unwrap();
    while load.wal_bytes() <= MAX_WAL_BYTES {
        load.run(10).await;
    }
    load.shop.get().token(&load.customers[0].token).send().await.assert_status(200);

    reader.rollback().await.unwrap();
    eventually(async || {
        load.run(1).await;
        (load.wal_bytes() <= MAX_WAL_BYTES).then_some(())
    })
    .await;
    let longest = load.run(80).await;
    assert!(longest <= MAX_WAL_BYTES, "{longest}");
}
