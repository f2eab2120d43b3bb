//! What is noted of a request on its way: what the access log and the metrics cannot see from outside.
//!
//! - `outcome`: what became of it
//! - `root_fields`: what a GraphQL operation asks for

mod outcome;
mod root_fields;

pub(crate) use self::{outcome::Outcome, root_fields::RootFieldNames};

/// The longest name of a GraphQL operation that is noted, in bytes. Whatever may be an API token is longer: ours have 50
/// characters, Django's 40.
const MAX_OPERATION_NAME_BYTES: usize = 39;

/// Which part of the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Api {
    /// `/api/shop/customers/me`.
    Rest,
    /// `/graphql`.
    Graphql,
    /// The pages for browsers, what they load, and the OpenAPI document.
    Page,
    /// What an operator's tools ask.
    Health,
    /// No path of this server.
    None,
}

/// What a request counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// A read of the profile.
    Read,
    /// An update or a dry run.
    Update,
}

/// What is noted of a request. It holds no value of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Whose token it came with, once the token was found valid or was so lately.
    pub(crate) customer: Option<i64>,
    /// The id of that token, as far as it is known.
    pub(crate) token: Option<i64>,
    /// `None`: it asks for neither, or it was rejected before that was known.
    pub(crate) operation: Option<Operation>,
    /// The root fields of the GraphQL operation.
    pub(crate) root_fields: RootFieldNames,
    operation_name: Option<Box<str>>,
    outcome: Option<Outcome>,
}

impl Notes {
    /// Notes the name of the GraphQL operation, as the document has it.
    pub(crate) fn set_operation_name(&mut self, name: &str) {
        self.operation_name = (name.len() <= MAX_OPERATION_NAME_BYTES).then(|| name.into());
    }

    /// The name of the GraphQL operation, unless it is too long.
    pub(crate) fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// Notes an outcome that the status does not tell. The worst of several counts.
    pub(crate) fn add_outcome(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(Some(outcome));
    }

    /// The outcome, if one was noted.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_counts() {
        let mut notes = Notes::default();
        assert_eq!(notes.outcome(), None);
        for (outcome, worst) in [
            (Outcome::Invalid, Outcome::Invalid),
            (Outcome::Ok, Outcome::Invalid),
            (Outcome::Internal, Outcome::Internal),
            (Outcome::Conflict, Outcome::Internal),
        ] {
            notes.add_outcome(outcome);
            assert_eq!(notes.outcome(), Some(worst));
        }
    }

    #[test]
    fn a_name_that_may_be_a_token_is_not_noted() {
        let mut notes = Notes::default();
        notes.set_operation_name("UpdateMyProfile");
        assert_eq!(notes.operation_name(), Some("UpdateMyProfile"));
        notes.set_operation_name(&"d".repeat(40));
        assert_eq!(notes.operation_name(), None);
    }
}
