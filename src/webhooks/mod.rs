//! Webhooks of apps: another system is told what happens in its app, as it happens, at addresses that it has named.
//!
//! It promises: every event of the app that a webhook wants is posted to it at least once, signed, also when either side was stopped
//! or killed in between; the events of a conversation come in their order, and one that is not taken holds those after it in its
//! conversation and no others; what is not taken is tried again for days and then kept, to be looked at and replayed; whoever is slow
//! or dead costs nobody else anything. The log is the queue: each webhook has its own place in it, and a row for each event that
//! waits to be tried again (and those behind it). When there are too many of these, the place stands still.
//!
//! In reading order: `post` (one event on its way), `posters` (on which thread), `lanes` (what a webhook has on its hands), `worker` (the loop of one webhook),
//! `bell` (who is woken), `follow` (who runs), `deliveries` (what came of the last posts), this file (the door).

mod bell;
mod deliveries;
mod follow;
mod lanes;
mod post;
mod posters;
mod worker;

pub use deliveries::Delivery;

use crate::auth::Vault;
use crate::engine::Engine;
use crate::model::{AppId, Code, Key, Refusal, WebhookId, WebhookOf, WebhookSettings};
use crate::outbound::{Outbound, Trust};
use crate::shutdown::{Shutdown, Tasks};
use crate::store::Read;
use crate::store::records::WebhookRow;
use bell::Bell;
use deliveries::Deliveries;
use parking_lot::Mutex;
use post::{Address, Posted};
use posters::Posters;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// How long after a try the next one comes, as Standard Webhooks recommends.
pub const RETRIES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// How webhooks are posted to.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// How long after each try the next one comes, give or take a tenth; after the last one an event is given up.
    pub retries: Vec<Duration>,
    /// How long a post may take.
    pub time: Duration,
    /// Posts to one webhook that are on their way at the same time.
    pub at_once: usize,
    /// Posts to all webhooks of one app, so that an app whose receivers are slow leaves places to others.
    pub of_app: usize,
    /// Posts to all of them.
    pub places: usize,
    /// Events of one webhook that wait, before it reads no further.
    pub waiting_max: u32,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            retries: RETRIES.to_vec(),
            time: Duration::from_secs(15),
            at_once: 4,
            of_app: 16,
            places: 128,
            waiting_max: 10_000,
        }
    }
}

/// What webhooks count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookStats {
    /// Webhooks that are posted to.
    pub running: u64,
    /// Posts that were taken.
    pub taken: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Events that were given up.
    pub dead: u64,
}

#[derive(Debug, Default)]
struct Counters {
    taken: AtomicU64,
    failed: AtomicU64,
    dead: AtomicU64,
}

struct Inner {
    engine: Engine,
    vault: Vault,
    outbound: Outbound,
    options: WebhookOptions,
    bell: Bell,
    deliveries: Deliveries,
    posters: Posters,
    places: Semaphore,
    /// The places of each app whose webhooks are posted to; guards who has which.
    places_of: Mutex<BTreeMap<AppId, Weak<Semaphore>>>,
    counters: Counters,
    /// Says that webhooks were made, changed or deleted.
    poked: Notify,
    /// A worker has ended since they were looked at.
    left: AtomicBool,
}

impl Inner {
    /// The places of an app; they are there as long as somebody has them.
    fn places_of(&self, app: AppId) -> Arc<Semaphore> {
        let mut known = self.places_of.lock();
        if let Some(places) = known.get(&app).and_then(Weak::upgrade) {
            return places;
        }
        known.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.options.of_app));
        known.insert(app, Arc::downgrade(&places));
        places
    }
}

/// Webhooks of apps; cheap to clone.
#[derive(Clone)]
pub struct Webhooks(Arc<Inner>);

impl Webhooks {
    /// Those of an engine. That anything is posted needs [`Webhooks::run`].
    pub fn new(engine: &Engine, vault: Vault, outbound: Outbound, options: WebhookOptions) -> Self {
        Self(Arc::new(Inner {
            engine: engine.clone(),
            vault,
            outbound,
            bell: Bell::default(),
            deliveries: Deliveries::default(),
            posters: Posters::start(),
            places: Semaphore::new(options.places),
            places_of: Mutex::default(),
            options,
            counters: Counters::default(),
            poked: Notify::new(),
            left: AtomicBool::new(false),
        }))
    }

    /// Follows the log and posts, until `shutdown`.
    pub async fn run(self, shutdown: Shutdown, tasks: Tasks) {
        follow::run(self.0, shutdown, tasks).await;
    }

    /// Whether settings can be kept: their address is one that this server connects to.
    pub fn check(&self, settings: &WebhookSettings) -> Result<(), Refusal> {
        settings.check()?;
        let checked = self.0.outbound.check(Trust::Tenant, settings.url.reveal());
        checked.map_err(|refused| {
            Refusal::new(Code::Invalid, format!("`url` cannot be posted to by this server. {refused}"))
        })
    }

    /// Says that webhooks were made, changed or deleted; they are looked at now and then anyway.
    pub fn changed(&self) {
        self.0.poked.notify_one();
    }

    /// Says that events of a webhook wait that were given up before.
    pub fn replayed(&self, webhook: WebhookId) {
        self.0.bell.ring(webhook);
    }

    /// The last posts to a webhook, newest first; since the server was started.
    pub fn deliveries(&self, webhook: WebhookOf) -> Vec<Delivery> {
        self.0.deliveries.of(webhook.1)
    }

    /// Posts a test to a webhook, once, also when it is off, and says what came of it.
    pub async fn test(&self, webhook: WebhookOf) -> Result<Delivery, Refusal> {
        let row = crate::workers::follow::read(&self.0.engine, move |engine| engine.view().get::<WebhookRow>(&webhook));
        let row = row.await.map_err(|fault| {
            tracing::error!(%fault, "a webhook could not be read");
            Refusal::new(Code::Unavailable, "The webhook could not be read; try again later.")
        })?;
        let Some(row) = row.filter(|row| !row.deleting) else {
            return Err(Refusal::new(Code::NotFound, format!("This app has no webhook {}; list them.", webhook.1)));
        };
        let address = Address::of(&self.0, webhook, &row);
        let now = self.0.engine.clock().now();
        let id = format!("test-{}", Key::new(now));
        let body = serde_json::json!({"id": id, "type": "test", "app": webhook.0, "at": now});
        let (inner, event) = (Arc::clone(&self.0), id.clone());
        let posting = async move { post::post(&inner, &address, &event, body.to_string().into_bytes()).await };
        let posted = self.0.posters.run(posting).await.unwrap_or_else(Posted::broken);
        Ok(self.0.deliveries.note(webhook.1, Delivery::of(now, &id, "test", 1, &posted)))
    }

    /// What they count.
    pub fn stats(&self) -> WebhookStats {
        let counters = &self.0.counters;
        WebhookStats {
            running: self.0.bell.workers() as u64,
            taken: counters.taken.load(Ordering::Relaxed),
            failed: counters.failed.load(Ordering::Relaxed),
            dead: counters.dead.load(Ordering::Relaxed),
        }
    }
}
