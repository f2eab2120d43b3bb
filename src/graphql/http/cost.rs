//! What a parsed document would cost, reckoned before anything runs.
//!
//! An operation costs what it is with its fragments expanded. Nothing is expanded to find out: the cost of a fragment
//! is computed once, from those of the fragments that it spreads, and each is held to the limits alone. So a bomb of
//! fragments that spread each other costs no more than its text.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Field, FragmentDefinition, OperationType, Selection, SelectionSet},
};

use super::limits::{
    LimitExceeded, MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES, MAX_FIELDS, MAX_FRAGMENTS, MAX_INTROSPECTION_LISTS,
    MAX_MUTATION_ROOT_FIELDS, MAX_OPERATIONS, MAX_VARIABLES,
};

mod root_fields;

pub(crate) use root_fields::root_fields;

/// Why a parsed document is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CostError {
    /// It exceeds a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A fragment spreads itself, perhaps through others: the document is not valid.
    #[error("A fragment spreads itself.")]
    FragmentCycle,
}

/// Holds a document to the limits: what stands in its text, then each fragment, then each operation.
pub(crate) fn check_document(document: &ExecutableDocument) -> Result<(), CostError> {
    check_text_counts(document)?;
    let fragments = Fragments::reckon(&document.fragments)?;
    for (_, operation) in document.operations.iter() {
        // Every fragment is known by now; one that is not defined costs nothing.
        let cost = fragments.cost_of(&operation.node.selection_set.node).unwrap_or_default();
        cost.check()?;
        if operation.node.ty == OperationType::Mutation {
            at_most(MAX_MUTATION_ROOT_FIELDS, cost.root_fields, LimitExceeded::MutationRootFields)?;
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

/// The cost of a selection set with its fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    depth: usize,
    fields: usize,
    aliases: usize,
    /// Fields of the set itself, not of those below it.
    root_fields: usize,
    /// Lists of types inside each other, if the set is part of an introspection.
    lists: usize,
    /// Those that are.
    introspection_lists: usize,
}

impl Cost {
    /// The cost of both side by side.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            root_fields: self.root_fields.saturating_add(other.root_fields),
            lists: self.lists.max(other.lists),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
        }
    }

    /// The cost of a spread or an inline fragment that selects this.
    fn of_fragment(self) -> Self {
        Self { fields: self.fields.saturating_add(1), ..self }
    }

    /// The cost of a field that selects this.
    fn of_field(self, field: &Field) -> Self {
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

/// The fragments of a document and the costs of those that are known so far.
struct Fragments<'a> {
    defined: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    costs: HashMap<&'a Name, Cost>,
}

impl<'a> Fragments<'a> {
    /// Reckons the cost of every fragment, used or not, and holds each to the limits.
    fn reckon(defined: &'a HashMap<Name, Positioned<FragmentDefinition>>) -> Result<Self, CostError> {
        let mut fragments = Self { defined, costs: HashMap::new() };
        // A round reckons at least one, unless all that are left wait for each other. There are few fragments, so that
        // many rounds cost less than following the spreads would, which can go as deep as there are fragments.
        while fragments.costs.len() < defined.len() {
            let known = fragments.costs.len();
            for (name, fragment) in defined {
                if let Some(cost) = fragments.cost_of(&fragment.node.selection_set.node) {
                    cost.check()?;
                    fragments.costs.insert(name, cost);
                }
            }
            if fragments.costs.len() == known {
                return Err(CostError::FragmentCycle);
            }
        }
        Ok(fragments)
    }

    /// The cost of a selection set, or none if it spreads a fragment whose cost is not known yet. This recurses as
    /// deep as the text is nested, which is little: it went through the gate.
    fn cost_of(&self, selections: &SelectionSet) -> Option<Cost> {
        selections.items.iter().try_fold(Cost::default(), |total, selection| {
            let cost = match &selection.node {
                Selection::Field(field) => self.cost_of(&field.node.selection_set.node)?.of_field(&field.node),
                Selection::InlineFragment(fragment) => self.cost_of(&fragment.node.selection_set.node)?.of_fragment(),
                Selection::FragmentSpread(spread) => self.cost_of_spread(&spread.node.fragment_name.node)?,
            };
            Some(total.and(cost))
        })
    }

    fn cost_of_spread(&self, name: &Name) -> Option<Cost> {
        match self.costs.get(name) {
            Some(cost) => Some(cost.of_fragment()),
            // Validation will refuse a fragment that is not defined.
            None => (!self.defined.contains_key(name)).then(|| Cost::default().of_fragment()),
        }
    }
}

#[cfg(test)]
mod tests;
