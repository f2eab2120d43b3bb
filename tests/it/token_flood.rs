//! Many tokens that are not valid, from one address, against the program: what the database sees of them, what the log
//! says, and what a customer behind the same address notices.

use std::time::Instant;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::{
    log::lines,
    support::{
        Subject,
        api::Api,
        binary::{self, Server},
        database::Database,
        shop::Shop,
    },
};

const TOKENS: u32 = 13_000;
const CONNECTIONS: u32 = 50;
const PATCHES: u32 = 40;

/// How often PostgreSQL has looked into the table of tokens. The sessions that are over have reported it.
async fn looks(database: &Database) -> u64 {
    let connection = database.connect().await;
    let sql = "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS looks FROM pg_stat_user_tables \
               WHERE relname = 'api_token'";
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    let looks: i64 = row.unwrap().try_get("", "looks").unwrap();
    connection.close().await.unwrap();
    looks.cast_unsigned()
}

async fn send_unknown_tokens(api: Api, from: u32) {
    for token in (from..TOKENS).step_by(CONNECTIONS as usize) {
        let answer = api.get().token(&format!("unknown{token}")).send().await;
        assert!([401, 429].contains(&answer.status), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_tokens_stops_at_the_limit_and_not_the_customers() {
    let Some(database) = Database::postgres().await else { return };
    let shop = Shop::on(database).await;
    let sara = shop.customer("sara").await;
    shop.store.close().await;
    let before = looks(&shop.database).await;
    let mut serve = binary::serve(shop.database.url(), &["--log-format", "json"]);
    serve.env_remove("SHOP_PROFILE_RATE_LIMIT_FAILED_TOKENS");
    let server = Server::spawn(serve).await;
    server.get().token(&sara.token).send().await.assert_status(200);

    let start = Instant::now();
    let clients = (0..CONNECTIONS).map(|from| tokio::spawn(send_unknown_tokens(Api::clone(&server), from)));
    let clients: Vec<_> = clients.collect();
    for number in 0..PATCHES {
        let name = json!({"first_name": format!("Sara{number}")});
        server.patch(name).token(&sara.token).send().await.assert_status(200);
    }
    for client in clients {
        client.await.unwrap();
    }
    let seconds = start.elapsed().as_secs();
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");

    // One more may be tried every two seconds.
    let most = 30 + seconds / 2 + 1;
    let summaries = lines(&log, "tokens rejected");
    let total = |field: &str| summaries.iter().filter_map(|line| line[field].as_u64()).sum::<u64>();
    let (unknown, unchecked) = (total("unknown"), total("unchecked"));
    assert!((30..=most).contains(&unknown), "{unknown} tokens looked for in {seconds} s");
    assert_eq!(unknown + unchecked, u64::from(TOKENS), "{log}");
    // Beside them: the reads and updates of the customer, and each second the last use of tokens.
    let others = u64::from(1 + PATCHES) + 2 * seconds + 10;
    let looks = looks(&shop.database).await - before;
    assert!((unknown..=unknown + others).contains(&looks), "{looks} looks for {unknown} tokens in {seconds} s");
    // The customer's own requests and changes are a line each.
    let of_customer =
        |line: &&str| ["\"shop_profile::request\"", "\"audit\""].iter().any(|target| line.contains(target));
    assert!(log.lines().filter(|line| !of_customer(line)).count() <= 60, "{log}");
}
