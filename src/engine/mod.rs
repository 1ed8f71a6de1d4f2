//! The engine puts commands in one order, makes them durable together, and publishes what they did.
//!
//! It promises: an outcome leaves only after the commit that holds its command; effects are published after it, in the log's order;
//! every queue is bounded; after an I/O error nothing is acknowledged until the store was opened again. Everything outside of this
//! room goes through [`Engine`]; nothing outside assumes that ordering is local.
//!
//! In reading order: this file (the door), `before` (which commands somebody is asked about first), `writer` (the one thread that
//! owns the store), `changes` (what a device has missed), `cursors` (delivered and read marks, merged), `stats`.

mod before;
mod changes;
mod cursors;
mod events;
mod stats;
mod writer;

pub use before::{Before, Gate, Lane, Passing, Place};
pub use changes::SyncState;
pub use events::Found;
pub use stats::EngineStats;
pub use writer::OpenStore;

use crate::ledger::read::{self, Expired, MemberWindow, Peer, ProfileNews, Sight};
use crate::ledger::{Accepted, Stop, before_hooks};
use crate::model::clock::monotonic;
use crate::model::{
    Actor, AdminAnswer, AdminQuery, Answer, AnyCommand, AppEvent, AppEvents, AppId, AppSettings, BotCommand, ButtonRow,
    Clock, Code, Command, Content, ConversationId, CursorMove, Effect, Epoch, EventRef, HookInfo, Key, Lsn,
    McpTokenInfo, OwnPresence, Query, Question, Refusal, Search, SessionId, SystemCommand, UserActor, UserHandle,
    UserId,
};
use crate::protocol::Changes;
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
use tokio::sync::{Semaphore, oneshot, watch};
use writer::{Item, Job, PublishedBatch, QueuedCommand, Writer};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that the submit queue holds. Each command charges its size, and [`COMMAND_BYTES_MIN`] at least, so this bounds the number
/// of commands as well (16,384).
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// What a small command charges.
const COMMAND_BYTES_MIN: usize = 4 * 1024;
/// The unit in which bytes are charged.
const CHARGE_BYTES: usize = 256;
/// How long a caller waits for room in the queue before it is told `overloaded`.
const QUEUE_WAIT: Duration = Duration::from_secs(2);
/// Batches that the publisher may be behind the writer.
const PUBLISHER_BATCHES: usize = 8;
/// Threads that answer queries.
const READER_THREADS: usize = 2;
/// Queries that wait for a reader thread.
const READER_QUEUE: usize = 64;
/// How long a query waits for a place in that queue.
const READER_WAIT: Duration = Duration::from_secs(5);
/// How often a read starts again when its View has become stale.
const STALE_TRIES: usize = 8;

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

/// Where the outcome of a command goes. Called once, on the publisher thread, after the commit, in the log's order.
pub trait ReplySink: Send + Sync {
    /// The command with the caller's number `request` was decided.
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>);

    /// The refusal of an earlier command of the same caller who was told to come again and has not waited so long yet: what they
    /// sent after it comes again, too.
    fn holds_back(&self) -> Option<Refusal> {
        None
    }
}

/// A command on its way.
pub struct Submission {
    /// Who acts.
    pub actor: Actor,
    /// The caller's idempotency key.
    pub key: Option<Key>,
    /// What is asked for.
    pub command: AnyCommand,
    /// Where the outcome goes, and the caller's number for it.
    pub reply: Option<(Arc<dyn ReplySink>, u32)>,
    /// Whether somebody is asked first.
    pub before: Before,
}

impl Submission {
    /// What its caller sent, in a number: the same key with another one is refused.
    pub fn hash(&self) -> u64 {
        match (&self.before, &self.key, &self.command) {
            (Before::Passed(Some(sent)), ..) => *sent,
            (_, Some(_), AnyCommand::User(command)) => {
                postcard::to_allocvec(command).map_or(0, |bytes| xxh3_64(&bytes))
            }
            (_, Some(_), AnyCommand::System(_)) | (_, None, _) => 0,
        }
    }
}

/// Whether a command was taken, or will be.
pub enum Submitted {
    /// It was taken or refused.
    Done(Result<(), Refusal>),
    /// It waits for room in the queue.
    Waits(Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>),
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

