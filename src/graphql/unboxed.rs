//! Objects that are resolved without memory for each field.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection},
    registry::Registry,
    resolver_utils::resolve_container_serial,
};

/// An object whose fields are resolved one after another, where the object is resolved. The library puts a future on the heap
/// for each field, which pays for fields that wait for something. Its fields must be leaves.
pub(super) struct Unboxed<T>(pub(super) T);

impl<T: ContainerType + Sync> OutputType for Unboxed<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let selections = &context.item.node.items;
        // Fragments and directives are left to the library.
        if !selections.iter().all(|selection| is_plain(&selection.node)) {
            return resolve_container_serial(context, &self.0).await;
        }
        let mut fields = IndexMap::with_capacity(selections.len());
        for selection in selections {
            let Selection::Field(field) = &selection.node else { continue };
            let key = field.node.response_key().node.clone();
            if field.node.name.node == "__typename" {
                fields.insert(key, T::type_name().into());
                continue;
            }
            match self.0.resolve_field(&context.with_field(field)).await {
                Ok(value) => _ = fields.insert(key, value.unwrap_or_default()),
                Err(error) => context.add_error(error),
            }
        }
        Ok(Value::Object(fields))
    }
}

fn is_plain(selection: &Selection) -> bool {
    matches!(selection, Selection::Field(field) if field.node.directives.is_empty())
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    use super::*;

    struct Pet;

    #[Object(serial)]
    impl Pet {
        async fn name(&self) -> &str {
            "Rex"
        }

        async fn owner(&self) -> Option<&str> {
            None
        }

        async fn age(&self) -> Result<u8, async_graphql::Error> {
            Err("unknown".into())
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn boxed(&self) -> Pet {
            Pet
        }

        async fn unboxed(&self) -> Unboxed<Pet> {
            Unboxed(Pet)
        }
    }

    #[tokio::test]
    async fn a_response_is_that_of_the_library() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        for selections in [
            "name owner",
            "owner a: name name b: owner a: name",
            "__typename kind: __typename name",
            "name age owner",
            "name ... on Pet { a: name owner }",
            "name ... { __typename }",
            "name @skip(if: true) owner @include(if: true)",
        ] {
            let respond = async |field: &str| {
                let response = schema.execute(format!("{{ it: {field} {{ {selections} }} }}")).await;
                let errors = response.errors.into_iter().map(|error| (error.message, error.path)).collect::<Vec<_>>();
                (response.data.to_string(), errors)
            };
            let expected = respond("boxed").await;
            assert_eq!(respond("unboxed").await, expected, "{selections}");
            assert!(expected.0.starts_with("{it: {"), "{expected:?}");
        }
        // As the specification has it (October 2021, section 6.3); the library says null.
        let response = schema.execute("{ it: unboxed { name @skip(if: true) } }").await;
        assert_eq!((response.data.to_string().as_str(), response.errors.len()), ("{it: {}}", 0));
    }
}
