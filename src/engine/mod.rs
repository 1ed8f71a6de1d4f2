//! The engine puts commands in one order, makes them durable together, and publishes what they did.
//!
//! It promises: an outcome leaves only after the commit that holds its command; effects are published after it, in the log's order;
//! every queue is bounded; after an I/O error nothing is acknowledged until the store was opened again. Everything outside of this
//! room goes through [`Engine`]; nothing outside assumes that ordering is local.
//!
//! In reading order: this file (the door), `submit` (commands on their way in), `before` (which of them somebody is asked about first),
//! `writer` (the one thread that owns the store), `reads` (what is read of the newest state), `stale` (reads that start again),
//! `changes` (what a device has missed), `cursors` (delivered and read marks, merged), `stats`.

mod before;
mod changes;
mod cursors;
mod events;
mod reads;
mod stale;
mod stats;
mod submit;
mod writer;

pub use before::{Before, Gate, Lane, Passing, Place};
pub use changes::SyncState;
pub use events::Found;
pub use stale::{MayBeStale, retry};
pub use stats::EngineStats;
pub use submit::{ReplySink, Submission, Submitted};
pub use writer::OpenStore;

use crate::model::clock::monotonic;
use crate::model::{
    Actor, Answer, AppId, AppSettings, Clock, Effect, Epoch, Lsn, Refusal, Search, SessionId, SystemCommand, UserActor,
};
use crate::store::records::BeforeHookRow;
use crate::store::{Fault, LogBatch, Store, StoreOptions, View};
use arc_swap::ArcSwap;
use before::Hooks;
use crossbeam_channel::{Receiver, Sender};
use cursors::Cursors;
use parking_lot::Mutex;
use stats::Counters;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use submit::{CHARGE_BYTES, COMMAND_BYTES_MIN, QUEUE_BYTES};
use tokio::sync::{Semaphore, watch};
use writer::{Item, Job, PublishedBatch, Writer};

/// Batches that the publisher may be behind the writer.
const PUBLISHER_BATCHES: usize = 8;
/// Threads that answer queries.
const READER_THREADS: usize = 2;
/// Queries that wait for a reader thread.
const READER_QUEUE: usize = 64;

/// What the engine is told at start. Everything else is in the data folder.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The data folder.
    pub folder: PathBuf,
    /// Bytes of redb's page cache.
    pub cache_bytes: usize,
    /// Quick-repair on every commit (instant start after a crash, slower commits) instead of only at rest.
    pub quick_repair_always: bool,
    /// Settings of the app `home`, used only when the data folder is created.
    pub home: AppSettings,
    /// The time.
    pub clock: Clock,
    /// Merged cursor moves are submitted this often at most, and at the stop.
    pub cursors_every: Duration,
}

impl EngineOptions {
    /// The defaults for a data folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cache_bytes: 64 * 1024 * 1024,
            quick_repair_always: false,
            home: AppSettings::default(),
            clock: Clock::system(),
            cursors_every: Duration::from_millis(cursors::EVERY_MS),
        }
    }
}

/// One accepted command as it is published.
pub struct Published {
    /// Its lsn.
    pub lsn: Lsn,
    /// The session that asked for it, which gets the outcome instead of the new entry.
    pub origin: Option<SessionId>,
    /// What it did.
    pub effects: Vec<Effect>,
}

/// Who hears of effects: called on the publisher thread, in the log's order, after the reply of each command (before it, when the
/// caller has to see what was put in the place of what they sent).
pub trait Subscriber: Send {
    /// One command's effects.
    fn publish(&mut self, view: &Arc<View>, published: &Published);
    /// The batch is over: wake whoever has something to write.
    fn flush(&mut self);
}

/// What is found, or why nothing was looked for.
pub type Searching = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send>>;

/// Who answers searches. The engine knows no index; it hands these queries on, so that all queries go through one door.
pub trait Searcher: Send + Sync {
    /// Looks for messages on behalf of a user.
    fn search(self: Arc<Self>, actor: UserActor, search: Search) -> Searching;
}

/// Whether commands are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// They are.
    Live,
    /// They are not now, for this reason; the engine tries to get over it.
    Down(String),
    /// They are not any more, for this reason; the process should end.
    Failed(String),
}

type ReadJob = Box<dyn FnOnce() + Send>;

