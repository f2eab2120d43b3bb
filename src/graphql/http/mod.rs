//! GraphQL over HTTP.

use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{Router, extract::State, http::HeaderMap, routing::post};

use super::ProfileSchema;

/// `/graphql`.
pub fn router(schema: ProfileSchema) -> Router {
    Router::new().route("/graphql", post(handle)).with_state(schema)
}

async fn handle(State(schema): State<ProfileSchema>, headers: HeaderMap, request: GraphQLRequest) -> GraphQLResponse {
    let mut request = request.into_inner();
    if let Ok(credential) = crate::http::credential(&headers) {
        request = request.data(credential);
    }
    schema.execute(request).await.into()
}
