//! Retention: what a conversation keeps, and deleting the rest a bounded piece at a time.
//!
//! Whoever wants to trim says where to; the ledger deletes only what the rules of that moment no longer keep. So a legal hold, or
//! a longer time, takes effect at once, whatever a worker has planned before.

pub(super) mod set;
pub(super) mod trim;

use crate::model::{ConversationKind, Seq, Timestamp, limits};
use crate::store::Read;
use crate::store::records::{AppRow, ConversationRow, Head};
use crate::store::{Fault, records::RetentionRow};

/// What a conversation keeps now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keeps {
    /// Entries older than this go; 0: none do.
    ms: u64,
    /// Only so many newest entries stay; 0: all do.
    entries: u64,
    /// Nobody is in it any more: all of it goes.
    over: bool,
    /// Nothing goes.
    pub hold: bool,
}

impl Keeps {
    /// The rules for a conversation: its own, where it has none those of its app. A feed has notices that queries answer as well, so
    /// it is kept by count alone.
    pub fn of(app: &AppRow, row: &ConversationRow) -> Self {
        let RetentionRow { keep_ms, keep_entries, hold } = row.retention.unwrap_or_default();
        let hold = hold || app.settings.hold;
        if row.kind == ConversationKind::Feed {
            return Self { ms: 0, entries: limits::FEED_ENTRIES_KEPT, over: false, hold };
        }
        Self {
            ms: keep_ms.unwrap_or(app.settings.retention_ms),
            entries: keep_entries.unwrap_or(app.settings.retention_entries),
            over: row.kind == ConversationKind::Assistant && row.members == 0,
            hold,
        }
    }

    /// Whether an entry may go.
    pub fn lets_go(&self, head: &Head, seq: Seq, at: Timestamp, now: Timestamp) -> bool {
        let too_old = self.ms > 0 && now.since_ms(at) > self.ms;
        let too_many = self.entries > 0 && head.seq.0 - seq.0.min(head.seq.0) >= self.entries;
        !self.hold && (self.over || too_old || too_many)
    }
}

/// The first entry that a conversation keeps, when there are entries below it that go. Entries are in the order of their times, so
/// this is a binary search.
pub(super) fn first_kept(
    state: &impl Read,
    id: crate::model::ConversationId,
    keeps: &Keeps,
    now: Timestamp,
) -> Result<Option<Seq>, Fault> {
    if keeps.hold || !keeps.over && keeps.ms == 0 && keeps.entries == 0 {
        return Ok(None);
    }
    let head = state.head(id)?;
    let goes = |seq: Seq| -> Result<bool, Fault> {
        let entry = state.entry(id, seq)?;
        Ok(entry.is_some_and(|entry| keeps.lets_go(&head, seq, entry.at, now)))
    };
    if head.first > head.seq || !goes(head.first)? {
        return Ok(None);
    }
    // What is below `low` goes, `high` and what is above it stays.
    let (mut low, mut high) = (head.first.next(), head.seq.next());
    while low < high {
        let middle = Seq(low.0.midpoint(high.0));
        if goes(middle)? {
            low = middle.next();
        } else {
            high = middle;
        }
    }
    Ok(Some(low))
}