    /// Takes a command. Waits while the queue is full, at most 2 s: then it is refused with `overloaded` and was not taken. The
    /// outcome of a command that was taken goes to its `reply`.
    pub async fn submit(&self, submission: Submission) -> Result<(), Refusal> {
        match self.submit_now(submission) {
            Submitted::Done(taken) => taken,
            Submitted::Waits(taken) => taken.await,
        }
    }

    /// The same for callers that keep thousands of futures: only a command that has to wait for room takes memory for it.
    pub fn submit_now(&self, submission: Submission) -> Submitted {
        let Before::Ask(lane) = &submission.before else { return self.take(charge(submission)) };
        let hook = before::hook_for(&self.0.shared.hooks.load(), &submission);
        if hook.is_none() && lane.as_ref().is_none_or(|lane| !lane.is_busy()) {
            return self.take(charge(submission));
        }
        let Some(gate) = self.0.gate.lock().as_ref().and_then(Weak::upgrade) else {
            return Submitted::Done(Err(stopped()));
        };
        let (place, bytes) = (lane.as_ref().map(Lane::enter), bytes_of(&submission.command));
        gate.pass(self.clone(), Passing { hook, submission, place, bytes })
    }

    /// Takes a command about which nobody is asked.
    fn take(&self, queued: QueuedCommand) -> Submitted {
        if let Ok(permit) = self.0.shared.budget.try_acquire_many(queued.cost) {
            permit.forget();
            return Submitted::Done(self.enqueue(queued));
        }
        let engine = self.clone();
        Submitted::Waits(Box::pin(async move {
            match tokio::time::timeout(QUEUE_WAIT, engine.0.shared.budget.acquire_many(queued.cost)).await {
                Ok(Ok(permit)) => permit.forget(),
                Ok(Err(_)) | Err(_) => return Err(overloaded()),
            }
            engine.enqueue(queued)
        }))
    }

    fn enqueue(&self, queued: QueuedCommand) -> Result<(), Refusal> {
        if self.0.shared.closed.load(Ordering::SeqCst) || self.0.queue.send(Job::Command(queued)).is_err() {
            return Err(stopped());
        }
        Ok(())
    }

    /// Takes a command and waits for its outcome.
    pub async fn execute(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        self.execute_after(Before::Ask(None), actor, key, command).await
    }

    /// The same for what an app itself does in the name of its users: nobody is asked about it.
    pub async fn execute_own(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        self.execute_after(Before::OWN, actor, key, command).await
    }

