//! The gateway: client sessions over TCP, TLS and WebSocket.
//!
//! It promises: a connection costs next to nothing while it is idle; whatever a peer does, what is kept for it is bounded and
//! others do not notice; outcomes and pushes of a session come in the log's order. It decides no rule of the domain: it builds
//! commands and hands them to the engine.
//!
//! In reading order: [`session`] (the state machine, pure), `connection` (does what the machine says), `drive` (the one task
//! around it), `tcp` (accept loop and byte stream; the WebSocket's is in `http`), `login`, `fanout` (between engine and hub),
//! `presence` and `wheel` (the two tasks that serve all connections), `rate`.

mod accept;
mod connection;
mod drive;
mod fanout;
mod foreign;
mod login;
mod options;
mod presence;
mod rate;
pub mod session;
mod tcp;
mod touch;
mod wheel;

pub use accept::accept;
pub use connection::Connection;
pub use drive::{Inbox, Received, Transport, drive};
pub use fanout::subscriber;
pub use foreign::ForeignPage;
pub use login::LoggedIn;
pub use options::{GatewayOptions, GatewayStats};
pub use rate::Bucket;
pub use tcp::HELLO_BYTES_MAX;

use crate::auth::{AddressPrefix, Auth};
use crate::engine::Engine;
use crate::hot::LastSeen;
use crate::hub::{Hub, Outbox};
use crate::model::clock::monotonic;
use crate::model::{AppActor, AppId, AppScopes, Code, Device, Key, McpAccess, Refusal, Secret, UserActor, UserHandle};
use crate::net::Listener;
use crate::protocol::{self, ServerFrame};
use crate::shutdown::{Shutdown, Tasks, Trigger};
use crate::store::Read;
use crate::store::records::AppStateRow;
use login::From;
use parking_lot::Mutex;
use rate::{AppBuckets, Buckets, Rate};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Come back after this when there are too many connections.
const TURNED_AWAY_RETRY_MS: u64 = 10_000;
/// Connections for HTTP beyond the limits.
const HTTP_RESERVE: usize = 16;
/// Peers that are told at the same time why there is no place for them; others are just closed.
const FAREWELLS_MAX: usize = 64;

/// The gateway; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    engine: Engine,
    hub: Hub,
    auth: Auth,
    options: GatewayOptions,
    tasks: Tasks,
    started: Instant,
    counters: Counters,
    buckets: Buckets,
    app_buckets: AppBuckets,
    /// Fired when the draining begins.
    drain: Trigger,
    draining: Shutdown,
    farewells: Arc<Semaphore>,
    next: AtomicU64,
    /// Guards the list of open connections.
    connections: Mutex<HashMap<u64, Arc<Outbox>>>,
    /// Guards how many connections there are, in all and from each place.
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    total: usize,
    by_address: HashMap<AddressPrefix, usize>,
}

/// What the gateway counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    accepted: AtomicU64,
    turned_away: AtomicU64,
    logins: AtomicU64,
    logins_refused: AtomicU64,
    frames: AtomicU64,
    protocol_errors: AtomicU64,
    timeouts: AtomicU64,
    held_bytes: AtomicU64,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A session.
    Session,
    /// A request, which may be somebody's question whether this server is well: a few more of them are let in.
    Http,
    /// Requests of whoever is behind a proxy of the operator's own: they count in all, but not for the proxy's address.
    Proxy,
}

/// A place for one connection; dropping it gives the place back.
pub struct Admission {
    gateway: Gateway,
    _place: Option<Place>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.gateway.0.places.lock().total -= 1;
    }
}

/// One of the connections from an address, until it is dropped.
pub struct Place {
    gateway: Gateway,
    address: AddressPrefix,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.gateway.0.places.lock();
        if let Some(count) = places.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                places.by_address.remove(&self.address);
            }
        }
    }
}

impl Gateway {
    /// A gateway; starts its helpers (deadlines, presence, sessions in use) as tasks. Must be called inside the runtime.
    pub fn new(engine: Engine, hub: Hub, auth: Auth, options: GatewayOptions, tasks: Tasks) -> Self {
        let options = GatewayOptions { queue_bytes: options.queue_bytes.max(2 * options.max_frame), ..options };
        let (drain, draining) = Shutdown::new();
        let gateway = Self(Arc::new(Inner {
            engine,
            hub,
            auth,
            options,
            tasks,
            started: monotonic(),
            counters: Counters::default(),
            buckets: Buckets::default(),
            app_buckets: AppBuckets::default(),
            drain,
            draining,
            farewells: Arc::new(Semaphore::new(FAREWELLS_MAX)),
            next: AtomicU64::new(1),
            connections: Mutex::default(),
            places: Mutex::default(),
        }));
        gateway.helper("deadlines", wheel::run(gateway.clone()));
        gateway.helper("used sessions", touch::run(gateway.clone()));
        gateway.0.tasks.spawn("presence", presence::run(gateway.clone()));
        gateway
    }