/// What the threads of the engine share.
pub struct Shared {
    view: ArcSwap<View>,
    /// The lsn of `view`.
    news: watch::Sender<Lsn>,
    health: ArcSwap<Health>,
    closed: AtomicBool,
    clock: Clock,
    /// Room in the submit queue, in units of [`CHARGE_BYTES`].
    budget: Semaphore,
    cursors: Cursors,
    counters: Counters,
    folder: PathBuf,
    /// As of `view`, or a moment before it.
    hooks: ArcSwap<Hooks>,
}

impl Shared {
    /// Shows a new state to readers, and tells those who follow the log.
    fn show(&self, view: Arc<View>) {
        let lsn = view.lsn();
        self.view.store(view);
        self.news.send_if_modified(|known| std::mem::replace(known, lsn) != lsn);
    }

    /// What is asked of some apps from now on.
    fn change_hooks(&self, changes: Vec<(AppId, Option<Arc<BeforeHookRow>>)>) {
        if changes.is_empty() {
            return;
        }
        let mut hooks = Hooks::clone(&self.hooks.load());
        for (app, hook) in changes {
            match hook {
                Some(hook) => hooks.insert(app, hook),
                None => hooks.remove(&app),
            };
        }
        self.hooks.store(Arc::new(hooks));
    }

    fn set_health(&self, health: Health) {
        self.health.store(Arc::new(health));
    }

