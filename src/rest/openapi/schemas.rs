//! The bodies of requests and responses.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
    extensions::Extensions,
    schema::{AdditionalProperties, SchemaType},
};

use crate::profile::{
    AVATAR_PATTERN, Field, FieldRules, Gender, NAME_PATTERN, ProfileRules, USERNAME_PATTERN, USERNAME_UNICODE_PATTERN,
};

pub(super) const CUSTOMER: &str = "Customer";
pub(super) const PATCH: &str = "CustomerPatch";
pub(super) const DETAIL: &str = "Detail";
pub(super) const FIELD_ERRORS: &str = "FieldErrors";
pub(super) const BAD_REQUEST: &str = "BadRequest";

pub(super) fn all(rules: &ProfileRules) -> BTreeMap<String, RefOr<Schema>> {
    let schemas: [(&str, Schema); 5] = [
        (CUSTOMER, customer(rules)),
        (PATCH, customer_patch(rules)),
        (DETAIL, detail()),
        (FIELD_ERRORS, field_errors()),
        (BAD_REQUEST, bad_request()),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema.into())).collect()
}

/// A string of at most this many characters.
fn text(description: impl Into<String>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn text_or_null(description: impl Into<String>) -> ObjectBuilder {
    text(description).schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn genders(others: impl IntoIterator<Item = Value>) -> Vec<Value> {
    Gender::ALL.into_iter().map(|gender| gender.as_str().into()).chain(others).collect()
}

/// The ten fields, always all of them and in this order.
fn customer(rules: &ProfileRules) -> Schema {
    let ProfileRules { username, avatar, first_name, last_name, .. } = rules;
    let fields = [
        (
            "id",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                .description(Some("Unique. JavaScript reads a number above 2^53 - 1 without its last digits.")),
        ),
        ("username", text("As the customer wrote it.").max_length(Some(username.max_chars)).min_length(Some(1))),
        ("mobile_number", text_or_null("Read-only; null if there is none.")),
        ("email", text_or_null("Read-only; null if there is none.")),
        (
            "avatar",
            text_or_null("An absolute http or https URL, as it was sent; null if there is none.")
                .max_length(rules.media_url.is_none().then_some(avatar.max_chars)),
        ),
        ("first_name", name("`\"\"` if there is none.", first_name)),
        ("last_name", name("`\"\"` if there is none.", last_name)),
        (
            "full_name",
            text("Computed: the two names that are set, joined by one space; `\"\"` if neither is.")
                .max_length(Some(first_name.max_chars + 1 + last_name.max_chars)),
        ),
        ("gender", text_or_null("Null if not specified.").enum_values(Some(genders([Value::Null])))),
        (
            "is_profile_completed",
            ObjectBuilder::new()
                .schema_type(Type::Boolean)
                .description(Some("Computed: whether username, both names and gender are set.")),
        ),
    ];
    let object = ObjectBuilder::new().description(Some("A customer's profile: always all fields, in this order."));
    let object = fields.into_iter().fold(object, |object, (name, field)| object.property(name, field).required(name));
    object.additional_properties(Some(AdditionalProperties::FreeForm(false))).into()
}

/// A first or last name. A column of a Django shop may take null.
fn name(description: &str, rules: &FieldRules) -> ObjectBuilder {
    let name = if rules.is_nullable { text_or_null(description) } else { text(description) };
    name.max_length(Some(rules.max_chars))
}

/// The fields to change.
fn customer_patch(rules: &ProfileRules) -> Schema {
    let name = |which: &str, rules: &FieldRules| {
        let null = if rules.is_nullable { "so does null" } else { "null is an error" };
        name(&format!("The {which}. `\"\"` clears it, {null}."), rules).pattern(Some(NAME_PATTERN))
    };
    let username = "Letters and numbers of any script, `_ . @ + -`. Unique without regard to case and width. Null and `\"\"` \
                    are errors. `pattern` is exact for ASCII; `x-unicode-pattern` is exact, for engines that know `\\p{L}`.";
    let avatar = "An absolute http or https URL with a host. Null and `\"\"` clear it. A URL that browsers would repair is \
                  rejected: back slashes, white space, a label of the host that begins or ends with a hyphen.";
    let gender = "Null clears it. So does `\"\"`, which is deprecated: send null. White space around it is an error.";
    let patch = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "The fields to change. A field that is absent keeps its value. White space at both ends of a string is removed \
             before the rules apply, except around `gender`. Lengths count Unicode code points. Read-only and unknown \
             fields are ignored, or are errors with `Prefer: handling=strict`.",
        ))
        .property(
            Field::Username.as_str(),
            text(username)
                .min_length(Some(1))
                .max_length(Some(rules.username.max_chars))
                .pattern(Some(USERNAME_PATTERN))
                .extensions(Some(Extensions::from_iter([("x-unicode-pattern", USERNAME_UNICODE_PATTERN)]))),
        )
        ;
    // The path of a file is read-only: a PATCH ignores it as it ignores the e-mail address.
    let patch = if rules.is_avatar_read_only() {
        patch
    } else {
        let avatar = text_or_null(avatar).max_length(Some(rules.avatar.max_chars)).pattern(Some(AVATAR_PATTERN));
        patch.property(Field::Avatar.as_str(), avatar)
    };
    patch
        .property(Field::FirstName.as_str(), name("first name", &rules.first_name))
        .property(Field::LastName.as_str(), name("last name", &rules.last_name))
        .property(Field::Gender.as_str(), text_or_null(gender).enum_values(Some(genders(["".into(), Value::Null]))))
        .into()
}

