//! Locks that another connection holds.

use std::marker::PhantomData;

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::{
    load::Load,
    scenario::Fault,
    support::{binary::Server, database::Database},
};

/// Another process holds the write lock of a SQLite file.
pub type LockedFile = Locked<WriteLock>;
/// Another transaction of PostgreSQL has locked every customer.
pub type LockedRows = Locked<RowLocks>;

/// A lock.
pub trait Lock {
    /// Begins a transaction and takes it.
    const TAKE: &str;
}

pub enum WriteLock {}

impl Lock for WriteLock {
    const TAKE: &str = "PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE";
}

pub enum RowLocks {}

impl Lock for RowLocks {
    const TAKE: &str = "BEGIN; SELECT id FROM customer FOR UPDATE";
}

/// Another connection holds the lock.
pub struct Locked<L> {
    database: Database,
    other: Option<DatabaseConnection>,
    lock: PhantomData<L>,
}

impl<L: Lock> Fault for Locked<L> {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { database, other: None, lock: PhantomData })
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    async fn begin(&mut self, _: &Server, load: &Load) {
        let other = self.database.connect().await;
        other.execute_unprepared(L::TAKE).await.unwrap();
        self.other = Some(other);
        load.is_rejected().await;
    }

    async fn end(&mut self) {
        let other = self.other.take().expect("it has begun");
        other.execute_unprepared("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
    }
}
