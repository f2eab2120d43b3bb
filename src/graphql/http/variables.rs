//! Variables, coerced as the specification has it (October 2021, §3.10, §6.1.2, §6.4.1) where async-graphql 7.2.1
//! differs: to it a variable that the request does not set is null, a missing required one stops nothing but the field
//! that uses it, and `@skip` and `@include` know no defaults.
//!
//! Null clears a field of the profile, so the first would lose data. The mend is made on the request before anything
//! runs: defaults are filled in, and a variable that is still unset is taken out of the document.

use std::collections::HashSet;

use async_graphql::{
    Name, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type},
};
use async_graphql_value::{ConstValue, Value};

/// Why a request is refused before anything runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CoerceError {
    /// The request names an operation that the document has not.
    #[error("Unknown operation name.")]
    UnknownOperation,
    /// The request names none and the document has several.
    #[error("Must provide operation name if query contains multiple operations.")]
    AmbiguousOperation,
    /// A required variable is not set.
    #[error("Variable \"${name}\" of required type \"{ty}\" was not provided.")]
    MissingVariable {
        /// The variable.
        name: Name,
        /// Its type.
        ty: Type,
    },
    /// A required variable is null.
    #[error("Variable \"${name}\" of non-null type \"{ty}\" must not be null.")]
    NullVariable {
        /// The variable.
        name: Name,
        /// Its type.
        ty: Type,
    },
}

/// The operation of the document that the request means.
pub(crate) fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, CoerceError> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() > 1 => {
            return Err(CoerceError::AmbiguousOperation);
        }
        (DocumentOperations::Multiple(operations), None) => operations.values().next(),
    };
    operation.map(|operation| &operation.node).ok_or(CoerceError::UnknownOperation)
}

/// Makes document and variables say to async-graphql what the specification says they mean. An explicit null stays.
pub(crate) fn prepare(
    document: &mut ExecutableDocument,
    operation_name: Option<&str>,
    variables: &mut Variables,
) -> Result<(), CoerceError> {
    let unset = fill_in_defaults(operation(document, operation_name)?, variables)?;
    if !unset.is_empty() {
        take_out(document, &unset);
    }
    Ok(())
}

/// Sets the variables that have a default, refuses those that must be set, and tells which stay unset.
fn fill_in_defaults(operation: &OperationDefinition, variables: &mut Variables) -> Result<HashSet<Name>, CoerceError> {
    let mut unset = HashSet::new();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let (name, ty) = (definition.name.node.clone(), &definition.var_type.node);
        match (variables.get(&name), &definition.default_value) {
            (Some(ConstValue::Null), _) if !ty.nullable => {
                return Err(CoerceError::NullVariable { name, ty: ty.clone() });
            }
            (Some(_), _) => {}
            (None, Some(default)) => {
                variables.insert(name, default.node.clone());
            }
            (None, None) if !ty.nullable => return Err(CoerceError::MissingVariable { name, ty: ty.clone() }),
            (None, None) => {
                unset.insert(name);
            }
        }
    }
    Ok(unset)
}

/// Takes the unset variables out of the whole document, other operations too, since these may share its fragments. With
/// its last use the definition of a variable goes, or validation would find it unused.
fn take_out(document: &mut ExecutableDocument, unset: &HashSet<Name>) {
    let mut removal = Removal { unset, removed: HashSet::new() };
    for fragment in document.fragments.values_mut() {
        removal.in_selections(&mut fragment.node.selection_set.node);
    }
    let mut operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in &mut operations {
        removal.in_selections(&mut operation.node.selection_set.node);
    }
    for operation in operations {
        operation.node.variable_definitions.retain(|definition| !removal.removed.contains(&definition.node.name.node));
    }
}

/// The removal of unset variables: an argument or an input field that is one goes with it, an item of a list becomes
/// null. Directives keep theirs: a condition is never optional.
struct Removal<'a> {
    unset: &'a HashSet<Name>,
    removed: HashSet<Name>,
}

impl Removal<'_> {
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

    /// Whether the value is an unset variable, which is on its way out then.
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

#[cfg(test)]
mod tests;