/// `{"detail": "…"}`
fn detail() -> Schema {
    ObjectBuilder::new()
        .description(Some("One message, for people."))
        .property("detail", text("The message."))
        .required("detail")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .into()
}

/// `{"username": ["…", "…"], "gender": ["…"]}`
fn field_errors() -> Schema {
    let messages = || ArrayBuilder::new().items(text("For people.")).min_items(Some(1));
    let named = |description: &str| messages().description(Some(description)).build();
    let object = ObjectBuilder::new().description(Some(
        "Each wrong field with its messages, in the order username, avatar, first_name, last_name, gender. With \
         `Prefer: handling=strict` the read-only and unknown fields of the body follow.",
    ));
    [Field::Username, Field::Avatar, Field::FirstName, Field::LastName, Field::Gender]
        .into_iter()
        .fold(object, |object, field| object.property(field.as_str(), messages().build()))
        .property("non_field_errors", named("The body is JSON, but not an object."))
        .property("validate_only", named("The query parameter is neither `true` nor `false`."))
        .additional_properties(Some(messages()))
        .min_properties(Some(1))
        .into()
}

fn bad_request() -> Schema {
    OneOfBuilder::new()
        .description(Some("A body that is not JSON has a `detail`; everything else names what is wrong."))
        .item(Ref::from_schema_name(DETAIL))
        .item(Ref::from_schema_name(FIELD_ERRORS))
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rest::openapi::examples;

    #[test]
    fn the_customer_has_the_fields_that_are_answered_in_their_order() {
        let Schema::Object(schema) = customer(&ProfileRules::NATIVE) else { panic!("an object") };
        let answered = examples::customer();
        let answered: Vec<_> = answered.as_object().unwrap().keys().collect();
        assert_eq!(schema.properties.keys().collect::<Vec<_>>(), answered);
        assert_eq!(schema.required.iter().collect::<Vec<_>>(), answered);
        assert_eq!(json!(schema.properties["gender"])["enum"], json!(["male", "female", null]));
    }

    #[test]
    fn the_rules_of_a_django_shop_are_in_the_document() {
        let column = FieldRules { max_chars: 30, is_nullable: true };
        let media_url = Some(crate::profile::MediaUrl::new("https://cdn.example/"));
        let rules = ProfileRules { first_name: column, media_url, ..ProfileRules::NATIVE };
        let schema = json!(customer_patch(&rules));
        assert_eq!(schema["properties"]["first_name"]["maxLength"], 30);
        assert_eq!(schema["properties"]["first_name"]["type"], json!(["string", "null"]));
        assert!(schema["properties"].get("avatar").is_none(), "a file is read-only: {schema}");
        assert_eq!(json!(customer(&rules))["properties"]["full_name"]["maxLength"], 181);
    }
}
