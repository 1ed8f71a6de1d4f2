//! The worker of one webhook: it reads the log from its place, posts, and notes what became of it. It ends when its webhook is off,
//! deleted, or of an app that nobody acts for; another one goes on where it stood.

use super::Inner;
use super::deliveries::Delivery;
use super::follow::pause;
use super::lanes::{Failure, Item, Lanes, Stored};
use super::post::{Address, Posted, Verdict, post};
use crate::auth;
use crate::engine::{Engine, Found};
use crate::model::clock::monotonic;
use crate::model::{
    AppState, ConversationId, EventPosition, EventRef, Lsn, SystemCommand, Timestamp, WebhookId, WebhookNote,
    WebhookOf, WebhookStop, limits,
};
use crate::shutdown::Shutdown;
use crate::store::records::{AppStateRow, OutboxKey, OutboxRow, WebhookPlaceRow, WebhookRow};
use crate::store::{Fault, Read};
use crate::workers::follow::read;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Events that are read from the log at once, about.
const PAGE: usize = 64;
/// So often without a look at anything else.
const PAGES_AT_ONCE: usize = 8;
/// More are read when no more than so many are in memory.
const LOW: usize = 32;
/// Rows of one conversation that are loaded from the outbox at once.
const ROWS: usize = 16;
/// Changes wait so long to be noted together, …
const NOTE_AFTER: Duration = Duration::from_millis(200);
/// … unless there are so many, …
const CHANGES: usize = 32;
/// … and how far the worker has got waits so long, …
const NOTE_PLACE_AFTER: Duration = Duration::from_secs(1);
/// … or so long when nothing was posted.
const NOTE_QUIET_AFTER: Duration = Duration::from_hours(1);
/// What is due is looked for so often, at least.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// And whether it is still to run, so often.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// What is to be done at once is done after so much, in which posts go on.
const AT_ONCE: Duration = Duration::from_millis(5);
/// After a fault it is tried again so much later.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A post on its way.
type Flight = Pin<Box<dyn Future<Output = Landed> + Send>>;

/// A post that has come to its end.
struct Landed {
    conversation: ConversationId,
    /// What became of it; none when there was nothing to post.
    posted: Option<Posted>,
    /// How many posts had been taken when it began.
    taken: u64,
    /// The last change of the webhook then.
    changed: Lsn,
}

struct Worker<'a> {
    inner: &'a Arc<Inner>,
    webhook: WebhookOf,
    shutdown: &'a Shutdown,
    row: Arc<WebhookRow>,
    address: Arc<Address>,
    lanes: Lanes,
    flights: FuturesUnordered<Flight>,
    /// The log was read up to here, …
    read: Lsn,
    /// … and this was noted, …
    noted: Lsn,
    /// … then.
    noted_at: Instant,
    /// Something was posted since.
    dirty: bool,
    /// When something was last taken.
    delivered: Option<Timestamp>,
    gap: Option<Lsn>,
    /// Why it is to be turned off, if it is, as of which change of it.
    off: Option<(WebhookStop, Lsn)>,
    /// The last replay that it knows of.
    replayed: Lsn,
    /// Posts that were taken since the start.
    taken: u64,
    /// Nobody answers there: one post at a time until somebody does.
    shaky: bool,
    /// The server stops, and something could not be noted: nothing after it may be noted either, so that it is read again.
    lost: bool,
}

/// Posts until the webhook is off, or `shutdown`.
pub(super) async fn run(inner: &Arc<Inner>, webhook: WebhookOf, ring: &Notify, shutdown: &Shutdown) {
    let Some(mut worker) = Worker::start(inner, webhook, shutdown).await else { return };
    while !shutdown.is_triggered() && worker.is_wanted().await {
        let behind = worker.fill().await;
        worker.load().await;
        worker.launch();
        if !worker.note_if_time().await {
            continue;
        }
        let wait = if behind { AT_ONCE } else { worker.wait() };
        tokio::select! {
            Some(landed) = worker.flights.next() => worker.landed(landed),
            () = ring.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = shutdown.wait() => {}
        }
    }
    // What is on its way is not waited for: it is posted again when the webhook goes on.
    let moved = worker.lanes.upto(worker.read) > worker.noted;
    worker.note(moved).await;
}

