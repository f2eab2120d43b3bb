//! The three tests of every fault.

use std::process::Stdio;

use tokio::process::Command;

use crate::{
    load::{Load, Patches},
    support::{
        binary::{Server, serve},
        database::Database,
        shop::{Customer, add_customer, named, open_store},
    },
};

/// Something that breaks, and is whole again.
pub trait Fault: Sized {
    /// How many clients patch meanwhile.
    const CLIENTS: usize = 8;

    /// Sets up where it is to happen; `None` where this machine cannot have it.
    async fn on(database: Database) -> Option<Self>;

    /// The database, as the server reaches it.
    fn url(&self) -> String;

    /// How the server is started.
    fn command(&self) -> Command {
        serve(&self.url(), &[])
    }

    /// The server's stderr.
    fn stderr(&mut self) -> Stdio {
        Stdio::piped()
    }

    /// Begins, and waits until it shows.
    async fn begin(&mut self, server: &Server, load: &Load);

    /// Ends.
    async fn end(&mut self);
}

async fn start<F: Fault>(fault: &mut F) -> (Server, Load) {
    let customers = add_customers(&fault.url(), F::CLIENTS).await;
    let server = Server::spawn_with(fault.command(), Stdio::piped(), fault.stderr()).await;
    let load = Load::start(&server, customers).await;
    (server, load)
}

async fn add_customers(url: &str, count: usize) -> Vec<Customer> {
    let store = open_store(&url.parse().unwrap()).await;
    let mut customers = Vec::new();
    for number in 0..count {
        customers.push(add_customer(&store, named(&format!("customer{number}"))).await);
    }
    store.close().await;
    customers
}

/// When the fault is over, requests are served without a restart.
pub async fn recovers<F: Fault>(database: Database) {
    let Some(mut fault) = F::on(database).await else { return };
    let (server, load) = start(&mut fault).await;
    fault.begin(&server, &load).await;
    fault.end().await;
    load.is_served(20).await;
    load.stays_served(20).await;
    let patches = load.stop().await;
    assert_stored(&server, &patches).await;
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");
}

/// SIGTERM in the middle of the fault: the server ends by itself, with exit code 0.
pub async fn stops<F: Fault>(database: Database) {
    let Some(mut fault) = F::on(database).await else { return };
    let (server, load) = start(&mut fault).await;
    fault.begin(&server, &load).await;
    server.terminate().await;
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0), "{log}");
    restart(fault, load).await;
}

/// SIGKILL in the middle of the fault: nothing that was answered is lost.
pub async fn is_killed<F: Fault>(database: Database) {
    let Some(mut fault) = F::on(database).await else { return };
    let (server, load) = start(&mut fault).await;
    fault.begin(&server, &load).await;
    server.kill().await;
    restart(fault, load).await;
}

async fn restart<F: Fault>(mut fault: F, load: Load) {
    let patches = load.stop().await;
    fault.end().await;
    let server = Server::start(&fault.url(), &[]).await;
    assert_stored(&server, &patches).await;
}

async fn assert_stored(server: &Server, patches: &[Patches]) {
    for patches in patches {
        patches.assert_stored(server).await;
    }
}

/// The tests `fault::database::recovers`, `stops` and `is_killed` for each fault and database.
macro_rules! faults {
    (both { $($both:ident: $both_fault:ident),* $(,)? }
     sqlite { $($sqlite:ident: $sqlite_fault:ident),* $(,)? }
     postgres { $($postgres:ident: $postgres_fault:ident),* $(,)? }) => {
        $(mod $both {
            mod sqlite { $crate::scenario::faults!(@tests $both_fault, sqlite); }
            mod postgres { $crate::scenario::faults!(@tests $both_fault, postgres); }
        })*
        $(mod $sqlite { mod sqlite { $crate::scenario::faults!(@tests $sqlite_fault, sqlite); } })*
        $(mod $postgres { mod postgres { $crate::scenario::faults!(@tests $postgres_fault, postgres); } })*
    };
    (@tests $fault:ident, $database:ident) => {
        $crate::scenario::faults!(@test recovers, $fault, $database);
        $crate::scenario::faults!(@test stops, $fault, $database);
        $crate::scenario::faults!(@test is_killed, $fault, $database);
    };
    (@test $scenario:ident, $fault:ident, sqlite) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $scenario() {
            $crate::scenario::$scenario::<$crate::$fault>($crate::support::database::Database::sqlite()).await;
        }
    };
    (@test $scenario:ident, $fault:ident, postgres) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $scenario() {
            if let Some(database) = $crate::support::database::Database::postgres().await {
                $crate::scenario::$scenario::<$crate::$fault>(database).await;
            }
        }
    };
}
pub(crate) use faults;
