//! Every limit at its value and one past it.

mod complexity;
mod tokens;

use super::*;

const INTROSPECTION: &str = include_str!("introspection.graphql");

#[test]
fn a_message_names_the_limit_and_its_value() {
    let messages = [
        (LimitExceeded::DocumentBytes, "The document is too large: the limit is 16384 bytes."),
        (LimitExceeded::Aliases, "Too many aliases, with the fragments expanded: the limit is 30."),
        (LimitExceeded::IntrospectionLists, "Too deep an introspection: the limit is 2 nested lists."),
    ];
    for (limit, message) in messages {
        assert_eq!(limit.to_string(), message);
    }
}
