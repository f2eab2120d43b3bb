//! GraphQL over HTTP (docs/graphql-over-http.md) and the limits of a request (docs/limits.md). A request passes these in
//! turn:
//!
//! 1. `negotiation`: which media type the client wants
//! 2. `request`: method, content type, size and shape
//! 3. `document_cache`: the text behind a hash, and the parsed documents; a new text is checked against `limits`, before
//!    and after the parser
//! 4. `variables`: the operation, the values of the variables, and what unset ones mean
//! 5. `authentication`: who checks the API token, and what the request is counted as
//! 6. the resolvers, by async-graphql, which first validates what `validation_cache` does not know
//! 7. `response`: the status and the errors; `error` has what goes wrong before 6
//!
//! `notes` tells the access log and the metrics.

mod authentication;
mod document_cache;
mod error;
pub(super) mod limits;
mod metrics;
mod negotiation;
mod notes;
mod request;
mod response;
mod validation_cache;
mod variables;

use std::sync::Arc;

use async_graphql::{ValidationMode, parser::types::OperationType};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::Response,
    routing::any,
};

pub use metrics::GraphqlMetrics;

use self::{
    authentication::Authentication,
    document_cache::{Document, DocumentCache},
    error::RequestError,
    limits::LimitExceeded,
    negotiation::{MediaType, negotiate},
    response::Availability,
    validation_cache::{ValidationCache, ValidationKey},
    variables::InputTypes,
};
use super::{ProfileSchema, schema};
use crate::{
    api,
    auth::Unauthenticated,
    metrics::{By, Counter},
    rate_limit::Operation,
    service::{Caller, ProfileService},
};

/// The GraphQL API: `/graphql`.
#[derive(Clone)]
pub struct Endpoint {
    schema: ProfileSchema,
    /// The same, without most of the validation: for a request that has passed it before.
    schema_prevalidated: ProfileSchema,
    input_types: Arc<InputTypes>,
    validation_cache: Arc<ValidationCache>,
    profile: ProfileService,
    document_cache: Arc<DocumentCache>,
    introspection: bool,
    limits: By<LimitExceeded, Counter>,
}

async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let accepted = accepted_media_type(request.headers());
    let media_type = accepted.unwrap_or(MediaType::Json);
    match endpoint.respond(accepted.is_some(), request).await {
        (Ok(response), availability) => response::executed(media_type, response, availability),
        (Err(error), availability) => {
            if let Some(limit) = error.limit() {
                endpoint.limits.of(limit).inc();
            }
            response::error_response(media_type, &error, availability)
        }
    }
}

/// The 503 of a server that has no capacity for the request, and may have it after so many seconds.
pub fn unavailable(headers: &HeaderMap, unavailable_for: u64) -> Response {
    let media_type = accepted_media_type(headers).unwrap_or(MediaType::Json);
    let availability = Availability { unavailable_for, ..Availability::default() };
    response::error_response(media_type, &RequestError::Unavailable, availability)
}

fn accepted_media_type(headers: &HeaderMap) -> Option<MediaType> {
    negotiate(headers.get_all(header::ACCEPT).iter().map(|value| value.as_bytes()))
}

/// What became of a request.
type Executed = Result<async_graphql::Response, RequestError>;

/// A request that may be executed.
struct Prepared {
    request: async_graphql::Request,
    /// Nothing but the schema is asked for, which needs no API token.
    introspection_only: bool,
    operation: Operation,
    /// How many fields at the root are no introspection.
    root_fields: u32,
    /// Whether the response is to say what is left of the limit.
    shows_rate_limit: bool,
    validation_key: ValidationKey,
    is_validated: bool,
}

impl Endpoint {
    /// The API over this service; `introspection`: whether clients may ask for the schema.
    pub fn new(profile: ProfileService, introspection: bool, metrics: GraphqlMetrics) -> Self {
        Self {
            schema: super::schema(profile.clone(), ValidationMode::Strict),
            schema_prevalidated: super::schema(profile.clone(), ValidationMode::Fast),
            input_types: Arc::new(InputTypes::of_sdl(&super::types_sdl())),
            validation_cache: Arc::new(ValidationCache::new(metrics.validations.clone())),
            profile,
            document_cache: Arc::new(DocumentCache::new(&metrics)),
            introspection,
            limits: metrics.limits,
        }
    }

