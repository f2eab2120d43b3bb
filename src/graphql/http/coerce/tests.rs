use async_graphql::{
    EmptyMutation, EmptySubscription, InputObject, MaybeUndefined, Object, Request, Response, Schema, ValidationMode,
    parser::parse_query,
};
use serde_json::{Value as Json, json};

use super::*;

#[derive(InputObject)]
struct Profile {
    first: MaybeUndefined<String>,
    last: MaybeUndefined<String>,
    tags: MaybeUndefined<Vec<Option<String>>>,
    inner: MaybeUndefined<Inner>,
}

#[derive(InputObject)]
struct Inner {
    first: MaybeUndefined<String>,
}

struct Query;

#[Object]
impl Query {
    /// What arrives: an absent field is left out, a null one is there.
    async fn echo(&self, input: MaybeUndefined<Profile>, text: MaybeUndefined<String>) -> String {
        let mut seen = Vec::new();
        seen.extend(text.as_opt_ref().map(|text| format!("text={text:?}")));
        if let Some(input) = input.as_opt_ref() {
            let fields = input.map(|input| {
                let inner = input.inner.as_opt_ref().map(|inner| inner.map(|inner| inner.first.as_opt_ref()));
                format!("{:?}", (input.first.as_opt_ref(), input.last.as_opt_ref(), input.tags.as_opt_ref(), inner))
            });
            seen.push(format!("input={fields:?}"));
        }
        seen.join(" ").replace('"', "'")
    }
}

async fn run(text: &str, operation: Option<&str>, variables: Json) -> Result<Response, CoerceError> {
    let mut document = parse_query(text).unwrap();
    let mut variables = Variables::from_json(variables);
    prepare(&mut document, operation, &mut variables)?;
    let mut request = Request::new(text).variables(variables);
    request.operation_name = operation.map(str::to_owned);
    request.set_parsed_query(document);
    let schema =
        Schema::build(Query, EmptyMutation, EmptySubscription).validation_mode(ValidationMode::Strict).finish();
    Ok(schema.execute(request).await)
}