    fn set_closed(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

struct Inner {
    shared: Arc<Shared>,
    queue: Sender<Job>,
    /// Places in the readers' queue.
    read_places: Arc<Semaphore>,
    reads: Sender<ReadJob>,
    /// Guards who answers searches, if anybody does.
    searcher: Mutex<Option<Weak<dyn Searcher>>>,
    /// Guards who asks before commands are carried out, if anybody does.
    gate: Mutex<Option<Weak<dyn Gate>>>,
    /// Guards the threads until `stop` takes them.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// Locks and opens the data folder (creating it when it is empty), rebuilds what is kept in memory, and starts the threads.
    /// `subscribers` hear of every effect from the first one on.
    pub fn open(options: EngineOptions, subscribers: Vec<Box<dyn Subscriber>>) -> Result<Self, Fault> {
        let folder = options.folder.clone();
        let mut epoch = [0; 8];
        getrandom::fill(&mut epoch)
            .map_err(|error| Fault::Io(format!("the system gives no random numbers: {error}")))?;
        let store = StoreOptions {
            cache_bytes: options.cache_bytes,
            quick_repair_always: options.quick_repair_always,
            // Below 2^53, so that it is exact in JSON.
            new_epoch: Epoch((u64::from_be_bytes(epoch) >> 11).max(1)),
        };
        Self::open_with(options, Box::new(move || Store::open(&folder, store)), subscribers)
    }

    /// The same on a store that `open` opens: for tests that break the disk on purpose.
    pub fn open_with(
        options: EngineOptions,
        mut open: OpenStore,
        subscribers: Vec<Box<dyn Subscriber>>,
    ) -> Result<Self, Fault> {
        let store = open()?;
        let found = (store.lsn() == Lsn(0))
            .then(|| SystemCommand::Found { epoch: store.epoch(), settings: options.home.clone() });
        let shared = Arc::new(Shared {
            view: ArcSwap::from(Arc::clone(store.view())),
            news: watch::Sender::new(store.lsn()),
            health: ArcSwap::from_pointee(Health::Live),
            closed: AtomicBool::new(false),
            clock: options.clock,
            budget: Semaphore::new(QUEUE_BYTES / CHARGE_BYTES),
            cursors: Cursors::default(),
            counters: Counters::default(),
            folder: options.folder,
            hooks: ArcSwap::from_pointee(before::all(store.view())?),
        });
        writer::note_sent(&shared.cursors, &store)?;
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE_BYTES / COMMAND_BYTES_MIN + 16);
        let (publisher, batches) = crossbeam_channel::bounded(PUBLISHER_BATCHES);
        let (reads, read_jobs) = crossbeam_channel::bounded(READER_QUEUE);
        let writer = Writer {
            shared: Arc::clone(&shared),
            store: Some(store),
            open,
            queue: jobs,
            publisher,
            last_cursors: monotonic(),
            cursors_every: options.cursors_every,
            stopping: false,
            resting: false,
            told: Vec::new(),
        };
        let mut threads = vec![
            thread("publisher", &shared, move || publish(&batches, subscribers))?,
            thread("writer", &shared, move || writer.run())?,
        ];
        for _ in 0..READER_THREADS {
            let jobs: Receiver<ReadJob> = read_jobs.clone();
            threads.push(thread("reader", &shared, move || jobs.iter().for_each(|job| job()))?);
        }
        let read_places = Arc::new(Semaphore::new(READER_QUEUE));
        let engine = Self(Arc::new(Inner {
            shared,
            queue,
            read_places,
            reads,
            searcher: Mutex::new(None),
            gate: Mutex::new(None),
            threads: Mutex::new(threads),
        }));
        if let Some(found) = found {
            let outcome = engine.execute_blocking(Actor::Server, None, found.into());
            outcome.map_err(|refusal| Fault::Unusable(format!("the data could not be founded: {refusal}")))?;
        }
        Ok(engine)
    }

    /// The newest committed state.
    pub fn view(&self) -> Arc<View> {
        self.0.shared.view.load_full()
    }

    /// What happened after `after`, as of one View, which has the entries that the items name: at least `limit` items when there
    /// are so many. How followers of the log work is told in `store::log`. Blocks for a read of the disk; not for a task.
    pub fn log_after(&self, after: Lsn, limit: usize) -> Result<(Arc<View>, LogBatch), Fault> {
        let view = self.view();
        let batch = view.log_after(after, limit)?;
        Ok((view, batch))
    }

    /// The lsn of the newest committed state, and word of every newer one: a follower of the log waits for it instead of polling.
    pub fn news(&self) -> watch::Receiver<Lsn> {
        self.0.shared.news.subscribe()
    }

    /// Which data this is.
    pub fn epoch(&self) -> Epoch {
        self.view().epoch()
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.0.shared.clock
    }

    /// Whether commands are taken.
    pub fn health(&self) -> Health {
        Health::clone(&self.0.shared.health.load())
    }

    /// What the engine counted.
    pub fn stats(&self) -> EngineStats {
        let shared = &self.0.shared;
        let counters = &shared.counters;
        let (commit_p50_us, commit_p99_us) = counters.commit_percentiles();
        EngineStats {
            accepted: counters.accepted.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            duplicates: counters.duplicates.load(Ordering::Relaxed),
            commits: counters.commits.load(Ordering::Relaxed),
            queued: self.0.queue.len() as u64,
            commit_p50_us,
            commit_p99_us,
            tail_entries: counters.tail_entries.load(Ordering::Relaxed),
            journal_rows: counters.journal_rows.load(Ordering::Relaxed),
            file_bytes: std::fs::metadata(shared.folder.join("tidings.redb")).map_or(0, |file| file.len()),
            reopened: counters.reopened.load(Ordering::Relaxed),
            lsn: self.view().lsn(),
        }
    }

    /// Drains the queue, commits, folds, closes, and waits for the threads. Afterwards every submit is refused with `unavailable`.
    /// Blocks; never call it from a task.
    pub fn stop(&self) {
        // A writer that is gone already needs no word.
        drop(self.0.queue.send(Job::Stop));
        let mut threads = self.0.threads.lock();
        // The publisher and the writer come first; the readers end with the engine itself.
        for thread in threads.drain(..).take(2) {
            if thread.join().is_err() {
                tracing::error!("A thread of the engine ended in a panic.");
            }
        }
    }
}

/// Starts a named thread; a panic in it is a failure of the engine.
fn thread(name: &str, shared: &Arc<Shared>, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Fault> {
    let shared = Arc::clone(shared);
    let named = format!("tidings-{name}");
    let run = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            shared.set_closed();
            shared.set_health(Health::Failed(format!(
                "the thread {} ended in a panic",
                std::thread::current().name().unwrap_or("?")
            )));
        }
    };
    Ok(std::thread::Builder::new().name(named).spawn(run)?)
}

/// The publisher: replies and effects, in the log's order.
fn publish(batches: &Receiver<PublishedBatch>, mut subscribers: Vec<Box<dyn Subscriber>>) {
    for batch in batches {
        for Item { outcome, reply, published, effects_first } in batch.items {
            let mut told = reply.map(|(sink, request)| move || sink.complete(request, outcome));
            if !effects_first && let Some(tell) = told.take() {
                tell();
            }
            if let Some(published) = &published {
                for subscriber in &mut subscribers {
                    subscriber.publish(&batch.view, published);
                }
            }
            if let Some(tell) = told {
                tell();
            }
        }
        for subscriber in &mut subscribers {
            subscriber.flush();
        }
    }
}
