//! Faults of PostgreSQL and of the way there.

use std::marker::PhantomData;

use sea_orm::ConnectionTrait;

use crate::{
    load::Load,
    scenario::Fault,
    support::{binary::Server, database::Database, proxy::Proxy},
};

/// The connections carry nothing any more and stay open; new ones work. The host of the database lost its power, and
/// another one took over its address.
pub type FrozenConnections = Proxied<Freeze>;
/// The connections are reset; new ones work.
pub type ResetConnections = Proxied<Reset>;

/// What a proxy does to the connections that pass it.
pub trait Break {
    /// Does it, until it shows.
    async fn to(proxy: &Proxy, load: &Load);
}

pub enum Freeze {}

impl Break for Freeze {
    async fn to(proxy: &Proxy, load: &Load) {
        proxy.freeze();
        load.is_rejected().await;
    }
}

pub enum Reset {}

impl Break for Reset {
    async fn to(proxy: &Proxy, load: &Load) {
        for _ in 0..20 {
            proxy.reset();
            load.is_served(1).await;
        }
        proxy.reset();
    }
}

/// The server reaches the database through a proxy.
pub struct Proxied<B> {
    proxy: Proxy,
    _database: Database,
    fault: PhantomData<B>,
}

impl<B: Break> Fault for Proxied<B> {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { proxy: Proxy::start(database.url()).await, _database: database, fault: PhantomData })
    }

    fn url(&self) -> String {
        self.proxy.url().to_owned()
    }

    async fn begin(&mut self, _: &Server, load: &Load) {
        B::to(&self.proxy, load).await;
    }

    async fn end(&mut self) {}
}

/// The database takes no writes: a primary that was demoted.
pub struct ReadOnlyDatabase {
    database: Database,
}

impl ReadOnlyDatabase {
    /// Connections that are open keep their setting: they are ended, as a fail-over ends them, and
    /// the statement waits until they have ended.
    async fn set_read_only(&self, value: &str) {
        let name = self.database.url().split(['?']).next().unwrap().rsplit('/').next().unwrap().to_owned();
        let db = self.database.connect().await;
        db.execute_unprepared("SET default_transaction_read_only = off").await.unwrap();
        for sql in [
            format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}"),
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()"
                .to_owned(),
        ] {
            db.execute_unprepared(&sql).await.unwrap();
        }
        db.close().await.unwrap();
    }
}

impl Fault for ReadOnlyDatabase {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { database })
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    async fn begin(&mut self, _: &Server, load: &Load) {
        self.set_read_only("on").await;
        load.is_rejected().await;
    }

    async fn end(&mut self) {
        self.set_read_only("off").await;
    }
}
