//! The writer's handle: opens the data, gives each batch its [`Tables`], and makes a batch durable with one commit.

use super::codec;
use super::fault::Fault;
use super::file::{self, FolderLock};
use super::folding::{Folding, RowInfo, Slice};
use super::journal::{
    self, ENTRIES, IDEMPOTENCY, JOURNAL, JournalRow, KeyRecord, LOG, LogRow, META, META_KEY, Meta, Place,
};
use super::key::RecordKey;
use super::keys::KeyMemory;
use super::records::{Head, Record, Table};
use super::tables::{AnyRow, Cache, Staged, StagedConversation, Tables};
use super::tail::{KEPT_COMMITS, Tail};
use super::view::View;
use crate::model::{CommandResult, ConversationId, Entry, Epoch, Lsn, Seq, Timestamp, UserHandle, limits};
use redb::{Database, ReadableDatabase, StorageBackend, WriteTransaction};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Decoded rows kept in memory.
const CACHED_ROWS: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();
/// Rows that one commit expires at most from `idempotency` and from `log`.
const EXPIRED_ROWS_MAX: usize = 1_024;
/// How long the log of effects is kept: 7 days.
const LOG_KEPT_MS: u64 = 7 * 24 * 3_600 * 1_000;

/// How the store is opened.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Bytes of the page cache.
    pub cache_bytes: usize,
    /// Quick-repair on every commit, instead of only when the store comes to rest.
    pub quick_repair_always: bool,
    /// The epoch of a folder that is created now.
    pub new_epoch: Epoch,
}

/// The store, owned by the writer.
pub struct Store {
    database: Database,
    /// Held until the store is closed.
    _lock: Option<FolderLock>,
    options: StoreOptions,
    epoch: Epoch,
    place: Place,
    view: Arc<View>,
    tail: Arc<Tail>,
    cache: RefCell<Cache>,
    memory: KeyMemory,
    folding: Folding,
    /// Entries that were folded and are still in the tail for readers of older Views: conversation, up to, folded by commit.
    retired: VecDeque<(ConversationId, Seq, u64)>,
    /// The last commit left the file so that it opens at once after a crash.
    at_rest: bool,
}

/// What the store counts itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreStats {
    /// Entries in journal rows.
    pub journal_entries: usize,
    /// Journal rows.
    pub journal_rows: usize,
    /// Remembered keys in memory.
    pub keys_in_memory: usize,
    /// The last commit.
    pub commit: u64,
}

impl Store {
    /// Locks and opens the data folder, creating it when it is not there, and rebuilds what is kept in memory from the journal.
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, Fault> {
        let lock = file::lock(folder)?;
        let database = file::open(folder, options.cache_bytes, options.new_epoch)?;
        Self::start(database, Some(lock), options)
    }

    /// Opens a store on a storage of the caller's own: for tests that break the disk on purpose.
    pub fn open_on(backend: impl StorageBackend, options: StoreOptions) -> Result<Self, Fault> {
        Self::start(file::open_on(backend, options.cache_bytes, options.new_epoch)?, None, options)
    }

    fn start(database: Database, lock: Option<FolderLock>, options: StoreOptions) -> Result<Self, Fault> {
        let meta = file::meta(&database)?;
        let tail = Arc::new(Tail::default());
        let mut place = meta.place;
        let snapshot = View::new(database.begin_read()?, Arc::clone(&tail), meta.epoch, Lsn(u64::MAX), u64::MAX);
        let memory = KeyMemory::new(newest_key_second(&snapshot)?.map_or(0, |second| second + 1));
        let mut store = Self {
            view: Arc::new(View::new(database.begin_read()?, Arc::clone(&tail), meta.epoch, place.lsn, place.commit)),
            database,
            _lock: lock,
            options,
            epoch: meta.epoch,
            place,
            tail,
            cache: RefCell::new(Cache::new(CACHED_ROWS)),
            memory,
            folding: Folding::default(),
            retired: VecDeque::new(),
            at_rest: false,
        };
        for row in journal_rows(&snapshot)? {
            let (commit, bytes, row) = row?;
            // `meta` can be ahead of the journal: a commit without a batch trims and writes it. Its number must not be given
            // again, because rows of `idempotency` are named after it.
            if row.place.commit > place.commit {
                place = row.place;
            }
            store.replay(&snapshot, commit, bytes, row)?;
        }
        store.place = place;
        store.tail.begin_log(place.lsn);
        store.publish()?;
        Ok(store)
    }

