//! HTTP: the REST interface, the web client, files by signed links, health, metrics and the WebSocket.
//!
//! It has an accept loop of its own, because `axum::serve` waits for ever for a header that does not come. It promises: whoever
//! is slow to shake hands or to ask is closed in time; every answer carries the security headers. The session behind a WebSocket
//! is the gateway's.

mod api;
mod assets;
mod embed;
mod file;
mod health;
mod hooks;
mod mcp;
mod media;
mod metrics;
mod proxy;
mod ws;

use crate::assistant::Assistants;
use crate::before_hooks::BeforeHooks;
use crate::engine::Engine;
use crate::gateway::{Admission, Gateway, Place, Purpose, accept};
use crate::media::Media;
use crate::model::{Code, Refusal};
use crate::net::{Incoming, Listener};
use crate::pictures::Pictures;
use crate::push::Push;
use crate::shutdown::{Shutdown, Tasks};
use crate::webhooks::Webhooks;
use api::limits::Limits;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// Longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What every answer carries: it is nothing to keep, to guess about, to tell others of or to put into a frame.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What the handlers share.
#[derive(Clone)]
struct Site {
    gateway: Gateway,
    engine: Engine,
    media: Media,
    push: Push,
    assistants: Assistants,
    webhooks: Webhooks,
    before_hooks: BeforeHooks,
    tasks: Tasks,
    /// What anybody may ask counts with the requests for the API.
    limits: Arc<Limits>,
}

/// What there is beside the engine and the gateway.
pub type Beside = (Media, Push, Assistants, BeforeHooks, Webhooks, Pictures);

/// Who asks, and their place among the connections.
#[derive(Clone)]
struct Peer {
    address: IpAddr,
    /// Whether the connection is encrypted up to here, or up to a proxy of the operator's own.
    tls: bool,
    /// Whether such a proxy asks in their name.
    proxied: bool,
    admission: Arc<Admission>,
}

impl Peer {
    /// Who asks with a request that came over this peer's connection.
    fn of(&self, proxies: &[IpNet], headers: &HeaderMap) -> Self {
        let (address, tls) = proxy::origin(proxies, self.address, self.tls, headers);
        Self { address, tls, ..self.clone() }
    }

    /// Their place among the connections from their address, where the connection itself has none.
    fn place(&self, gateway: &Gateway) -> Option<Place> {
        self.proxied.then(|| gateway.place(self.address))
    }
}

/// Accepts HTTP connections until `shutdown`.
pub async fn serve(
    gateway: Gateway,
    engine: Engine,
    (media, push, assistants, before_hooks, webhooks, pictures): Beside,
    listener: Listener,
    shutdown: Shutdown,
    tasks: Tasks,
) {
    let beside = (media.clone(), push.clone(), assistants.clone(), before_hooks.clone(), webhooks.clone(), pictures);
    let state = api::ApiState::new(gateway.clone(), beside, tasks.clone());
    let site = Site {
        gateway: gateway.clone(),
        engine,
        media,
        push,
        assistants,
        before_hooks,
        webhooks,
        tasks: tasks.clone(),
        limits: Arc::clone(&state.limits),
    };
    tasks.spawn("status history", api::status_history::keep(state.clone(), shutdown.clone()));
    let router = router(site, state);
    let purpose = |peer: SocketAddr| {
        if proxy::is_proxy(&gateway.options().trusted_proxies, peer.ip()) { Purpose::Proxy } else { Purpose::Http }
    };
    accept(&listener, &shutdown, |incoming, peer| match gateway.admit(peer.ip(), purpose(peer)) {
        Ok(admission) => {
            let peer = (peer, Arc::new(admission));
            let task = connection(gateway.clone(), router.clone(), incoming, peer, shutdown.clone());
            tasks.spawn("http connection", task);
        }
        // There is no place, not even for a refusal.
        Err(refusal) => tracing::debug!(%peer, %refusal, "a connection was turned away"),
    })
    .await;
}

fn router(site: Site, state: api::ApiState) -> Router {
    let (hooks, mcp) = (hooks::router().with_state(state.clone()), mcp::router(state.clone()));
    let api = api::router(state);
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/ws", any(ws::upgrade))
        .route("/embed/{app}", get(embed::page))
        .route("/media/{media}", get(media::by_link))
        .fallback(assets::answer)
        .with_state(site)
        .merge(api)
        .merge(hooks)
        .merge(mcp)
        .layer(axum::middleware::map_response(secured))
}

async fn connection(
    gateway: Gateway,
    router: Router,
    incoming: Incoming,
    (peer, admission): (SocketAddr, Arc<Admission>),
    shutdown: Shutdown,
) {
    let within = Duration::from_millis(gateway.options().hello_timeout_ms);
    let stream = match incoming.handshake(within).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%peer, %error, "a connection did not get through its handshake");
            return;
        }
    };
    let proxied = proxy::is_proxy(&gateway.options().trusted_proxies, peer.ip());
    let peer = Peer { address: peer.ip(), tls: stream.is_tls(), proxied, admission };
    let service = hyper::service::service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let peer = peer.of(&gateway.options().trusted_proxies, request.headers());
        request.extensions_mut().insert(peer);
        let router = router.clone();
        let request = api::acts_as::unfolded(request.map(Body::new));
        async move { Ok::<_, Infallible>(router.oneshot(request).await.into_response()) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(within).max_buf_size(HEAD_BYTES_MAX);
    let mut serving = Box::pin(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = shutdown.wait() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "an HTTP connection ended badly");
    }
}

async fn secured(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

fn nothing_here() -> Response {
    refuse(StatusCode::NOT_FOUND, Refusal::new(Code::NotFound, "There is nothing at this address."))
}

/// A refusal as an HTTP answer.
fn refuse(status: StatusCode, refusal: Refusal) -> Response {
    (status, Json(refusal)).into_response()
}
