//! What the server asks of other servers: the only HTTP client, and the guard that it cannot get around.
//!
//! It promises: only `http` and `https`, only to ports 80, 443 and from 1024 on; an address that somebody else than the operator
//! wrote leads to the public internet or to a network of `[outbound] allow`, whatever its name resolves to at the moment of the
//! connection; no redirect is followed and no proxy is asked; connecting, the first byte, silence and the whole have their time, an
//! answer has its size, and the number of requests on their way is bounded. A dropped request or stream ends its connection.
//!
//! In reading order: `guard` (where a connection may go), `resolve` (names, looked up when connecting), `error` (which step failed),
//! `answer` (bounded answers), this file (the client).

mod answer;
mod error;
mod guard;
mod resolve;
#[cfg(test)]
mod tests;

pub use answer::{AnswerHeaders, BoundedStream, Reply, StreamedReply};
pub use error::{OutboundError, Wait};
pub use guard::{Refused, URL_BYTES_MAX};

use crate::model::clock::monotonic;
use bytes::Bytes;
use guard::{Checked, Guard, Reach};
use ipnet::IpNet;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Url};
use resolve::{GuardedResolver, Lookup, System};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a connection may take, its name and its encryption included.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a connection waits for the next request.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How the server calls itself.
const USER_AGENT: &str = "Tidings";

/// Who wrote an address down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operator, in the configuration or as an administrator of the server: it may be of the own network, or this machine.
    Operator,
    /// Somebody else, such as a device or whoever runs an app: public addresses only, and the networks of `[outbound] allow`;
    /// without TLS only the latter.
    Tenant,
}

/// How the client is made.
#[derive(Clone, Debug)]
pub struct OutboundOptions {
    /// Networks that tenant addresses may lead to beside the public internet.
    pub allow: Vec<IpNet>,
    /// Requests to operator addresses on their way at the same time.
    pub operator_requests_max: usize,
    /// Requests to tenant addresses on their way at the same time.
    pub tenant_requests_max: usize,
    /// Connections to one host that wait for the next request.
    pub idle_per_host_max: usize,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self { allow: Vec::new(), operator_requests_max: 64, tenant_requests_max: 64, idle_per_host_max: 4 }
    }
}

/// What one request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the moment the request has a place to the headers of the answer, the connection included.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub silence: Duration,
    /// The whole, waiting for a place included.
    pub total: Duration,
    /// Bytes of the answer's body.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    /// Those of a call whose answer hardly matters: 15 s and 64 KiB.
    fn default() -> Self {
        let all = Duration::from_secs(15);
        Self { first_byte: all, silence: all, total: all, body_bytes_max: 64 * 1024 }
    }
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks for something.
    Get,
    /// Gives something.
    Post,
}

/// A request on its way out.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Who wrote the address.
    pub trust: Trust,
    /// Where to.
    pub url: String,
    /// Headers; the values of those in [`SECRET_HEADERS`] are marked, so that nothing shows them.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Bytes,
    /// What it may take.
    pub limits: Limits,
}

/// Headers whose values are never shown.
const SECRET_HEADERS: [&str; 4] = ["authorization", "x-api-key", "api-key", "cookie"];

impl Request {
    /// A `GET`.
    pub fn get(trust: Trust, url: impl Into<String>) -> Self {
        let url = url.into();
        Self { method: Method::Get, trust, url, headers: Vec::new(), body: Bytes::new(), limits: Limits::default() }
    }

    /// A `POST`.
    pub fn post(trust: Trust, url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { method: Method::Post, body: body.into(), ..Self::get(trust, url) }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with other limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl std::fmt::Debug for Request {
    /// Without the path, headers and body, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origin = origin(&self.url).unwrap_or_default();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("trust", &self.trust)
            .field("origin", &origin)
            .finish_non_exhaustive()
    }
}

/// Scheme, host and port of an address, as in `https://example.org`; for logs, and for whoever treats all addresses of a host alike.
pub fn origin(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

struct Clients {
    guard: Guard,
    operator: Client,
    public: Client,
    listed: Client,
    operator_places: Arc<Semaphore>,
    tenant_places: Arc<Semaphore>,
}

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Clients>);

impl Outbound {
    /// Makes the client. Certificates are checked against the authorities of this system (`SSL_CERT_FILE` names others); when there
    /// are none, requests with TLS fail and say so.
    pub fn new(options: OutboundOptions) -> Result<Self, OutboundError> {
        let system: Arc<dyn Lookup> = Arc::new(System);
        Self::with_lookup(options, &system)
    }

