//! The worker of one webhook: it reads the log from its place, posts, and notes what became of it. It ends when its webhook is off,
//! deleted, or of an app that nobody acts for; another one goes on where it stood.
//!
//! It runs on the thread of `posters`, which may be set aside while others have work to do. So it holds nothing that they wait for:
//! whatever it reads of the store is read on a thread of everybody.

use super::Inner;
use super::bell::Ring;
use super::deliveries::Delivery;
use super::follow::pause;
use super::lanes::{Failure, Item, Lanes, Stored};
use super::post::{Address, Posted, Verdict, post};
use crate::auth;
use crate::engine::{Engine, Found};
use crate::model::clock::monotonic;
use crate::model::{
    AppState, ConversationId, EventPosition, EventRef, Lsn, SystemCommand, Timestamp, WebhookFailure, WebhookId,
    WebhookNote, WebhookOf, WebhookStop, limits,
};
use crate::shutdown::Shutdown;
use crate::store::records::{AppStateRow, OutboxKey, OutboxRow, WebhookPlaceRow, WebhookRow};
use crate::store::{Fault, Read};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

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
/// … or when it is so many commands further than what was noted, with a pause after the last note: then a worker that has nothing to do
/// while others chat does not read all of it again after a kill. Of many webhooks each is noted more seldom …
const NOTE_DISTANCE: u64 = 10_000;
/// … so that these notes are one command in so many at most.
const NOTE_SHARE: u64 = 64;
const NOTE_FAR_AFTER: Duration = Duration::from_secs(10);
/// Whether it is on, and how it is, is looked at this seldom unless somebody says that it changed.
const LOOK_AT_WEBHOOK_AFTER: Duration = Duration::from_millis(100);
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

/// Reads on threads with the usual priority.
struct Reader {
    engine: Engine,
    readers: Handle,
}

impl Reader {
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Engine) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let engine = self.engine.clone();
        let reading = self.readers.spawn_blocking(move || read(&engine));
        reading.await.unwrap_or(Err(Fault::Misuse("a read for a webhook panicked")))
    }
}

/// What reading the log came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    /// There may be more of it.
    Behind,
    /// There is nothing more to read now, or no room for it.
    Enough,
    /// Nothing is to be posted any more.
    Unwanted,
}

/// A webhook as it is, and its app.
struct Seen {
    state: AppState,
    row: Option<Arc<WebhookRow>>,
    place: Option<Arc<WebhookPlaceRow>>,
}

impl Seen {
    fn now(engine: &Engine, webhook: WebhookOf) -> Result<Self, Fault> {
        let view = engine.view();
        Ok(Self {
            state: view.get::<AppStateRow>(&webhook.0)?.map(|row| row.state).unwrap_or_default(),
            row: view.get::<WebhookRow>(&webhook)?,
            place: view.get::<WebhookPlaceRow>(&webhook.1)?,
        })
    }
}

struct Worker<'a> {
    inner: &'a Arc<Inner>,
    reader: Reader,
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
    /// When the webhook was last looked at.
    looked_at: Option<Instant>,
    /// Something was posted since.
    dirty: bool,
    /// When something was last taken.
    delivered: Option<Timestamp>,
    /// The last try that failed, until it is noted.
    failed: Option<WebhookFailure>,
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

