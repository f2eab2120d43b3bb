//! Our own answer, from the real router, within a budget.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Method, Uri},
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{answer::Answer, outcome::Reason};

/// How long a client may wait for our answer before its request is passed on.
pub(super) const BUDGET: Duration = Duration::from_millis(100);
/// How many answers in a row may take longer before none is asked for: a database that is stuck delays few requests.
const MAX_SLOW_IN_A_ROW: u32 = 5;
/// How long none is asked for then.
const PAUSE: Duration = Duration::from_secs(1);
/// How long an answer may take for which no client waits.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(2);

/// This server, as far as it can answer.
pub(super) struct Ours {
    budget: Duration,
    app: OnceLock<Router>,
    slow_in_a_row: AtomicU32,
    paused_until: Mutex<Option<Instant>>,
}

impl Ours {
    /// `budget`: how long a client may wait for an answer.
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, app: OnceLock::new(), slow_in_a_row: AtomicU32::new(0), paused_until: Mutex::default() }
    }

    /// Answers come from this app from now on.
    pub(super) fn open(&self, app: Router) {
        let _ = self.app.set(app);
    }

    /// Work for which a client waits. After the budget the client is waited for no longer.
    pub(super) async fn within_budget<T>(&self, work: impl Future<Output = Result<T, Reason>>) -> Result<T, Reason> {
        if self.is_paused() {
            return Err(Reason::Paused);
        }
        match tokio::time::timeout(self.budget, work).await {
            Ok(result) => {
                self.slow_in_a_row.store(0, Ordering::Relaxed);
                result
            }
            Err(_) => {
                if self.slow_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_SLOW_IN_A_ROW {
                    self.pause();
                }
                Err(Reason::TooSlow)
            }
        }
    }

    /// Work for which no client waits.
    pub(super) async fn in_background<T>(&self, work: impl Future<Output = Result<T, Reason>>) -> Result<T, Reason> {
        tokio::time::timeout(BACKGROUND_TIMEOUT, work).await.unwrap_or(Err(Reason::TooSlow))
    }

    /// Our answer to this request.
    pub(super) async fn answer(
        &self,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Reason> {
        let app = self.app.get().ok_or(Reason::NotOpen)?.clone();
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = Uri::try_from(target).map_err(|_| Reason::Failed)?;
        *request.headers_mut() = headers.clone();
        let answer = async {
            let (parts, body) = app.oneshot(request).await.unwrap_or_else(|error| match error {}).into_parts();
            let body = body.collect().await.map_err(|_| Reason::Failed)?.to_bytes();
            Answer::new(parts.status, &parts.headers, body).map_err(|_| Reason::Failed)
        };
        // The panic hook has logged where.
        let answer = AssertUnwindSafe(answer).catch_unwind().await.unwrap_or(Err(Reason::Panicked))?;
        match answer.status.as_u16() {
            503 => Err(Reason::Unavailable),
            500 => Err(Reason::Failed),
            _ => Ok(answer),
        }
    }

    fn is_paused(&self) -> bool {
        let paused_until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        paused_until.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) {
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    async fn get(ours: &Ours, path: &str) -> Result<Answer, Reason> {
        ours.answer(&Method::GET, path, &HeaderMap::new(), Bytes::new()).await
    }

    #[tokio::test]
    async fn a_failure_of_ours_is_a_reason_and_no_answer() {
        let ours = Ours::new(BUDGET);
        assert_eq!(get(&ours, "/").await, Err(Reason::NotOpen));
        let panics = async || -> StatusCode { panic!("on purpose") };
        ours.open(
            Router::new()
                .route("/", axum::routing::get(async || "ok"))
                .route("/500", axum::routing::get(async || StatusCode::INTERNAL_SERVER_ERROR))
                .route("/503", axum::routing::get(async || StatusCode::SERVICE_UNAVAILABLE))
                .route("/panics", axum::routing::get(panics)),
        );
        assert_eq!(get(&ours, "/").await.unwrap().body, "ok");
        assert_eq!(get(&ours, "/500").await, Err(Reason::Failed));
        assert_eq!(get(&ours, "/503").await, Err(Reason::Unavailable));
        assert_eq!(get(&ours, "/panics").await, Err(Reason::Panicked));
    }

    #[tokio::test]
    async fn a_database_that_is_stuck_delays_a_few_requests_and_not_the_next() {
        let ours = Ours::new(BUDGET);
        for _ in 0..MAX_SLOW_IN_A_ROW {
            assert_eq!(ours.within_budget(std::future::pending::<Result<(), _>>()).await, Err(Reason::TooSlow));
        }
        assert_eq!(ours.within_budget(async { Ok(()) }).await, Err(Reason::Paused));
    }

    #[tokio::test]
    async fn one_slow_answer_among_others_pauses_nothing() {
        let ours = Ours::new(BUDGET);
        for _ in 0..MAX_SLOW_IN_A_ROW {
            assert_eq!(ours.within_budget(std::future::pending::<Result<(), _>>()).await, Err(Reason::TooSlow));
            assert_eq!(ours.within_budget(async { Ok(()) }).await, Ok(()));
        }
    }
}
