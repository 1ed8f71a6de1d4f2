//! The writer thread: drains what is queued, puts it in order, applies it, commits once, hands the batch to the publisher.

use super::before;
use super::cursors::Cursors;
use super::stats::Counters;
use super::{Health, Published, ReplySink, Shared};
use crate::ledger::{self, Accepted, Order, Stop};
use crate::model::clock::monotonic;
use crate::model::{
    Actor, AnyCommand, Code, Command, CommandResult, ConversationId, CursorMove, Effect, Key, Refusal, Seq,
    SystemCommand, Timestamp, UserHandle,
};
use crate::store::{Fault, Read, Store, View};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Commands in one batch.
const BATCH_COMMANDS_MAX: usize = 1_024;
/// Bytes of commands in one batch.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Without work for so long, the store comes to rest.
const REST_AFTER: Duration = Duration::from_secs(1);
/// A clock that steps back by more than this is logged; less is only clamped.
const CLOCK_STEP_LOGGED_MS: u64 = 60_000;
/// Tries to open the store again after a fault, each waiting twice as long as the one before, from 50 ms.
const REOPEN_TRIES: u32 = 8;

/// Opens the store: once at the start, and again after a fault.
pub type OpenStore = Box<dyn FnMut() -> Result<Store, Fault> + Send>;

/// What the writer's queue carries.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every job is a command; a box for each would cost more than it saves"
)]
pub enum Job {
    /// A command.
    Command(QueuedCommand),
    /// Cursors wait: come back soon.
    Cursors,
    /// An outcome that was found elsewhere, on its way to the publisher, and what it charged to the queue's budget.
    Tell { item: Item, cost: u32 },
    /// Drain, commit, fold, close.
    Stop,
}

/// A command in the queue.
pub struct QueuedCommand {
    pub actor: Actor,
    pub key: Option<Key>,
    pub hash: u64,
    pub command: AnyCommand,
    pub reply: Option<(Arc<dyn ReplySink>, u32)>,
    /// What it charged to the queue's budget.
    pub cost: u32,
    pub bytes: usize,
    /// Only decided, not applied.
    pub trial: bool,
    /// Not what its caller sent: they are shown what came of it before they get the outcome.
    pub replaced: bool,
}

/// One decided command on its way to the publisher.
pub struct Item {
    pub outcome: Result<Accepted, Refusal>,
    pub reply: Option<(Arc<dyn ReplySink>, u32)>,
    pub published: Option<Published>,
    /// The effects are published before the reply.
    pub effects_first: bool,
}

/// A durable batch.
pub struct PublishedBatch {
    pub view: Arc<View>,
    pub items: Vec<Item>,
}

/// The writer's state.
pub struct Writer {
    pub shared: Arc<Shared>,
    pub store: Option<Store>,
    pub open: OpenStore,
    pub queue: Receiver<Job>,
    pub publisher: Sender<PublishedBatch>,
    pub last_cursors: Instant,
    /// Merged cursors are submitted this often at most.
    pub cursors_every: Duration,
    pub stopping: bool,
    pub resting: bool,
    /// Outcomes that were found elsewhere.
    pub told: Vec<Item>,
}

