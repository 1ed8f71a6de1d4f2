//! Following the log: what happened after an lsn, for whoever keeps up at their own pace.
//!
//! A follower (search, webhooks, push, the assistant) keeps one number, the lsn up to which it has done its work, and asks for what
//! came after it. What a View answers is as of its snapshot. Whoever keeps up gets it from memory, where the newest items are; others
//! from the file: first the rows of `log` (commits whose journal row was trimmed), then the rows of `journal`, which are newer than
//! all of them, and of which all has to be decoded. Items have no bodies; a follower takes the entry from the
//! same View. By then the entry may have been rewritten or recalled: the follower sees its newest state, and later the item that
//! says so, which changes nothing any more.
//!
//! - Items come in lsn order, and those of one lsn always together: going on from `upto` neither repeats nor skips one.
//! - Most commands write no entry and have no items. `upto` passes over them, so a follower's lsn keeps up with the View's.
//! - The log is kept for 7 days. Whoever is further behind gets `gap` and has to start from state instead.

use super::fault::Fault;
use super::journal::{self, JOURNAL, JournalRow, LOG, LogItem, LogRow};
use super::view::{Rows, View};
use crate::model::Lsn;
use redb::ReadableTable;
use std::collections::VecDeque;

/// Items that are kept in memory: some seconds of a busy server, at most 3 MiB.
pub const RECENT_ITEMS_MAX: usize = 65_536;

/// What happened after an lsn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBatch {
    /// In lsn order.
    pub items: Vec<LogItem>,
    /// Everything up to here is in `items` or wrote no entry: go on from here.
    pub upto: Lsn,
    /// Items that came right after the lsn asked for are not kept any more.
    pub gap: bool,
}

impl View {
    /// What happened after `after`: at least `limit` items when there are so many, and the rest of the last one's command.
    pub fn log_after(&self, after: Lsn, limit: usize) -> Result<LogBatch, Fault> {
        if after >= self.lsn() {
            return Ok(LogBatch { items: Vec::new(), upto: self.lsn(), gap: false });
        }
        if let Some(batch) = self.tail().log_after(after, limit, self.lsn()) {
            return Ok(batch);
        }
        self.stored_log_after(after, limit)
    }

    /// The same from the file.
    pub(super) fn stored_log_after(&self, after: Lsn, limit: usize) -> Result<LogBatch, Fault> {
        let mut batch = LogBatch { items: Vec::new(), upto: self.lsn(), gap: false };
        let mut reached = Lsn(0);
        if let Some(log) = self.table(LOG)? {
            if let Some((expired, row)) = log.first()?
                && journal::unseal::<LogRow>(LOG, expired.value(), row.value())?.items.is_empty()
            {
                batch.gap = after < lsn_of(expired.value());
            }
            // The commit in which `after` lies may go on above it.
            let after_key = after.0.to_be_bytes();
            let start = match log.range::<&[u8]>(..=after_key.as_slice())?.next_back() {
                Some(row) => row?.0.value().to_vec(),
                None => after_key.to_vec(),
            };
            for row in log.range::<&[u8]>(start.as_slice()..)? {
                let (key, value) = row?;
                let row: LogRow = journal::unseal(LOG, key.value(), value.value())?;
                if batch.is_full_before(&row.items, after, limit) {
                    return Ok(batch);
                }
                reached = row.items.last().map_or(reached, |item| item.lsn);
            }
        }
        let Some(table) = self.table(JOURNAL)? else { return Ok(batch) };
        let Some(first) = first_above(&table, after.max(reached))? else { return Ok(batch) };
        for row in table.range::<&[u8]>(first.to_be_bytes().as_slice()..)? {
            let (key, value) = row?;
            let row: JournalRow = journal::unseal(JOURNAL, key.value(), value.value())?;
            if batch.is_full_before(&row.log, after, limit) {
                return Ok(batch);
            }
        }
        Ok(batch)
    }
}

impl LogBatch {
    /// Adds the items of one commit; true when one of them does not fit any more, and `upto` is then the last that did.
    fn is_full_before(&mut self, commit: &[LogItem], after: Lsn, limit: usize) -> bool {
        for item in commit.iter().filter(|item| item.lsn > after) {
            if let Some(last) = self.items.last()
                && self.items.len() >= limit
                && last.lsn != item.lsn
            {
                self.upto = last.lsn;
                return true;
            }
            self.items.push(*item);
        }
        false
    }
}

/// The newest items.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// All items above it are here.
    from: Lsn,
    items: VecDeque<LogItem>,
}

