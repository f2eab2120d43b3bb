//! What the access log and the metrics learn of a request: never its text, its variables or its messages.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument};

use super::limits::RootFields;
use crate::{graphql::error::Code, rate_limit::Operation, request_id, request_notes::Outcome};

/// Notes what the request asks for. `asked`: the name of the operation in the request; the document has it.
pub(super) fn note_operation(
    document: &ExecutableDocument,
    asked: Option<&str>,
    roots: &RootFields<'_>,
    operation: Operation,
) {
    let name = match &document.operations {
        DocumentOperations::Single(_) => None,
        DocumentOperations::Multiple(operations) => asked.or_else(|| operations.keys().next().map(|name| &**name)),
    };
    request_id::note(|notes| {
        notes.operation = (!roots.introspection_only()).then_some(operation);
        notes.root_fields = roots.iter().map(|field| field.name.node.as_str()).collect();
        if let Some(name) = name {
            notes.set_operation_name(name);
        }
    });
}

/// Notes what an error makes of the request.
pub(super) fn note_error(code: Code) {
    request_id::note(|notes| notes.add_outcome(outcome(code)));
}

fn outcome(code: Code) -> Outcome {
    match code {
        Code::Unauthenticated => Outcome::Unauthenticated,
        Code::TooManyRequests => Outcome::RateLimited,
        Code::ServiceUnavailable | Code::Timeout => Outcome::Unavailable,
        Code::InternalServerError => Outcome::Internal,
        Code::BadRequest
        | Code::BadUserInput
        | Code::DocumentTooLarge
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::IntrospectionTooDeep
        | Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::OperationResolutionFailure
        | Code::PersistedQueryNotFound
        | Code::PersistedQueryNotSupported
        | Code::RequestTimeout
        | Code::RequestTooLarge
        | Code::TooDeep
        | Code::TooDeeplyNested
        | Code::TooManyAliases
        | Code::TooManyDirectives
        | Code::TooManyFields
        | Code::TooManyFragments
        | Code::TooManyOperations
        | Code::TooManyRootFields
        | Code::TooManyTokens
        | Code::TooManyVariables
        | Code::UnsupportedMediaType => Outcome::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };

    use crate::request_notes::RootFieldNames;

    #[test]
    fn each_root_field_of_the_schema_has_a_name_in_the_log() {
        let sdl = parse_schema(crate::graphql::types_sdl()).unwrap();
        let mut named = Vec::new();
        for definition in sdl.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            if let ("Query" | "Mutation", TypeKind::Object(object)) =
                (&*definition.node.name.node, &definition.node.kind)
            {
                for field in &object.fields {
                    let name = field.node.name.node.as_str();
                    assert_eq!([name].into_iter().collect::<RootFieldNames>().to_string(), name);
                    named.push(name.to_owned());
                }
            }
        }
        assert_eq!(named.len(), 2, "{named:?}");
    }
}
