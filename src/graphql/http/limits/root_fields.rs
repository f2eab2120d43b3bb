//! What stands at the root of an operation, its fragments expanded.

use std::{collections::HashSet, slice};

use async_graphql::{
    Positioned,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection},
};

use super::MAX_FIELDS;

/// The fields at the root of an operation, in the order of their execution. One that `@skip` or `@include` would leave
/// out is among them.
#[derive(Debug)]
pub(crate) struct RootFields<'a>(Vec<&'a Field>);

/// The fields at the root of an operation of a document that [`super::check_document`] has let through.
pub(crate) fn root_fields<'a>(document: &'a ExecutableDocument, operation: &'a OperationDefinition) -> RootFields<'a> {
    RootFields(
        Selections { document, levels: vec![operation.selection_set.node.items.iter()] }
            // A checked document has no more of them; one that was not might go in circles.
            .take(MAX_FIELDS)
            .filter_map(|selection| match selection {
                Selection::Field(field) => Some(&field.node),
                _ => None,
            })
            .collect(),
    )
}

impl<'a> RootFields<'a> {
    /// The fields.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a Field> {
        self.0.iter().copied()
    }

    /// Whether they ask for nothing but the schema, which is no secret.
    pub(crate) fn introspection_only(&self) -> bool {
        self.count_resolved() == 0
    }

    /// How many of them a resolver of ours answers, as far as they exist.
    pub(crate) fn count_resolved(&self) -> u32 {
        let of_schema = |field: &&Field| matches!(field.name.node.as_str(), "__typename" | "__schema" | "__type");
        u32::try_from(self.iter().filter(|field| !of_schema(field)).count()).unwrap_or(u32::MAX)
    }

    /// Whether two of them have the same response key. The specification would have them merged and run once;
    /// async-graphql runs each, which a mutation must not.
    pub(crate) fn repeat_a_key(&self) -> bool {
        let mut keys = HashSet::new();
        !self.iter().all(|field| keys.insert(field.response_key().node.as_str()))
    }
}

/// The selections of a set and of the fragments in it, but not of the fields in it. A stack instead of recursion:
/// fragments that spread each other in a chain go deeper than the text.
struct Selections<'a> {
    document: &'a ExecutableDocument,
    levels: Vec<slice::Iter<'a, Positioned<Selection>>>,
}

impl<'a> Iterator for Selections<'a> {
    type Item = &'a Selection;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(selection) = self.levels.last_mut()?.next() else {
                self.levels.pop();
                continue;
            };
            let below = match &selection.node {
                Selection::Field(_) => None,
                Selection::InlineFragment(fragment) => Some(&fragment.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    fragment.map(|fragment| &fragment.node.selection_set)
                }
            };
            self.levels.extend(below.map(|selections| selections.node.items.iter()));
            return Some(&selection.node);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn with_root<T>(text: &str, look: impl FnOnce(RootFields<'_>) -> T) -> T {
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        look(root_fields(&document, &operation.node))
    }

    fn keys(text: &str) -> String {
        with_root(text, |fields| {
            fields.iter().map(|field| field.response_key().node.as_str()).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn fragments_are_expanded_in_order_and_fields_are_not() {
        let text = "{ a ...F b: c { x } ... on Query { d ...G } ...Unknown e }
            fragment F on Query { f ...G } fragment G on Query { g }";
        assert_eq!(keys(text), "a f g b d g e");
    }

    #[test]
    fn introspection_is_recognised_by_field_names_not_by_aliases() {
        for text in
            ["{ __typename }", "{ me: __schema { x } ...F } fragment F on Query { __type(name: \"A\") { name } }"]
        {
            assert!(with_root(text, |fields| fields.introspection_only()), "{text}");
        }
        for text in ["{ __typename: me }", "{ __schema { x } ... { me } }", "{ ...F } fragment F on Query { me }"] {
            assert!(!with_root(text, |fields| fields.introspection_only()), "{text}");
        }
    }

    #[test]
    fn a_repeated_key_is_found_in_fragments_too() {
        for text in
            ["{ a a }", "{ a b: a b: c }", "{ a ...F } fragment F on M { a }", "{ ...F ...F } fragment F on M { a }"]
        {
            assert!(with_root(text, |fields| fields.repeat_a_key()), "{text}");
        }
        assert!(!with_root("{ a b: a c { a a } }", |fields| fields.repeat_a_key()));
    }

    #[test]
    fn a_fragment_cycle_is_expanded_once() {
        assert_eq!(keys("{ ...F a } fragment F on Query { ...G } fragment G on Query { ...F }"), "");
    }
}