    async fn execute_after(
        &self,
        before: Before,
        actor: Actor,
        key: Option<Key>,
        command: AnyCommand,
    ) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        self.submit(Submission { actor, key, command, reply: Some((sink, 0)), before }).await?;
        outcome.await.map_err(|_| stopped())?
    }

    /// What executing a user's command would give, decided in its place in the one order, with nothing changed: its refusal, the
    /// outcome of the same key before, or `done` in place of its result.
    pub async fn try_out(&self, submission: &Submission) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        let Submission { actor, key, command, before, .. } = submission;
        let (actor, command, before) = (actor.clone(), command.clone(), before.clone());
        let trial = Submission { actor, key: *key, command, reply: Some((sink, 0)), before };
        let queued = QueuedCommand { trial: true, ..charge(trial) };
        match self.take(queued) {
            Submitted::Done(taken) => taken?,
            Submitted::Waits(taken) => taken.await?,
        }
        outcome.await.map_err(|_| stopped())?
    }

    /// What is asked about a user's command that would be accepted; none: nothing, although others of its kind are.
    pub async fn question(&self, actor: UserActor, key: Key, command: Command) -> Result<Option<Question>, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| {
                let view = shared.view.load_full();
                match before_hooks::question(&view, shared.clock.now(), (&actor, key), &command) {
                    Ok(Some(mut question)) => {
                        if let Some(place) = question.place {
                            question.conversation = events::place(&view, place)?;
                        }
                        Ok(Ok(Some(question)))
                    }
                    Ok(None) => Ok(Ok(None)),
                    Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                    Err(Stop::Fault(fault)) => Err(fault),
                }
            })
        })
        .await?
    }

    /// Tells the outcome of a command that did not come as far as the writer, as all outcomes are told: on the publisher thread.
    /// Returns when it is told.
    pub async fn tell(&self, (sink, request): (Arc<dyn ReplySink>, u32), outcome: Result<Accepted, Refusal>) {
        let cost = (COMMAND_BYTES_MIN / CHARGE_BYTES) as u32;
        if let Ok(permit) = self.0.shared.budget.acquire_many(cost).await {
            permit.forget();
        }
        let (told, done) = oneshot::channel();
        let sink: Arc<dyn ReplySink> = Arc::new(Told { sink, told: Mutex::new(Some(told)) });
        let item = Item { outcome, reply: Some((sink, request)), published: None, effects_first: false };
        if self.0.shared.closed.load(Ordering::SeqCst) || self.0.queue.send(Job::Tell { item, cost }).is_err() {
            // Whoever still waits learns that the server stops by its connection being closed.
            return;
        }
        drop(done.await);
    }

    /// Says who is asked before commands are carried out from now on, as long as it is there.
    pub fn set_gate(&self, gate: Weak<dyn Gate>) {
        *self.0.gate.lock() = Some(gate);
    }

    /// Whether anybody is asked about commands of an app.
    pub fn has_before_hook(&self, app: AppId) -> bool {
        self.0.shared.hooks.load().contains_key(&app)
    }

    /// The same for callers without async: the command line on a data folder of its own. Never call it from a task.
    pub fn execute_blocking(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        let queued = charge(Submission { actor, key, command, reply: Some((sink, 0)), before: Before::OWN });
        while self.0.shared.budget.try_acquire_many(queued.cost).map(tokio::sync::SemaphorePermit::forget).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.enqueue(queued)?;
        outcome.blocking_recv().map_err(|_| stopped())?
    }

    /// Notes that a user's cursor moved. Merged, and submitted as `Cursors` at most four times a second.
    pub fn note_cursor(&self, moved: CursorMove) {
        if self.0.shared.cursors.note(moved) {
            // When the queue is full the writer is awake anyway.
            drop(self.0.queue.try_send(Job::Cursors));
        }
    }

    /// Answers a query on one of the reader threads; `overloaded` when there was no place for 5 s.
    pub async fn query(&self, actor: UserActor, query: Query) -> Result<Answer, Refusal> {
        if let Query::Search(search) = query {
            let searcher = self.0.searcher.lock().as_ref().and_then(Weak::upgrade);
            return match searcher {
                Some(searcher) => searcher.search(actor, *search).await,
                None => Err(Refusal::new(Code::Unavailable, "The search is not running; try again a little later.")),
            };
        }
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| {
                let view = shared.view.load_full();
                match read::answer(&*view, view.lsn(), shared.clock.now(), &actor, &query) {
                    Ok(answer) => Ok(Ok(answer)),
                    Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                    Err(Stop::Fault(fault)) => Err(fault),
                }
            })
        })
        .await?
    }

    /// Answers those who run the server, on one of the reader threads: administrators, the operator, the server itself.
    pub async fn administer(&self, actor: Actor, query: AdminQuery) -> Result<AdminAnswer, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| match read::administration::answer(&shared.view.load_full(), &actor, &query) {
                Ok(answer) => Ok(Ok(answer)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Fault(fault)) => Err(fault),
            })
        })
        .await?
    }

    /// One page of changes since `cursor`; `state` is kept by the caller between pages of one sync (start with the default).
    /// `before_last` is called just before the View of the last page is taken, so that the caller starts taking pushes again; it is
    /// called once per sync.
    pub async fn changes(
        &self,
        actor: UserActor,
        cursor: Lsn,
        limit: u32,
        state: SyncState,
        before_last: Box<dyn FnOnce() + Send>,
    ) -> Result<(Changes, SyncState), Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            let mut before_last = Some(before_last);
            let mut state = Some(state);
            retry_stale(|| {
                let newest = || shared.view.load_full();
                let call = || {
                    if let Some(before_last) = before_last.take() {
                        before_last();
                    }
                };
                changes::page(&newest, &actor, cursor, limit, state.take().unwrap_or_default(), call)
            })
        })
        .await
    }

    /// Runs a read on a reader thread.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let places = Arc::clone(&self.0.read_places);
        let Ok(Ok(place)) = tokio::time::timeout(READER_WAIT, places.acquire_owned()).await else {
            return Err(overloaded());
        };
        let (sender, answer) = oneshot::channel();
        let job: ReadJob = Box::new(move || {
            let _place = place;
            // Whoever asked may have gone meanwhile.
            drop(sender.send(read()));
        });
        self.0.reads.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(|fault| fault_refusal(&fault))
    }

    /// Says who answers searches from now on, as long as it is there.
    pub fn set_searcher(&self, searcher: Weak<dyn Searcher>) {
        *self.0.searcher.lock() = Some(searcher);
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

    /// The webhooks of a conversation, for those who manage them.
    pub async fn hooks(&self, actor: UserActor, conversation: ConversationId) -> Result<Vec<HookInfo>, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| match read::hooks(&*shared.view.load_full(), &actor, conversation) {
                Ok(hooks) => Ok(Ok(hooks)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Fault(fault)) => Err(fault),
            })
        })
        .await?
    }

    /// The tokens for MCP of the user of a session.
    pub async fn mcp_tokens(&self, actor: UserActor) -> Result<Vec<McpTokenInfo>, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| match read::mcp_tokens(&*shared.view.load_full(), shared.clock.now(), &actor) {
                Ok(tokens) => Ok(Ok(tokens)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Fault(fault)) => Err(fault),
            })
        })
        .await?
    }

    /// What happened in an app after `after`, at least `limit` events when there are so many within reach.
    pub async fn events(&self, app: AppId, after: Lsn, limit: usize) -> Result<AppEvents, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || retry_stale(|| events::of_app(&shared.view.load_full(), app, after, limit))).await
    }

    /// The same with what is needed to make each event again, for those who read on and on: a little of the log at once. Blocks.
    pub fn found_events(&self, app: AppId, after: Lsn, limit: usize) -> Result<Found, Fault> {
        retry_stale(|| events::found(&self.view(), app, after, limit, limit.saturating_mul(8)))
    }

    /// An event made again, as things are now; none when its conversation went with its app. Blocks.
    pub fn event_again(&self, app: AppId, event: EventRef) -> Result<Option<AppEvent>, Fault> {
        retry_stale(|| events::again(&self.view(), app, event))
    }

    /// The lsn of the newest committed state, and word of every newer one: a follower of the log waits for it instead of polling.
    pub fn news(&self) -> watch::Receiver<Lsn> {
        self.0.shared.news.subscribe()
    }

    /// Everybody who is or was in a conversation, as of `view`.
    pub fn members(view: &View, conversation: ConversationId) -> Result<Vec<MemberWindow>, Fault> {
        read::members(view, conversation)
    }

    /// Who may see a user's presence, as of the newest state. Blocks.
    pub fn peers(&self, user: UserHandle) -> Result<Vec<Peer>, Fault> {
        retry_stale(|| read::peers(&*self.view(), user))
    }

    /// Every conversation of a user by id, those they left included: for whoever goes over all of them, with a query for each.
    pub async fn conversations_of(&self, user: UserHandle) -> Result<Vec<ConversationId>, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || retry_stale(|| read::conversations_of(&*shared.view.load_full(), user))).await
    }

    /// Which of a slice of conversations keep more than retention lets them; the slice begins with `from`.
    pub async fn expired(&self, from: ConversationId) -> Result<Expired, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || retry_stale(|| read::expired(&*shared.view.load_full(), shared.clock.now(), from))).await
    }

    /// What one user may see of another one's presence, as of the newest state. Blocks.
    pub fn sight(&self, reader: UserHandle, user: UserHandle) -> Result<Option<Sight>, Fault> {
        retry_stale(|| read::sight(&*self.view(), self.clock().now(), reader, user))
    }

    /// What a user may see of the presence of others (1–100).
    pub async fn sights(&self, actor: UserActor, users: Vec<UserId>) -> Result<Vec<Sight>, Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            retry_stale(|| match read::sights(&*shared.view.load_full(), shared.clock.now(), &actor, &users) {
                Ok(sights) => Ok(Ok(sights)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Fault(fault)) => Err(fault),
            })
        })
        .await?
    }

    /// A user's id and what they say about being there now.
    pub fn said(&self, user: UserHandle) -> Result<Option<(UserId, OwnPresence)>, Fault> {
        retry_stale(|| read::said(&*self.view(), self.clock().now(), user))
    }

    /// What a changed profile is for whom, as of `view`; `is_there` says who could be told at all.
    pub fn profile_news(
        view: &View,
        user: UserHandle,
        is_there: impl Fn(UserHandle) -> bool,
    ) -> Result<Option<ProfileNews>, Fault> {
        read::profile_news(view, user, is_there)
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

/// What a command charges to the queue, and the hash of what its caller sent.
fn charge(submission: Submission) -> QueuedCommand {
    let (bytes, hash) = (bytes_of(&submission.command), submission.hash());
    let replaced = matches!(submission.before, Before::Passed(Some(_)));
    let Submission { actor, key, command, reply, before: _ } = submission;
    let cost = ((bytes + COMMAND_BYTES_MIN) / CHARGE_BYTES) as u32;
    QueuedCommand { actor, key, hash, command, reply, cost, bytes, trial: false, replaced }
}

/// The bytes of a command's words.
fn bytes_of(command: &AnyCommand) -> usize {
    match command {
        AnyCommand::User(Command::Send { content: Content::Text(text), .. }) => text.text.len(),
        AnyCommand::User(Command::Send { content: Content::Custom(custom), .. }) => custom.json.len(),
        AnyCommand::User(Command::Send { content: Content::Media(attach), .. }) => attach.caption.text.len(),
        AnyCommand::User(Command::Edit { text, .. }) => text.len(),
        AnyCommand::User(Command::Send { content: Content::Buttons(buttons), .. }) => buttons.bytes(),
        AnyCommand::User(Command::EditButtons { text, rows, .. }) => {
            text.len() + rows.iter().map(ButtonRow::bytes).sum::<usize>()
        }
        AnyCommand::User(Command::AddMembers { users, .. } | Command::CreateGroup { members: users, .. }) => {
            users.iter().map(|user| user.as_str().len() + size_of::<UserId>()).sum()
        }
        AnyCommand::User(Command::SetCommands { commands }) => commands.iter().map(BotCommand::bytes).sum(),
        AnyCommand::System(SystemCommand::FinishAnswer { answer: Some(answer), .. }) => answer.text.len(),
        AnyCommand::System(SystemCommand::Post { post, .. }) => post.words().iter().map(|words| words.len()).sum(),
        AnyCommand::User(_) | AnyCommand::System(_) => 0,
    }
}

/// Runs a read until its View holds still.
fn retry_stale<T>(mut read: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
    for _ in 1..STALE_TRIES {
        match read() {
            Err(Fault::Stale) => {}
            other => return other,
        }
    }
    read()
}

fn overloaded() -> Refusal {
    Refusal::new(
        Code::Overloaded,
        "The server has more work than it can take now; send it again a little later, in order.",
    )
    .retry_after_ms(1_000)
}

fn stopped() -> Refusal {
    Refusal::new(Code::Unavailable, "The server is stopping; connect again and send it again with the same key.")
        .retry_after_ms(1_000)
}

fn fault_refusal(fault: &Fault) -> Refusal {
    if matches!(fault, Fault::Stale) {
        return overloaded();
    }
    tracing::error!(%fault, "A read failed.");
    Refusal::new(Code::Unavailable, "The storage could not be read; try again, and tell the operator if it stays so.")
        .retry_after_ms(1_000)
}

/// A reply that one caller waits for.
struct OneReply(Mutex<Option<oneshot::Sender<Result<Accepted, Refusal>>>>);

impl OneReply {
    fn new() -> (Arc<Self>, oneshot::Receiver<Result<Accepted, Refusal>>) {
        let (sender, receiver) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Some(sender)))), receiver)
    }
}

impl ReplySink for OneReply {
    fn complete(&self, _: u32, outcome: Result<Accepted, Refusal>) {
        if let Some(sender) = self.0.lock().take() {
            // Whoever asked may have gone meanwhile.
            drop(sender.send(outcome));
        }
    }
}

/// A reply that says when it was told.
struct Told {
    sink: Arc<dyn ReplySink>,
    /// Guards whom to tell of it.
    told: Mutex<Option<oneshot::Sender<()>>>,
}

impl ReplySink for Told {
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>) {
        self.sink.complete(request, outcome);
        if let Some(told) = self.told.lock().take() {
            told.send(()).ok();
        }
    }
}
