//! The schema. It is built without a database; the resolver is added to each server's own copy.

use async_graphql::{Context, EmptySubscription, Object, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use super::{
    error::ResolverError,
    types::{CustomerObject, UpdateMyProfileInput, UpdateMyProfilePayload},
};
use crate::{
    auth::{Credential, Unauthenticated},
    profile::{ProfileError, ProfileService},
};

/// The schema of the GraphQL face.
pub type ProfileSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema over this resolver.
pub fn schema(profile: ProfileService, validation: ValidationMode) -> ProfileSchema {
    builder().validation_mode(validation).data(profile).finish()
}

/// The schema in the definition language: `schema.graphql`, which a test holds to this.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().use_space_ident().prefer_single_line_descriptions())
}

/// The second line of the limits (PROTOCOL.md); the first stands before the parser.
fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription)
        .limit_depth(15)
        .limit_complexity(500)
        .limit_recursive_depth(32)
        .limit_directives(5)
        .disable_suggestions()
}

/// What a customer may ask about themselves.
pub struct Query;

/// Reads of the authenticated customer.
#[Object]
impl Query {
    /// The customer whose key the request carries.
    async fn me(&self, context: &Context<'_>) -> Result<CustomerObject, ResolverError> {
        let (profile, credential) = caller(context)?;
        Ok(CustomerObject(profile.me(credential).await?))
    }
}

/// What a customer may change about themselves.
pub struct Mutation;

/// Changes by the authenticated customer.
#[Object]
impl Mutation {
    /// Changes the fields that the input names and no others. It is all or nothing: if one field is wrong, nothing is
    /// written and `userErrors` names every wrong field at once.
    async fn update_my_profile(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateMyProfileInput,
    ) -> Result<UpdateMyProfilePayload, ResolverError> {
        let (profile, credential) = caller(context)?;
        match profile.update_my_profile(credential, input.into()).await {
            Ok(customer) => Ok(UpdateMyProfilePayload::updated(customer)),
            Err(ProfileError::Invalid(errors)) => Ok(UpdateMyProfilePayload::invalid(errors)),
            Err(ProfileError::Conflict) => Ok(UpdateMyProfilePayload::conflict()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

fn caller<'a>(context: &Context<'a>) -> Result<(&'a ProfileService, &'a Credential), ResolverError> {
    let profile = context.data_opt::<ProfileService>().ok_or_else(ResolverError::internal)?;
    let credential = context.data_opt::<Credential>().ok_or(Unauthenticated::NotProvided)?;
    Ok((profile, credential))
}
