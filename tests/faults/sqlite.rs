//! Faults of a SQLite file.

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
