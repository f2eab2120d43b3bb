//! The schema. It is built without a database; the profile service is added to each server's own copy.

use std::sync::{Arc, LazyLock};

use async_graphql::{Context, EmptySubscription, Object, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};
use tokio::sync::OnceCell;

use super::{
    error::ResolverError,
    http::limits::{MAX_COMPLEXITY, MAX_DEPTH, MAX_DIRECTIVES_OF_FIELD, MAX_NESTING},
    types::{CustomerObject, InvalidVersion, UpdateMyProfileInput, UpdateMyProfilePayload, input_description},
    unboxed::Unboxed,
};
use crate::{
    auth::Unauthenticated,
    profile::{FieldError, Precondition},
    request_id,
    request_notes::Outcome,
    service::{Caller, ProfileError, ProfileService, UpdateMyProfile},
};

/// The schema of the GraphQL API.
pub type ProfileSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema over this service.
pub fn schema(profile: ProfileService, validation: ValidationMode) -> ProfileSchema {
    builder().validation_mode(validation).data(profile).finish()
}

/// The schema in the definition language: `schema.graphql`, whose content a test compares with this.
pub fn sdl() -> String {
    let described = format!("\n\"\"\"\n{}\n\"\"\"\nschema {{", DESCRIPTION.trim());
    types_sdl().replacen("\nschema {", &described, 1)
}

/// The same without the description of the schema, which the library neither writes nor parses.
pub(super) fn types_sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().use_space_ident().prefer_single_line_descriptions())
}

/// The description of the schema, in Markdown: the first page of the documentation in GraphiQL.
const DESCRIPTION: &str = include_str!("description.md");

/// The library's limits are the second line; ours come before the parser and before the execution.
fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    static INPUT_DESCRIPTION: LazyLock<String> = LazyLock::new(input_description);
    Schema::build(Query, Mutation, EmptySubscription)
        .override_input_type_description::<UpdateMyProfileInput>(&INPUT_DESCRIPTION)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .limit_recursive_depth(MAX_NESTING)
        .limit_directives(MAX_DIRECTIVES_OF_FIELD)
        .disable_suggestions()
}

/// One request, in its data.
pub(super) struct Request {
    caller: Arc<Caller>,
    /// `me`, read once for the whole request however many fields and aliases name it. So they agree with each other,
    /// and the request costs one statement.
    me: OnceCell<Result<Unboxed<CustomerObject>, ResolverError>>,
}

impl From<Arc<Caller>> for Request {
    fn from(caller: Arc<Caller>) -> Self {
        Self { caller, me: OnceCell::new() }
    }
}

/// The query root.
pub struct Query;

/// Reads of the authenticated customer.
#[Object]
impl Query {
    /// The customer whom the request's API token belongs to. However often a request selects it, it is read once.
    async fn me<'a>(&self, context: &Context<'a>) -> Result<&'a Unboxed<CustomerObject>, ResolverError> {
        let (profile, request) = request(context)?;
        let read = async || Ok(Unboxed(CustomerObject(profile.me(&request.caller).await?)));
        request.me.get_or_init(read).await.as_ref().map_err(ResolverError::clone)
    }
}

/// The mutation root.
pub struct Mutation;

/// Changes by the authenticated customer.
#[Object]
impl Mutation {
    /// Changes the fields that the input contains and no others. It is all or nothing: if one field is invalid, nothing
    /// is written and `userErrors` lists every invalid field. Null, with an error, only if the server failed or the
    /// token is not valid.
    async fn update_my_profile(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateMyProfileInput,
        #[graphql(
            default = false,
            desc = "Check everything, whether the username is taken and `ifVersion` included, and write nothing. The \
                    payload is that of the change, with the present `version`."
        )]
        validate_only: bool,
    ) -> Option<Result<UpdateMyProfilePayload, ResolverError>> {
        Some(update(context, input, validate_only).await)
    }
}

async fn update(
    context: &Context<'_>,
    input: UpdateMyProfileInput,
    validate_only: bool,
) -> Result<UpdateMyProfilePayload, ResolverError> {
    let (profile, Request { caller, .. }) = request(context)?;
    let (input, expected) = input.into_patch();
    let (result, invalid_version) = match expected {
        Ok(expected) => {
            let update = UpdateMyProfile { input, expected };
            let result = if validate_only {
                profile.validate_update(caller, update).await
            } else {
                profile.update_my_profile(caller, update).await
            };
            (result.map(Some), None)
        }
        // Every error is reported at once, those of the other fields too.
        Err(invalid) => {
            let update = UpdateMyProfile { input, expected: Precondition::Any };
            (profile.validate_update(caller, update).await.map(|_| None), Some(invalid))
        }
    };
    match result {
        Ok(Some(customer)) => Ok(UpdateMyProfilePayload::updated(customer)),
        Ok(None) => Ok(invalid(Vec::new(), invalid_version)),
        Err(ProfileError::Invalid(errors)) => Ok(invalid(errors, invalid_version)),
        Err(ProfileError::Conflict(_)) => {
            request_id::note(|notes| notes.add_outcome(Outcome::Conflict));
            Ok(UpdateMyProfilePayload::conflict())
        }
        Err(error) => Err(error.into()),
    }
}

/// The response is a 200: the access log is told what it is.
fn invalid(errors: Vec<FieldError>, version: Option<InvalidVersion>) -> UpdateMyProfilePayload {
    request_id::note(|notes| notes.add_outcome(Outcome::Invalid));
    UpdateMyProfilePayload::invalid(errors, version)
}

fn request<'a>(context: &Context<'a>) -> Result<(&'a ProfileService, &'a Request), ResolverError> {
    let profile = context.data_opt::<ProfileService>().ok_or_else(ResolverError::internal)?;
    let request = context.data_opt::<Request>().ok_or(Unauthenticated::NotProvided)?;
    Ok((profile, request))
}
