//! The processes: PostgreSQL, three servers, haproxy.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use sea_orm::ConnectionTrait;
use shop_profile::store::{OpenOptions, Store};

use crate::support::{
    binary::{self, Server},
    cluster::Cluster,
    eventually,
};

pub(crate) struct Topology {
    pub(crate) address: SocketAddr,
    url: String,
    options: &'static [&'static str],
    servers: [Option<Server>; 3],
    ports: [SocketAddr; 3],
    haproxy: Child,
    database: Cluster,
}

impl Topology {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With such options of `serve`.
    pub(crate) async fn start_with(options: &'static [&'static str]) -> Self {
        let database = Cluster::start().expect("PostgreSQL");
        let admin = sea_orm::Database::connect(database.url("postgres")).await.unwrap();
        admin.execute_unprepared("CREATE DATABASE shop").await.unwrap();
        let url = database.url("shop");
        let ports = [(); 3].map(|()| free_port());
        let address = free_port();
        // All at once on an empty database: one of them migrates it.
        let serve = |server: usize| serve(&url, ports[server], options);
        let (one, two, three) = tokio::join!(serve(0), serve(1), serve(2));
        let haproxy = haproxy(address, &ports);
        let topology = Self { address, url, options, servers: [one, two, three].map(Some), ports, haproxy, database };
        eventually(async || {
            reqwest::get(format!("http://{address}/readyz")).await.ok().filter(|it| it.status() == 200)
        })
        .await;
        topology
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.url.parse().unwrap(), OpenOptions { connections: 2, ..Default::default() }).await.unwrap()
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self, server: usize) {
        self.servers[server].take().expect("it runs").kill().await;
    }

    /// As a supervisor would.
    pub(crate) async fn restart(&mut self, at: usize) {
        self.servers[at] = Some(serve(&self.url, self.ports[at], self.options).await);
    }

    /// Waits until haproxy sends requests to a server.
    pub(crate) async fn is_in_use(&self, server: usize) {
        let own = process_of(&format!("http://{}/readyz", self.ports[server])).await;
        let through = format!("http://{}/readyz", self.address);
        eventually(async || (process_of(&through).await == own).then_some(())).await;
    }

    /// SIGTERM, and the orderly end that it asks for.
    pub(crate) async fn stop(&mut self, server: usize) {
        let server = self.servers[server].take().expect("it runs");
        server.terminate().await;
        let (code, log) = server.ended().await;
        assert_eq!(code, Some(0), "{log}");
    }

    pub(crate) fn crash_database(&self) {
        self.database.crash();
    }

    pub(crate) fn resume_database(&self) {
        self.database.resume();
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        let _ = self.haproxy.kill();
        let _ = self.haproxy.wait();
    }
}

/// Which process answers: request ids begin with the same number.
async fn process_of(url: &str) -> Option<String> {
    let answer = reqwest::get(url).await.ok()?;
    let id = answer.headers().get("x-request-id")?.to_str().ok()?;
    Some(id.split('-').next()?.to_owned())
}

/// haproxy cannot say which port it was given, and a server must come back where it was.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn serve(url: &str, address: SocketAddr, options: &[&str]) -> Server {
    let mut serve = binary::command(&["serve", "--listen", &address.to_string(), "--database-connections", "8"]);
    serve.args(options);
    serve.env("DATABASE_URL", url).env("SHOP_PROFILE_LOG", "off").env("SHOP_PROFILE_TRUSTED_PROXIES", "127.0.0.1");
    Server::spawn(serve).await
}

fn haproxy(address: SocketAddr, servers: &[SocketAddr; 3]) -> Child {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy");
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", &format!("{folder}/haproxy.cfg")]);
    command.env("LISTEN", address.to_string()).env("ERRORS", format!("{folder}/errors"));
    for (name, server) in ["SERVER_1", "SERVER_2", "SERVER_3"].into_iter().zip(servers) {
        command.env(name, server.to_string());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("haproxy (apt install haproxy)")
}
