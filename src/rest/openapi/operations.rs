//! The methods of the one path.

use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, ObjectBuilder, PathItem, Ref, Required, Type,
    example::ExampleBuilder,
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItemBuilder},
    request_body::{RequestBody, RequestBodyBuilder},
    security::SecurityRequirement,
};

use super::{
    TAG,
    responses::{self, GET_ID, PATCH_ID},
    schemas,
};
use crate::rest::{VALIDATE_ONLY, body::MEDIA_TYPES};

pub(super) fn path_item() -> PathItem {
    PathItemBuilder::new()
        .operation(HttpMethod::Get, get())
        .operation(HttpMethod::Head, head())
        .operation(HttpMethod::Patch, patch())
        .operation(HttpMethod::Options, options())
        .build()
}

fn operation(id: &str, summary: &str, description: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(description))
        .parameter(accept_language())
}

fn get() -> OperationBuilder {
    let description = "With `If-None-Match` the answer is 304 when the client has the present version.";
    let operation = operation(GET_ID, "Read the profile", description).parameter(if_none_match());
    let operation = operation.response("200", responses::profile(true)).response("304", responses::not_modified());
    [401, 429, 500, 503]
        .into_iter()
        .fold(operation, |operation, code| operation.response(code.to_string(), responses::reference(code)))
}

fn head() -> OperationBuilder {
    let description = "The headers of `GET` without the body.";
    let operation = operation("headMyProfile", "Read the version of the profile", description);
    let operation = operation.parameter(if_none_match());
    let operation = operation.response("200", responses::profile(false)).response("304", responses::not_modified());
    [401, 429, 500, 503]
        .into_iter()
        .fold(operation, |operation, code| operation.response(code.to_string(), responses::error(code, false)))
}

fn patch() -> OperationBuilder {
    let description = "Changes the fields that the body names and no others. It is all or nothing: when one field is wrong \
                       nothing is written, and every wrong field is reported. An empty body and `{}` change nothing and \
                       succeed. A patch that changes nothing leaves the version as it is.";
    let operation = operation(PATCH_ID, "Update the profile", description)
        .parameter(validate_only())
        .parameter(if_match())
        .parameter(prefer())
        .request_body(Some(body()))
        .response("200", responses::updated());
    [400, 401, 408, 412, 413, 415, 429, 500, 503]
        .into_iter()
        .fold(operation, |operation, code| operation.response(code.to_string(), responses::reference(code)))
}

fn options() -> OperationBuilder {
    operation("listMyProfileMethods", "List the methods", "Needs no token.")
        .security(SecurityRequirement::default())
        .response("204", responses::methods())
        .response("503", responses::reference(503))
}

fn if_none_match() -> ParameterBuilder {
    header(
        "If-None-Match",
        "The version that the client has, as `ETag` gave it, e.g. `\"1-1\"`. Compared weakly; a list and `*` work.",
    )
}

fn if_match() -> ParameterBuilder {
    let description = "The version that the profile must have to be changed, as `ETag` gave it, with its quotes, e.g. `\"1-1\"`. Compared \
                       strongly (RFC 9110, section 13.1.1); a list and `*` work. Without it any version is changed.";
    header("If-Match", description)
}

fn prefer() -> ParameterBuilder {
    let description = "`handling=strict` (RFC 7240): read-only and unknown fields in the body are errors. At most twenty of \
                       them are listed.";
    header("Prefer", description)
}

fn accept_language() -> ParameterBuilder {
    header("Accept-Language", "The language of the messages, e.g. `fa`. Only with `--languages`.")
}

fn header(name: &str, description: &str) -> ParameterBuilder {
    parameter(name, ParameterIn::Header, description).schema(Some(ObjectBuilder::new().schema_type(Type::String)))
}

fn validate_only() -> ParameterBuilder {
    let description = "With `true` everything is checked, also the version and whether the username is taken, and nothing \
                       is written.";
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(Value::Bool(false)));
    parameter(VALIDATE_ONLY, ParameterIn::Query, description).schema(Some(schema))
}

fn parameter(name: &str, place: ParameterIn, description: &str) -> ParameterBuilder {
    ParameterBuilder::from(Parameter::new(name))
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
}

fn body() -> RequestBody {
    let description = format!("At most {} bytes.", crate::api::MAX_BODY_BYTES);
    let body = RequestBodyBuilder::new().description(Some(description)).required(Some(Required::False));
    MEDIA_TYPES
        .into_iter()
        .fold(body, |body, media_type| {
            let examples = [
                (
                    "change",
                    "Set both names and the gender",
                    json!({"first_name": "John", "last_name": "Doe", "gender": "male"}),
                ),
                ("clear", "Clear the avatar and the gender", json!({"avatar": null, "gender": null})),
                ("username", "Choose another username", json!({"username": "john.doe"})),
            ];
            let examples = examples.map(|(name, summary, value)| {
                (name, ExampleBuilder::new().summary(summary).value(Some(value)).build())
            });
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schemas::PATCH)));
            body.content(media_type, content.examples_from_iter(examples).build())
        })
        .build()
}
