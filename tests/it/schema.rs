//! `schema.graphql` is the schema.

#[test]
fn the_checked_in_schema_is_the_schema() {
    let checked_in = include_str!("../../schema.graphql");
    let command = "cargo run -- schema > schema.graphql";
    assert!(checked_in == shop_profile::graphql::sdl(), "schema.graphql is out of date. Mend it with: {command}");
}
