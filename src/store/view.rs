//! What readers see: one committed state, made of a snapshot of the file and the part of the tail up to its lsn.

use super::codec;
use super::fault::Fault;
use super::journal::{self, ENTRIES};
use super::key::RecordKey;
use super::read::{self, Read};
use super::records::{Head, Record, Table};
use super::tail::Tail;
use crate::model::text::hex;
use crate::model::{ConversationId, Entry, Epoch, Lsn, Seq};
use redb::{AccessGuard, ReadOnlyTable, ReadTransaction, TableError};
use std::sync::{Arc, OnceLock};

/// A table of a snapshot.
pub(super) type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;
/// A key or a value of such a table.
type Guard<'a> = AccessGuard<'a, &'static [u8]>;

/// One committed state of everything. A read that fails with [`Fault::Stale`] starts again on the newest View.
pub struct View {
    snapshot: ReadTransaction,
    rows: [OnceLock<Option<Rows>>; Table::COUNT],
    entries: OnceLock<Option<Rows>>,
    tail: Arc<Tail>,
    epoch: Epoch,
    lsn: Lsn,
    commit: u64,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("lsn", &self.lsn).field("commit", &self.commit).finish_non_exhaustive()
    }
}

impl View {
    pub(super) fn new(snapshot: ReadTransaction, tail: Arc<Tail>, epoch: Epoch, lsn: Lsn, commit: u64) -> Self {
        Self {
            snapshot,
            rows: std::array::from_fn(|_| OnceLock::new()),
            entries: OnceLock::new(),
            tail,
            epoch,
            lsn,
            commit,
        }
    }

    /// Everything with this lsn or a lower one is in it, nothing else.
    pub fn lsn(&self) -> Lsn {
        self.lsn
    }

    /// Which data this is.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The number of the commit that made it.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// A table of the snapshot; `None` when nothing was ever written to it.
    pub(super) fn table(&self, name: &'static str) -> Result<Option<Rows>, Fault> {
        match self.snapshot.open_table(journal::definition(name)) {
            Ok(rows) => Ok(Some(rows)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn tail(&self) -> &Tail {
        &self.tail
    }

    fn open<'a>(&self, slot: &'a OnceLock<Option<Rows>>, name: &'static str) -> Result<Option<&'a Rows>, Fault> {
        if let Some(rows) = slot.get() {
            return Ok(rows.as_ref());
        }
        let rows = self.table(name)?;
        Ok(slot.get_or_init(|| rows).as_ref())
    }

    fn rows<R: Record>(&self) -> Result<Option<&Rows>, Fault> {
        self.open(&self.rows[R::TABLE as usize], R::TABLE.name())
    }

    /// Fails when entries that this View needs may have left the tail.
    fn fresh(&self) -> Result<(), Fault> {
        if self.tail.removed() > self.commit { Err(Fault::Stale) } else { Ok(()) }
    }

    /// The folded entries with `from` ≤ seq ≤ `to`.
    pub(super) fn folded(
        &self,
        conversation: ConversationId,
        from: Seq,
        to: Seq,
        limit: usize,
    ) -> Result<Vec<Arc<Entry>>, Fault> {
        let mut found = Vec::new();
        let Some(rows) = self.open(&self.entries, ENTRIES)? else {
            return Ok(found);
        };
        let (from, to) = (journal::entry_key(conversation, from), journal::entry_key(conversation, to));
        for row in rows.range::<&[u8]>(from.as_slice()..=to.as_slice())?.take(limit) {
            let (key, value) = row?;
            found.push(Arc::new(journal::unseal(ENTRIES, key.value(), value.value())?));
        }
        Ok(found)
    }

    /// The boundary: at or below its seq an entry is in `entries`, above it in the tail.
    pub(super) fn folded_head(&self, conversation: ConversationId) -> Result<Head, Fault> {
        Ok(self.get::<Head>(&conversation)?.map_or(Head::EMPTY, |head| *head))
    }
}

/// A row of the file, as it is in its table.
fn decoded<R: Record>((key, value): (Guard<'_>, Guard<'_>)) -> Result<(R::Key, Arc<R>), Fault> {
    let row = codec::unseal_row::<R>(key.value(), value.value())?;
    let key = R::Key::from_key(key.value()).ok_or_else(|| Fault::Damaged {
        table: R::TABLE.name(),
        key: hex(key.value()),
        reason: "its key is not one of this table".to_owned(),
    })?;
    Ok((key, Arc::new(row)))
}

impl Read for View {
    fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>, Fault> {
        let Some(rows) = self.rows::<R>()? else {
            return Ok(None);
        };
        let key = key.to_key();
        match rows.get(key.as_slice())? {
            Some(value) => codec::unseal_row::<R>(key.as_slice(), value.value()).map(|row| Some(Arc::new(row))),
            None => Ok(None),
        }
    }

    fn range<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<read::Rows<R>, Fault> {
        let (from, to) = (from.to_key(), to.to_key());
        let Some(rows) = self.rows::<R>()?.filter(|_| from <= to) else {
            return Ok(Vec::new());
        };
        let range = rows.range::<&[u8]>(from.as_slice()..=to.as_slice())?;
        range.take(limit).map(|row| decoded(row?)).collect()
    }

    fn range_back<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<read::Rows<R>, Fault> {
        let (from, to) = (from.to_key(), to.to_key());
        let Some(rows) = self.rows::<R>()?.filter(|_| from <= to) else {
            return Ok(Vec::new());
        };
        let range = rows.range::<&[u8]>(from.as_slice()..=to.as_slice())?;
        range.rev().take(limit).map(|row| decoded(row?)).collect()
    }

    fn head(&self, conversation: ConversationId) -> Result<Head, Fault> {
        let folded = self.folded_head(conversation)?;
        let newest = self.tail.last(conversation, self.lsn);
        self.fresh()?;
        Ok(match newest {
            Some(entry) if entry.seq > folded.seq => folded.at_entry(&entry),
            _ => folded,
        })
    }

    fn entries(
        &self,
        conversation: ConversationId,
        from: Seq,
        to: Seq,
        limit: usize,
    ) -> Result<Vec<Arc<Entry>>, Fault> {
        let folded = self.folded_head(conversation)?;
        let from = from.max(folded.first);
        if to < from || limit == 0 {
            return Ok(Vec::new());
        }
        let mut found =
            if from <= folded.seq { self.folded(conversation, from, to.min(folded.seq), limit)? } else { Vec::new() };
        if to > folded.seq && found.len() < limit {
            let above = from.max(folded.seq.next());
            found.extend(self.tail.range(conversation, above, to, self.lsn, limit - found.len()));
            self.fresh()?;
        }
        Ok(found)
    }
}
