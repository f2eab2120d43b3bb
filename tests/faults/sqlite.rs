//! Faults of a SQLite file.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::{
    load::Load,
    scenario::Fault,
    support::{binary::Server, database::Database, full_disk::SmallDisk},
};

/// The file system has no room.
pub struct FullDisk {
    disk: SmallDisk,
}

impl Fault for FullDisk {
    const CLIENTS: usize = 64;

    async fn on(_: Database) -> Option<Self> {
        SmallDisk::mount("12m").map(|disk| Self { disk })
    }

    fn url(&self) -> String {
        format!("sqlite://{}/shop.db", self.disk.path().display())
    }

    async fn begin(&mut self, _: &Server, load: &Load) {
        self.disk.fill();
        // Until the WAL's own room is used up, writes go on.
        load.is_rejected().await;
        load.is_rejected().await;
    }

    async fn end(&mut self) {
        self.disk.empty();
    }
}

/// Another process holds the write lock.
pub struct LockedFile {
    database: Database,
    other: Option<DatabaseConnection>,
}

impl Fault for LockedFile {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { database, other: None })
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    async fn begin(&mut self, _: &Server, load: &Load) {
        let other = self.database.connect().await;
        other.execute_unprepared("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").await.unwrap();
        self.other = Some(other);
        load.is_rejected().await;
    }

    async fn end(&mut self) {
        let other = self.other.take().expect("it has begun");
        other.execute_unprepared("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
    }
}
