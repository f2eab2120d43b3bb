//! What became of a request, in words that both APIs share.

/// What became of a request. Of several in one response of GraphQL the last in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Outcome {
    /// It was done.
    Ok,
    /// The client has what it asked for: 304.
    NotModified,
    /// A field of the profile breaks a rule, or the username is taken: REST's 400, GraphQL's `userErrors`.
    Invalid,
    /// The version is not the expected one: REST's 412, GraphQL's `CONFLICT`.
    Conflict,
    /// The request itself is wrong: its path, method, media type, size, form, document or variables.
    Rejected,
    /// It has no API token, or one that is not valid.
    Unauthenticated,
    /// A rate limit is exceeded.
    RateLimited,
    /// The server has no room or its database cannot be reached. An update may have been stored.
    Unavailable,
    /// There is a defect.
    Internal,
    /// Its connection ended before there was a response.
    Abandoned,
}

impl Outcome {
    /// Whether a customer can have only a limited number of these: not of tokens that are not valid any more, and not of what
    /// the rate limits reject.
    pub(crate) fn is_limited(self) -> bool {
        !matches!(self, Self::Unauthenticated | Self::RateLimited)
    }
}
