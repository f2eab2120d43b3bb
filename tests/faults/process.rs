//! Faults of what the process stands on, whatever its database is.

use std::{
    io::{PipeReader, pipe},
    net::SocketAddr,
    process::Stdio,
};

use axum::http::Method;
use tokio::{net::TcpStream, process::Command};

use crate::{
    load::Load,
    scenario::Fault,
    support::{
        api::Api,
        binary::{NO_RATE_LIMITS, Server, serve},
        database::Database,
    },
};

/// The program that reads the log ends.
pub struct ClosedStderr {
    database: Database,
    reader: Option<PipeReader>,
}

impl Fault for ClosedStderr {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { database, reader: None })
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    fn command(&self) -> Command {
        // A line for each request.
        serve(self.database.url(), &["--log", "info,shop_profile=debug"])
    }

    fn stderr(&mut self) -> Stdio {
        let (reader, writer) = pipe().unwrap();
        self.reader = Some(reader);
        writer.into()
    }

    async fn begin(&mut self, server: &Server, load: &Load) {
        self.reader = None;
        for _ in 0..20 {
            server.get().token("no token").send().await.assert_status(401);
        }
        load.is_served(20).await;
    }

    async fn end(&mut self) {}
}

/// Connections that take every file descriptor that the process may have.
pub struct NoDescriptorsLeft {
    database: Database,
    idle: Vec<TcpStream>,
    server: Option<SocketAddr>,
}

/// More than the server needs for itself and for the clients.
const MAX_DESCRIPTORS: usize = 64;

impl Fault for NoDescriptorsLeft {
    async fn on(database: Database) -> Option<Self> {
        Some(Self { database, idle: Vec::new(), server: None })
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    fn command(&self) -> Command {
        let serve = serve(self.database.url(), &[]);
        let mut limited = Command::new("sh");
        limited.args(["-c", &format!(r#"ulimit -n {MAX_DESCRIPTORS}; exec "$0" "$@""#)]);
        limited.arg(serve.as_std().get_program()).args(serve.as_std().get_args());
        limited.env_clear().env("DATABASE_URL", self.database.url()).envs(NO_RATE_LIMITS);
        limited.stdin(Stdio::null()).kill_on_drop(true);
        limited
    }

    async fn begin(&mut self, server: &Server, load: &Load) {
        self.server = Some(server.address);
        // The kernel accepts for the server: no connection waits here.
        for _ in 0..2 * MAX_DESCRIPTORS {
            self.idle.push(TcpStream::connect(server.address).await.unwrap());
        }
        server.logged("cannot accept connections").await;
        load.is_served(20).await;
    }

    async fn end(&mut self) {
        self.idle.clear();
        // The server accepts connections in turn: after this one, none of those waits any more. One that has ended has none.
        if let Some(server) = self.server {
            let _ = Api::at(server).request(Method::GET, "/healthz").try_send().await;
        }
    }
}