impl Writer {
    /// Runs until it is told to stop, or the store cannot be opened any more.
    pub fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_COMMANDS_MAX);
        while !self.stopping {
            self.gather(&mut batch);
            self.tell();
            self.add_cursors(&mut batch);
            if batch.is_empty() {
                continue;
            }
            self.resting = false;
            if self.store.is_none() && !self.reopen() {
                self.refuse_all(&mut batch);
                break;
            }
            if let Err(fault) = self.commit(&mut batch) {
                self.fail(&fault);
            }
        }
        self.close(batch);
    }

    /// Waits for work and takes what is there, without waiting for more.
    fn gather(&mut self, batch: &mut Vec<QueuedCommand>) {
        let mut bytes = 0;
        match self.wait() {
            Some(job) => bytes += self.take(job, batch),
            None => return,
        }
        while batch.len() < BATCH_COMMANDS_MAX && bytes < BATCH_BYTES_MAX && !self.stopping {
            match self.queue.try_recv() {
                Ok(job) => bytes += self.take(job, batch),
                Err(_) => break,
            }
        }
        let cost = batch.iter().map(|command| command.cost as usize).sum();
        self.shared.budget.add_permits(cost);
    }

    fn take(&mut self, job: Job, batch: &mut Vec<QueuedCommand>) -> usize {
        match job {
            Job::Command(command) => {
                let bytes = command.bytes;
                batch.push(command);
                bytes
            }
            Job::Cursors => 0,
            Job::Tell { item, cost } => {
                self.told.push(item);
                self.shared.budget.add_permits(cost as usize);
                0
            }
            Job::Stop => {
                self.stopping = true;
                0
            }
        }
    }

    /// Hands on what was found elsewhere.
    fn tell(&mut self) {
        if !self.told.is_empty() {
            let items = std::mem::take(&mut self.told);
            self.publish(PublishedBatch { view: self.shared.view.load_full(), items });
        }
    }

    /// The next job; `None` when something else is due: cursors, rest, folding.
    fn wait(&mut self) -> Option<Job> {
        if let Ok(job) = self.queue.try_recv() {
            return Some(job);
        }
        let until_cursors =
            (!self.shared.cursors.is_empty()).then(|| self.cursors_every.saturating_sub(self.last_cursors.elapsed()));
        let until_rest = if self.resting { self.until_folding() } else { REST_AFTER };
        let timeout = until_cursors.map_or(until_rest, |cursors| cursors.min(until_rest));
        match self.queue.recv_timeout(timeout) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => {
                self.stopping = true;
                None
            }
            Err(RecvTimeoutError::Timeout) => {
                if timeout == until_rest {
                    self.rest();
                }
                None
            }
        }
    }

    /// How long the store can rest before journal rows get too old.
    fn until_folding(&self) -> Duration {
        let due = self.store.as_ref().and_then(Store::folding_due);
        let ms = due.map_or(3_600_000, |due| due.since_ms(self.shared.clock.now()));
        Duration::from_millis(ms.clamp(100, 3_600_000))
    }

    fn rest(&mut self) {
        self.resting = true;
        let now = self.shared.clock.now();
        let Some(store) = &mut self.store else {
            return;
        };
        match store.rest(now) {
            Ok(()) => {
                self.shared.show(Arc::clone(store.view()));
                self.count();
            }
            Err(fault) => self.fail(&fault),
        }
    }

    /// Adds the cursors that wait, as commands of the server, if their time has come or the engine stops.
    fn add_cursors(&mut self, batch: &mut Vec<QueuedCommand>) {
        let due = self.stopping || self.last_cursors.elapsed() >= self.cursors_every;
        if !due || self.shared.cursors.is_empty() {
            return;
        }
        self.last_cursors = monotonic();
        for moves in self.shared.cursors.take() {
            batch.push(QueuedCommand {
                actor: Actor::Server,
                key: None,
                hash: 0,
                command: SystemCommand::Cursors { moves }.into(),
                reply: None,
                cost: 0,
                bytes: 0,
                trial: false,
                replaced: false,
            });
        }
    }

    /// Orders, applies and commits one batch. On a fault nothing of it was published, and every caller is told that it is unknown.
    fn commit(&mut self, batch: &mut Vec<QueuedCommand>) -> Result<(), Fault> {
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        let at = stamp(self.shared.clock.now(), store.last_at());
        let mut lsn = store.lsn();
        let mut tables = store.batch();
        let mut items = Vec::with_capacity(batch.len());
        let mut failed = None;
        let mut own_reads = Vec::new();
        let mut cursor_moves = Vec::new();
        let mut hooks = Vec::new();
        for queued in batch.drain(..) {
            let QueuedCommand { actor, key, hash, command, reply, trial, replaced, .. } = queued;
            if let AnyCommand::System(SystemCommand::Cursors { moves }) = &command {
                cursor_moves.extend_from_slice(moves);
            }
            let order = Order { lsn: lsn.next(), at, actor, key, hash, command };
            if failed.is_some() {
                items.push(Item { outcome: Err(unknown()), reply, published: None, effects_first: false });
                continue;
            }
            let mut effects = Vec::new();
            let decided = if trial {
                ledger::before_hooks::try_out(&tables, &order)
            } else {
                ledger::execute(&mut tables, &order, &mut effects)
            };
            let outcome = match decided {
                Ok(accepted) => Ok(accepted),
                Err(Stop::Refused(refusal)) => Err(refusal),
                Err(Stop::Fault(fault)) => {
                    failed = Some(fault);
                    items.push(Item { outcome: Err(unknown()), reply, published: None, effects_first: false });
                    continue;
                }
            };
            let fresh = !trial && outcome.as_ref().is_ok_and(|accepted| !accepted.duplicate);
            if fresh {
                lsn = order.lsn;
                own_reads.extend(own_read(&order, outcome.as_ref().ok()));
            }
            if fresh && let Some(app) = before::changes(&order.command) {
                match before::of(&tables, app) {
                    Ok(hook) => hooks.push((app, hook)),
                    Err(fault) => failed = Some(fault),
                }
            }
            // What is only tried is not there yet.
            if fresh || !matches!(&outcome, Ok(accepted) if !accepted.duplicate) {
                count_outcome(&self.shared.counters, &outcome);
            }
            let published = (fresh && !effects.is_empty()).then(|| published(&order, effects, replaced));
            items.push(Item { outcome, reply, published, effects_first: replaced });
        }
        let staged = tables.finish();
        let started = monotonic();
        let committed = match failed {
            Some(fault) => Err(fault),
            None => store.commit(staged, lsn, at),
        };
        match committed {
            Ok(()) => {
                let view = Arc::clone(store.view());
                if view.commit() > self.shared.view.load().commit() {
                    self.shared.counters.committed(started.elapsed().as_micros() as u64);
                }
                self.shared.cursors.note_all(own_reads);
                self.shared.change_hooks(hooks);
                self.shared.show(Arc::clone(&view));
                self.count();
                self.publish(PublishedBatch { view, items });
                Ok(())
            }
            Err(fault) => {
                // Nobody waits for an answer to them, so nobody would say them again.
                self.shared.cursors.note_all(cursor_moves);
                let items = items.into_iter().map(|item| Item {
                    outcome: Err(unknown()),
                    reply: item.reply,
                    published: None,
                    effects_first: false,
                });
                let items = items.collect();
                self.publish(PublishedBatch { view: self.shared.view.load_full(), items });
                Err(fault)
            }
        }
    }

    /// Hands a batch on; waits while the publisher is eight batches behind.
    fn publish(&self, batch: PublishedBatch) {
        if self.publisher.send(batch).is_err() {
            tracing::error!("The publisher thread is gone; nobody hears of what was committed. The server stops.");
            self.shared.set_health(Health::Failed("the publisher thread ended".to_owned()));
        }
    }

    fn count(&self) {
        if let Some(store) = &self.store {
            let stats = store.stats();
            self.shared.counters.tail_entries.store(stats.journal_entries as u64, Ordering::Relaxed);
            self.shared.counters.journal_rows.store(stats.journal_rows as u64, Ordering::Relaxed);
        }
    }

    /// One fault poisons the handle: it is dropped, and with it everything that was in memory.
    fn fail(&mut self, fault: &Fault) {
        tracing::error!(%fault, "The storage failed. No command is acknowledged until it could be opened again.");
        self.shared.set_health(Health::Down(fault.to_string()));
        self.store = None;
        if !self.reopen() {
            self.stopping = true;
        }
    }

    /// Opens the store again, with back-off. Meanwhile commands get `unavailable`.
    fn reopen(&mut self) -> bool {
        for attempt in 0..REOPEN_TRIES {
            let opened = (self.open)().and_then(|store| {
                note_sent(&self.shared.cursors, &store)?;
                self.shared.hooks.store(Arc::new(before::all(store.view())?));
                Ok(store)
            });
            match opened {
                Ok(store) => {
                    self.shared.show(Arc::clone(store.view()));
                    self.store = Some(store);
                    self.shared.counters.reopened.fetch_add(1, Ordering::Relaxed);
                    self.shared.set_health(Health::Live);
                    tracing::warn!("The storage was opened again; commands are taken.");
                    return true;
                }
                Err(fault) => {
                    tracing::error!(%fault, attempt, "The storage could not be opened again.");
                    self.shared.set_health(Health::Down(fault.to_string()));
                }
            }
            let pause = monotonic() + Duration::from_millis(50 << attempt);
            while let Ok(job) = self.queue.recv_deadline(pause) {
                let mut waiting = Vec::new();
                self.take(job, &mut waiting);
                self.shared.budget.add_permits(waiting.iter().map(|command| command.cost as usize).sum());
                self.refuse_all(&mut waiting);
                self.tell();
                if self.stopping {
                    return false;
                }
            }
        }
        self.shared.set_health(Health::Failed("the storage could not be opened again; see the log".to_owned()));
        false
    }

    fn refuse_all(&self, batch: &mut Vec<QueuedCommand>) {
        let items = batch.drain(..).map(|queued| Item {
            outcome: Err(unknown()),
            reply: queued.reply,
            published: None,
            effects_first: false,
        });
        let items = items.collect();
        self.publish(PublishedBatch { view: self.shared.view.load_full(), items });
    }

    /// What is queued is still committed; then everything is folded and the file closed.
    fn close(mut self, mut batch: Vec<QueuedCommand>) {
        self.shared.set_closed();
        loop {
            while batch.len() < BATCH_COMMANDS_MAX {
                match self.queue.try_recv() {
                    Ok(job) => drop(self.take(job, &mut batch)),
                    Err(_) => break,
                }
            }
            self.tell();
            self.add_cursors(&mut batch);
            if batch.is_empty() {
                break;
            }
            self.shared.budget.add_permits(batch.iter().map(|command| command.cost as usize).sum());
            if self.store.is_none() {
                self.refuse_all(&mut batch);
            } else if let Err(fault) = self.commit(&mut batch) {
                tracing::error!(%fault, "The storage failed while the server stopped.");
                self.store = None;
            }
        }
        if let Some(store) = self.store.take()
            && let Err(fault) = store.close()
        {
            tracing::error!(%fault, "The storage could not be folded at the stop; the next start does it.");
        }
        // A failure stays a failure, so that the process ends non-zero.
        if !matches!(*self.shared.health.load_full(), Health::Failed(_)) {
            self.shared.set_health(Health::Down("the server has stopped".to_owned()));
        }
    }
}

