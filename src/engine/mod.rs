//! The engine puts commands in one order, makes them durable together, and publishes what they did. Everything outside goes
//! through [`Engine`].

use crate::ledger::Accepted;
use crate::ledger::read::MemberWindow;
use crate::model::{
    Actor, Answer, AnyCommand, Clock, ConversationId, CursorMove, Effect, Epoch, Key, Lsn, Query, Refusal, SessionId,
    UserActor, UserHandle,
};
use crate::protocol::Changes;
use crate::store::{Fault, View};
use std::path::PathBuf;
use std::sync::Arc;

/// What the engine is told at start. Everything else is in the data folder.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The data folder.
    pub folder: PathBuf,
    /// Bytes of redb's page cache.
    pub cache_bytes: usize,
    /// Quick-repair on every commit (instant start after a crash, slower commits) instead of only at rest.
    pub quick_repair_always: bool,
    /// The time.
    pub clock: Clock,
}

/// Where the outcome of a command goes. Called once, on the publisher thread, after the commit, in the log's order.
pub trait ReplySink: Send + Sync {
    /// The command with the caller's number `request` was decided.
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>);
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

/// Who hears of effects: called on the publisher thread, in the log's order, after the replies of each command.
pub trait Subscriber: Send {
    /// One command's effects.
    fn publish(&mut self, view: &Arc<View>, published: &Published);
    /// The batch is over: wake whoever has something to write.
    fn flush(&mut self);
}

/// State of a sync in progress, kept with the session.
#[derive(Debug, Default)]
pub struct SyncState {
    /// What is still to be sent, by lsn; set by the first page.
    pub pending: Option<std::collections::VecDeque<(Lsn, ConversationId)>>,
}

/// Numbers the engine counts itself, for `status` and `/metrics`.
#[derive(Clone, Debug, Default)]
pub struct EngineStats {
    /// Commands accepted since the start.
    pub accepted: u64,
    /// Commands refused since the start.
    pub refused: u64,
    /// Duplicates answered since the start.
    pub duplicates: u64,
    /// Commits since the start.
    pub commits: u64,
    /// Commands waiting in the submit queue.
    pub queued: u64,
    /// Median of the last commits, in microseconds.
    pub commit_p50_us: u64,
    /// 99th percentile of the last commits, in microseconds.
    pub commit_p99_us: u64,
    /// Entries in the tail, not folded yet.
    pub tail_entries: u64,
    /// Journal rows not trimmed yet.
    pub journal_rows: u64,
    /// Bytes of the database file.
    pub file_bytes: u64,
    /// The last lsn.
    pub lsn: Lsn,
}

/// Whether commands are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// They are.
    Live,
    /// They are not, for this reason.
    Down(String),
}

/// The engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(());

impl Engine {
    /// Locks and opens the data folder (creating it when it is empty), rebuilds what is kept in memory, and starts the writer and
    /// the publisher thread. `subscribers` hear of every effect from the first one on.
    pub fn open(_options: EngineOptions, _subscribers: Vec<Box<dyn Subscriber>>) -> Result<Self, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Takes a command. Waits while the queue is full; after 2 s the reply is `overloaded`. The outcome goes to `reply`.
    pub async fn submit(&self, _submission: Submission) {}
    /// Takes a command and waits for its outcome.
    pub async fn execute(&self, _actor: Actor, _key: Option<Key>, _command: AnyCommand) -> Result<Accepted, Refusal> {
        Err(Refusal::new(crate::model::Code::Unavailable, "not built yet"))
    }
    /// The same for callers without async: the command line on a data folder of its own.
    pub fn execute_blocking(
        &self,
        _actor: Actor,
        _key: Option<Key>,
        _command: AnyCommand,
    ) -> Result<Accepted, Refusal> {
        Err(Refusal::new(crate::model::Code::Unavailable, "not built yet"))
    }
    /// Notes that a user's cursor moved. Merged, and submitted as `Cursors` at most four times a second.
    pub fn note_cursor(&self, _moved: CursorMove) {}
    /// Answers a query on one of the two reader threads; `overloaded` when 64 wait already.
    pub async fn query(&self, _actor: UserActor, _query: Query) -> Result<Answer, Refusal> {
        Err(Refusal::new(crate::model::Code::Unavailable, "not built yet"))
    }
    /// One page of changes since `cursor`; `state` is kept by the caller between pages of one sync (start with the default).
    /// `before_last` is called just before the View of the last page is taken, so that the caller starts taking pushes again.
    pub async fn changes(
        &self,
        _actor: UserActor,
        _cursor: Lsn,
        _limit: u32,
        _state: SyncState,
        _before_last: Box<dyn FnOnce() + Send>,
    ) -> Result<(Changes, SyncState), Refusal> {
        Err(Refusal::new(crate::model::Code::Unavailable, "not built yet"))
    }
    /// The newest committed state.
    pub fn view(&self) -> Arc<View> {
        unimplemented!()
    }
    /// Everybody who is or was in a conversation, as of `view`.
    pub fn members(_view: &View, _conversation: ConversationId) -> Result<Vec<MemberWindow>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Who is told of a user's presence, as of the newest state.
    pub fn peers(&self, _user: UserHandle) -> Result<Vec<UserHandle>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Which data this is.
    pub fn epoch(&self) -> Epoch {
        Epoch(0)
    }
    /// The time.
    pub fn clock(&self) -> &Clock {
        unimplemented!()
    }
    /// Whether commands are taken.
    pub fn health(&self) -> Health {
        Health::Live
    }
    /// What the engine counted.
    pub fn stats(&self) -> EngineStats {
        EngineStats::default()
    }
    /// Drains the queue, commits, folds, closes. Afterwards every submit is refused with `unavailable`.
    pub fn stop(&self) {}
}
