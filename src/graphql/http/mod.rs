//! GraphQL over HTTP to the letter, and what a hostile request meets (PROTOCOL.md). A request passes these in turn:
//!
//! 1. `negotiation`: which media type the client wants
//! 2. `request`: method, content type, size and shape
//! 3. `documents`: the text behind a hash, the cache of parsed documents, and for a new text
//!    `gate` (before the parser) and `cost` (after it), both held to `limits`
//! 4. `coerce`: the operation, and what unset variables mean
//! 5. the resolver, by async-graphql, which validates what `verdicts` does not know
//! 6. `answer`: the status and the errors; `refusal` names what went wrong before 5

mod cost;
mod document_cache;
mod error;
mod gate;
mod limits;
mod negotiation;
mod request;
mod response;
mod validation_cache;
mod variables;

use std::sync::Arc;

use async_graphql::{ValidationMode, parser::types::OperationType};
use axum::{
    Router,
    extract::{Request, State},
    http::{Method, header},
    response::Response,
    routing::any,
};

pub use document_cache::CacheStats;

use self::{
    document_cache::{Document, DocumentCache},
    error::RequestError,
    negotiation::{MediaType, negotiate},
    validation_cache::{ValidationCache, ValidationKey},
};
use super::ProfileSchema;
use crate::{
    api,
    auth::{Credential, Unauthenticated},
    profile::ProfileService,
};

/// The GraphQL face: `/graphql`.
#[derive(Clone)]
pub struct Endpoint {
    schema: ProfileSchema,
    /// The same, without most of the validation: for what has passed it before.
    schema_prevalidated: ProfileSchema,
    validation_cache: Arc<ValidationCache>,
    profile: ProfileService,
    document_cache: Arc<DocumentCache>,
    introspection: bool,
}

async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let accepted = negotiate(request.headers().get_all(header::ACCEPT).iter().map(|value| value.as_bytes()));
    match endpoint.respond(accepted.is_some(), request).await {
        Ok(response) => response::executed(accepted.unwrap_or(MediaType::Json), response),
        Err(refused) => response::error_response(accepted.unwrap_or(MediaType::Json), &refused),
    }
}

/// A request that may be executed.
struct Prepared {
    request: async_graphql::Request,
    /// Nothing but the schema is asked for, which needs no key.
    introspection_only: bool,
    case: ValidationKey,
}

impl Endpoint {
    /// The face over this resolver; whether the schema may be asked for.
    pub fn new(profile: ProfileService, introspection: bool) -> Self {
        Self {
            schema: super::schema(profile.clone(), ValidationMode::Strict),
            schema_prevalidated: super::schema(profile.clone(), ValidationMode::Fast),
            validation_cache: Arc::default(),
            profile,
            document_cache: Arc::new(DocumentCache::new()),
            introspection,
        }
    }

    /// Its one route.
    pub fn router(self) -> Router {
        Router::new().route("/graphql", any(handle)).with_state(self)
    }

    /// What the cache of parsed documents has seen and what it holds.
    pub fn document_cache_stats(&self) -> CacheStats {
        self.document_cache.counters()
    }

    async fn respond(&self, acceptable: bool, request: Request) -> Result<async_graphql::Response, RequestError> {
        let credential = match api::credential(request.headers()) {
            Ok(credential) => Some(credential),
            Err(Unauthenticated::NotProvided) => None,
            Err(why) => return Err(why.into()),
        };
        let prepared = self.prepare(acceptable, request).await;
        let look_first = prepared.as_ref().map_or(true, |prepared| prepared.introspection_only);
        match &credential {
            // A key that is sent must be a live one, whatever becomes of the request. The resolver sees to it where it
            // runs, in the same statement.
            Some(credential) if look_first => self.authenticate(*credential).await?,
            None if !look_first => return Err(Unauthenticated::NotProvided.into()),
            _ => {}
        }
        let Prepared { request, case, .. } = prepared?;
        let contains = self.validation_cache.contains(case);
        let response = self.execute(request, contains, credential).await?;
        if !response::is_request_error(&response) {
            if !contains {
                self.validation_cache.insert(case);
            }
        } else if let Some(credential) = credential
            && !look_first
        {
            self.authenticate(credential).await?;
        }
        Ok(response)
    }

    async fn authenticate(&self, credential: Credential) -> Result<(), RequestError> {
        let profile = self.profile.clone();
        api::execute(async move { profile.me(&credential).await }).await.map_err(RequestError::ExecutionError)??;
        Ok(())
    }

    async fn execute(
        &self,
        mut request: async_graphql::Request,
        contains: bool,
        credential: Option<Credential>,
    ) -> Result<async_graphql::Response, RequestError> {
        if let Some(credential) = credential {
            request = request.data(credential);
        }
        let schema = if contains { &self.schema_prevalidated } else { &self.schema }.clone();
        api::execute(async move { schema.execute(request).await }).await.map_err(RequestError::ExecutionError)
    }

    async fn prepare(&self, acceptable: bool, request: Request) -> Result<Prepared, RequestError> {
        let by_post = request.method() == Method::POST;
        let mut request = request::read(request).await?;
        if !acceptable {
            return Err(RequestError::NotAcceptable);
        }
        let document = self.document(&request)?;
        let name = request.operation_name.as_deref();
        let operation = variables::operation(&document.parsed, name)?;
        let roots = cost::root_fields(&document.parsed, operation);
        if operation.ty == OperationType::Mutation {
            if !by_post {
                return Err(RequestError::MutationByGet);
            }
            if roots.repeat_a_key() {
                return Err(RequestError::RepeatedKey);
            }
        }
        if !self.introspection && roots.iter().any(|field| matches!(&*field.name.node, "__schema" | "__type")) {
            return Err(RequestError::IntrospectionOff);
        }
        let introspection_only = roots.introspection_only();
        let mut parsed = document.parsed.clone();
        variables::prepare(&mut parsed, name, &mut request.variables)?;
        let case = self.validation_cache.key(&document.hash, name, &request.variables);
        request.set_parsed_query(parsed);
        Ok(Prepared { request, introspection_only, case })
    }

    /// The parsed document: of the request's text, or behind the hash that a client of automatic persisted queries
    /// sends instead.
    fn document(&self, request: &async_graphql::Request) -> Result<Arc<Document>, RequestError> {
        match (persisted_hash(request)?, request.query.as_str()) {
            (None, "") => Err(RequestError::NoQuery),
            (Some(digits), "") => {
                let known = document_cache::parse_hash(&digits).and_then(|hash| self.document_cache.find(&hash));
                known.ok_or(RequestError::PersistedQueryNotFound)
            }
            (Some(digits), text) if document_cache::parse_hash(&digits) != Some(document_cache::hash_of(text)) => {
                Err(RequestError::PersistedQueryMismatch)
            }
            (_, text) => Ok(self.document_cache.load(text)?),
        }
    }
}

/// `extensions.persistedQuery`: `{"version": 1, "sha256Hash": "…"}`.
fn persisted_hash(request: &async_graphql::Request) -> Result<Option<String>, RequestError> {
    use async_graphql::Value;
    let Some(Value::Object(persisted)) = request.extensions.get("persistedQuery") else { return Ok(None) };
    match (persisted.get("version"), persisted.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash))) if version.as_u64() == Some(1) => {
            Ok(Some(hash.clone()))
        }
        _ => Err(RequestError::PersistedQueryUnsupported),
    }
}
