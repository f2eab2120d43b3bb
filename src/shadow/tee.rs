//! A copy of the old server's response, taken while it goes to the client.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// The largest response that is compared, in bytes. A larger one is a page, not a profile.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// Why there is no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotCopied {
    TooLarge,
    /// The old server broke off.
    Broken,
}

/// A copy that is there when the response has been passed on. The channel closes when the client leaves before that.
pub(super) type Copied = oneshot::Receiver<Result<Bytes, NotCopied>>;

/// The same body, and its copy.
pub(super) fn tee(body: Body) -> (Body, Copied) {
    let (done, copied) = oneshot::channel();
    let mut tee = Tee { body, copy: Ok(Vec::new()), done: Some(done) };
    if tee.body.is_end_stream() {
        tee.finish();
    }
    (Body::new(tee), copied)
}

struct Tee {
    body: Body,
    copy: Result<Vec<u8>, NotCopied>,
    done: Option<oneshot::Sender<Result<Bytes, NotCopied>>>,
}

impl Tee {
    fn note(&mut self, frame: &Result<Frame<Bytes>, axum::Error>) {
        match (frame, &mut self.copy) {
            (Err(_), copy) => *copy = Err(NotCopied::Broken),
            (Ok(frame), Ok(copy)) => {
                copy.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
                if copy.len() > MAX_RESPONSE_BYTES {
                    self.copy = Err(NotCopied::TooLarge);
                }
            }
            (Ok(_), Err(_)) => {}
        }
    }

    fn finish(&mut self) {
        if let Some(done) = self.done.take() {
            let copy = std::mem::replace(&mut self.copy, Ok(Vec::new()));
            let _ = done.send(copy.map(Bytes::from));
        }
    }
}

impl HttpBody for Tee {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(frame) => {
                self.note(frame);
                // The connection does not ask again after the last frame.
                if frame.is_err() || self.body.is_end_stream() {
                    self.finish();
                }
            }
            None => self.finish(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that holds something until it has been passed on.
pub(super) struct Held<T> {
    body: Body,
    _held: T,
}

impl<T> Held<T> {
    pub(super) fn new(body: Body, held: T) -> Self {
        Self { body, _held: held }
    }
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::BoxError;
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    fn chunks(chunks: Vec<Result<String, &'static str>>) -> Body {
        Body::from_stream(stream::iter(chunks.into_iter().map(|chunk| chunk.map_err(BoxError::from))))
    }

    #[tokio::test]
    async fn the_copy_is_what_was_passed_on() {
        for body in [Body::empty(), Body::from("hello"), chunks(vec![Ok("he".into()), Ok("llo".into())])] {
            let (body, copied) = tee(body);
            let passed_on = body.collect().await.unwrap().to_bytes();
            assert_eq!(copied.await.unwrap(), Ok(passed_on));
        }
    }

    #[tokio::test]
    async fn a_response_without_a_copy_says_why() {
        let (body, copied) = tee(chunks(vec![Ok("x".into()), Err("gone")]));
        assert!(body.collect().await.is_err());
        assert_eq!(copied.await.unwrap(), Err(NotCopied::Broken));

        let (body, copied) = tee(chunks(vec![Ok("x".repeat(MAX_RESPONSE_BYTES)), Ok("x".into())]));
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), MAX_RESPONSE_BYTES + 1);
        assert_eq!(copied.await.unwrap(), Err(NotCopied::TooLarge));

        let (body, copied) = tee(Body::from("left"));
        drop(body);
        assert!(copied.await.is_err());
    }
}
