//! `--wait-for-database`: a PostgreSQL that is starting is waited for, and for no longer than that.

use std::net::{SocketAddr, TcpListener};

use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{
    cli_database::rejection,
    support::{
        binary::{self, Ended, Server},
        database::Database,
        proxy::Proxy,
    },
};

/// A way to PostgreSQL that rejects this many connections first, as PostgreSQL does while it is starting.
async fn starting(server: &Proxy, rejections: usize) -> SocketAddr {
    let target = server.address();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            if number < rejections {
                let _ = client.read(&mut [0; 1024]).await;
                let answer = rejection("57P03", "the database system is starting up");
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client, &answer).await;
                continue;
            }
            let mut server = TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    address
}

/// The same database by another address, without TLS.
fn by(url: &str, address: SocketAddr) -> String {
    let mut url: url::Url = url.parse().unwrap();
    url.set_port(Some(address.port())).unwrap();
    url.set_query(Some("sslmode=disable"));
    url.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_is_starting_is_waited_for() {
    let Some(database) = Database::postgres().await else { return };
    let proxy = Proxy::start(database.direct_url()).await;

    let url = by(proxy.url(), starting(&proxy, 2).await);
    let server = Server::start(&url, &["--wait-for-database", "10m"]).await;
    let log = server.log();
    let waiting = "the database system is starting up";
    assert_eq!(log.lines().filter(|line| line.contains("waiting for the database")).count(), 1, "{log}");
    assert!(log.contains(waiting) && log.contains("the database is there"), "{log}");

    let url = by(proxy.url(), starting(&proxy, 2).await);
    let mut migrate = binary::command(&["migrate"]);
    migrate.env("DATABASE_URL", &url).env("SHOP_PROFILE_WAIT_FOR_DATABASE", "10m");
    let ended = Ended::from(migrate.output().await.unwrap());
    assert!(ended.code == Some(0) && ended.stdout.contains("is up to date"), "{ended:?}");
}

#[tokio::test]
async fn the_wait_ends_with_the_last_reason() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://shop:hunter2@{closed}/shop");
    for (time, waits) in [("1s", 1), ("0s", 0)] {
        let ended = binary::run(&url, &["migrate", "--wait-for-database", time]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.stderr.matches("waiting for the database").count(), waits, "{ended:?}");
        assert!(ended.stderr.lines().last().unwrap().contains("refused the connection"), "{ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_waited_for() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    let ended = binary::run(&url, &["migrate", "--wait-for-database", "10m"]).await;
    assert!(ended.code == Some(1) && ended.stderr.starts_with("error: "), "{ended:?}");
}
