//! What the engine counts itself.

use crate::model::Lsn;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Commits whose times are kept.
const COMMITS_KEPT: usize = 1_024;

/// Numbers the engine counts itself, for `status` and `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Entries in journal rows that are not trimmed yet.
    pub tail_entries: u64,
    /// Journal rows not trimmed yet.
    pub journal_rows: u64,
    /// Bytes of the database file.
    pub file_bytes: u64,
    /// How often the store was opened again after a fault.
    pub reopened: u64,
    /// The last lsn.
    pub lsn: Lsn,
}

/// The counters behind [`EngineStats`].
#[derive(Debug, Default)]
pub struct Counters {
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
    pub duplicates: AtomicU64,
    pub commits: AtomicU64,
    pub tail_entries: AtomicU64,
    pub journal_rows: AtomicU64,
    pub reopened: AtomicU64,
    /// The times of the last commits, in microseconds, and where the next one goes.
    commit_us: Mutex<(Vec<u32>, usize)>,
}

impl Counters {
    /// Notes how long a commit took.
    pub fn committed(&self, us: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.commit_us.lock();
        let (times, next) = &mut *kept;
        let us = u32::try_from(us).unwrap_or(u32::MAX);
        if times.len() < COMMITS_KEPT {
            times.push(us);
        } else {
            times[*next] = us;
        }
        *next = (*next + 1) % COMMITS_KEPT;
    }

    /// The median and the 99th percentile of the last commits, in microseconds.
    pub fn commit_percentiles(&self) -> (u64, u64) {
        let mut times = self.commit_us.lock().0.clone();
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().map_or(0, u64::from);
        (at(50), at(99))
    }
}