    /// A task that runs as long as connections may be there: until the last one has gone after the draining began.
    fn helper(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let gateway = self.clone();
        self.0.tasks.spawn(name, async move {
            tokio::select! {
                () = task => {}
                () = gateway.drained() => {}
            }
        });
    }

    /// Resolves when the draining begins; at once when it has.
    pub async fn drains(&self) {
        self.0.draining.wait().await;
    }

    /// Resolves when the gateway drains and its last connection has gone.
    async fn drained(&self) {
        self.0.draining.wait().await;
        while !self.0.connections.lock().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Accepts connections of the TCP protocol until `shutdown`.
    pub async fn serve_tcp(&self, listener: Listener, shutdown: Shutdown) {
        tcp::serve(self.clone(), listener, shutdown).await;
    }

    /// What it counts.
    pub fn stats(&self) -> GatewayStats {
        let counters = &self.0.counters;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        GatewayStats {
            connections: self.0.places.lock().total as u64,
            sessions: self.0.hub.sessions() as u64,
            queued_bytes: count(&counters.held_bytes),
            accepted: count(&counters.accepted),
            turned_away: count(&counters.turned_away),
            logins: count(&counters.logins),
            logins_refused: count(&counters.logins_refused),
            throttled: self.0.auth.guesses.throttled(),
            frames: count(&counters.frames),
            lagging: self.0.hub.lagging(),
            protocol_errors: count(&counters.protocol_errors),
            timeouts: count(&counters.timeouts),
        }
    }

    /// Tells every session that the server goes away, finishes what is in flight and closes. Whoever comes now is turned away.
    /// Each client is told another time to come back, from half of `retry_after_ms` to one and a half.
    pub fn drain(&self, reason: &str, retry_after_ms: u64) {
        self.0.drain.fire();
        let connections: Vec<_> =
            self.0.connections.lock().iter().map(|(id, outbox)| (*id, Arc::clone(outbox))).collect();
        for (id, outbox) in connections {
            let retry_after_ms = jittered(retry_after_ms, id);
            outbox.drain(&ServerFrame::Closing { reason: reason.to_owned(), retry_after_ms });
        }
    }

    /// Whether it drains.
    pub fn is_draining(&self) -> bool {
        self.0.draining.is_triggered()
    }

    /// A place for a connection from an address, if there is one.
    pub fn admit(&self, address: IpAddr, purpose: Purpose) -> Result<Admission, Refusal> {
        let reserve = match purpose {
            Purpose::Session => 0,
            Purpose::Http | Purpose::Proxy => HTTP_RESERVE,
        };
        let counters = &self.0.counters;
        let place = AddressPrefix::of(address);
        let mut places = self.0.places.lock();
        let from_there = places.by_address.get(&place).copied().unwrap_or(0);
        let refusal = if self.is_draining() {
            Some("The server is stopping; try again shortly.")
        } else if places.total >= self.0.options.connections_max.saturating_add(reserve) {
            Some("This server has as many connections as it may have; try again later.")
        } else if purpose != Purpose::Proxy
            && from_there >= self.0.options.connections_per_address_max.saturating_add(reserve)
        {
            Some("There are too many connections from your address; close some, or ask the operator to allow more.")
        } else {
            None
        };
        if let Some(words) = refusal {
            counters.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(Refusal::new(Code::Overloaded, words).retry_after_ms(TURNED_AWAY_RETRY_MS));
        }
        places.total += 1;
        drop(places);
        counters.accepted.fetch_add(1, Ordering::Relaxed);
        let place = (purpose != Purpose::Proxy).then(|| self.place(address));
        Ok(Admission { gateway: self.clone(), _place: place })
    }

    /// Counts a connection for an address; [`Gateway::has_room`] says whether it is one too many.
    pub fn place(&self, address: IpAddr) -> Place {
        let address = AddressPrefix::of(address);
        *self.0.places.lock().by_address.entry(address).or_insert(0) += 1;
        Place { gateway: self.clone(), address }
    }

    /// Whether a connection that was admitted as HTTP may become a session.
    pub fn has_room(&self, address: IpAddr) -> bool {
        let places = self.0.places.lock();
        let from_there = places.by_address.get(&AddressPrefix::of(address)).copied().unwrap_or(0);
        places.total <= self.0.options.connections_max && from_there <= self.0.options.connections_per_address_max
    }

    /// A connection that starts now.
    pub fn connect(&self, peer: IpAddr, admission: Arc<Admission>) -> Connection {
        Connection::new(self.clone(), peer, admission)
    }

    /// Its options.
    pub fn options(&self) -> &GatewayOptions {
        &self.0.options
    }

    /// The tracker of its tasks.
    pub fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Who is connected.
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Passwords and the limits on guessing them.
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// Opens a session for somebody who asks over HTTP.
    pub async fn log_in(
        &self,
        with: protocol::Auth,
        device: Device,
        peer: IpAddr,
        (page, key): (Option<&ForeignPage>, Option<Key>),
    ) -> Result<LoggedIn, Refusal> {
        let counters = self.counters();
        let from = From { peer, page, cookie: None, server: &self.options().server_name, key };
        let logged_in = login::log_in(self.engine(), self.auth(), (with, device), from).await;
        let counter = if logged_in.is_ok() { &counters.logins } else { &counters.logins_refused };
        counter.fetch_add(1, Ordering::Relaxed);
        logged_in
    }

    /// Whose session a token opens; asked for each request.
    pub async fn authenticate(&self, token: &Secret) -> Result<LoggedIn, Refusal> {
        login::by_token(self.engine(), token).await
    }

    /// The app that a key opens the API for, and what of it; asked for each request.
    pub async fn authenticate_key(&self, token: &Secret) -> Result<(AppActor, AppScopes), Refusal> {
        login::by_key(self.engine(), token).await
    }

    /// Who asks with a token for MCP, and what it lets them do; asked for each request.
    pub fn authenticate_mcp(&self, token: &Secret) -> Result<(UserActor, McpAccess), Refusal> {
        login::by_mcp_token(self.engine(), token)
    }

    /// Counts a command of a user that does not come over a connection, in the same bucket as those that do.
    pub fn take_turn(&self, actor: &UserActor) -> Result<(), Refusal> {
        self.rate(actor).take(self.now_ms()).map_err(|wait_ms| {
            Refusal::new(Code::RateLimited, "You are sending faster than this server allows; slow down.")
                .retry_after_ms(wait_ms)
        })
    }

    /// Counts a command that nobody's session gives, but an app does: with its key, or through a webhook.
    pub fn take_app_turn(&self, app: AppId) -> Result<(), Refusal> {
        let Some(bucket) = self.app_bucket(app) else { return Ok(()) };
        bucket.take(self.now_ms()).map_err(|wait_ms| {
            let words = "This app sends faster than it may (`commands_per_second`); slow down.";
            Refusal::new(Code::RateLimited, words).retry_after_ms(wait_ms)
        })
    }

    fn last_seen(&self) -> &LastSeen {
        &self.0.options.last_seen
    }

    fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Milliseconds since the gateway was made, and one more, so that 0 is never a time.
    fn now_ms(&self) -> u64 {
        monotonic().duration_since(self.0.started).as_millis() as u64 + 1
    }

    /// The tokens of a user; none when sending is not limited.
    fn bucket(&self, user: UserHandle) -> Option<Arc<Bucket>> {
        let (rate, burst) = (self.0.options.rate_per_second, self.0.options.rate_burst);
        let now_ms = self.now_ms();
        (rate > 0).then(|| self.0.buckets.of(user, now_ms, || Bucket::new(rate, burst, now_ms)))
    }

    /// The buckets that a command of a user has to pass. A key of an app is held by the app's limit alone.
    fn rate(&self, actor: &UserActor) -> Rate {
        let user = if actor.session.key().is_some() { None } else { self.bucket(actor.user) };
        Rate { user, app: self.app_bucket(actor.app) }
    }

    /// The tokens of an app; none when it has no limit of its own.
    fn app_bucket(&self, app: AppId) -> Option<Arc<Bucket>> {
        let state = self.0.engine.view().get::<AppStateRow>(&app);
        let per_second = state.ok().flatten().map_or(0, |row| row.access.commands_per_second);
        (per_second > 0).then(|| self.0.app_buckets.of(app, per_second, self.now_ms()))
    }

    fn enlist(&self, outbox: &Arc<Outbox>) -> u64 {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.0.connections.lock().insert(id, Arc::clone(outbox));
        // The draining may have begun between the admission and here.
        if self.is_draining() {
            outbox.drain(&ServerFrame::Closing { reason: "The server is stopping.".to_owned(), retry_after_ms: 1_000 });
        }
        id
    }

    fn delist(&self, id: u64) {
        let mut connections = self.0.connections.lock();
        connections.remove(&id);
        if connections.is_empty() {
            connections.shrink_to(64);
        }
    }

    fn outboxes(&self) -> Vec<Arc<Outbox>> {
        self.0.connections.lock().values().cloned().collect()
    }

    /// Whether a peer has taken nothing for too long while too much waits for it.
    fn is_stuck(&self, outbox: &Outbox) -> bool {
        let since_ms = outbox.stalled_ms();
        since_ms != 0
            && self.now_ms().saturating_sub(since_ms) >= self.0.options.write_timeout_ms
            && outbox.held_bytes() > self.0.options.queue_bytes
    }

    fn note_held_bytes(&self, bytes: u64) {
        self.0.counters.held_bytes.store(bytes, Ordering::Relaxed);
    }

    fn farewell_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.farewells).try_acquire_owned().ok()
    }
}

/// A time between half and one and a half of `ms`, another for each connection.
const fn jittered(ms: u64, id: u64) -> u64 {
    let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
    ms / 2 + ms.saturating_mul(spread) / 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_come_back_at_different_times() {
        let times: std::collections::BTreeSet<_> = (0..1_000).map(|id| jittered(1_000, id)).collect();
        assert!(times.len() > 500);
        assert!(times.iter().all(|ms| (500..1_500).contains(ms)));
    }
}
