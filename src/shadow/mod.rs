//! **The shadow**: a reverse proxy in front of the old server that compares.
//!
//! Every request goes to the old server, and the client gets exactly its response. For the one path that this server
//! takes over, its own response is computed on the same rows, without writing, and the two are compared.
//!
//! - `headers`, `bodies`, `upstream`, `proxy`: the way to the old server and back

mod bodies;
mod headers;
mod proxy;
mod upstream;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request},
    response::Response,
};
use tower::Service;

use self::proxy::Proxy;
pub use self::{
    proxy::Timeouts,
    upstream::{Address, AddressError},
};
use crate::request_id::{self, RequestContext, RequestId};

/// The proxy.
pub struct Shadow {
    proxy: Proxy,
}

impl Shadow {
    /// In front of the old server at this address.
    pub fn new(address: Address, timeouts: Timeouts) -> Arc<Self> {
        Arc::new(Self { proxy: Proxy::new(address, timeouts) })
    }

    /// What answers the requests.
    pub fn service(
        self: Arc<Self>,
    ) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Unpin + 'static
    {
        tower::service_fn(move |request| {
            let shadow = self.clone();
            async move { Ok(shadow.answer(request).await) }
        })
    }

    async fn answer(&self, request: Request) -> Response {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let context = RequestContext { id: RequestId::next(), peer };
        context.scope(self.pass_on(request, context)).await
    }

    async fn pass_on(&self, request: Request, context: RequestContext) -> Response {
        let (parts, body) = request.into_parts();
        let parts = match proxy::forwarded(parts, context.peer) {
            Ok(parts) => parts,
            Err(status) => return proxy::own_response(status),
        };
        self.proxy.pass_on(parts, body).await.unwrap_or_else(|error| {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(request = request_id::for_log(), error = cause, "a request was not answered");
            proxy::own_response(error.status())
        })
    }
}
