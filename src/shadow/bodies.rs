//! The bodies that go through the proxy, frame by frame.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep},
};

/// When something of a request was last passed on.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds the body of a request with `Expect: 100-continue` back. To read it would tell the client to send it.
#[derive(Clone)]
pub(super) struct Gate(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Gate {
    /// A closed gate, and what a body waits for. When the last clone of a closed gate is dropped, the body fails.
    pub(super) fn closed() -> (Self, oneshot::Receiver<()>) {
        let (open, opened) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(open)))), opened)
    }

    pub(super) fn open(&self) {
        if let Some(open) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = open.send(());
        }
    }
}

/// The body of a request.
pub(super) struct RequestBody {
    body: Body,
    progress: Progress,
    /// What it waits for before its first frame.
    opened: Option<oneshot::Receiver<()>>,
}

impl RequestBody {
    pub(super) fn new(body: Body, progress: Progress, opened: Option<oneshot::Receiver<()>>) -> Self {
        Self { body, progress, opened }
    }
}

/// The old server has answered without asking for the body.
#[derive(Debug, thiserror::Error)]
#[error("the body was not asked for")]
struct NotAskedFor;

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(opened) = &mut self.opened {
            if ready!(Pin::new(opened).poll(context)).is_err() {
                return Poll::Ready(Some(Err(NotAskedFor.into())));
            }
            self.opened = None;
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.progress.note();
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. It fails when the old server is silent for too long.
pub(super) struct ResponseBody {
    body: Incoming,
    timeout: Duration,
    timer: Pin<Box<Sleep>>,
    _gate: Option<Gate>,
}

impl ResponseBody {
    pub(super) fn new(body: Incoming, timeout: Duration, gate: Option<Gate>) -> Self {
        Self { body, timeout, timer: Box::pin(tokio::time::sleep(timeout)), _gate: gate }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the old server stopped in the middle of its response")]
struct Silent;

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let next = Instant::now() + self.timeout;
            self.timer.as_mut().reset(next);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(Some(Err(Silent.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
