//! The frame of those who work after the fact: how a worker follows the log with a durable lsn.
//!
//! A worker asks for the [`Next`] batch, does its work, and says how far it has got: inside of the command that tells what it did
//! (which then calls `ledger::follower::note`, and [`Follow::noted`] here), or with [`Follow::pass`] when there was nothing to tell. After a
//! stop it gets what came after that lsn once more, so its work must bear to be done twice: a follower is told at least once.
//!
//! A worker that had nothing to tell writes nothing, but for a note after [`NOTE_ITEMS`] items, after [`NOTE_EVERY`] and at the stop, so
//! that it is never far behind. Its own commands wake it again; they have no items, so it rests.

use crate::auth;
use crate::engine::Engine;
use crate::model::clock::monotonic;
use crate::model::{Follower, Lsn, SystemCommand};
use crate::shutdown::Shutdown;
use crate::store::records::FollowerRow;
use crate::store::{Fault, LogItem, Read, View};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Items of the log that are taken at once, about, unless a follower says otherwise.
const ITEMS: usize = 512;
/// What was passed without anything to tell is noted after so many items, …
const NOTE_ITEMS: usize = 10_000;
/// … and after so long.
const NOTE_EVERY: Duration = Duration::from_hours(1);
/// After a fault, or when the engine takes nothing, it is tried again this late, …
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// … later each time, up to this.
const AGAIN_AFTER_MAX: Duration = Duration::from_mins(1);

/// What happened.
pub struct Next {
    /// The state that has the entries which the items name.
    pub view: Arc<View>,
    /// In lsn order.
    pub items: Vec<LogItem>,
    /// When they are done, the work is done up to here.
    pub upto: Lsn,
    /// The worker was so far behind that the log does not reach back to it: something before `items` is missing.
    pub gap: bool,
}

/// One follower of the log.
pub struct Follow {
    engine: Engine,
    follower: Follower,
    news: watch::Receiver<Lsn>,
    /// Handed out up to here.
    read: Lsn,
    /// Done up to here, as far as is known durably.
    noted: Lsn,
    /// When it was noted last.
    noted_at: Instant,
    /// Items that were passed since.
    passed: usize,
    failures: u32,
    /// Items that are taken at once, about.
    items: usize,
    /// How long it waits after news, for more of it.
    pace: Duration,
}

impl Follow {
    /// Goes on where the follower stopped; one that never ran begins with what comes from now on. None when `shutdown` came first.
    pub async fn start(engine: &Engine, follower: Follower, shutdown: &Shutdown) -> Option<Self> {
        let mut follow = Self {
            engine: engine.clone(),
            follower,
            news: engine.news(),
            read: Lsn(0),
            noted: Lsn(0),
            noted_at: monotonic(),
            passed: 0,
            failures: 0,
            items: ITEMS,
            pace: Duration::ZERO,
        };
        loop {
            match read(engine, move |engine| engine.view().get::<FollowerRow>(&follower)).await {
                Ok(Some(row)) => (follow.read, follow.noted) = (row.upto, row.upto),
                Ok(None) => {
                    follow.read = engine.view().lsn();
                    follow.note(follow.read).await;
                }
                Err(fault) => {
                    follow.failed(&fault, shutdown).await;
                    if shutdown.is_triggered() {
                        return None;
                    }
                    continue;
                }
            }
            return Some(follow);
        }
    }

    /// The same with another number of items at once, and a pause after news in which more of it gathers.
    #[must_use]
    pub fn gathering(self, items: usize, pace: Duration) -> Self {
        Self { items, pace, ..self }
    }

    /// What comes next; waits for it. None when `shutdown` came first. It may be dropped and called
    /// again: what was not given comes then.
    pub async fn next(&mut self, shutdown: &Shutdown) -> Option<Next> {
        loop {
            if shutdown.is_triggered() {
                return None;
            }
            self.news.borrow_and_update();
            let (after, limit) = (self.read, self.items);
            match read(&self.engine, move |engine| engine.log_after(after, limit)).await {
                Ok((view, batch)) => {
                    self.failures = 0;
                    self.read = batch.upto;
                    if !batch.items.is_empty() || batch.gap {
                        if batch.gap {
                            tracing::warn!(follower = self.follower.name(), "a follower is older than the log");
                        }
                        return Some(Next { view, items: batch.items, upto: batch.upto, gap: batch.gap });
                    }
                    tokio::select! {
                        changed = self.news.changed() => changed.ok()?,
                        () = shutdown.wait() => {}
                    }
                    tokio::select! {
                        () = tokio::time::sleep(self.pace) => {}
                        () = shutdown.wait() => {}
                    }
                }
                Err(fault) => self.failed(&fault, shutdown).await,
            }
        }
    }

    /// A command that was committed said that the work is done up to here.
    pub fn noted(&mut self, upto: Lsn) {
        self.noted = self.noted.max(upto);
        self.noted_at = monotonic();
        self.passed = 0;
    }

    /// The work is done up to here and there was nothing to tell; now and then that is noted.
    pub async fn pass(&mut self, upto: Lsn, items: usize) {
        self.passed += items;
        if self.passed >= NOTE_ITEMS || monotonic().duration_since(self.noted_at) >= NOTE_EVERY {
            self.note(upto).await;
        }
    }

    /// Notes durably that the work is done up to here; also the last thing to do before the end.
    pub async fn note(&mut self, upto: Lsn) {
        if upto <= self.noted {
            return;
        }
        let command = SystemCommand::NoteFollower { follower: self.follower, upto };
        match self.engine.execute(auth::server(), None, command.into()).await {
            Ok(_) => self.noted(upto),
            Err(refusal) => {
                tracing::warn!(%refusal, follower = self.follower.name(), "how far a follower has got could not be noted");
            }
        }
    }

    /// Handed out up to here.
    pub const fn reached(&self) -> Lsn {
        self.read
    }

    /// How many commands it is behind.
    pub fn behind(&self) -> u64 {
        self.engine.view().lsn().0.saturating_sub(self.read.0)
    }

    async fn failed(&mut self, fault: &Fault, shutdown: &Shutdown) {
        self.failures += 1;
        let wait = AGAIN_AFTER.saturating_mul(1 << self.failures.min(10)).min(AGAIN_AFTER_MAX);
        tracing::error!(%fault, follower = self.follower.name(), "a follower cannot read the log now");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.wait() => {}
        }
    }
}

/// Reads on a thread that may wait for the disk.
pub async fn read<T: Send + 'static>(
    engine: &Engine,
    read: impl FnOnce(&Engine) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let engine = engine.clone();
    let reading = tokio::task::spawn_blocking(move || read(&engine));
    reading.await.unwrap_or(Err(Fault::Misuse("a follower's read panicked")))
}
