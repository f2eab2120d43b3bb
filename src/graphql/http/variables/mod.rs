//! Variables, coerced as the specification has it (October 2021, sections 3.10, 6.1.2, 6.4.1) where async-graphql 7.2.1
//! differs: it takes a variable that the request does not set for null; a required one that is missing, or one of the
//! wrong type, stops nothing but the field that uses it; and `@skip` and `@include` ignore defaults.
//!
//! Null clears a field of the profile, so the first of these would lose data. The request is corrected before anything
//! runs: every value is checked against its variable's type, defaults are filled in, and a variable that is still unset
//! is removed from the document.

mod types;
mod unset;

use std::collections::HashSet;

use async_graphql::{
    Name, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, Type},
};
use async_graphql_value::ConstValue;

pub(crate) use types::{InputTypes, InvalidValue};

use crate::messages::{Message, MessageId};

/// Why a request is rejected before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CoerceError {
    /// The request names an operation that the document does not have.
    UnknownOperation,
    /// The request names none and the document has several.
    AmbiguousOperation,
    /// A required variable is not set.
    MissingVariable {
        /// The variable.
        name: Name,
        /// Its type.
        ty: Type,
    },
    /// A required variable is null.
    NullVariable {
        /// The variable.
        name: Name,
        /// Its type.
        ty: Type,
    },
    /// A variable's value is not of the variable's type.
    InvalidVariable {
        /// The variable.
        name: Name,
        /// Where in its value, and what was expected.
        problem: InvalidValue,
    },
}

impl CoerceError {
    /// What the client reads.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::UnknownOperation => MessageId::OperationUnknown.into(),
            Self::AmbiguousOperation => MessageId::OperationAmbiguous.into(),
            Self::MissingVariable { name, ty } => MessageId::VariableMissing.with("name", name).with("type", ty),
            Self::NullVariable { name, ty } => MessageId::VariableNull.with("name", name).with("type", ty),
            Self::InvalidVariable { name, problem } => problem.message(name),
        }
    }
}

/// The operation of the document that the request asks for.
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
    types: &InputTypes,
) -> Result<(), CoerceError> {
    let unset = coerce(operation(document, operation_name)?, variables, types)?;
    if !unset.is_empty() {
        unset::remove_unset(document, &unset);
    }
    Ok(())
}

/// Checks the variables that are set, fills in defaults, rejects what must be set and is not, and tells which variables
/// stay unset.
fn coerce(
    operation: &OperationDefinition,
    variables: &mut Variables,
    types: &InputTypes,
) -> Result<HashSet<Name>, CoerceError> {
    let mut unset = HashSet::new();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let (name, ty) = (definition.name.node.clone(), &definition.var_type.node);
        match (variables.get(&name), &definition.default_value) {
            (Some(ConstValue::Null), _) if !ty.nullable => {
                return Err(CoerceError::NullVariable { name, ty: ty.clone() });
            }
            (Some(value), _) => {
                types.check(value, ty).map_err(|problem| CoerceError::InvalidVariable { name, problem })?;
            }
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

#[cfg(test)]
mod tests;