    /// Takes one journal row into memory; what is folded already is passed over.
    fn replay(&mut self, snapshot: &View, commit: u64, bytes: usize, row: JournalRow) -> Result<(), Fault> {
        let mut unfolded = Vec::with_capacity(row.entries.len());
        for (conversation, entry) in &row.entries {
            if entry.seq > snapshot.folded_head(*conversation)?.seq {
                unfolded.push((*conversation, entry.seq));
                self.tail.append(*conversation, Arc::clone(entry));
            }
        }
        for record in &row.keys {
            self.memory.insert(record.clone());
        }
        let info = RowInfo {
            commit,
            first_lsn: first_lsn(&row),
            at: row.place.at,
            bytes,
            entries: row.entries.len(),
            unfolded: unfolded.len(),
            keys: row.keys,
            log: row.log,
        };
        self.folding.push(info, unfolded.into_iter());
        Ok(())
    }

    fn publish(&mut self) -> Result<(), Fault> {
        let snapshot = self.database.begin_read()?;
        self.view =
            Arc::new(View::new(snapshot, Arc::clone(&self.tail), self.epoch, self.place.lsn, self.place.commit));
        Ok(())
    }

    /// The newest committed state.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Which data this is.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The last lsn that is on disk.
    pub fn lsn(&self) -> Lsn {
        self.place.lsn
    }

    /// The time of the last command that is on disk.
    pub fn last_at(&self) -> Timestamp {
        self.place.at
    }

    /// What the store counts.
    pub fn stats(&self) -> StoreStats {
        StoreStats {
            journal_entries: self.folding.journal_entries(),
            journal_rows: self.folding.journal_rows(),
            keys_in_memory: self.memory.len(),
            commit: self.place.commit,
        }
    }

    /// What the commands with keys in the journal gave, and whose they were: those of the last minute, oldest first.
    pub fn journaled_results(&self) -> impl Iterator<Item = (UserHandle, &CommandResult)> {
        self.folding
            .front(usize::MAX)
            .flat_map(|row| row.keys.iter().map(|record| (record.user, &record.remembered.result)))
    }

    /// When the front journal row has to be folded for its age.
    pub fn folding_due(&self) -> Option<Timestamp> {
        self.folding.due()
    }