impl<'a> Worker<'a> {
    /// Goes on where the webhook stands. None when it is not there, or `shutdown` came first.
    async fn start(inner: &'a Arc<Inner>, webhook: WebhookOf, shutdown: &'a Shutdown) -> Option<Self> {
        loop {
            let found = read(&inner.engine, move |engine| {
                let view = engine.view();
                let (row, place) = (view.get::<WebhookRow>(&webhook)?, view.get::<WebhookPlaceRow>(&webhook.1)?);
                Ok((row, place, held(engine, webhook.1)?))
            });
            match found.await {
                Ok((row, place, held)) => {
                    let (row, place) = (row?, place?);
                    let mut lanes = Lanes::default();
                    for (conversation, due) in held {
                        lanes.hold(conversation, due);
                    }
                    return Some(Self {
                        inner,
                        webhook,
                        shutdown,
                        address: Arc::new(Address::of(inner, webhook, &row)),
                        row,
                        lanes,
                        flights: FuturesUnordered::new(),
                        read: place.upto,
                        noted: place.upto,
                        noted_at: monotonic(),
                        dirty: false,
                        delivered: place.delivered,
                        gap: None,
                        off: None,
                        replayed: place.replayed,
                        taken: 0,
                        shaky: false,
                        lost: false,
                    });
                }
                Err(fault) => {
                    tracing::error!(%fault, "a webhook could not be read");
                    pause(AGAIN_AFTER, shutdown).await;
                    if shutdown.is_triggered() {
                        return None;
                    }
                }
            }
        }
    }

    /// Looks at the webhook as it is now; false when nothing is to be posted any more.
    async fn is_wanted(&mut self) -> bool {
        let view = self.inner.engine.view();
        let read = || {
            let state = view.get::<AppStateRow>(&self.webhook.0)?.map(|row| row.state).unwrap_or_default();
            let place = view.get::<WebhookPlaceRow>(&self.webhook.1)?;
            Ok::<_, Fault>((state, view.get::<WebhookRow>(&self.webhook)?, place))
        };
        let (state, row, place) = match read() {
            Ok(found) => found,
            Err(fault) => {
                tracing::error!(%fault, "a webhook could not be read");
                pause(AGAIN_AFTER, self.shutdown).await;
                return true;
            }
        };
        let (Some(row), Some(place)) = (row, place) else { return false };
        if state != AppState::Active || row.deleting || !row.settings.enabled {
            if let Some(stop) = row.stopped {
                tracing::warn!(app = %self.webhook.0, webhook = %self.webhook.1, ?stop, "a webhook is posted to no longer");
            }
            return false;
        }
        if row.changed != self.row.changed {
            self.address = Arc::new(Address::of(self.inner, self.webhook, &row));
            self.row = row;
        }
        if place.replayed > self.replayed {
            let webhook = self.webhook.1;
            match crate::workers::follow::read(&self.inner.engine, move |engine| held(engine, webhook)).await {
                Ok(held) => {
                    for (conversation, due) in held {
                        self.lanes.hold(conversation, due);
                    }
                    self.replayed = place.replayed;
                }
                Err(fault) => tracing::error!(%fault, "what is replayed could not be read"),
            }
        }
        true
    }

    /// Reads the log as long as there is room, and something to read; not all of it at once, so that meanwhile what comes back is
    /// looked at, and the webhook itself. True when there may be more of it.
    async fn fill(&mut self) -> bool {
        let app = self.webhook.0;
        for _ in 0..PAGES_AT_ONCE {
            if self.shutdown.is_triggered() {
                return false;
            }
            if let Some(upto) = self.inner.bell.quiet(app, self.read) {
                self.read = upto;
                return false;
            }
            if self.lanes.queued() > LOW || self.waiting() >= self.inner.options.waiting_max {
                return false;
            }
            let after = self.read;
            match read(&self.inner.engine, move |engine| engine.found_events(app, after, PAGE)).await {
                Ok(found) => self.take_in(found),
                Err(fault) => {
                    tracing::error!(%fault, "a webhook cannot read the log now");
                    pause(AGAIN_AFTER, self.shutdown).await;
                }
            }
            if self.lanes.changes() >= limits::WEBHOOK_CHANGES_MAX {
                self.note(false).await;
            }
        }
        true
    }

    fn take_in(&mut self, Found { events, upto, gap }: Found) {
        if gap {
            tracing::warn!(app = %self.webhook.0, webhook = %self.webhook.1, "events of a webhook are older than the log");
            self.gap = Some(events.first().map_or(upto, |(event, _)| event.position.lsn));
            self.dirty = true;
        }
        for (event, made) in events {
            if self.row.settings.wants(&made.kind, event.conversation) {
                self.lanes.read(event, Arc::new(made));
            }
        }
        self.read = upto;
    }

