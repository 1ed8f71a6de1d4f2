//! Following the log: what happened after an lsn, for whoever keeps up at their own pace.
//!
//! A follower (search, webhooks, push, the assistant) keeps one number, the lsn up to which it has done its work, and asks for what
//! came after it. What a View answers is read from its snapshot alone: first the rows of `log` (commits whose journal row was
//! trimmed), then the rows of `journal`, which are newer than all of them. Items have no bodies; a follower takes the entry from the
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
        let mut batch = LogBatch { items: Vec::new(), upto: self.lsn(), gap: false };
        if after >= self.lsn() {
            return Ok(batch);
        }
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
