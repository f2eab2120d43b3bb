//! What a request's body has left when its response is ready.
//!
//! A rejected request is often answered before its body has been read, or has arrived. hyper then reads what has arrived,
//! and closes the connection unless that was all: the client must be told (RFC 9112, section 9.6), and only the body knows.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    http::HeaderMap,
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::{
    body::{Bytes, Frame, Incoming, SizeHint},
    header,
};

/// How much of an unread body is read, in bytes, so that its connection can stay open.
const MAX_UNREAD_BYTES: u64 = 32 * 1024;

/// The body of a request. When it is dropped before its end, it goes back to where the response is sent.
struct Lent {
    body: Option<Incoming>,
    back: Arc<Mutex<Option<Incoming>>>,
}

/// Where an unread body comes back.
pub(super) struct Unread {
    body: Arc<Mutex<Option<Incoming>>>,
    expects_continue: bool,
}

/// The body for those who answer the request; `None`: it has none.
pub(super) fn lend(body: Incoming, headers: &HeaderMap) -> (Body, Option<Unread>) {
    if body.is_end_stream() {
        return (Body::new(body), None);
    }
    let back = Arc::default();
    let unread = Unread { body: Arc::clone(&back), expects_continue: headers.contains_key(header::EXPECT) };
    (Body::new(Lent { body: Some(body), back }), Some(unread))
}

impl Unread {
    /// Whether the body has been read to its end, or can be without waiting for the client.
    pub(super) async fn ends_at_once(self) -> bool {
        let unread = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        match unread {
            None => true,
            // Such a client sends its body only when it is asked for, and to read is to ask.
            Some(_) if self.expects_continue => false,
            Some(body) => read_to_end(body).await,
        }
    }
}

async fn read_to_end(mut body: Incoming) -> bool {
    let mut rest = MAX_UNREAD_BYTES;
    while body.size_hint().lower() <= rest {
        let frame = match body.frame().now_or_never() {
            Some(frame) => frame,
            None => {
                // hyper reads from the socket when this task comes back to it.
                tokio::task::yield_now().await;
                match body.frame().now_or_never() {
                    Some(frame) => frame,
                    None => return false,
                }
            }
        };
        match frame {
            None => return true,
            Some(Ok(frame)) => rest = rest.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64)),
            Some(Err(_)) => return false,
        }
    }
    false
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}
