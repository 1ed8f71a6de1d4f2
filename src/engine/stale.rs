//! Reads that start again when the View they look at is gone.
//!
//! A View goes stale when what it shows was folded and let go meanwhile ([`Fault::Stale`]). Whoever reads takes the newest one then.

use super::Engine;
use crate::ledger::Stop;
use crate::model::Entry;
use crate::store::{Fault, LogItem, Read, View};
use std::sync::Arc;

/// How often a read is tried.
const TRIES: usize = 8;

/// Why a read fails, which may be that its View is gone.
pub trait MayBeStale {
    /// Whether it is that.
    fn is_stale(&self) -> bool;
}

impl MayBeStale for Fault {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }
}

impl MayBeStale for Stop {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Fault(Fault::Stale))
    }
}

/// Runs a read, which takes the newest View each time, until that holds still.
pub fn retry<T, E: MayBeStale>(mut read: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    for _ in 1..TRIES {
        match read() {
            Err(error) if error.is_stale() => {}
            done => return done,
        }
    }
    read()
}

impl Engine {
    /// Runs a read on the newest View until that holds still. Blocks; not for a task.
    pub fn fresh<T, E: MayBeStale>(&self, mut read: impl FnMut(&Arc<View>) -> Result<T, E>) -> Result<T, E> {
        retry(|| read(&self.view()))
    }

    /// The entry that an item of the log names, in its newest state; none when it was trimmed. `view` is looked at first. Blocks.
    pub fn entry(&self, view: &View, item: &LogItem) -> Result<Option<Arc<Entry>>, Fault> {
        match view.entry(item.conversation, item.seq) {
            Err(Fault::Stale) => self.fresh(|view| view.entry(item.conversation, item.seq)),
            found => found,
        }
    }
}
