//! The body of a request that is compared: it is read whole, if it is small and there in time, and then passed on as it
//! came.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// How long a request waits for the rest of its body before it is passed on without it.
const BODY_TIMEOUT: Duration = Duration::from_millis(100);
/// The largest body that is compared, in bytes: this server reads no larger one.
const MAX_BODY_BYTES: usize = 65_536;

/// The body of a request, as far as it was read.
pub(super) struct Buffered {
    /// What is passed on: all of it, whether it was read or not.
    pub(super) body: Body,
    /// The whole of it, or why it is not known.
    pub(super) whole: Result<Bytes, NotBuffered>,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotBuffered {
    TooLarge,
    TooSlow,
    /// The client broke off, or sent what is no body.
    Broken,
}

pub(super) async fn read(mut body: Body) -> Buffered {
    if body.is_end_stream() {
        return Buffered { body, whole: Ok(Bytes::new()) };
    }
    let mut replay = Replay { frames: VecDeque::new(), rest: None };
    let read = read_frames(&mut body, &mut replay.frames);
    let whole = match tokio::time::timeout(BODY_TIMEOUT, read).await {
        Err(_) => Err(NotBuffered::TooSlow),
        Ok(read) => read,
    };
    if whole.is_err() {
        replay.rest = Some(body);
    }
    Buffered { body: Body::new(replay), whole }
}

async fn read_frames(
    body: &mut Body,
    frames: &mut VecDeque<Result<Frame<Bytes>, axum::Error>>,
) -> Result<Bytes, NotBuffered> {
    let mut whole = Vec::new();
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(NotBuffered::TooLarge);
    }
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
            whole.extend_from_slice(data);
        }
        let is_broken = frame.is_err();
        frames.push_back(frame);
        if is_broken {
            return Err(NotBuffered::Broken);
        }
        if whole.len() > MAX_BODY_BYTES {
            return Err(NotBuffered::TooLarge);
        }
    }
    Ok(whole.into())
}

/// The frames that were read, and then the rest.
struct Replay {
    frames: VecDeque<Result<Frame<Bytes>, axum::Error>>,
    rest: Option<Body>,
}

impl HttpBody for Replay {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match (self.frames.pop_front(), &mut self.rest) {
            (Some(frame), _) => Poll::Ready(Some(frame)),
            (None, Some(rest)) => Pin::new(rest).poll_frame(context),
            (None, None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read =
            self.frames.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref()).map(Bytes::len).sum::<usize>();
        let rest = self.rest.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + read as u64);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + read as u64);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use axum::BoxError;
    use futures_util::stream;

    use super::*;

    fn chunks(chunks: Vec<Result<&'static str, &'static str>>) -> Body {
        let chunk = |chunk: Result<&'static str, &'static str>| chunk.map_err(BoxError::from);
        Body::from_stream(stream::iter(chunks.into_iter().map(chunk)))
    }

    async fn text(body: Body) -> String {
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_small_body_is_known_and_passed_on() {
        let buffered = read(chunks(vec![Ok("he"), Ok("llo")])).await;
        assert_eq!(buffered.whole, Ok("hello".into()));
        assert_eq!(buffered.body.size_hint().exact(), Some(5));
        assert_eq!(text(buffered.body).await, "hello");
    }

    #[tokio::test]
    async fn a_body_that_is_not_read_to_its_end_is_passed_on_all_the_same() {
        let half = "x".repeat(MAX_BODY_BYTES);
        let large = Body::from_stream(stream::iter([half.clone(), half.clone(), half].map(Ok::<_, BoxError>)));
        let buffered = read(large).await;
        assert_eq!(buffered.whole, Err(NotBuffered::TooLarge));
        assert_eq!(text(buffered.body).await.len(), 3 * MAX_BODY_BYTES);

        let (sender, receiver) = tokio::sync::oneshot::channel();
        let slow = stream::once(async { receiver.await.map_err(BoxError::from) });
        let buffered = read(Body::from_stream(slow)).await;
        assert_eq!(buffered.whole, Err(NotBuffered::TooSlow));
        sender.send("late").unwrap();
        assert_eq!(text(buffered.body).await, "late");
    }

    #[tokio::test]
    async fn a_broken_body_stays_broken() {
        let mut buffered = read(chunks(vec![Ok("he"), Err("gone")])).await;
        assert_eq!(buffered.whole, Err(NotBuffered::Broken));
        assert!(buffered.body.frame().await.unwrap().is_ok());
        assert!(buffered.body.frame().await.unwrap().is_err());
    }
}
