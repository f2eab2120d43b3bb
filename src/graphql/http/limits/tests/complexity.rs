use async_graphql::parser::parse_query;

use super::{super::*, INTROSPECTION};
use crate::graphql::http::limits::complexity::{Complexity, Fragments};

fn check(text: &str) -> Result<(), ComplexityError> {
    check_document(&parse_query(text).unwrap())
}

fn complexity(text: &str) -> Complexity {
    let document = parse_query(text).unwrap();
    let fragments = Fragments::compute(&document.fragments).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    fragments.complexity_of(&operation.node.selection_set.node).unwrap()
}

fn times(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// `text(limit)` passes, `text(limit + 1)` exceeds it.
fn assert_limit(limit: usize, exceeded: LimitExceeded, text: impl Fn(usize) -> String) {
    assert_eq!(check(&text(limit)), Ok(()), "{exceeded:?}");
    assert_eq!(check(&text(limit + 1)), Err(exceeded.into()));
}

#[test]
fn a_full_introspection_passes() {
    assert_eq!(check(INTROSPECTION), Ok(()));
    let complexity = complexity(INTROSPECTION);
    assert_eq!((complexity.depth, complexity.fields, complexity.introspection_lists), (15, 230, 1));
}

#[test]
fn operations_fragments_and_variables_are_counted_in_the_text() {
    assert_limit(10, LimitExceeded::Operations, |n| times(n, |i| format!("query Q{i} {{ a }} ")));
    assert_limit(30, LimitExceeded::Fragments, |n| {
        "{ a } ".to_owned() + &times(n, |i| format!("fragment F{i} on Q {{ a }} "))
    });
    assert_limit(30, LimitExceeded::Variables, |n| {
        format!("query A($a: I) {{ a }} query B({}) {{ a }}", times(n - 1, |i| format!("$v{i}: I ")))
    });
}

#[test]
fn directives_count_wherever_they_stand() {
    assert_limit(20, LimitExceeded::Directives, |n| {
        format!(
            "query A($a: I @d) @d {{ a @d {{ b @d }} ... @d {{ a @d }} ...F @d }} query B {{ a @d }} fragment F on Q @d {{ a {} }}",
            "@d ".repeat(n - 9),
        )
    });
}

#[test]
fn depth_counts_fields_and_not_fragments() {
    let nested = |n: usize| format!("{{ {} a {} }}", "a { ".repeat(n - 1), "} ".repeat(n - 1));
    assert_limit(15, LimitExceeded::Depth, nested);
    assert_limit(15, LimitExceeded::Depth, |n| {
        format!("{{ ... on Q {{ a {{ ...F }} }} }} fragment F on Q {}", nested(n - 1))
    });
}

#[test]
fn fields_count_once_for_each_spread_and_so_do_spreads() {
    assert_limit(400, LimitExceeded::Fields, |n| format!("{{ {} }}", "__typename ".repeat(n)));
    // 1 + 9 = 10 for each spread; the inline fragment costs one, too.
    assert_limit(400, LimitExceeded::Fields, |n| {
        format!(
            "{{ ... {{ {} }} {} }} fragment F on Q {{ {} }}",
            "...F ".repeat(39),
            "a ".repeat(n - 391),
            "a ".repeat(9)
        )
    });
}

#[test]
fn aliases_count_once_for_each_spread() {
    assert_limit(30, LimitExceeded::Aliases, |n| format!("{{ {} }}", times(n, |i| format!("a{i}: a "))));
    assert_limit(30, LimitExceeded::Aliases, |n| {
        format!(
            "{{ b {{ ...F }} c {{ ...F }} {} }} fragment F on Q {{ x: a y: a }}",
            times(n - 4, |i| format!("a{i}: a "))
        )
    });
}

#[test]
fn a_mutation_has_few_root_fields() {
    assert_limit(5, LimitExceeded::MutationRootFields, |n| {
        format!("mutation {{ {} }}", "a { b c d e f g } ".repeat(n))
    });
    assert_limit(5, LimitExceeded::MutationRootFields, |n| {
        format!("mutation {{ ...F ... {{ ...F }} {} }} fragment F on M {{ a b }}", "a ".repeat(n - 4))
    });
    assert_eq!(check("{ a b c d e f g }"), Ok(()));
}

#[test]
fn introspection_may_nest_two_lists() {
    let circle = |n: usize| {
        format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(n), "} } ".repeat(n))
    };
    assert_limit(2, LimitExceeded::IntrospectionLists, circle);
    assert_limit(2, LimitExceeded::IntrospectionLists, |n| {
        let rest = "possibleTypes { inputFields { type { ".repeat(n - 2);
        format!(
            "{{ a: __type(name: \"A\") {{ ...F }} }} fragment F on T {{ interfaces {{ ... {{ x: fields {{ name }} {rest} a {} }} }} }}",
            "} } } ".repeat(n - 2)
        )
    });
    // The same names outside of an introspection are some shop's own.
    assert_eq!(check("{ me { fields { fields { fields { a } } } } }"), Ok(()));
}

#[test]
fn a_fragment_is_held_to_the_limits_even_if_unused() {
    let bomb = times(29, |i| format!("fragment F{i} on Q {{ ...F{next} ...F{next} }} ", next = i + 1));
    let unused = format!("{{ a }} {bomb} fragment F29 on Q {{ a }}");
    assert_eq!(check(&unused), Err(LimitExceeded::Fields.into()));
    let used = unused.replacen("{ a }", "{ ...F0 }", 1);
    assert_eq!(check(&used), Err(LimitExceeded::Fields.into()));
}

#[test]
fn a_chain_of_all_fragments_is_accepted() {
    let chain = times(29, |i| format!("fragment F{i} on Q {{ ...F{next} }} ", next = i + 1));
    assert_eq!(check(&format!("{{ ...F0 }} {chain} fragment F29 on Q {{ a }}")), Ok(()));
}

#[test]
fn a_fragment_cycle_is_rejected_even_if_unused() {
    for text in [
        "{ ...F } fragment F on Q { a { ...F } }",
        "{ a } fragment F on Q { ... { ...G } } fragment G on Q { ...H } fragment H on Q { ...F a }",
        "{ ...G } fragment F on Q { ...F } fragment G on Q { ...F }",
    ] {
        assert_eq!(check(text), Err(ComplexityError::FragmentCycle), "{text}");
    }
}

#[test]
fn a_fragment_that_is_not_defined_is_left_to_validation() {
    assert_eq!(check("{ ...F a } fragment G on Q { ...H }"), Ok(()));
}
