//! The REST API as an OpenAPI 3.1 document: `openapi.json`, the command `openapi` and `/openapi.json`.
//!
//! It states no rule of its own: lengths, nulls and patterns are those of the [domain](crate::profile), and every response in it
//! was made by the code that answers requests.
//!
//! - `operations`: the four methods with their parameters
//! - `responses`, `examples`: what they answer
//! - `schemas`: the bodies
//! - `headers`: the headers of responses
//! - `endpoint`: `/openapi.json`

mod endpoint;
mod examples;
mod headers;
mod operations;
mod responses;
mod schemas;

use utoipa::openapi::{
    Components, Info, License, OpenApi, OpenApiBuilder, PathsBuilder, SecurityRequirement, Server,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};

use crate::profile::ProfileRules;

pub use endpoint::router;

/// The names of the two security schemes. They mean the same; each is one way to write the header.
const TOKEN: &str = "Token";
const BEARER: &str = "Bearer";

const TAG: &str = "profile";

const DESCRIPTION: &str = "\
The customers of a shop read and update their own profile. The API has one resource: the profile of the customer whose \
API token the request carries.

The path may end in a slash. Every response is compact JSON in UTF-8, whatever `Accept` says. Another path is a 404 and \
another method a 405, both after the token was checked. What is not HTTP/1.1, such as a request without `Host`, is \
answered 400 without a body, and headers above 32 KiB are answered 431.

The order of checks is: path (404), token (401), rate (429), method (405), content type (415), size (413), JSON (400), \
fields (400), version (412). The first that fails decides the response.";

/// The document for tables with these rules, laid out for reading. `openapi.json` is that of [`ProfileRules::NATIVE`].
///
/// # Errors
/// Nothing in it fails to serialize; serde_json's interface allows for it.
pub fn openapi_json(rules: &ProfileRules) -> serde_json::Result<String> {
    document(rules).to_pretty_json().map(|json| json + "\n")
}

fn document(rules: &ProfileRules) -> OpenApi {
    let mut info = Info::new("shop-profile", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let mut license = License::new(env!("CARGO_PKG_LICENSE"));
    license.identifier = Some(env!("CARGO_PKG_LICENSE").to_owned());
    info.license = Some(license);
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(PathsBuilder::new().path(super::PATH, operations::path_item()).build())
        .components(Some(components(rules)))
        .security(Some([TOKEN, BEARER].map(|scheme| SecurityRequirement::new(scheme, [""; 0]))))
        .tags(Some([TagBuilder::new()
            .name(TAG)
            .description(Some("The profile of the customer whose API token the request carries."))
            .build()]))
        .build()
}

fn components(rules: &ProfileRules) -> Components {
    let mut components = Components::new();
    components.schemas = schemas::all(rules);
    components.responses = responses::all();
    components.headers = headers::all();
    let token = "The header `Authorization: Token <API token>`. The value includes the word `Token`.";
    let bearer = "The header `Authorization: Bearer <API token>`: the same API token, and the same meaning.";
    components.add_security_scheme(
        TOKEN,
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", token))),
    );
    components.add_security_scheme(
        BEARER,
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(bearer)).build()),
    );
    components
}