    fn with_lookup(options: OutboundOptions, lookup: &Arc<dyn Lookup>) -> Result<Self, OutboundError> {
        // The first one stays, and every other part of the server names its provider itself.
        drop(rustls::crypto::ring::default_provider().install_default());
        let guard = Guard::new(options.allow);
        let idle = options.idle_per_host_max;
        let client = |reach| client(GuardedResolver { guard: guard.clone(), reach, lookup: Arc::clone(lookup) }, idle);
        Ok(Self(Arc::new(Clients {
            operator: client(Reach::Operator)?,
            public: client(Reach::Public)?,
            listed: client(Reach::Listed)?,
            operator_places: Arc::new(Semaphore::new(options.operator_requests_max)),
            tenant_places: Arc::new(Semaphore::new(options.tenant_requests_max)),
            guard,
        })))
    }

    /// Whether an address may be kept to be asked later. What its name stands for is looked at again whenever it is asked.
    pub fn check(&self, trust: Trust, url: &str) -> Result<(), Refused> {
        self.0.guard.check(trust, url).map(|_| ())
    }

    /// Asks and waits for the whole answer, whatever its status. A body beyond the limit is cut, which `complete` tells.
    pub async fn send(&self, request: Request) -> Result<Reply, OutboundError> {
        self.stream(request).await?.collect().await
    }

    /// Asks and gives the answer when its headers are there; its body comes piece by piece. Dropping it ends the connection.
    pub async fn stream(&self, request: Request) -> Result<StreamedReply, OutboundError> {
        let until = Instant::from_std(monotonic()) + request.limits.total;
        let Checked { url, reach } = self.0.guard.check(request.trust, &request.url)?;
        let built = build(&request, url)?;
        let place = self.place(request.trust, until).await?;
        let client = match reach {
            Reach::Operator => &self.0.operator,
            Reach::Public => &self.0.public,
            Reach::Listed => &self.0.listed,
        };
        let first_byte = Instant::from_std(monotonic()) + request.limits.first_byte;
        let (by, wait) = if first_byte < until { (first_byte, Wait::FirstByte) } else { (until, Wait::Total) };
        let answer = tokio::time::timeout_at(by, client.execute(built)).await;
        let answer = answer
            .map_err(|_| OutboundError::TimedOut(wait))?
            .map_err(|error| OutboundError::of(&error.without_url()))?;
        Ok(StreamedReply::new(answer, request.limits, until, place))
    }

    /// A place among the requests that are on their way.
    async fn place(&self, trust: Trust, until: Instant) -> Result<OwnedSemaphorePermit, OutboundError> {
        let places = match trust {
            Trust::Operator => &self.0.operator_places,
            Trust::Tenant => &self.0.tenant_places,
        };
        match tokio::time::timeout_at(until, Arc::clone(places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(OutboundError::TimedOut(Wait::Turn)),
        }
    }
}

/// The request as the client takes it.
fn build(request: &Request, url: Url) -> Result<reqwest::Request, OutboundError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut built = reqwest::Request::new(method, url);
    for (name, value) in &request.headers {
        let wrong = |_| OutboundError::Request(format!("the header {name} has characters that cannot be sent"));
        let mut value = HeaderValue::from_str(value).map_err(wrong)?;
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| OutboundError::Request(format!("`{name}` is no header")))?;
        value.set_sensitive(SECRET_HEADERS.contains(&name.as_str()));
        built.headers_mut().append(name, value);
    }
    if request.method == Method::Post || !request.body.is_empty() {
        *built.body_mut() = Some(request.body.clone().into());
    }
    Ok(built)
}

/// A client that connects only where its resolver lets it.
fn client(resolver: GuardedResolver, idle_per_host_max: usize) -> Result<Client, OutboundError> {
    let resolver = Arc::new(resolver);
    let builder = || {
        Client::builder()
            .dns_resolver(Arc::clone(&resolver))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_MAX)
            .pool_max_idle_per_host(idle_per_host_max)
            .pool_idle_timeout(IDLE_MAX)
    };
    builder().build().or_else(|error| {
        tracing::warn!(%error, "this system has no certificate authorities: nothing can be asked over https");
        builder().tls_certs_only([]).build().map_err(|error| OutboundError::of(&error))
    })
}
