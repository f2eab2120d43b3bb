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
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;
    use crate::graphql::{http::limits::root_fields, sdl};

    const SDL: &str = "
        enum Color { RED GREEN }
        input Item { name: String! color: Color count: Int = 1 tags: [String!] inner: Item id: ID ratio: Float on: Boolean }
        type Query { items(item: Item, colors: [Color!]): Int }";

    fn check(ty: &str, value: serde_json::Value) -> String {
        let value = ConstValue::from_json(value).unwrap();
        match InputTypes::of_sdl(SDL).check(&value, &Type::new(ty).unwrap()) {
            Ok(()) => "ok".to_owned(),
            Err(invalid) => {
                invalid.message(&Name::new("v")).to_string().replace("Variable \"$v\" got an invalid value", "")
            }
        }
    }

    #[test]
    fn a_value_of_its_type_passes() {
        for (ty, value) in [
            ("String", json!("x")),
            ("String", json!(null)),
            ("Int!", json!(-2_147_483_648)),
            ("Float", json!(1)),
            ("Float", json!(1.5)),
            ("ID", json!(7)),
            ("ID", json!("7")),
            ("Color", json!("RED")),
            ("[Color!]!", json!(["RED", "GREEN"])),
            ("[Color!]", json!("RED")),
            ("Item", json!({"name": "x", "color": null, "tags": ["a"], "inner": {"name": "y"}, "on": true})),
            ("Unknown", json!(5)),
            ("Query", json!(5)),
        ] {
            assert_eq!(check(ty, value.clone()), "ok", "{ty} {value}");
        }
    }

    #[test]
    fn any_other_value_is_named_by_its_place_and_what_was_expected() {
        for (ty, value, problem) in [
            ("String", json!(5), ": expected a value of type String."),
            ("Int", json!(1.5), ": expected a value of type Int."),
            ("Int", json!(2_147_483_648_i64), ": expected a value of type Int."),
            ("Int", json!("1"), ": expected a value of type Int."),
            ("ID", json!(1.5), ": expected a value of type ID."),
            ("Boolean", json!("true"), ": expected a value of type Boolean."),
            ("Color", json!("red"), ": expected one of RED, GREEN."),
            ("Color", json!(1), ": expected one of RED, GREEN."),
            ("[Color!]", json!(["RED", null]), ": must not be null."),
            ("Item", json!("x"), ": expected an object of type Item."),
            ("Item", json!({}), " at \"name\": is required."),
            ("Item", json!({"name": null}), " at \"name\": must not be null."),
            ("Item", json!({"name": "x", "nope": 1}), " at \"nope\": there is no such field."),
            (
                "Item",
                json!({"name": "x", "inner": {"name": "y", "tags": [1]}}),
                " at \"inner.tags\": expected a value of type String.",
            ),
        ] {
            assert_eq!(check(ty, value.clone()), problem, "{ty} {value}");
        }
    }

    #[test]
    fn a_string_is_not_an_enum_value() {
        let types = InputTypes::of_sdl(SDL);
        let found = |text: &str| {
            let document = parse_query(text).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            types.string_for_enum(&operation.node, &root_fields(&document, &operation.node)).is_some()
        };
        for text in [
            r#"{ items(item: {color: "RED"}) }"#,
            r#"{ items(colors: [GREEN, "RED"]) }"#,
            r#"{ ...F } fragment F on Query { items(item: {inner: {color: "RED"}}) }"#,
            r#"query ($c: [Color!] = ["RED"]) { items(colors: $c) }"#,
        ] {
            assert!(found(text), "{text}");
        }
        assert!(!found(
            r#"query ($c: [Color!] = RED, $s: String = "RED") {
                items(item: {name: "RED", color: RED, tags: ["RED"]}, colors: $c) nope(a: "RED")
            }"#
        ));
    }

    #[test]
    fn only_root_fields_of_our_schema_have_arguments() {
        for definition in parse_schema(sdl()).unwrap().definitions {
            if let TypeSystemDefinition::Type(ty) = definition
                && let TypeKind::Object(object) = ty.node.kind
                && !matches!(ty.node.name.node.as_str(), "Query" | "Mutation")
            {
                assert!(object.fields.iter().all(|field| field.node.arguments.is_empty()), "{}", ty.node.name.node);
            }
        }
    }
}
