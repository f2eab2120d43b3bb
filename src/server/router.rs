//! Both faces under one roof, and what every request passes through.

use std::sync::Arc;

use axum::{Router, middleware};

use super::observe;
use crate::{graphql, profile::MyProfile, rest, store::Store};

/// What can be switched.
#[derive(Clone, Debug, Default)]
pub struct Options {}

/// Everything that the server answers.
pub fn router(store: Arc<Store>, _options: &Options) -> Router {
    let profile = MyProfile::new(store);
    Router::new()
        .merge(rest::router(profile.clone()))
        .merge(graphql::http::router(graphql::schema(profile.clone())))
        .merge(rest::fallback(profile))
        // Outermost: the request id, the log line and the headers of every answer, whatever happened inside.
        .layer(middleware::from_fn(observe::observe))
}