    /// The tables for one batch.
    pub fn batch(&self) -> Tables<'_> {
        Tables::new(&self.view, &self.cache, &self.memory, self.place.ids)
    }

    /// Makes what a batch wrote durable, with one commit; `lsn` and `at` are those of its last command. On a fault the store must be
    /// dropped: nothing of the batch is visible, and whether it is on disk shows when the store is opened again.
    pub fn commit(&mut self, staged: StagedBatch, lsn: Lsn, at: Timestamp) -> Result<(), Fault> {
        // A command that changed nothing has its lsn all the same, and no other one may get it.
        if staged.0.is_empty() && lsn == self.place.lsn {
            return Ok(());
        }
        self.write(staged.0, lsn, at, false, false)?;
        while self.folding.must_stop() {
            self.write(
                Staged { ids: self.place.ids, ..Staged::default() },
                self.place.lsn,
                self.place.at,
                false,
                false,
            )?;
        }
        Ok(())
    }

    /// Called when there has been no work for a second, and again when folding is due: folds what is due and leaves the file so
    /// that it opens at once after a crash.
    pub fn rest(&mut self, now: Timestamp) -> Result<(), Fault> {
        let due = self.folding.due().is_some_and(|due| due <= now);
        if self.at_rest && !due {
            return Ok(());
        }
        self.write(
            Staged { ids: self.place.ids, ..Staged::default() },
            self.place.lsn,
            now.max(self.place.at),
            false,
            true,
        )
    }

    /// Folds and trims everything, and closes the file.
    pub fn close(mut self) -> Result<(), Fault> {
        while self.folding.journal_rows() > 0 {
            let place = self.place;
            self.write(Staged { ids: place.ids, ..Staged::default() }, place.lsn, place.at, true, true)?;
        }
        Ok(())
    }

    /// One transaction: staged rows, forced and chosen folding, the journal row, trimming; then the same in memory.
    fn write(
        &mut self,
        mut staged: Staged,
        lsn: Lsn,
        now: Timestamp,
        everything: bool,
        rest: bool,
    ) -> Result<(), Fault> {
        let is_batch = !staged.is_empty() || lsn > self.place.lsn;
        let place = Place {
            commit: self.place.commit + 1,
            lsn,
            at: if is_batch { now } else { self.place.at },
            ids: staged.ids,
        };
        let appended = staged.conversations.values().map(|stage| stage.appended.len()).sum();
        let slices = self.slices(&staged, self.folding.choose(appended, now, everything));
        let trim = self.folding.trimmable(now, everything);

        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(rest || self.options.quick_repair_always);
        let mut heads = Vec::new();
        Self::write_rows(&transaction, &staged)?;
        self.write_folded(&transaction, &staged, &slices, &mut heads)?;
        let row = is_batch.then(|| journal_row(place, &mut staged));
        let bytes = row.as_ref().map_or(Ok(0), |row| write_journal(&transaction, row))?;
        let expired = self.write_trimmed(&transaction, trim, place, now)?;
        transaction.commit()?;
        if let Some(upto) = expired {
            self.tail.expire_log(upto);
        }

        self.place = place;
        self.at_rest = rest;
        self.merge(staged, row, bytes, &slices, heads, trim);
        self.publish()
    }

    /// What is folded by this commit: what the batch rewrites, and what the schedule chose.
    fn slices(&self, staged: &Staged, chosen: Vec<Slice>) -> Vec<Slice> {
        let mut slices: BTreeMap<ConversationId, Slice> =
            chosen.into_iter().map(|slice| (slice.conversation, slice)).collect();
        for (conversation, stage) in &staged.conversations {
            if stage.fold_to == Seq(0) {
                continue;
            }
            let first_new = stage.appended.first().map(|entry| entry.seq);
            let Some(from) = self.folding.unfolded_from(*conversation).or(first_new) else {
                continue;
            };
            if from <= stage.fold_to {
                let slice = slices.entry(*conversation).or_insert(Slice {
                    conversation: *conversation,
                    from,
                    to: stage.fold_to,
                });
                slice.to = slice.to.max(stage.fold_to);
            }
        }
        slices.into_values().collect()
    }

    fn write_rows(transaction: &WriteTransaction, staged: &Staged) -> Result<(), Fault> {
        let mut rows = staged.rows.iter().peekable();
        while let Some(((table, _), _)) = rows.peek() {
            let table: Table = *table;
            let mut open = transaction.open_table(journal::definition(table.name()))?;
            while let Some(((_, key), row)) = rows.next_if(|((of, _), _)| *of == table) {
                match row {
                    Some(row) => drop(open.insert(key.as_slice(), row.bytes.as_slice())?),
                    None => drop(open.remove(key.as_slice())?),
                }
            }
        }
        Ok(())
    }

    fn write_folded(
        &self,
        transaction: &WriteTransaction,
        staged: &Staged,
        slices: &[Slice],
        heads: &mut Vec<(ConversationId, Head)>,
    ) -> Result<(), Fault> {
        let touched = |stage: &StagedConversation| stage.trimmed || !stage.rewritten.is_empty();
        let mut touched = staged.conversations.iter().filter(|(_, stage)| touched(stage)).peekable();
        if slices.is_empty() && touched.peek().is_none() {
            return Ok(());
        }
        let nothing = StagedConversation::default();
        let mut entries = transaction.open_table(journal::definition(ENTRIES))?;
        for slice in slices {
            let stage = staged.conversations.get(&slice.conversation).unwrap_or(&nothing);
            let waiting = self.tail.range(slice.conversation, slice.from, slice.to, Lsn(u64::MAX), usize::MAX);
            let new = stage.appended.iter().filter(|entry| entry.seq <= slice.to);
            let mut last = None;
            let mut expected = slice.from;
            for entry in waiting.iter().chain(new) {
                if entry.seq != expected {
                    return Err(Fault::Misuse("the tail has a hole"));
                }
                expected = expected.next();
                if entry.seq >= stage.head.first && !stage.rewritten.contains_key(&entry.seq) {
                    insert(&mut entries, slice.conversation, entry)?;
                }
                last = Some(entry);
            }
            if expected != slice.to.next() {
                return Err(Fault::Misuse("the tail ends too early"));
            }
            if let Some(last) = last {
                let folded = self.view.folded_head(slice.conversation)?;
                heads.push((slice.conversation, keeping(folded.at_entry(last), stage)));
            }
        }
        for (conversation, stage) in touched {
            for entry in stage.rewritten.values() {
                insert(&mut entries, *conversation, entry)?;
            }
            if stage.trimmed {
                let folded = self.view.folded_head(*conversation)?;
                let end = journal::entry_key(*conversation, stage.head.first);
                let start = journal::entry_key(*conversation, folded.first);
                entries.retain_in::<&[u8], _>(start.as_slice()..end.as_slice(), |_, _| false)?;
                if slices.iter().all(|slice| slice.conversation != *conversation) {
                    heads.push((*conversation, keeping(folded, stage)));
                }
            }
        }
        let mut table = transaction.open_table(journal::definition(Head::TABLE.name()))?;
        for (conversation, head) in heads {
            let key = conversation.to_key();
            let bytes = codec::seal(Head::TABLE.name(), key.as_slice(), Head::VERSION, head)?;
            table.insert(key.as_slice(), bytes.as_slice())?;
        }
        Ok(())
    }

    /// Removes `count` rows from the front of the journal, having written their keys, their log and the place.
    fn write_trimmed(
        &self,
        transaction: &WriteTransaction,
        count: usize,
        place: Place,
        now: Timestamp,
    ) -> Result<Option<Lsn>, Fault> {
        if count == 0 {
            return Ok(None);
        }
        let mut buckets: BTreeMap<(u64, u8), Vec<&KeyRecord>> = BTreeMap::new();
        let mut journal_table = transaction.open_table(journal::definition(JOURNAL))?;
        let mut log = transaction.open_table(journal::definition(LOG))?;
        for row in self.folding.front(count) {
            journal_table.remove(row.commit.to_be_bytes().as_slice())?;
            for record in &row.keys {
                buckets.entry(journal::key_bucket(&record.key)).or_default().push(record);
            }
            if !row.log.is_empty() {
                let key = row.first_lsn.0.to_be_bytes();
                let value = LogRow { at: row.at, items: row.log.clone() };
                log.insert(key.as_slice(), journal::seal(LOG, &key, &value)?.as_slice())?;
            }
        }
        let mut keys = transaction.open_table(journal::definition(IDEMPOTENCY))?;
        for (bucket, records) in buckets {
            let key = journal::bucket_key(bucket, place.commit);
            keys.insert(key.as_slice(), journal::seal(IDEMPOTENCY, key.as_slice(), &records)?.as_slice())?;
        }
        let horizon = (now.0.saturating_sub(limits::KEY_WINDOW_MS) / 1_000).saturating_sub(1).to_be_bytes();
        let mut expired = keys.extract_from_if::<&[u8], _>(..horizon.as_slice(), |_, _| true)?;
        for row in expired.by_ref().take(EXPIRED_ROWS_MAX) {
            row?;
        }
        drop(expired);
        let expired = expire_log(&mut log, now)?;
        let meta = Meta { format: journal::FORMAT, epoch: self.epoch, place };
        transaction
            .open_table(journal::definition(META))?
            .insert(META_KEY, journal::seal(META, META_KEY, &meta)?.as_slice())?;
        Ok(expired)
    }

    /// What the commit did on disk, done in memory.
    fn merge(
        &mut self,
        staged: Staged,
        row: Option<JournalRow>,
        bytes: usize,
        slices: &[Slice],
        heads: Vec<(ConversationId, Head)>,
        trim: usize,
    ) {
        let commit = self.place.commit;
        let cache = self.cache.get_mut();
        for (at, row) in staged.rows {
            cache.put(at, row.map(|row| row.row));
        }
        for (conversation, head) in heads {
            cache.put((Head::TABLE, conversation.to_key()), Some(Arc::new(head) as AnyRow));
        }
        for slice in slices {
            self.folding.folded(slice.conversation, slice.to);
            self.retired.push_back((slice.conversation, slice.to, commit));
        }
        self.folding.trimmed(trim);
        // Entries that were folded in the batch that made them go to the tail as well, so that a run there never has a hole; they
        // are retired with their slice.
        for (conversation, stage) in staged.conversations {
            for entry in stage.appended {
                self.tail.append(conversation, entry);
            }
        }
        if let Some(row) = row {
            let entries: Vec<_> = row.entries.iter().map(|(conversation, entry)| (*conversation, entry.seq)).collect();
            for record in &row.keys {
                self.memory.insert(record.clone());
            }
            self.tail.log(&row.log);
            let first_lsn = first_lsn(&row);
            let info = RowInfo {
                commit,
                first_lsn,
                at: row.place.at,
                bytes,
                entries: entries.len(),
                unfolded: entries.len(),
                keys: row.keys,
                log: row.log,
            };
            self.folding.push(info, entries.into_iter());
        }
        if trim > 0 && self.memory.is_full() {
            self.memory.shrink(self.folding.oldest_key_second());
        }
        while let Some((conversation, seq, folded_by)) = self.retired.front().copied() {
            if folded_by + KEPT_COMMITS > commit {
                break;
            }
            self.tail.remove(conversation, seq, folded_by);
            self.retired.pop_front();
        }
    }
}

