//! The tail: entries that are durable in the journal and not folded into `entries` yet, shared by the writer and all readers.
//!
//! The writer appends after a commit and before it publishes the commit's [`super::View`], so a reader that leaves out what is above
//! its View's lsn sees one state. Folded entries stay for [`KEPT_COMMITS`] more commits, so that readers of an older View find them;
//! then they go, and `removed` says which commit folded the last that went: a View older than that must be given up
//! ([`super::Fault::Stale`]). The newest items of the log are here as well, for those who follow it.

use super::journal::LogItem;
use super::log::{LogBatch, RECENT_ITEMS_MAX, Recent};
use crate::model::{ConversationId, Entry, Lsn, Seq};
use parking_lot::RwLock;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Commits for which folded entries stay in memory.
pub const KEPT_COMMITS: u64 = 64;
const SHARDS: usize = 16;

/// Entries of one conversation with contiguous seqs.
type Run = VecDeque<Arc<Entry>>;

/// The shared tail.
#[derive(Debug, Default)]
pub struct Tail {
    /// Guards the runs of the conversations of one shard.
    shards: [RwLock<BTreeMap<ConversationId, Run>>; SHARDS],
    removed: AtomicU64,
    /// Guards the newest items of the log.
    recent: RwLock<Recent>,
}

impl Tail {
    fn shard(&self, conversation: ConversationId) -> &RwLock<BTreeMap<ConversationId, Run>> {
        &self.shards[conversation.0 as usize % SHARDS]
    }

    /// Keeps the items of the log from here on.
    pub fn begin_log(&self, from: Lsn) {
        *self.recent.write() = Recent::after(from);
    }

    /// Adds the durable items of a commit.
    pub fn log(&self, commit: &[LogItem]) {
        self.recent.write().push(commit, RECENT_ITEMS_MAX);
    }

    /// Lets go of the items up to an lsn, which are not kept any more.
    pub fn expire_log(&self, upto: Lsn) {
        self.recent.write().expire(upto);
    }

    /// What happened after `after` and up to `lsn`, at least `limit` items when there are so many; none when that is not here.
    pub fn log_after(&self, after: Lsn, limit: usize, lsn: Lsn) -> Option<LogBatch> {
        self.recent.read().log_after(after, limit, lsn)
    }

    /// Adds a durable entry at the end of its conversation.
    pub fn append(&self, conversation: ConversationId, entry: Arc<Entry>) {
        self.shard(conversation).write().entry(conversation).or_default().push_back(entry);
    }

    /// Lets go of the entries of a conversation up to `seq`, which `commit` folded. Commits come in order.
    pub fn remove(&self, conversation: ConversationId, seq: Seq, commit: u64) {
        let mut shard = self.shard(conversation).write();
        self.removed.store(commit, Ordering::SeqCst);
        if let Some(run) = shard.get_mut(&conversation) {
            while run.front().is_some_and(|entry| entry.seq <= seq) {
                run.pop_front();
            }
            if run.is_empty() {
                shard.remove(&conversation);
            }
        }
    }

    /// The commit that folded the last entries that went.
    pub fn removed(&self) -> u64 {
        self.removed.load(Ordering::SeqCst)
    }

    /// The newest entry of a conversation with an lsn up to `lsn`, if the tail has it.
    pub fn last(&self, conversation: ConversationId, lsn: Lsn) -> Option<Arc<Entry>> {
        let shard = self.shard(conversation).read();
        shard.get(&conversation)?.iter().rev().find(|entry| entry.lsn <= lsn).cloned()
    }

    /// Entries with `from` ≤ seq ≤ `to` and an lsn up to `lsn`, at most `limit`, in order.
    pub fn range(&self, conversation: ConversationId, from: Seq, to: Seq, lsn: Lsn, limit: usize) -> Vec<Arc<Entry>> {
        let shard = self.shard(conversation).read();
        let Some(run) = shard.get(&conversation) else {
            return Vec::new();
        };
        let first = run.front().map_or(0, |entry| entry.seq.0);
        let skip = from.0.saturating_sub(first) as usize;
        run.iter().skip(skip).take_while(|entry| entry.seq <= to && entry.lsn <= lsn).take(limit).cloned().collect()
    }
}
