//! Which entries wait in the journal, and when they are folded into `entries` and their journal rows trimmed.
//!
//! Folding moves the oldest contiguous run of one conversation at a time, the conversation that holds back the front journal row
//! first; a conversation that was folded queues up again behind the others. So runs are long (neighbours land in one page) and the
//! front row is always the next to be freed. Rows are removed from the front only.

use super::journal::{KeyRecord, LogItem, key_bucket};
use crate::model::{ConversationId, Lsn, Seq, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Entries in the journal above which every commit folds somewhat more than it appends.
const FOLD_FROM_ENTRIES: usize = 16 * 1024;
/// Entries in the journal above which a commit folds three times what it appends.
const HURRY_FROM_ENTRIES: usize = 32 * 1024;
/// Entries in the journal at which the writer folds before it takes another batch.
const STOP_AT_ENTRIES: usize = 64 * 1024;
/// Bytes in the journal above which a commit folds three times what it appends.
const HURRY_FROM_BYTES: usize = 32 * 1024 * 1024;
/// Bytes in the journal at which the writer folds before it takes another batch.
const STOP_AT_BYTES: usize = 64 * 1024 * 1024;
/// A journal row is trimmed at this age: 60 s.
const ROW_AGE_MAX_MS: u64 = 60_000;
/// Most entries folded in one commit.
const SLICE_ENTRIES_MAX: usize = 8 * 1024;
/// Rows are trimmed together once there are so many, …
const TRIM_ROWS_MIN: usize = 256;
/// … or so many keys in them.
const TRIM_KEYS_MIN: usize = 4 * 1024;
/// Most keys of one trim.
const TRIM_KEYS_MAX: usize = 32 * 1024;

/// A journal row that is on disk.
#[derive(Debug)]
pub struct RowInfo {
    /// Its key.
    pub commit: u64,
    /// The lsn of its first command.
    pub first_lsn: Lsn,
    /// When it was written.
    pub at: Timestamp,
    /// Its size.
    pub bytes: usize,
    /// Its entries.
    pub entries: usize,
    /// Those of them that are not folded yet.
    pub unfolded: usize,
    /// Its keys.
    pub keys: Vec<KeyRecord>,
    /// What it did.
    pub log: Vec<LogItem>,
}

/// The unfolded run of one conversation.
#[derive(Debug, Default)]
struct Run {
    /// The seq of its first entry.
    from: Seq,
    /// Its entries by the commit that wrote them, oldest first.
    commits: VecDeque<(u64, usize)>,
}

/// A run to be folded: the entries of `conversation` from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The conversation.
    pub conversation: ConversationId,
    /// The first entry.
    pub from: Seq,
    /// The last entry.
    pub to: Seq,
}

/// The state of the journal.
#[derive(Debug, Default)]
pub struct Folding {
    rows: VecDeque<RowInfo>,
    runs: BTreeMap<ConversationId, Run>,
    /// Conversations by the commit of their oldest unfolded entry.
    order: BTreeSet<(u64, ConversationId)>,
    entries: usize,
    bytes: usize,
}

impl Folding {
    /// Entries in journal rows, folded or not.
    pub fn journal_entries(&self) -> usize {
        self.entries
    }

    /// Journal rows.
    pub fn journal_rows(&self) -> usize {
        self.rows.len()
    }

    /// The oldest second of a key that is not on disk by itself yet.
    pub fn oldest_key_second(&self) -> u64 {
        let seconds = self.rows.iter().flat_map(|row| row.keys.iter().map(|record| key_bucket(&record.key).0));
        seconds.min().unwrap_or(u64::MAX)
    }

    /// When the front row has to be folded and trimmed for its age.
    pub fn due(&self) -> Option<Timestamp> {
        self.rows.front().map(|row| Timestamp(row.at.0 + ROW_AGE_MAX_MS))
    }

    /// Whether the writer must fold before it takes another batch.
    pub fn must_stop(&self) -> bool {
        self.entries >= STOP_AT_ENTRIES || self.bytes >= STOP_AT_BYTES
    }

    /// A journal row was written; `entries` are those in it, in order.
    pub fn push(&mut self, row: RowInfo, entries: impl Iterator<Item = (ConversationId, Seq)>) {
        let commit = row.commit;
        self.entries += row.entries;
        self.bytes += row.bytes;
        self.rows.push_back(row);
        for (conversation, seq) in entries {
            let run = self.runs.entry(conversation).or_default();
            if run.commits.is_empty() {
                run.from = seq;
                self.order.insert((commit, conversation));
            }
            match run.commits.back_mut() {
                Some((last, count)) if *last == commit => *count += 1,
                _ => run.commits.push_back((commit, 1)),
            }
        }
    }

