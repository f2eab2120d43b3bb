//! Removes from a document the variables that a request does not set.

use std::collections::HashSet;

use async_graphql::{
    Name,
    parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet},
};
use async_graphql_value::Value;

/// Removes the unset variables from the whole document, other operations too, since these may share its fragments. The
/// definition of a variable goes with its last use, or validation would find it unused.
pub(super) fn remove_unset(document: &mut ExecutableDocument, unset: &HashSet<Name>) {
    let mut remover = UnsetRemover { unset, removed: HashSet::new() };
    for fragment in document.fragments.values_mut() {
        remover.in_selections(&mut fragment.node.selection_set.node);
    }
    let mut operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in &mut operations {
        remover.in_selections(&mut operation.node.selection_set.node);
    }
    for operation in operations {
        operation.node.variable_definitions.retain(|definition| !remover.removed.contains(&definition.node.name.node));
    }
}

/// Removes unset variables: an argument or an input field that is one is removed with it, an item of a list becomes
/// null. Directives keep theirs: a condition is never optional.
struct UnsetRemover<'a> {
    unset: &'a HashSet<Name>,
    removed: HashSet<Name>,
}

impl UnsetRemover<'_> {
    fn in_selections(&mut self, selections: &mut SelectionSet) {
        for selection in &mut selections.items {
            match &mut selection.node {
                Selection::Field(field) => {
                    field.node.arguments.retain(|(_, value)| !self.is_unset(&value.node));
                    field.node.arguments.iter_mut().for_each(|(_, value)| self.in_value(&mut value.node));
                    self.in_selections(&mut field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.in_selections(&mut fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn in_value(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|_, value| !self.is_unset(value));
                fields.values_mut().for_each(|value| self.in_value(value));
            }
            Value::List(items) => {
                for item in items {
                    if self.is_unset(item) {
                        *item = Value::Null;
                    } else {
                        self.in_value(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the value is an unset variable; if so, the variable is noted as removed.
    fn is_unset(&mut self, value: &Value) -> bool {
        match value {
            Value::Variable(name) if self.unset.contains(name) => {
                self.removed.insert(name.clone());
                true
            }
            _ => false,
        }
    }
}
