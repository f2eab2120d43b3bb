//! What a document may cost (docs/limits.md, "GraphQL documents"), and the errors that say so.
//!
//! - `tokens`: what is checked of the text, before the parser
//! - `complexity`: what is checked of the parsed document
//! - `root_fields`: the fields at the root of an operation
//!
//! The numbers leave room for the longest document that tools send, graphql-js's introspection query: 2,075 bytes, 184
//! tokens, brackets nested 15, depth 15, 240 fields, two nested introspection lists.

mod complexity;
mod root_fields;
mod tokens;

pub(crate) use complexity::{ComplexityError, check_document};
pub(crate) use root_fields::{RootFields, root_fields};
pub(crate) use tokens::{SourceError, check_source};

use crate::{
    graphql::error::Code,
    messages::{Message, MessageId},
};

/// Bytes of a document's text.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 16_384;
/// Lexical tokens of a document's text: punctuators, names, numbers and strings.
pub(crate) const MAX_TOKENS: usize = 1_000;
/// Brackets inside each other, `(`, `[` and `{` together. The parser recurses once for each.
pub(crate) const MAX_NESTING: usize = 32;
/// Operations of a document.
pub(crate) const MAX_OPERATIONS: usize = 10;
/// Fragments of a document, used or not.
pub(crate) const MAX_FRAGMENTS: usize = 30;
/// Variables of a document, those of all its operations together.
pub(crate) const MAX_VARIABLES: usize = 30;
/// Directives of a document, wherever they stand in its text.
pub(crate) const MAX_DIRECTIVES: usize = 20;
/// Fields inside each other in an operation, its fragments expanded.
pub(crate) const MAX_DEPTH: usize = 15;
/// Selections of an operation, its fragments expanded: each field (`__typename` too), spread and inline fragment.
pub(crate) const MAX_FIELDS: usize = 400;
/// Aliases of an operation, its fragments expanded.
pub(crate) const MAX_ALIASES: usize = 30;
/// Lists of types inside each other in an introspection. Each multiplies the answer by the size of the schema.
pub(crate) const MAX_INTROSPECTION_LISTS: usize = 2;
/// Fields at the root of a mutation, its fragments expanded: each is a write.
pub(crate) const MAX_MUTATION_ROOT_FIELDS: usize = 5;

// The library's own limits, a second line behind ours.

/// The library's measure of a selection: one for each field.
pub(crate) const MAX_COMPLEXITY: usize = 500;
/// Directives of one field.
pub(crate) const MAX_DIRECTIVES_OF_FIELD: usize = 5;

/// A limit that the document exceeds. The message names the limit and its value, and nothing of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, strum::VariantArray)]
#[error("{}", self.message())]
pub(crate) enum LimitExceeded {
    /// `DOCUMENT_TOO_LARGE`: [`MAX_DOCUMENT_BYTES`]
    DocumentBytes,
    /// `TOO_MANY_TOKENS`: [`MAX_TOKENS`]
    Tokens,
    /// `TOO_DEEPLY_NESTED`: [`MAX_NESTING`]
    Nesting,
    /// `TOO_MANY_OPERATIONS`: [`MAX_OPERATIONS`]
    Operations,
    /// `TOO_MANY_FRAGMENTS`: [`MAX_FRAGMENTS`]
    Fragments,
    /// `TOO_MANY_VARIABLES`: [`MAX_VARIABLES`]
    Variables,
    /// `TOO_MANY_DIRECTIVES`: [`MAX_DIRECTIVES`]
    Directives,
    /// `TOO_DEEP`: [`MAX_DEPTH`]
    Depth,
    /// `TOO_MANY_FIELDS`: [`MAX_FIELDS`]
    Fields,
    /// `TOO_MANY_ALIASES`: [`MAX_ALIASES`]
    Aliases,
    /// `INTROSPECTION_TOO_DEEP`: [`MAX_INTROSPECTION_LISTS`]
    IntrospectionLists,
    /// `TOO_MANY_ROOT_FIELDS`: [`MAX_MUTATION_ROOT_FIELDS`]
    MutationRootFields,
}

/// By the code: an operator looks for the limit as its client does.
impl From<LimitExceeded> for &'static str {
    fn from(limit: LimitExceeded) -> Self {
        limit.code().as_str()
    }
}

impl LimitExceeded {
    /// The limit for programs, as it stands in `extensions.code`.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::DocumentBytes => Code::DocumentTooLarge,
            Self::Tokens => Code::TooManyTokens,
            Self::Nesting => Code::TooDeeplyNested,
            Self::Operations => Code::TooManyOperations,
            Self::Fragments => Code::TooManyFragments,
            Self::Variables => Code::TooManyVariables,
            Self::Directives => Code::TooManyDirectives,
            Self::Depth => Code::TooDeep,
            Self::Fields => Code::TooManyFields,
            Self::Aliases => Code::TooManyAliases,
            Self::IntrospectionLists => Code::IntrospectionTooDeep,
            Self::MutationRootFields => Code::TooManyRootFields,
        }
    }

    /// The limit for people, with its value.
    pub(crate) fn message(self) -> Message {
        let (id, limit) = match self {
            Self::DocumentBytes => (MessageId::DocumentLimit, MAX_DOCUMENT_BYTES),
            Self::Tokens => (MessageId::TokensLimit, MAX_TOKENS),
            Self::Nesting => (MessageId::NestingLimit, MAX_NESTING),
            Self::Operations => (MessageId::OperationsLimit, MAX_OPERATIONS),
            Self::Fragments => (MessageId::FragmentsLimit, MAX_FRAGMENTS),
            Self::Variables => (MessageId::VariablesLimit, MAX_VARIABLES),
            Self::Directives => (MessageId::DirectivesLimit, MAX_DIRECTIVES),
            Self::Depth => (MessageId::DepthLimit, MAX_DEPTH),
            Self::Fields => (MessageId::FieldsLimit, MAX_FIELDS),
            Self::Aliases => (MessageId::AliasesLimit, MAX_ALIASES),
            Self::IntrospectionLists => (MessageId::IntrospectionLimit, MAX_INTROSPECTION_LISTS),
            Self::MutationRootFields => (MessageId::RootFieldsLimit, MAX_MUTATION_ROOT_FIELDS),
        };
        id.with("limit", limit)
    }
}

#[cfg(test)]
mod tests;