impl Recent {
    /// Begins with what comes after an lsn.
    pub fn after(from: Lsn) -> Self {
        Self { from, items: VecDeque::new() }
    }

    /// Takes those of a commit. The oldest go for them, those of one lsn together.
    pub fn push(&mut self, commit: &[LogItem], most: usize) {
        self.items.extend(commit);
        while self.items.len() > most
            && let Some(oldest) = self.items.pop_front()
        {
            self.from = oldest.lsn;
            while self.items.front().is_some_and(|item| item.lsn == oldest.lsn) {
                self.items.pop_front();
            }
        }
    }

    /// Lets go of those up to an lsn.
    pub fn expire(&mut self, upto: Lsn) {
        while self.items.front().is_some_and(|item| item.lsn <= upto) {
            self.items.pop_front();
        }
        self.from = self.from.max(upto);
    }

    /// What happened after `after` and up to `lsn`; none when that reaches back too far.
    pub fn log_after(&self, after: Lsn, limit: usize, lsn: Lsn) -> Option<LogBatch> {
        if after < self.from {
            return None;
        }
        let first = self.items.partition_point(|item| item.lsn <= after);
        let mut batch = LogBatch { items: Vec::new(), upto: lsn, gap: false };
        for item in self.items.range(first..).take_while(|item| item.lsn <= lsn) {
            if batch.is_full_before(std::slice::from_ref(item), after, limit) {
                break;
            }
        }
        Some(batch)
    }
}

/// The key of the first journal row whose commands go above `lsn`. Rows are in lsn order, so it is searched by halves, and only
/// the head of a row is decoded for that.
fn first_above(table: &Rows, lsn: Lsn) -> Result<Option<u64>, Fault> {
    let (Some(first), Some(last)) = (table.first()?, table.last()?) else { return Ok(None) };
    let (mut low, mut high) = (number(first.0.value()), number(last.0.value()));
    if journal::place_of(last.0.value(), last.1.value())?.lsn <= lsn {
        return Ok(None);
    }
    // The row with the key `high`, or the first after it, goes above `lsn`; those below `low` do not.
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(row) = table.range::<&[u8]>(middle.to_be_bytes().as_slice()..)?.next() else { return Ok(None) };
        let (key, value) = row?;
        if journal::place_of(key.value(), value.value())?.lsn > lsn {
            high = middle;
        } else {
            low = number(key.value()) + 1;
        }
    }
    Ok(Some(low))
}

fn number(key: &[u8]) -> u64 {
    key.try_into().map(u64::from_be_bytes).unwrap_or_default()
}

fn lsn_of(key: &[u8]) -> Lsn {
    Lsn(number(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AppId, ConversationId, Seq};
    use crate::store::LogKind;

    fn item(lsn: u64) -> LogItem {
        LogItem {
            lsn: Lsn(lsn),
            app: AppId(1),
            conversation: ConversationId(1),
            seq: Seq(lsn),
            kind: LogKind::Appended,
        }
    }

    fn found(recent: &Recent, after: u64, limit: usize, lsn: u64) -> Option<(Vec<u64>, u64)> {
        let batch = recent.log_after(Lsn(after), limit, Lsn(lsn))?;
        Some((batch.items.iter().map(|item| item.lsn.0).collect(), batch.upto.0))
    }

    #[test]
    fn the_newest_items_are_there_and_what_went_is_not_taken_for_nothing() {
        let mut recent = Recent::after(Lsn(10));
        recent.push(&[item(11), item(12), item(12), item(12)], 5);
        recent.push(&[item(14)], 5);
        assert_eq!(found(&recent, 9, 10, 15), None, "who knows what was there before");
        assert_eq!(found(&recent, 10, 10, 15), Some((vec![11, 12, 12, 12, 14], 15)));
        assert_eq!(found(&recent, 10, 2, 15), Some((vec![11, 12, 12, 12], 12)), "those of one lsn together");
        assert_eq!(found(&recent, 10, 4, 12), Some((vec![11, 12, 12, 12], 12)), "an older View");
        assert_eq!(found(&recent, 12, 1, 15), Some((vec![14], 15)));
        assert_eq!(found(&recent, 14, 1, 15), Some((vec![], 15)));
        recent.push(&[item(16)], 5);
        assert_eq!((found(&recent, 10, 9, 16), found(&recent, 11, 9, 12)), (None, Some((vec![12, 12, 12], 12))));
        recent.push(&[item(17)], 5);
        assert_eq!((found(&recent, 11, 9, 17), found(&recent, 12, 9, 17)), (None, Some((vec![14, 16, 17], 17))));
    }
}