/// The time of a batch: never before the last one.
fn stamp(now: Timestamp, last: Timestamp) -> Timestamp {
    if last.since_ms(now) > CLOCK_STEP_LOGGED_MS {
        tracing::warn!(
            behind_ms = last.since_ms(now),
            "The clock of this machine stepped back; commands get the last time until it has caught up."
        );
    }
    now.max(last)
}

fn unknown() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        "The storage failed; it is not known whether this took effect. Send it again with the same key.",
    )
    .retry_after_ms(1_000)
}

fn published(order: &Order, effects: Vec<Effect>, replaced: bool) -> Published {
    let origin = match &order.actor {
        Actor::User(user) if !replaced => Some(user.session),
        Actor::User(_) | Actor::App(_) | Actor::Operator | Actor::Server => None,
    };
    Published { lsn: order.lsn, origin, effects }
}

/// Whoever sends has read up to what they sent; it moves with the merged cursors, so that a message stays one row.
fn own_read(order: &Order, accepted: Option<&Accepted>) -> Option<CursorMove> {
    match (&order.actor, &order.command, &accepted?.result) {
        (
            Actor::User(actor),
            AnyCommand::User(Command::Send { .. } | Command::Forward { .. }),
            CommandResult::Appended { conversation, seq, .. },
        ) => Some(sent(actor.user, *conversation, *seq)),
        _ => None,
    }
}

fn sent(user: UserHandle, conversation: ConversationId, seq: Seq) -> CursorMove {
    CursorMove { user, session: None, conversation, delivered: None, read: Some(seq) }
}

/// Notes again what was sent in the last minute: cursors that waited when the process ended are gone, the messages are not.
pub fn note_sent(cursors: &Cursors, store: &Store) -> Result<(), Fault> {
    for (user, result) in store.journaled_results() {
        if let CommandResult::Appended { conversation, seq, .. } = result
            && store.view().entry(*conversation, *seq)?.is_some_and(|entry| entry.body.is_message())
        {
            cursors.note(sent(user, *conversation, *seq));
        }
    }
    Ok(())
}

fn count_outcome(counters: &Counters, outcome: &Result<Accepted, Refusal>) {
    let counter = match outcome {
        Ok(accepted) if accepted.duplicate => &counters.duplicates,
        Ok(_) => &counters.accepted,
        Err(_) => &counters.refused,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}
