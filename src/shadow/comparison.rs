//! One request for the path that is compared, from its arrival to what came of the comparison.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::{
    answer::Answer,
    buffer::NotBuffered,
    compare::{self, Difference, Stored, StoredRow},
    entry::Entry,
    ours::Ours,
    outcome::{Outcome, Reason},
    report::Report,
    rules::{self, Case},
    tee::{self, Copied, NotCopied},
    totals::Totals,
    writes::Write,
};
use crate::{
    request_id::{RequestContext, RequestId},
    request_notes::Api,
};

/// How many comparisons may be under way. Each holds a body and two answers.
const MAX_COMPARISONS: usize = 256;

/// What all comparisons share.
pub(super) struct Comparer {
    pub(super) ours: Ours,
    pub(super) totals: Arc<Totals>,
    pub(super) report: Report,
    pub(super) tasks: TaskTracker,
    room: Arc<Semaphore>,
}

impl Comparer {
    pub(super) fn new(report: Report, budget: Duration) -> Self {
        let totals = Arc::<Totals>::default();
        Self {
            ours: Ours::new(budget),
            report: report.start(totals.clone()),
            totals,
            tasks: TaskTracker::new(),
            room: Arc::new(Semaphore::new(MAX_COMPARISONS)),
        }
    }
}

/// A request as the old server gets it.
pub(super) struct Asked {
    pub(super) id: RequestId,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
}

/// A comparison under way. Dropped before its end, it counts as that of a client that has left.
pub(super) struct Comparison {
    comparer: Arc<Comparer>,
    asked: Asked,
    body: Bytes,
    /// The request as a write under way, if it may write.
    write: Option<Write>,
    is_settled: bool,
}

/// What we know before the old server gets the request.
pub(super) struct Prepared {
    /// Our answer; for a PATCH that of a dry run.
    ours: Answer,
    /// The row before; only for a PATCH.
    row: Option<Answer>,
    _room: OwnedSemaphorePermit,
}

impl Comparison {
    pub(super) fn new(comparer: Arc<Comparer>, asked: Asked, write: Option<Write>) -> Self {
        Self { comparer, asked, body: Bytes::new(), write, is_settled: false }
    }

    /// Our answer, before the old server gets the request. It comes within the budget, or not at all.
    pub(super) async fn prepare(&mut self, body: Result<Bytes, NotBuffered>) -> Option<Prepared> {
        match self.try_prepare(body).await {
            Ok(prepared) => Some(prepared),
            Err(reason) => {
                self.settle(Outcome::NotCompared(reason));
                None
            }
        }
    }

    async fn try_prepare(&mut self, body: Result<Bytes, NotBuffered>) -> Result<Prepared, Reason> {
        self.body = body.map_err(|why| match why {
            NotBuffered::TooLarge => Reason::RequestTooLarge,
            NotBuffered::TooSlow => Reason::RequestTooSlow,
            NotBuffered::Broken => Reason::ClientLeft,
        })?;
        let _room = self.comparer.room.clone().try_acquire_owned().map_err(|_| Reason::Busy)?;
        let ours = &self.comparer.ours;
        let (row, ours) = ours
            .within_budget(async {
                if !self.is_patch() {
                    return Ok((None, self.ask_again().await?));
                }
                let (row, dry_run) = tokio::join!(self.read_row(), self.dry_run());
                Ok((Some(row?), dry_run?))
            })
            .await?;
        Ok(Prepared { ours, row, _room })
    }

    /// The old server gave no answer.
    pub(super) fn upstream_failed(mut self) {
        self.settle(Outcome::NotCompared(Reason::UpstreamFailed));
    }

    /// The old server's response has begun: the comparison goes on while it is passed on. After a PATCH the row is read
    /// first: the client's next request, which may change it again, comes after the response.
    pub(super) async fn go_on(mut self, prepared: Prepared, response: Response) -> Response {
        let row = if self.is_patch() { Some(self.comparer.ours.within_budget(self.read_row()).await) } else { None };
        let is_race = self.write.take().is_some_and(|write| write.overlaps());
        let (parts, body) = response.into_parts();
        let (body, copied) = tee::tee(body);
        let (status, headers) = (parts.status, parts.headers.clone());
        let context = RequestContext::new(self.asked.id.clone(), None, Api::Rest);
        let tasks = self.comparer.tasks.clone();
        tasks.spawn(context.scope(async move {
            let outcome = match self.look_again(row, status, &headers, copied).await {
                Ok((after, upstream)) => self.compare(&prepared, &after, &upstream, is_race),
                Err(reason) => Outcome::NotCompared(reason),
            };
            self.settle(outcome);
        }));
        Response::from_parts(parts, body)
    }

