//! A backup that is made while customers change their profiles, by the commands of docs/operating.md, and restored elsewhere.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use shop_profile::store::CustomerRef;
use tempfile::TempDir;
use tokio::{process::Command, task::JoinHandle};

use crate::{
    durability::stream,
    support::{
        api::Api,
        binary::Server,
        both_databases,
        database::Database,
        eventually,
        shop::{Customer, Shop},
    },
};

const CUSTOMERS: usize = 8;
/// Answers for each customer before the backup, and after it.
const ANSWERS: usize = 20;

both_databases![a_backup_under_load_has_every_patch_that_was_answered_before];

async fn a_backup_under_load_has_every_patch_that_was_answered_before(shop: Shop) {
    if !shop.database.can_dump().await {
        return;
    }
    let server = Server::start(shop.database.url(), &[]).await;
    let load = Load::start(&shop, &server).await;
    load.wait_for(&[0; CUSTOMERS]).await;
    let before = load.answered();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("backup");
    back_up(&shop.database, &file).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Customers go on changing their profiles after it.
    load.wait_for(&load.answered()).await;
    server.kill().await;
    let (customers, after) = load.ended().await;

    let restored = shop.database.another().await;
    restore(&restored, &file).await;
    let store = restored.open().await;
    assert_eq!(store.count_rows().await.unwrap(), (CUSTOMERS as u64, CUSTOMERS as u64));
    let server = Server::start(restored.url(), &[]).await;
    for (customer, (before, after)) in customers.iter().zip(before.into_iter().zip(after)) {
        let row = store.find_customer(&CustomerRef::Id(customer.id)).await.unwrap().unwrap();
        let patches = usize::try_from(row.version - 1).unwrap();
        // One more may have been under way when the server was killed.
        assert!(
            (before..=after + 1).contains(&patches),
            "{before} answered before, {after} at the end, {patches} stored"
        );
        // A row is wholly of one patch.
        assert_eq!(row.first_name, row.version.to_string());
        let get = server.get().token(&customer.token).send().await.assert_status(200);
        assert_eq!(get.json()["first_name"], row.first_name);
        server.patch(json!({"first_name": "restored"})).token(&customer.token).send().await.assert_status(200);
    }
}

async fn back_up(database: &Database, file: &Path) {
    let (url, file) = (database.direct_url(), file.display());
    let backup = match database.is_postgres() {
        true => format!("pg_dump --format=custom --file={file} '{url}'"),
        false => format!("sqlite3 {} \"VACUUM INTO '{file}'\"", path(database)),
    };
    shell(&format!("umask 077; {backup}")).await;
}

async fn restore(database: &Database, file: &Path) {
    let file = file.display();
    if database.is_postgres() {
        let url = database.direct_url();
        shell(&format!("pg_restore --exit-on-error --no-owner --no-privileges --dbname='{url}' {file}")).await;
    } else {
        shell(&format!("cp {file} {}", path(database))).await;
        assert_eq!(shell(&format!("sqlite3 {} 'PRAGMA integrity_check'", path(database))).await, "ok\n");
    }
}

fn path(database: &Database) -> &str {
    database.url().trim_start_matches("sqlite://")
}

async fn shell(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().await.unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Customers who change their profiles without a pause.
struct Load {
    customers: Vec<Customer>,
    /// How many patches of each were answered.
    answered: Vec<Arc<AtomicUsize>>,
    streams: Vec<JoinHandle<i64>>,
}

impl Load {
    async fn start(shop: &Shop, server: &Server) -> Self {
        let mut load = Self { customers: Vec::new(), answered: Vec::new(), streams: Vec::new() };
        for number in 0..CUSTOMERS {
            let customer = shop.customer(&format!("customer{number}")).await;
            let answered = Arc::<AtomicUsize>::default();
            let patches = stream(Api::clone(server), customer.token.clone(), 1, answered.clone());
            load.streams.push(tokio::spawn(patches));
            load.answered.push(answered);
            load.customers.push(customer);
        }
        load
    }

    fn answered(&self) -> Vec<usize> {
        self.answered.iter().map(|answered| answered.load(Ordering::SeqCst)).collect()
    }

    /// Waits until each customer has got so many answers more.
    async fn wait_for(&self, more_than: &[usize]) {
        let is_enough = || self.answered().iter().zip(more_than).all(|(now, then)| *now >= then + ANSWERS);
        eventually(async || is_enough().then_some(())).await;
    }

    /// The end, once the server is gone. Every answer until then was 200.
    async fn ended(self) -> (Vec<Customer>, Vec<usize>) {
        let mut answered = Vec::new();
        for stream in self.streams {
            answered.push(usize::try_from(stream.await.unwrap() - 1).unwrap());
        }
        (self.customers, answered)
    }
}