    /// Events that wait in the outbox, and those that are about to.
    fn waiting(&self) -> u32 {
        let noted = self.inner.engine.view().get::<WebhookPlaceRow>(&self.webhook.1);
        noted.ok().flatten().map_or(0, |place| place.waiting) + self.lanes.changes() as u32
    }

    /// Loads what is due from the outbox.
    async fn load(&mut self) {
        let now = self.inner.engine.clock().now();
        while self.lanes.queued() <= LOW
            && let Some(conversation) = self.lanes.due(now)
        {
            // What was done with the rows so far must be in them.
            if self.lanes.changes() > 0 && !self.note(false).await {
                return;
            }
            let (app, webhook) = self.webhook;
            let row = Arc::clone(&self.row);
            let loading = read(&self.inner.engine, move |engine| {
                let mut items = Vec::new();
                for (event, stored) in rows(engine, webhook, conversation)? {
                    let made = engine.event_again(app, event)?;
                    let made = made.filter(|made| row.settings.wants(&made.kind, conversation)).map(Arc::new);
                    items.push(Item { event, made, stored: Some(stored) });
                }
                Ok(items)
            });
            match loading.await {
                Ok(items) => self.lanes.loaded(conversation, items),
                Err(fault) => {
                    tracing::error!(%fault, "the outbox of a webhook cannot be read now");
                    pause(AGAIN_AFTER, self.shutdown).await;
                    return;
                }
            }
        }
    }

    /// Sends what can be sent.
    fn launch(&mut self) {
        let most = if self.shaky { 1 } else { self.inner.options.at_once };
        while self.flights.len() < most
            && let Some(item) = self.lanes.start()
        {
            let (inner, address) = (Arc::clone(self.inner), Arc::clone(&self.address));
            let webhook = self.webhook.1;
            let (taken, changed) = (self.taken, self.row.changed);
            let landed = Landed { conversation: item.event.conversation, posted: None, taken, changed };
            self.flights.push(Box::pin(async move {
                let Some(made) = item.made else { return landed };
                // An event can be written.
                let body = serde_json::to_vec(&*made).unwrap_or_default();
                let at = inner.engine.clock().now();
                let posted = post(&inner, &address, &made.id, body).await;
                let attempt = item.stored.map_or(0, |stored| u32::from(stored.tries)) + 1;
                inner.deliveries.note(webhook, Delivery::of(at, &made.id, &made.kind, attempt, &posted));
                Landed { posted: Some(posted), ..landed }
            }));
        }
    }

    /// A post has come to its end.
    fn landed(&mut self, landed: Landed) {
        self.dirty = true;
        let Landed { conversation, posted, taken, changed } = landed;
        let now = self.inner.engine.clock().now();
        let Some(posted) = posted else { return self.lanes.taken(conversation) };
        let counters = &self.inner.counters;
        let (unreached, asked) = match posted.verdict {
            Verdict::Taken => {
                counters.taken.fetch_add(1, Ordering::Relaxed);
                self.taken += 1;
                self.shaky = false;
                self.lanes.reached();
                self.delivered = Some(now);
                return self.lanes.taken(conversation);
            }
            Verdict::Gone => {
                self.stop(WebhookStop::Gone, changed);
                (false, None)
            }
            Verdict::Failed { unreached, wait } => (unreached, wait),
        };
        counters.failed.fetch_add(1, Ordering::Relaxed);
        // Where something else was taken meanwhile there is somebody, and it is up to this event alone.
        let nothing_taken = taken == self.taken;
        let unreached = unreached && nothing_taken;
        self.shaky = nothing_taken && posted.status.is_none();
        let tries = self.lanes.tries(conversation);
        let wait = self
            .inner
            .options
            .retries
            .get(usize::from(tries))
            .map(|wait| jittered(*wait).max(asked.unwrap_or_default()));
        if let Some(since) = self.lanes.failed(conversation, &Failure { now, why: &posted.words, wait, unreached }) {
            counters.dead.fetch_add(1, Ordering::Relaxed);
            // As long as it was tried nothing else was taken either.
            if self.delivered.is_none_or(|delivered| delivered < since) {
                self.stop(WebhookStop::Failing, changed);
            }
        }
    }

    /// It is to be turned off, unless it was changed since.
    fn stop(&mut self, why: WebhookStop, changed: Lsn) {
        if changed == self.row.changed {
            self.off.get_or_insert((why, changed));
        }
    }