    /// The row as it was read, or our answer now that the response has begun; and the response once it has been passed on.
    async fn look_again(
        &self,
        row: Option<Result<Answer, Reason>>,
        status: StatusCode,
        headers: &HeaderMap,
        copied: Copied,
    ) -> Result<(Answer, Answer), Reason> {
        let after = match row {
            Some(row) => row,
            None => self.comparer.ours.in_background(self.ask_again()).await,
        };
        let body = copied.await.map_err(|_| Reason::ClientLeft)?.map_err(|why| match why {
            NotCopied::TooLarge => Reason::ResponseUnreadable,
            NotCopied::Broken => Reason::UpstreamFailed,
        })?;
        let upstream = Answer::new(status, headers, body).map_err(|_| Reason::ResponseUnreadable)?;
        Ok((after?, upstream))
    }

    /// `is_race`: whether another write of the same client was under way.
    fn compare(&self, prepared: &Prepared, after: &Answer, upstream: &Answer, is_race: bool) -> Outcome {
        let ours = &prepared.ours;
        let sent = serde_json::from_slice(&self.body).ok();
        let mut differences = compare::differences(upstream, ours, &self.asked.method);
        match &prepared.row {
            None if ours != after => return Outcome::MovedMeanwhile,
            None => {}
            Some(before) => match (Stored { before, after, ours, upstream }).compare() {
                StoredRow::Moved => return Outcome::MovedMeanwhile,
                StoredRow::Compared(stored) => differences.extend(stored),
            },
        }
        if differences.is_empty() {
            return Outcome::Equal;
        }
        let case = Case {
            method: &self.asked.method,
            query: &self.asked.query,
            headers: &self.asked.headers,
            body: &self.body,
            json: sent.as_ref(),
            upstream,
            ours,
        };
        let explained = |difference: Difference| {
            let rule = rules::explanation(&case, &difference);
            (difference, rule)
        };
        let differences: Vec<_> = differences.into_iter().map(explained).collect();
        let mut unexplained = differences.iter().filter(|(_, rule)| rule.is_none()).peekable();
        if is_race && unexplained.peek().is_some() && unexplained.all(|(difference, _)| difference.may_be_a_race()) {
            return Outcome::MovedMeanwhile;
        }
        self.report(&case, differences)
    }

    fn report(&self, case: &Case<'_>, differences: Vec<(Difference, Option<usize>)>) -> Outcome {
        let Comparer { totals, report, .. } = &*self.comparer;
        differences.iter().filter_map(|(_, rule)| *rule).for_each(|rule| totals.count_rule(rule));
        let authorization = self.asked.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let entry = Entry {
            request: self.asked.id.to_string(),
            method: self.asked.method.as_str(),
            statuses: (case.upstream.status.as_u16(), case.ours.status.as_u16()),
            differences: &differences,
            secret: authorization.and_then(|value| value.split_ascii_whitespace().nth(1)),
        };
        report.write(&entry, totals);
        let is_explained = differences.iter().all(|(_, rule)| rule.is_some());
        if is_explained { Outcome::Explained } else { Outcome::Unexplained }
    }

    fn settle(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.comparer.totals.count(outcome);
        }
    }

    fn is_patch(&self) -> bool {
        self.asked.method == Method::PATCH
    }

    /// Our answer to the same request. It writes nothing: only a PATCH does.
    async fn ask_again(&self) -> Result<Answer, Reason> {
        let Asked { method, path, query, headers, .. } = &self.asked;
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        self.comparer.ours.answer(method, &target, headers, self.body.clone()).await
    }

    /// Our answer to the PATCH, as a dry run whatever its query says.
    async fn dry_run(&self) -> Result<Answer, Reason> {
        let Asked { method, path, headers, .. } = &self.asked;
        let target = format!("{path}?validate_only=true");
        self.comparer.ours.answer(method, &target, headers, self.body.clone()).await
    }

    /// The row of the client who sends the PATCH.
    async fn read_row(&self) -> Result<Answer, Reason> {
        let mut headers = HeaderMap::new();
        for value in self.asked.headers.get_all(header::AUTHORIZATION) {
            headers.append(header::AUTHORIZATION, value.clone());
        }
        self.comparer.ours.answer(&Method::GET, &self.asked.path, &headers, Bytes::new()).await
    }
}

impl Drop for Comparison {
    fn drop(&mut self) {
        self.settle(Outcome::NotCompared(Reason::ClientLeft));
    }
}
