//! What came of a request for the path that is compared.

/// Each such request has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Equal,
    /// By these rules, numbered from one.
    Explained,
    Unexplained,
    /// The row changed between two looks at it, so that nothing can be said.
    MovedMeanwhile,
    NotCompared(Reason),
}

/// Why a request was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Reason {
    /// The client left before it had the response.
    ClientLeft,
    /// The old server did not answer, or broke off.
    UpstreamFailed,
    /// The body of the request is larger than this server reads.
    RequestTooLarge,
    /// The body of the request did not come in time.
    RequestTooSlow,
    /// The response is too large, or in a content coding that cannot be undone.
    ResponseUnreadable,
    /// Too many comparisons are under way.
    Busy,
    /// The database has not been opened yet.
    NotOpen,
    /// The database cannot be reached.
    Unavailable,
    /// Our answer took longer than the budget.
    TooSlow,
    /// Shortly after an answer that took too long none is asked for.
    Paused,
    /// We answered 500.
    Failed,
    /// Our code panicked.
    Panicked,
}