    /// Notes what there is to note, when it is time. False when that was not possible now.
    async fn note_if_time(&mut self) -> bool {
        let since = monotonic().duration_since(self.noted_at);
        let (changes, idle) = (self.lanes.changes(), self.flights.is_empty());
        let of_changes = changes > 0 && (idle || changes >= CHANGES || since >= NOTE_AFTER);
        let of_place = self.lanes.upto(self.read) > self.noted
            && (self.dirty && since >= NOTE_PLACE_AFTER || since >= NOTE_QUIET_AFTER);
        if of_changes || of_place || self.off.is_some() { self.note(of_place).await } else { true }
    }

    /// Notes what became of events, and (also when there is nothing else) how far the worker has got.
    async fn note(&mut self, place: bool) -> bool {
        let mut place = place;
        if self.lost {
            return false;
        }
        while self.lanes.changes() > 0 || place || self.off.is_some() {
            let (changes, upto) = self.lanes.take_changes(self.read, limits::WEBHOOK_CHANGES_MAX);
            let last = self.lanes.changes() == 0;
            let (upto, stop) = (Some(upto), self.off.filter(|_| last));
            let note = WebhookNote { upto, delivered: self.delivered, gap: self.gap, stop, changes };
            if !self.hand_over(note).await {
                self.lost = true;
                return false;
            }
            self.noted = self.noted.max(upto.unwrap_or_default());
            (self.noted_at, self.dirty, place) = (monotonic(), false, false);
            if stop.is_some() {
                self.off = None;
            }
        }
        true
    }

    /// Hands a note to the engine, again and again until it takes it. False when the server stops before.
    async fn hand_over(&mut self, note: WebhookNote) -> bool {
        let note = Box::new(note);
        loop {
            let command = SystemCommand::NoteWebhook { webhook: self.webhook, note: note.clone() };
            match self.inner.engine.execute(auth::server(), None, command.into()).await {
                Ok(_) => return true,
                Err(refusal) => {
                    tracing::warn!(%refusal, "what became of events of a webhook could not be noted; it is tried again");
                }
            }
            if self.shutdown.is_triggered() {
                return false;
            }
            pause(AGAIN_AFTER, self.shutdown).await;
        }
    }

    /// How long there is nothing to do by itself.
    fn wait(&self) -> Duration {
        let now = self.inner.engine.clock().now();
        let mut wait = IDLE_MAX;
        if self.lanes.changes() > 0 {
            wait = wait.min(NOTE_AFTER);
        } else if self.dirty {
            wait = wait.min(NOTE_PLACE_AFTER);
        }
        if self.lanes.queued() <= LOW
            && let Some(due) = self.lanes.next_due()
        {
            wait = wait.min(Duration::from_millis(due.since_ms(now)).min(LOOK_EVERY));
        }
        wait.max(AT_ONCE)
    }
}

/// A tenth more or less, so that not everybody comes back at the same time.
fn jittered(wait: Duration) -> Duration {
    let mut random = [0; 4];
    // Without randomness everybody comes back on time.
    if getrandom::fill(&mut random).is_err() {
        return wait;
    }
    let part = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    wait.mul_f64(0.9 + 0.2 * part)
}

const FIRST: EventPosition = EventPosition { lsn: Lsn(0), nth: 0 };
const LAST: EventPosition = EventPosition { lsn: Lsn(u64::MAX), nth: u32::MAX };

/// The conversations of a webhook that have rows in the outbox, and when the first of each is due.
fn held(engine: &Engine, webhook: WebhookId) -> Result<Vec<(ConversationId, Timestamp)>, Fault> {
    let view = engine.view();
    let mut from = OutboxKey { webhook, conversation: ConversationId(0), position: FIRST };
    let to = OutboxKey { webhook, conversation: ConversationId(u64::MAX), position: LAST };
    let mut held = Vec::new();
    while let Some((key, row)) = view.range::<OutboxRow>(&from, &to, 1)?.into_iter().next() {
        held.push((key.conversation, row.at.unwrap_or_default()));
        if key.conversation.0 == u64::MAX {
            break;
        }
        from.conversation = key.conversation.next();
    }
    Ok(held)
}

/// The first events of a conversation that wait.
fn rows(engine: &Engine, webhook: WebhookId, conversation: ConversationId) -> Result<Vec<(EventRef, Stored)>, Fault> {
    let key = |position| OutboxKey { webhook, conversation, position };
    let rows = engine.view().range::<OutboxRow>(&key(FIRST), &key(LAST), ROWS)?;
    Ok(rows
        .into_iter()
        .map(|(key, row)| {
            let event = EventRef { position: key.position, conversation, seq: row.seq, kind: row.kind };
            (event, Stored { tries: row.tries, first: row.first })
        })
        .collect())
}