    /// Its one route.
    pub fn router(self) -> Router {
        Router::new().route("/graphql", any(handle)).with_state(self)
    }

    async fn respond(&self, acceptable: bool, request: Request) -> (Executed, Availability) {
        let credential = api::credential(request.headers());
        let prepared = match credential {
            Ok(_) | Err(Unauthenticated::NotProvided) => self.prepare(acceptable, request).await,
            Err(why) => Err(why.into()),
        };
        let is_quota_shown = prepared.as_ref().is_ok_and(|prepared| prepared.shows_rate_limit);
        match Authentication::of(&self.profile, credential, &prepared) {
            Ok(authentication) => {
                let executed = self.run(&authentication, prepared).await;
                let is_ok = executed.as_ref().is_ok_and(|response| response.errors.is_empty());
                let unavailable_for = if is_ok { 0 } else { self.profile.retry_after() };
                (executed, Availability { quota: authentication.quota(), is_quota_shown, unavailable_for })
            }
            Err(why) => (Err(why.into()), Availability::default()),
        }
    }

    async fn run(&self, authentication: &Authentication, prepared: Result<Prepared, RequestError>) -> Executed {
        authentication.check()?;
        if let Authentication::BeforeExecution(caller) = authentication {
            self.authenticate(caller.clone()).await?;
        }
        let Prepared { mut request, validation_key, is_validated, .. } = prepared?;
        if let Authentication::ByStatement(caller) = authentication {
            request = request.data(schema::Request::from(caller.clone()));
        }
        let response = self.execute(request, is_validated).await?;
        if let Authentication::ByStatement(caller) = authentication
            && response::is_unresolved(&response)
        {
            self.authenticate(caller.clone()).await?;
        }
        if !is_validated && !response::is_request_error(&response) {
            self.validation_cache.insert(validation_key);
        }
        Ok(response)
    }

    async fn authenticate(&self, caller: Arc<Caller>) -> Result<(), RequestError> {
        let profile = self.profile.clone();
        api::execute(async move { profile.me(&caller).await }).await.map_err(RequestError::ExecutionError)??;
        Ok(())
    }

    async fn execute(&self, request: async_graphql::Request, is_validated: bool) -> Executed {
        let schema = if is_validated { &self.schema_prevalidated } else { &self.schema }.clone();
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
        let roots = limits::root_fields(&document.parsed, operation);
        let counted_as = match operation.ty {
            OperationType::Mutation => Operation::Update,
            OperationType::Query | OperationType::Subscription => Operation::Read,
        };
        notes::note_operation(&document.parsed, name, &roots, counted_as);
        if operation.ty == OperationType::Mutation && !by_post {
            return Err(RequestError::MutationByGet);
        }
        if operation.ty == OperationType::Mutation && roots.repeat_a_key() {
            return Err(RequestError::RepeatedKey);
        }
        if !self.introspection && roots.iter().any(|field| matches!(&*field.name.node, "__schema" | "__type")) {
            return Err(RequestError::IntrospectionOff);
        }
        let introspection_only = roots.introspection_only();
        let root_fields = roots.count_resolved();
        let shows_rate_limit = request.extensions.get("rateLimit") == Some(&async_graphql::Value::Boolean(true));
        let mut parsed = document.parsed.clone();
        variables::prepare(&mut parsed, name, &mut request.variables, &self.input_types)?;
        let validation_key = self.validation_cache.key(&document.hash, name, &request.variables);
        let is_validated = self.validation_cache.contains(validation_key);
        if !is_validated && let Some(position) = self.input_types.string_for_enum(operation, &roots) {
            return Err(RequestError::StringForEnum(position));
        }
        request.set_parsed_query(parsed);
        Ok(Prepared {
            request,
            introspection_only,
            operation: counted_as,
            root_fields,
            shows_rate_limit,
            validation_key,
            is_validated,
        })
    }

    /// The parsed document: that of the request's text, or of the hash that a client of automatic persisted queries sends
    /// instead.
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
    let persisted = match request.extensions.get("persistedQuery") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(persisted)) => persisted,
        Some(_) => return Err(RequestError::Malformed),
    };
    match (persisted.get("version"), persisted.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash))) if version.as_u64() == Some(1) => {
            Ok(Some(hash.clone()))
        }
        _ => Err(RequestError::PersistedQueryUnsupported),
    }
}
