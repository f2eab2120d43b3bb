//! From an HTTP request to a GraphQL request: method, content type, size and shape (docs/graphql-over-http.md, "Requests
//! by POST" and "Requests by GET").

use std::borrow::Cow;

use async_graphql::{ParseRequestError, Variables};
use async_graphql_axum::GraphQLRequest;
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{error::RequestError, negotiation};
use crate::api;

/// The parameters of a request. Unknown ones are ignored; each known one may be null, and occurs at most once.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct RequestParams<'a> {
    #[serde(borrow)]
    query: Option<Cow<'a, str>>,
    #[serde(borrow)]
    operation_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

/// Reads the request; the document is not looked at yet.
pub(super) async fn read(request: Request) -> Result<async_graphql::Request, RequestError> {
    let (parts, body) = request.into_parts();
    match parts.method {
        Method::GET | Method::HEAD => from_query(&parts),
        Method::POST => from_body(&parts, body).await,
        _ => Err(RequestError::MethodNotAllowed),
    }
}

async fn from_body(parts: &Parts, body: Body) -> Result<async_graphql::Request, RequestError> {
    if !parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| negotiation::is_json_body(value.as_bytes()))
        || is_encoded(&parts.headers)
    {
        return Err(RequestError::UnsupportedMediaType);
    }
    let bytes = api::read(&parts.headers, body).await.map_err(RequestError::Body)?;
    // serde reads a struct out of an array as well, by position. Nothing but an object is a request.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(RequestError::Malformed);
    }
    match extract(bytes.clone()).await {
        Ok(request) => Ok(request),
        Err(Malformed) => without_query(&bytes),
    }
}

/// The one request that async-graphql-axum's extractor does not take: `query` is null.
fn without_query(json: &[u8]) -> Result<async_graphql::Request, RequestError> {
    let params: RequestParams<'_> = serde_json::from_slice(json).map_err(|_| RequestError::Malformed)?;
    params.check()?;
    if params.query.is_some() { Err(RequestError::Malformed) } else { params.into_graphql_request() }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// An empty parameter is an absent one.
fn from_query(parts: &Parts) -> Result<async_graphql::Request, RequestError> {
    let parameters: Vec<_> = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).collect();
    let parameter = |name: &str| {
        let mut values = parameters.iter().filter(|(key, value)| key == name && !value.is_empty());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|(_, value)| Cow::Borrowed(value.as_ref()))),
            (_, Some(_)) => Err(RequestError::Malformed),
        }
    };
    let (variables, extensions) = (parameter("variables")?, parameter("extensions")?);
    let params = RequestParams {
        query: parameter("query")?,
        operation_name: parameter("operationName")?,
        variables: raw_json(variables.as_deref())?,
        extensions: raw_json(extensions.as_deref())?,
    };
    params.check()?;
    params.into_graphql_request()
}

fn raw_json(text: Option<&str>) -> Result<Option<&RawValue>, RequestError> {
    text.map_or(Ok(None), |text| serde_json::from_str(text).map_err(|_| RequestError::Malformed))
}

impl RequestParams<'_> {
    /// `variables` and `extensions` are objects or null.
    fn check(&self) -> Result<(), RequestError> {
        let is_object = |value: &&RawValue| matches!(value.get().as_bytes().first(), Some(b'{' | b'n'));
        let are_objects = [self.variables, self.extensions].iter().flatten().all(is_object);
        if are_objects { Ok(()) } else { Err(RequestError::Malformed) }
    }

    /// For a request whose parameters are not a body as async-graphql-axum's extractor reads it: by GET that looks for
    /// `operation_name`, and it takes no null for a query.
    fn into_graphql_request(self) -> Result<async_graphql::Request, RequestError> {
        let mut request = async_graphql::Request::new(self.query.unwrap_or_default());
        request.operation_name = self.operation_name.map(Cow::into_owned);
        request.variables = parse::<Variables>(self.variables)?;
        request.extensions = parse::<async_graphql::Extensions>(self.extensions)?;
        Ok(request)
    }
}

fn parse<T: DeserializeOwned + Default>(json: Option<&RawValue>) -> Result<T, RequestError> {
    json.map_or(Ok(T::default()), |json| serde_json::from_str(json.get()).map_err(|_| RequestError::Malformed))
}

/// Hands the body to async-graphql-axum.
async fn extract(body: Bytes) -> Result<async_graphql::Request, Malformed> {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    GraphQLRequest::from_request(request, &()).await.map(GraphQLRequest::into_inner)
}

/// The library's own rejection would print its `Debug` text.
struct Malformed;

impl From<ParseRequestError> for Malformed {
    fn from(_: ParseRequestError) -> Self {
        Self
    }
}

impl IntoResponse for Malformed {
    fn into_response(self) -> Response {
        axum::http::StatusCode::BAD_REQUEST.into_response()
    }
}
