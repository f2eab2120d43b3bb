//! `health`: whether the server on this machine serves requests. For a container, whose image has neither a shell nor curl.

use std::{fmt, net::SocketAddr, time::Duration};

use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::{CliError, listen::ListenAddress, print};

const PATH: &str = "/readyz";
/// The server answers within a second; this is for a machine that is busy.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The server's reasons are one short line.
const MAX_BODY_BYTES: usize = 4096;

/// Whom to ask.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The address and port that the server listens on. One that listens on every address is asked on this machine.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "SHOP_PROFILE_LISTEN")]
    listen: ListenAddress,
}

/// Asks the server whether it is ready, and prints its answer.
///
/// # Errors
/// It is not ready, or does not answer; the message says why.
pub(super) async fn run(args: &Args) -> Result<(), CliError> {
    let failure = |why: &dyn fmt::Display| CliError::Failure(format!("http://{}{PATH}: {why}", args.listen));
    let address = args.listen.reachable().await.map_err(|error| failure(&error))?;
    let answer = timeout(MAX_WAIT, ask(address)).await;
    let (status, text) = answer
        .map_err(|_| failure(&format_args!("no answer within {} seconds", MAX_WAIT.as_secs())))?
        .map_err(|error| failure(&error))?;
    match status {
        StatusCode::OK => print(&text),
        _ => return Err(failure(&format_args!("{}: {text}", status.as_u16()))),
    }
    Ok(())
}

/// The status and the body, which is a line.
async fn ask(address: SocketAddr) -> Result<(StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let socket = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    let request = Request::get(PATH).header(header::HOST, address.to_string()).body(Empty::<Bytes>::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await?.to_bytes();
    Ok((head.status, String::from_utf8_lossy(&body).trim_end().to_owned()))
}
