//! `schema.graphql` is the schema.

#[test]
fn schema_graphql_is_up_to_date() {
    let checked_in = include_str!("../../schema.graphql");
    let command = "cargo run -- schema > schema.graphql";
    assert!(checked_in == shop_profile::graphql::sdl(), "schema.graphql is out of date. Update it with: {command}");
}
