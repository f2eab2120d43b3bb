//! The schema's input types, against which variables and literals are checked.
//!
//! async-graphql keeps its registry to itself, so the types are read from the schema's definition language.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos,
    parser::{
        self, parse_schema,
        types::{
            BaseType, InputValueDefinition, OperationDefinition, OperationType, Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use async_graphql_value::{ConstValue, Value};

use crate::{
    graphql::http::limits::RootFields,
    messages::{Message, MessageId},
    profile::clip,
};

/// The enums, the input objects and the root fields' arguments of a schema.
#[derive(Debug, Default)]
pub(crate) struct InputTypes {
    /// The values of each enum.
    enums: HashMap<Name, Vec<Name>>,
    /// The fields of each input object.
    objects: HashMap<Name, Vec<Field>>,
    /// The arguments of each root field, by the root type's name and the field's.
    arguments: HashMap<(Name, Name), Vec<Field>>,
}

/// An input field or an argument.
#[derive(Debug)]
struct Field {
    name: Name,
    ty: Type,
    has_default: bool,
}

impl From<InputValueDefinition> for Field {
    fn from(definition: InputValueDefinition) -> Self {
        let InputValueDefinition { name, ty, default_value, .. } = definition;
        Self { name: name.node, ty: ty.node, has_default: default_value.is_some() }
    }
}

/// Where a value is not of its type, and what was expected there. Shows nothing of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidValue {
    /// The names of the input fields that lead to it, outermost first.
    path: Vec<String>,
    problem: Message,
}

impl InvalidValue {
    fn new(problem: impl Into<Message>) -> Self {
        Self { path: Vec::new(), problem: problem.into() }
    }

    /// What the client reads of the variable with this name.
    pub(crate) fn message(&self, variable: &Name) -> Message {
        let id = if self.path.is_empty() { MessageId::VariableInvalid } else { MessageId::VariableInvalidAt };
        id.with("name", variable).with("path", self.path.join(".")).with("problem", &self.problem)
    }

    fn below(mut self, name: &Name) -> Self {
        self.path.insert(0, clip(name).to_owned());
        self
    }
}

impl InputTypes {
    /// The input types of a schema. One that cannot be parsed has none, and everything is left to validation.
    pub(crate) fn of_sdl(sdl: &str) -> Self {
        let mut types = Self::default();
        let definitions = parse_schema(sdl).map(|schema| schema.definitions).unwrap_or_default();
        for definition in definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node;
            match definition.node.kind {
                TypeKind::Enum(definition) => {
                    let values = definition.values.into_iter().map(|value| value.node.value.node);
                    types.enums.insert(name, values.collect());
                }
                TypeKind::InputObject(definition) => {
                    let fields = definition.fields.into_iter().map(|field| field.node.into());
                    types.objects.insert(name, fields.collect());
                }
                TypeKind::Object(definition) if matches!(name.as_str(), "Query" | "Mutation") => {
                    for field in definition.fields {
                        let arguments = field.node.arguments.into_iter().map(|argument| argument.node.into());
                        types.arguments.insert((name.clone(), field.node.name.node), arguments.collect());
                    }
                }
                _ => {}
            }
        }
        types
    }

    /// Checks a variable's value against the variable's type (specification, section 6.1.2). A type that is not an
    /// input type of the schema is left to validation.
    pub(crate) fn check(&self, value: &ConstValue, ty: &Type) -> Result<(), InvalidValue> {
        if *value == ConstValue::Null {
            return if ty.nullable { Ok(()) } else { Err(InvalidValue::new(MessageId::ValueIsNull)) };
        }
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(items)) => {
                items.iter().try_for_each(|value| self.check(value, item))
            }
            (BaseType::List(item), value) => self.check(value, item),
            (BaseType::Named(name), value) => self.check_named(value, name),
        }
    }

    fn check_named(&self, value: &ConstValue, ty: &Name) -> Result<(), InvalidValue> {
        if let Some(fields) = self.objects.get(ty) {
            return match value {
                ConstValue::Object(entries) => self.check_object(entries.iter(), fields),
                _ => Err(InvalidValue::new(MessageId::ValueIsNoObject.with("type", ty))),
            };
        }
        if let Some(values) = self.enums.get(ty) {
            return match value {
                ConstValue::String(text) if values.iter().any(|value| value == text.as_str()) => Ok(()),
                _ => {
                    let values = values.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
                    Err(InvalidValue::new(MessageId::ValueIsNoEnumValue.with("values", values)))
                }
            };
        }
        let is_valid = match (ty.as_str(), value) {
            ("String", value) => matches!(value, ConstValue::String(_)),
            ("Boolean", value) => matches!(value, ConstValue::Boolean(_)),
            ("Int", ConstValue::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            ("ID", ConstValue::Number(number)) => !number.is_f64(),
            ("ID", value) => matches!(value, ConstValue::String(_)),
            ("Float", value) => matches!(value, ConstValue::Number(_)),
            ("Int", _) => false,
            _ => true,
        };
        if is_valid { Ok(()) } else { Err(InvalidValue::new(MessageId::ValueIsOfAnotherType.with("type", ty))) }
    }

    fn check_object<'a>(
        &self,
        entries: impl Iterator<Item = (&'a Name, &'a ConstValue)> + Clone,
        fields: &[Field],
    ) -> Result<(), InvalidValue> {
        for (name, value) in entries.clone() {
            let field = fields.iter().find(|field| field.name == *name);
            let field = field.ok_or_else(|| InvalidValue::new(MessageId::ValueIsUnknownField).below(name))?;
            self.check(value, &field.ty).map_err(|invalid| invalid.below(name))?;
        }
        let is_missing = |field: &&Field| {
            !field.ty.nullable && !field.has_default && !entries.clone().any(|(name, _)| *name == field.name)
        };
        fields
            .iter()
            .find(is_missing)
            .map_or(Ok(()), |field| Err(InvalidValue::new(MessageId::ValueIsRequired).below(&field.name)))
    }

    /// Whether a literal of the operation is a string where the schema has an enum, and where it is. The specification
    /// (section 3.9) does not allow it; async-graphql does. Literals are the arguments of root fields (no other field
    /// of the schema has an argument, which a test asserts) and the defaults of variables.
    pub(crate) fn string_for_enum(&self, operation: &OperationDefinition, fields: &RootFields<'_>) -> Option<Pos> {
        let of_defaults = operation.variable_definitions.iter().find_map(|definition| {
            let default = definition.node.default_value.as_ref()?;
            let value = default.node.clone().into_value();
            self.has_string_for_enum(&value, &definition.node.var_type.node.base).then_some(default.pos)
        });
        of_defaults.or_else(|| fields.iter().find_map(|field| self.string_for_enum_in(operation.ty, field)))
    }

    fn string_for_enum_in(&self, operation: OperationType, field: &parser::types::Field) -> Option<Pos> {
        let root = match operation {
            OperationType::Mutation => "Mutation",
            OperationType::Query | OperationType::Subscription => "Query",
        };
        let arguments = self.arguments.get(&(Name::new(root), field.name.node.clone()))?;
        field.arguments.iter().find_map(|(name, value)| {
            let argument = arguments.iter().find(|argument| argument.name == name.node)?;
            self.has_string_for_enum(&value.node, &argument.ty.base).then_some(value.pos)
        })
    }

    fn has_string_for_enum(&self, value: &Value, ty: &BaseType) -> bool {
        match (ty, value) {
            (BaseType::List(item), Value::List(items)) => {
                items.iter().any(|value| self.has_string_for_enum(value, &item.base))
            }
            (BaseType::List(item), value) => self.has_string_for_enum(value, &item.base),
            (BaseType::Named(name), Value::String(_)) => self.enums.contains_key(name),
            (BaseType::Named(name), Value::Object(entries)) => {
                let fields = self.objects.get(name).map_or(&[][..], Vec::as_slice);
                fields.iter().any(|field| {
                    entries.get(&field.name).is_some_and(|value| self.has_string_for_enum(value, &field.ty.base))
                })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
