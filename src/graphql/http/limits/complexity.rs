//! What executing a parsed document would cost, computed before it is executed.
//!
//! An operation's complexity is that of its text with the fragments expanded. Nothing is expanded to compute it: the
//! complexity of a fragment is computed once, from that of the fragments that it spreads, and each is checked by itself.
//! So a bomb of fragments that spread each other costs us no more than its text.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Field, FragmentDefinition, OperationType, Selection, SelectionSet},
};

use super::{
    LimitExceeded, MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES, MAX_FIELDS, MAX_FRAGMENTS, MAX_INTROSPECTION_LISTS,
    MAX_MUTATION_ROOT_FIELDS, MAX_OPERATIONS, MAX_VARIABLES,
};

/// Why a parsed document is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ComplexityError {
    /// It exceeds a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A fragment spreads itself, perhaps through others: the document is not valid.
    #[error("a fragment spreads itself")]
    FragmentCycle,
}

/// Checks a document against the limits: first the counts of its text, then each fragment, then each operation.
pub(crate) fn check_document(document: &ExecutableDocument) -> Result<(), ComplexityError> {
    check_text_counts(document)?;
    let fragments = Fragments::compute(&document.fragments)?;
    for (_, operation) in document.operations.iter() {
        // Every fragment is known by now; one that is not defined adds nothing.
        let complexity = fragments.complexity_of(&operation.node.selection_set.node).unwrap_or_default();
        complexity.check()?;
        if operation.node.ty == OperationType::Mutation {
            at_most(MAX_MUTATION_ROOT_FIELDS, complexity.root_fields, LimitExceeded::MutationRootFields)?;
        }
    }
    Ok(())
}

fn at_most(limit: usize, count: usize, exceeded: LimitExceeded) -> Result<(), LimitExceeded> {
    if count > limit { Err(exceeded) } else { Ok(()) }
}

fn check_text_counts(document: &ExecutableDocument) -> Result<(), LimitExceeded> {
    let (mut operations, mut variables, mut directives) = (0, 0, 0);
    for (_, operation) in document.operations.iter() {
        operations += 1;
        variables += operation.node.variable_definitions.len();
        let of_variables = operation.node.variable_definitions.iter().map(|variable| variable.node.directives.len());
        directives += operation.node.directives.len() + of_variables.sum::<usize>();
        directives += directives_in(&operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        directives += fragment.node.directives.len() + directives_in(&fragment.node.selection_set.node);
    }
    at_most(MAX_OPERATIONS, operations, LimitExceeded::Operations)?;
    at_most(MAX_FRAGMENTS, document.fragments.len(), LimitExceeded::Fragments)?;
    at_most(MAX_VARIABLES, variables, LimitExceeded::Variables)?;
    at_most(MAX_DIRECTIVES, directives, LimitExceeded::Directives)
}

fn directives_in(selections: &SelectionSet) -> usize {
    let count = |selection: &Positioned<Selection>| {
        let below = match &selection.node {
            Selection::Field(field) => directives_in(&field.node.selection_set.node),
            Selection::InlineFragment(fragment) => directives_in(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => 0,
        };
        selection.node.directives().len() + below
    };
    selections.items.iter().map(count).sum()
}

/// The complexity of a selection set with its fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Complexity {
    pub(super) depth: usize,
    pub(super) fields: usize,
    pub(super) aliases: usize,
    /// Fields of the set itself, not of those below it.
    pub(super) root_fields: usize,
    /// Nesting of introspection lists below this set.
    lists: usize,
    /// The same, but only below `__schema` or `__type`; the limit applies to this.
    pub(super) introspection_lists: usize,
}

impl Complexity {
    /// The complexity of both side by side.
    fn combine(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            root_fields: self.root_fields.saturating_add(other.root_fields),
            lists: self.lists.max(other.lists),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
        }
    }

    /// The complexity of a spread or an inline fragment that selects this.
    fn in_fragment(self) -> Self {
        Self { fields: self.fields.saturating_add(1), ..self }
    }

    /// The complexity of a field that selects this.
    fn in_field(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        // What graphql-js counts too: each of these can lead back to a type, and so to all of them again.
        let is_list = matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes");
        let is_introspection = matches!(name, "__schema" | "__type");
        Self {
            depth: self.depth.saturating_add(1),
            fields: self.fields.saturating_add(1),
            aliases: self.aliases.saturating_add(usize::from(field.alias.is_some())),
            root_fields: 1,
            lists: self.lists.saturating_add(usize::from(is_list)),
            introspection_lists: if is_introspection { self.lists } else { self.introspection_lists },
        }
    }

    fn check(self) -> Result<(), LimitExceeded> {
        at_most(MAX_DEPTH, self.depth, LimitExceeded::Depth)?;
        at_most(MAX_FIELDS, self.fields, LimitExceeded::Fields)?;
        at_most(MAX_ALIASES, self.aliases, LimitExceeded::Aliases)?;
        at_most(MAX_INTROSPECTION_LISTS, self.introspection_lists, LimitExceeded::IntrospectionLists)
    }
}

/// The fragments of a document, and the complexity of those for which it is known so far.
pub(super) struct Fragments<'a> {
    defined: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    known: HashMap<&'a Name, Complexity>,
}

impl<'a> Fragments<'a> {
    /// Computes the complexity of every fragment, used or not, and checks each against the limits.
    pub(super) fn compute(defined: &'a HashMap<Name, Positioned<FragmentDefinition>>) -> Result<Self, ComplexityError> {
        let mut fragments = Self { defined, known: HashMap::new() };
        // A round computes at least one, unless all that are left wait for each other. There are few fragments, so that
        // many rounds cost less than following the spreads would, which can go as deep as there are fragments.
        while fragments.known.len() < defined.len() {
            let before = fragments.known.len();
            for (name, fragment) in defined {
                if let Some(complexity) = fragments.complexity_of(&fragment.node.selection_set.node) {
                    complexity.check()?;
                    fragments.known.insert(name, complexity);
                }
            }
            if fragments.known.len() == before {
                return Err(ComplexityError::FragmentCycle);
            }
        }
        Ok(fragments)
    }

    /// The complexity of a selection set; `None` if it spreads a fragment whose complexity is not known yet. This
    /// recurses as deep as the brackets of the text nest, which has been checked.
    pub(super) fn complexity_of(&self, selections: &SelectionSet) -> Option<Complexity> {
        selections.items.iter().try_fold(Complexity::default(), |total, selection| {
            let complexity = match &selection.node {
                Selection::Field(field) => self.complexity_of(&field.node.selection_set.node)?.in_field(&field.node),
                Selection::InlineFragment(fragment) => {
                    self.complexity_of(&fragment.node.selection_set.node)?.in_fragment()
                }
                Selection::FragmentSpread(spread) => self.complexity_of_spread(&spread.node.fragment_name.node)?,
            };
            Some(total.combine(complexity))
        })
    }

    fn complexity_of_spread(&self, name: &Name) -> Option<Complexity> {
        match self.known.get(name) {
            Some(complexity) => Some(complexity.in_fragment()),
            // Validation will reject a spread of a fragment that is not defined.
            None => (!self.defined.contains_key(name)).then(|| Complexity::default().in_fragment()),
        }
    }
}