/// Posts until the webhook is off, or `shutdown`. The store is read on the threads of `readers`.
pub(super) async fn run(inner: Arc<Inner>, webhook: WebhookOf, ring: Arc<Ring>, readers: Handle, shutdown: Shutdown) {
    let (inner, ring, shutdown) = (&inner, &*ring, &shutdown);
    let reader = Reader { engine: inner.engine.clone(), readers };
    let Some(mut worker) = Worker::start(inner, reader, webhook, shutdown).await else { return };
    while !shutdown.is_triggered() && worker.is_wanted(ring).await {
        let filled = worker.fill().await;
        if filled == Filled::Unwanted {
            break;
        }
        worker.load().await;
        worker.launch();
        if !worker.note_if_time().await {
            continue;
        }
        let wait = if filled == Filled::Behind { AT_ONCE } else { worker.wait() };
        tokio::select! {
            Some(landed) = worker.flights.next() => worker.landed(landed),
            () = ring.rung() => {}
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
    async fn start(inner: &'a Arc<Inner>, reader: Reader, webhook: WebhookOf, shutdown: &'a Shutdown) -> Option<Self> {
        loop {
            let found = reader.read(move |engine| {
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
                        reader,
                        webhook,
                        shutdown,
                        address: Arc::new(Address::of(inner, webhook, &row)),
                        row,
                        lanes,
                        flights: FuturesUnordered::new(),
                        read: place.upto,
                        noted: place.upto,
                        noted_at: monotonic(),
                        looked_at: None,
                        dirty: false,
                        delivered: place.delivered,
                        failed: None,
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

    /// Looks at the webhook as it is now, when it is time or somebody says so; false when nothing is to be posted any more.
    async fn is_wanted(&mut self, ring: &Ring) -> bool {
        let now = monotonic();
        if !ring.is_to_look() && self.looked_at.is_some_and(|at| now.duration_since(at) < LOOK_AT_WEBHOOK_AFTER) {
            return true;
        }
        self.looked_at = Some(now);
        let webhook = self.webhook;
        let found = match self.reader.read(move |engine| Seen::now(engine, webhook)).await {
            Ok(found) => found,
            Err(fault) => {
                tracing::error!(%fault, "a webhook could not be read");
                self.looked_at = None;
                pause(AGAIN_AFTER, self.shutdown).await;
                return true;
            }
        };
        let Some(place) = self.take_over(found) else { return false };
        if place.replayed > self.replayed {
            let webhook = self.webhook.1;
            match self.reader.read(move |engine| held(engine, webhook)).await {
                Ok(held) => {
                    for (conversation, due) in held {
                        self.lanes.hold(conversation, due);
                    }
                    self.replayed = place.replayed;
                }
                Err(fault) => {
                    tracing::error!(%fault, "what is replayed could not be read");
                    self.looked_at = None;
                }
            }
        }
        true
    }

    /// Goes on with the webhook as it was seen, and gives its place; none when nothing is to be posted any more.
    fn take_over(&mut self, Seen { state, row, place }: Seen) -> Option<WebhookPlaceRow> {
        let (row, place) = row.zip(place)?;
        if state != AppState::Active || row.deleting || !row.settings.enabled {
            if let Some(stop) = row.stopped {
                tracing::warn!(app = %self.webhook.0, webhook = %self.webhook.1, ?stop, "a webhook is posted to no longer");
            }
            return None;
        }
        if row.changed != self.row.changed {
            self.address = Arc::new(Address::of(self.inner, self.webhook, &row));
            self.row = row;
        }
        Some(*place)
    }

    /// Reads the log as long as there is room, and something to read; not all of it at once, so that meanwhile what comes back is
    /// looked at, and the webhook itself.
    async fn fill(&mut self) -> Filled {
        let app = self.webhook.0;
        for _ in 0..PAGES_AT_ONCE {
            if self.shutdown.is_triggered() {
                return Filled::Enough;
            }
            if let Some(upto) = self.inner.bell.quiet(app, self.read) {
                self.read = upto;
                return Filled::Enough;
            }
            if self.lanes.queued() > LOW {
                return Filled::Enough;
            }
            let (after, webhook) = (self.read, self.webhook);
            // Those that wait in the outbox, and those that are about to.
            let (about_to, most) = (self.lanes.changes() as u32, self.inner.options.waiting_max);
            let found = self.reader.read(move |engine| {
                let seen = Seen::now(engine, webhook)?;
                let is_full = seen.place.as_ref().is_none_or(|place| place.waiting.saturating_add(about_to) >= most);
                let found = if is_full { None } else { Some(engine.found_events(app, after, PAGE)?) };
                Ok((seen, found))
            });
            match found.await {
                Ok((seen, found)) => {
                    if self.take_over(seen).is_none() {
                        return Filled::Unwanted;
                    }
                    let Some(found) = found else { return Filled::Enough };
                    self.take_in(found);
                }
                Err(fault) => {
                    tracing::error!(%fault, "a webhook cannot read the log now");
                    pause(AGAIN_AFTER, self.shutdown).await;
                }
            }
            if self.lanes.changes() >= limits::WEBHOOK_CHANGES_MAX {
                self.note(false).await;
            }
        }
        Filled::Behind
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
            let loading = self.reader.read(move |engine| {
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
        self.failed = Some(WebhookFailure { at: now, why: posted.words.clone() });
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
        let ahead = self.lanes.upto(self.read).0.saturating_sub(self.noted.0);
        let is_time = self.dirty && since >= NOTE_PLACE_AFTER || since >= NOTE_QUIET_AFTER;
        let of_place = ahead > 0 && (is_time || is_far(ahead, since, self.inner.bell.workers()));
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
            let (delivered, failed, gap) = (self.delivered, self.failed.take(), self.gap);
            let note = WebhookNote { upto, delivered, failed, gap, stop, changes };
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

/// Whether a worker is so far from what was noted that it notes its place although it has posted nothing.
fn is_far(ahead: u64, since: Duration, workers: usize) -> bool {
    since >= NOTE_FAR_AFTER && ahead >= NOTE_DISTANCE.max(NOTE_SHARE.saturating_mul(workers as u64))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_left_far_behind_is_noted_and_many_webhooks_share_the_notes() {
        let (just, later) = (Duration::from_secs(9), Duration::from_secs(10));
        assert!(is_far(10_000, later, 1));
        assert!(!is_far(10_000, just, 1), "not again and again");
        assert!(!is_far(9_999, Duration::from_mins(59), 1), "the server does next to nothing");
        assert!(!is_far(100_000, later, 20_000));
        assert!(is_far(64 * 20_000, later, 20_000));
    }
}