/// What a batch wrote, taken out of its [`Tables`].
pub struct StagedBatch(Staged);

impl Tables<'_> {
    /// Ends the batch.
    pub fn finish(self) -> StagedBatch {
        StagedBatch(self.staged)
    }
}

/// Writes an entry where it lives.
fn insert(
    entries: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
    conversation: ConversationId,
    entry: &Entry,
) -> Result<(), Fault> {
    let key = journal::entry_key(conversation, entry.seq);
    entries.insert(key.as_slice(), journal::seal(ENTRIES, key.as_slice(), entry)?.as_slice())?;
    Ok(())
}

/// A head with what a batch says is kept of its conversation.
const fn keeping(head: Head, stage: &StagedConversation) -> Head {
    if !stage.trimmed {
        return head;
    }
    let Head { first, first_ordinal, trimmed, .. } = stage.head;
    Head { first, first_ordinal, trimmed, ..head }
}

fn journal_row(place: Place, staged: &mut Staged) -> JournalRow {
    let mut entries: Vec<_> = staged
        .conversations
        .iter()
        .flat_map(|(conversation, stage)| {
            stage
                .appended
                .iter()
                .filter(|entry| entry.seq > stage.fold_to)
                .map(|entry| (*conversation, Arc::clone(entry)))
        })
        .collect();
    entries.sort_by_key(|(_, entry)| entry.lsn);
    JournalRow { place, entries, keys: std::mem::take(&mut staged.keys), log: std::mem::take(&mut staged.log) }
}

