use async_graphql::parser::parse_query;
use serde_json::json;

use super::*;
use crate::graphql::{http::limits::root_fields, types_sdl};

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
    for definition in parse_schema(types_sdl()).unwrap().definitions {
        if let TypeSystemDefinition::Type(ty) = definition
            && let TypeKind::Object(object) = ty.node.kind
            && !matches!(ty.node.name.node.as_str(), "Query" | "Mutation")
        {
            assert!(object.fields.iter().all(|field| field.node.arguments.is_empty()), "{}", ty.node.name.node);
        }
    }
}
