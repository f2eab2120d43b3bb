//! From an HTTP request to a GraphQL request: method, content type, size, shape (PROTOCOL.md, "Answering" 2 to 4).

use std::borrow::Cow;

use async_graphql::ParseRequestError;
use async_graphql_axum::GraphQLRequest;
use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{error::RequestError, negotiation};
use crate::api;

/// The members of a request. Unknown ones are passed over; each known one may be null, and stands there once.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Members<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    query: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    operation_name: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    variables: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    extensions: Option<&'a RawValue>,
}

/// Reads the request; what it asks is not looked at yet.
pub(super) async fn read(request: Request) -> Result<async_graphql::Request, RequestError> {
    let (parts, body) = request.into_parts();
    match parts.method {
        Method::GET | Method::HEAD => from_query(parts).await,
        Method::POST => from_body(parts, body).await,
        _ => Err(RequestError::MethodNotAllowed),
    }
}

async fn from_body(parts: Parts, body: Body) -> Result<async_graphql::Request, RequestError> {
    if !parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| negotiation::is_json_body(value.as_bytes()))
        || is_encoded(&parts.headers)
    {
        return Err(RequestError::UnsupportedMediaType);
    }
    let bytes = api::read(&parts.headers, body).await.map_err(RequestError::Body)?;
    let members: Members<'_> = serde_json::from_slice(&bytes).map_err(|_| RequestError::Malformed)?;
    hand_over(&members).await
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// An empty parameter is an absent one.
async fn from_query(parts: Parts) -> Result<async_graphql::Request, RequestError> {
    let parameters: Vec<_> = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).collect();
    let parameter = |name: &str| {
        let mut values = parameters.iter().filter(|(key, value)| key == name && !value.is_empty());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|(_, value)| Cow::Borrowed(value.as_ref()))),
            (_, Some(_)) => Err(RequestError::Malformed),
        }
    };
    let (variables, extensions) = (parameter("variables")?, parameter("extensions")?);
    let members = Members {
        query: parameter("query")?,
        operation_name: parameter("operationName")?,
        variables: json(variables.as_deref())?,
        extensions: json(extensions.as_deref())?,
    };
    hand_over(&members).await
}

fn json(text: Option<&str>) -> Result<Option<&RawValue>, RequestError> {
    text.map_or(Ok(None), |text| serde_json::from_str(text).map_err(|_| RequestError::Malformed))
}

/// To async-graphql-axum, in the one form that it reads without surprises: POST, no nulls. (By GET it would look for
/// `operation_name`, and it takes no null for `extensions`.)
async fn hand_over(members: &Members<'_>) -> Result<async_graphql::Request, RequestError> {
    let is_object = |value: Option<&RawValue>| value.is_none_or(|value| value.get().starts_with('{'));
    if !is_object(members.variables) || !is_object(members.extensions) {
        return Err(RequestError::Malformed);
    }
    let body = serde_json::to_vec(members).map_err(|_| RequestError::Malformed)?;
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let request = GraphQLRequest::<Malformed>::from_request(request, &()).await;
    request.map(GraphQLRequest::into_inner).map_err(|Malformed| RequestError::Malformed)
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