fn first_lsn(row: &JournalRow) -> Lsn {
    row.log.first().map_or(row.place.lsn, |item| item.lsn)
}

fn write_journal(transaction: &WriteTransaction, row: &JournalRow) -> Result<usize, Fault> {
    let key = row.place.commit.to_be_bytes();
    let bytes = journal::seal(JOURNAL, &key, row)?;
    transaction.open_table(journal::definition(JOURNAL))?.insert(key.as_slice(), bytes.as_slice())?;
    Ok(bytes.len())
}

/// Removes what is older than 7 days from the front of the log, and leaves there the lsn up to which that was; gives it, too.
fn expire_log(log: &mut redb::Table<'_, &'static [u8], &'static [u8]>, now: Timestamp) -> Result<Option<Lsn>, Fault> {
    use redb::ReadableTable;
    let horizon = now.0.saturating_sub(LOG_KEPT_MS);
    let (mut expired, mut upto) = (0, None);
    for row in log.range::<&[u8]>(..)?.take(EXPIRED_ROWS_MAX) {
        let (key, value) = row?;
        let row: LogRow = journal::unseal(LOG, key.value(), value.value())?;
        if row.at.0 >= horizon {
            break;
        }
        expired += 1;
        // The row that stands for those that have gone before stays when no other goes.
        if let Some(last) = row.items.last() {
            upto = Some((last.lsn, row.at));
        }
    }
    let Some((upto, at)) = upto else { return Ok(None) };
    for _ in 0..expired {
        log.pop_first()?;
    }
    let key = upto.0.to_be_bytes();
    log.insert(key.as_slice(), journal::seal(LOG, &key, &LogRow { at, items: Vec::new() })?.as_slice())?;
    Ok(Some(upto))
}

/// The newest second of a key in `idempotency`.
fn newest_key_second(view: &View) -> Result<Option<u64>, Fault> {
    use redb::ReadableTable;
    let Some(table) = view.table(IDEMPOTENCY)? else {
        return Ok(None);
    };
    let newest = table.last()?;
    Ok(newest.and_then(|(key, _)| key.value().first_chunk::<8>().map(|second| u64::from_be_bytes(*second))))
}

type NumberedRow = Result<(u64, usize, JournalRow), Fault>;

/// The journal, front to back.
fn journal_rows(view: &View) -> Result<impl Iterator<Item = NumberedRow> + use<>, Fault> {
    let rows = view.table(JOURNAL)?.map(|table| table.range::<&[u8]>(..)).transpose()?;
    Ok(rows.into_iter().flatten().map(|row| {
        let (key, value) = row?;
        let commit = key.value().try_into().map(u64::from_be_bytes).unwrap_or_default();
        let decoded = journal::unseal(JOURNAL, key.value(), value.value())?;
        Ok((commit, value.value().len(), decoded))
    }))
}