    /// The first unfolded seq of a conversation, if it has one.
    pub fn unfolded_from(&self, conversation: ConversationId) -> Option<Seq> {
        self.runs.get(&conversation).filter(|run| !run.commits.is_empty()).map(|run| run.from)
    }

    /// What this commit should fold, beside what it must, when it appends `appended` entries at the time `now`.
    pub fn choose(&self, appended: usize, now: Timestamp, everything: bool) -> Vec<Slice> {
        let aged = self.due().is_some_and(|due| due <= now);
        let budget = if everything || self.must_stop() {
            SLICE_ENTRIES_MAX
        } else if self.entries >= HURRY_FROM_ENTRIES || self.bytes >= HURRY_FROM_BYTES {
            appended * 3
        } else if self.entries >= FOLD_FROM_ENTRIES {
            appended + appended / 4
        } else if aged {
            1_024
        } else {
            return Vec::new();
        };
        let oldest_kept = if aged && !everything && self.entries < FOLD_FROM_ENTRIES {
            self.rows.partition_point(|row| row.at.0 + ROW_AGE_MAX_MS <= now.0)
        } else {
            self.rows.len()
        };
        let before = oldest_kept.checked_sub(1).and_then(|last| self.rows.get(last)).map_or(0, |row| row.commit);
        let mut chosen = Vec::new();
        let mut left = budget.min(SLICE_ENTRIES_MAX);
        for (commit, conversation) in &self.order {
            if left == 0 || *commit > before {
                break;
            }
            let Some(run) = self.runs.get(conversation) else {
                continue;
            };
            let length = run.commits.iter().map(|(_, count)| count).sum::<usize>();
            let take = length.min(SLICE_ENTRIES_MAX);
            chosen.push(Slice { conversation: *conversation, from: run.from, to: Seq(run.from.0 + take as u64 - 1) });
            left = left.saturating_sub(take);
        }
        chosen
    }

    /// The entries of `conversation` up to `to` are folded.
    pub fn folded(&mut self, conversation: ConversationId, to: Seq) {
        let Some(run) = self.runs.get_mut(&conversation) else {
            return;
        };
        if let Some((commit, _)) = run.commits.front() {
            self.order.remove(&(*commit, conversation));
        }
        let mut left = (to.0 + 1).saturating_sub(run.from.0) as usize;
        while left > 0 {
            let Some((commit, count)) = run.commits.front_mut() else {
                break;
            };
            let taken = left.min(*count);
            left -= taken;
            *count -= taken;
            run.from = Seq(run.from.0 + taken as u64);
            if let Ok(at) = self.rows.binary_search_by_key(commit, |row| row.commit) {
                self.rows[at].unfolded -= taken;
            }
            if *count == 0 {
                run.commits.pop_front();
            }
        }
        match run.commits.front() {
            Some((commit, _)) => {
                self.order.insert((*commit, conversation));
            }
            None => {
                self.runs.remove(&conversation);
            }
        }
    }

    /// How many rows at the front this commit should trim, when `slices` are folded by it. Trimming is worth it for many rows
    /// together, because keys of one second and byte share a row on disk.
    pub fn trimmable(&self, now: Timestamp, everything: bool) -> usize {
        let mut rows = 0;
        let mut keys = 0;
        for row in self.rows.iter().take_while(|row| row.unfolded == 0) {
            if keys + row.keys.len() > TRIM_KEYS_MAX && rows > 0 {
                break;
            }
            rows += 1;
            keys += row.keys.len();
        }
        let aged = self.due().is_some_and(|due| due <= now);
        if everything || aged || self.must_stop() || rows >= TRIM_ROWS_MIN || keys >= TRIM_KEYS_MIN { rows } else { 0 }
    }

    /// The first `count` rows.
    pub fn front(&self, count: usize) -> impl Iterator<Item = &RowInfo> {
        self.rows.iter().take(count)
    }

    /// The first `count` rows are trimmed.
    pub fn trimmed(&mut self, count: usize) {
        for row in self.rows.drain(..count) {
            self.entries -= row.entries;
            self.bytes -= row.bytes;
        }
    }
}
