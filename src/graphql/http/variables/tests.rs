use async_graphql::{
    EmptyMutation, EmptySubscription, InputObject, MaybeUndefined, Object, Request, Schema, parser::parse_query,
};

use super::*;

#[derive(Debug, InputObject)]
struct Profile {
    name: MaybeUndefined<String>,
    tags: MaybeUndefined<Vec<Option<String>>>,
    inner: MaybeUndefined<Inner>,
}

#[derive(Debug, InputObject)]
struct Inner {
    name: MaybeUndefined<String>,
}

struct Query;

#[Object]
impl Query {
    async fn text(&self, text: MaybeUndefined<String>) -> String {
        format!("{text:?}")
    }

    async fn input(&self, input: MaybeUndefined<Profile>) -> String {
        format!("{input:?}")
    }
}

/// Prepares and executes; shows the data, or the errors.
async fn run(text: &str, operation: Option<&str>, variables: &str) -> Result<String, CoerceError> {
    let mut document = parse_query(text).unwrap();
    let mut variables = Variables::from_json(serde_json::from_str(variables).unwrap());
    let types = InputTypes::of_sdl(&Schema::new(Query, EmptyMutation, EmptySubscription).sdl());
    prepare(&mut document, operation, &mut variables, &types)?;
    let mut request = Request::new(text).variables(variables);
    request.operation_name = operation.map(str::to_owned);
    request.set_parsed_query(document);
    let response = Schema::new(Query, EmptyMutation, EmptySubscription).execute(request).await;
    let errors: Vec<_> = response.errors.iter().map(|error| error.message.as_str()).collect();
    Ok(if errors.is_empty() { response.data.to_string() } else { errors.join("; ") })
}

async fn assert_answer(text: &str, variables: &str, answer: &str) {
    assert_eq!(run(text, None, variables).await.as_deref(), Ok(answer), "{text} {variables}");
}

#[tokio::test]
async fn an_input_field_is_absent_null_or_a_value() {
    let text = "query($n: String) { input(input: { name: $n, tags: [] }) }";
    let answer =
        |name: &str| format!(r#"{{input: "Value(Profile {{ name: {name}, tags: Value([]), inner: Undefined }})"}}"#);
    assert_answer(text, "{}", &answer("Undefined")).await;
    assert_answer(text, r#"{"n": null}"#, &answer("Null")).await;
    assert_answer(text, r#"{"n": "a"}"#, &answer(r#"Value(\"a\")"#)).await;
}

#[tokio::test]
async fn an_unset_variable_is_removed_at_any_depth_and_an_item_becomes_null() {
    let text =
        "query($n: String) { ...F } fragment F on Query { ... { input(input: { inner: { name: $n }, tags: [$n] }) } }";
    let answer = r#"{input: "Value(Profile { name: Undefined, tags: Value([None]), inner: Value(Inner { name: Undefined }) })"}"#;
    assert_answer(text, "{}", answer).await;
}

#[tokio::test]
async fn an_argument_is_absent_null_or_a_value() {
    let text = "query($n: String) { text(text: $n) }";
    assert_answer(text, "{}", r#"{text: "Undefined"}"#).await;
    assert_answer(text, r#"{"n": null}"#, r#"{text: "Null"}"#).await;
    assert_answer(text, r#"{"n": "a"}"#, r#"{text: "Value(\"a\")"}"#).await;
}

#[tokio::test]
async fn a_variable_as_the_whole_input_is_left_as_it_is() {
    let text = "query($i: Profile) { input(input: $i) }";
    assert_answer(text, "{}", r#"{input: "Undefined"}"#).await;
    let answer = r#"{input: "Value(Profile { name: Null, tags: Undefined, inner: Undefined })"}"#;
    assert_answer(text, r#"{"i": {"name": null}}"#, answer).await;
}

#[tokio::test]
async fn a_default_stands_in_for_what_is_unset_but_not_for_null() {
    let text = r#"query($n: String = "d") { text(text: $n) }"#;
    assert_answer(text, "{}", r#"{text: "Value(\"d\")"}"#).await;
    assert_answer(text, r#"{"n": null}"#, r#"{text: "Null"}"#).await;
    assert_answer("query($n: String = null) { text(text: $n) }", "{}", r#"{text: "Null"}"#).await;
}

#[tokio::test]
async fn skip_and_include_read_variables_and_their_defaults() {
    let text = "query($x: Boolean!) { text @include(if: $x) b: text @skip(if: $x) }";
    assert_answer(text, r#"{"x": true}"#, r#"{text: "Undefined"}"#).await;
    assert_answer(text, r#"{"x": false}"#, r#"{b: "Undefined"}"#).await;
    let text = "query($x: Boolean = true) { text @include(if: $x) b: text @skip(if: $x) }";
    assert_answer(text, "{}", r#"{text: "Undefined"}"#).await;
}

#[tokio::test]
async fn validation_still_finds_what_is_wrong_with_variables() {
    for (text, error) in [
        ("query($n: String) { text }", r#"Variable "$n" is not used"#),
        ("{ text(text: $n) }", r#"Variable "$n" is not defined"#),
    ] {
        assert_answer(text, "{}", error).await;
    }
}

#[tokio::test]
async fn operations_may_share_a_fragment_that_uses_an_unset_variable() {
    let text = "query A($n: String) { ...F } query B($n: String) { ...F } fragment F on Query { text(text: $n) }";
    assert_eq!(run(text, Some("A"), "{}").await.as_deref(), Ok(r#"{text: "Undefined"}"#));
    assert_eq!(run(text, Some("B"), r#"{"n": null}"#).await.as_deref(), Ok(r#"{text: "Null"}"#));
}

#[tokio::test]
async fn a_required_variable_must_be_set_and_not_null() {
    let text = "query($n: [String!]!) { input(input: { tags: $n }) }";
    for (variables, message) in [
        ("{}", r#"Variable "$n" of required type "[String!]!" was not provided."#),
        (r#"{"n": null}"#, r#"Variable "$n" of non-null type "[String!]!" must not be null."#),
    ] {
        assert_eq!(
            run(text, None, variables).await.map_err(|error| error.message().to_string()),
            Err(message.to_owned())
        );
    }
    let text = r#"query($n: String! = "d") { text(text: $n) }"#;
    assert_answer(text, "{}", r#"{text: "Value(\"d\")"}"#).await;
    assert!(matches!(run(text, None, r#"{"n": null}"#).await, Err(CoerceError::NullVariable { .. })));
}

#[tokio::test]
async fn only_the_variables_of_the_operation_that_runs_are_required() {
    let text = "query A { text } query B($n: String!) { text(text: $n) }";
    assert!(run(text, Some("A"), "{}").await.is_ok());
    assert!(matches!(run(text, Some("B"), "{}").await, Err(CoerceError::MissingVariable { .. })));
}

#[test]
fn operation_name_selects_the_operation() {
    let pick = |text: &str, name: Option<&str>| {
        let document = parse_query(text).unwrap();
        operation(&document, name).map(|operation| operation.selection_set.node.items.len())
    };
    assert_eq!(pick("{ a }", None), Ok(1));
    assert_eq!(pick("{ a }", Some("A")), Err(CoerceError::UnknownOperation));
    assert_eq!(pick("query A { a }", None), Ok(1));
    let two = "query A { a } query B { a b }";
    assert_eq!(pick(two, Some("B")), Ok(2));
    assert_eq!(pick(two, Some("C")), Err(CoerceError::UnknownOperation));
    assert_eq!(pick(two, None), Err(CoerceError::AmbiguousOperation));
}
