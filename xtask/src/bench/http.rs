//! As little of an HTTP/1.1 client as a load needs: what the client costs, the server lacks.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection that is opened anew whenever the server has closed it.
pub(super) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    answer: Vec<u8>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, answer: Vec::with_capacity(4096) }
    }

    /// Sends the request and reads the whole answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        self.answer.clear();
        let head = loop {
            if stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                break Head::parse(&self.answer[..end])?;
            }
        };
        while self.answer.len() < head.length {
            if stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !head.closes {
            self.stream = Some(stream);
        }
        Ok(&self.answer)
    }
}

struct Head {
    /// Of the whole answer, head and body.
    length: usize,
    closes: bool,
}

impl Head {
    fn parse(head: &[u8]) -> io::Result<Self> {
        let head_length = head.len() + 4;
        let text = str::from_utf8(head).map_err(io::Error::other)?;
        let (mut body_length, mut closes) = (None, false);
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                body_length = value.trim().parse::<usize>().ok();
            } else if name.eq_ignore_ascii_case("connection") {
                closes = value.trim().eq_ignore_ascii_case("close");
            }
        }
        let body_length = body_length.ok_or_else(|| io::Error::other("an answer without a content-length"))?;
        Ok(Self { length: head_length + body_length, closes })
    }
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
