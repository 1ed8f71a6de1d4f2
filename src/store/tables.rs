//! The writer's side as the ledger sees it: committed state, and over it what this batch has written so far (staging). Nothing
//! reaches the file or any reader before [`super::Store::commit`]; a batch that fails is simply dropped.

use super::codec;
use super::fault::Fault;
use super::journal::{self, IDEMPOTENCY, KeyRecord, LogItem, LogKind};
use super::key::{Key, RecordKey};
use super::keys::KeyMemory;
use super::read::{Read, Rows};
use super::records::{ConversationRow, Counter, Head, Record, Remembered, Table, UserRow};
use super::view::View;
use crate::model::{self, AppId, ConversationId, Entry, Lsn, Seq, UserHandle};
use lru::LruCache;
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A decoded row of any kind.
pub(super) type AnyRow = Arc<dyn Any + Send + Sync>;
/// Decoded rows (and the knowledge that there is none), bounded, of committed state only.
pub(super) type Cache = LruCache<(Table, Key), Option<AnyRow>>;

/// What a batch has written so far.
#[derive(Default)]
pub(super) struct Staged {
    pub rows: BTreeMap<(Table, Key), Option<StagedRow>>,
    pub conversations: BTreeMap<ConversationId, StagedConversation>,
    pub keys: Vec<KeyRecord>,
    pub key_index: BTreeMap<(model::Key, UserHandle), usize>,
    pub log: Vec<LogItem>,
    pub ids: [u64; Counter::COUNT],
}

/// A row as this batch leaves it.
pub(super) struct StagedRow {
    pub row: AnyRow,
    pub bytes: Vec<u8>,
}

/// What this batch did to a conversation.
#[derive(Default)]
pub(super) struct StagedConversation {
    pub head: Head,
    pub appended: Vec<Arc<Entry>>,
    pub rewritten: BTreeMap<Seq, Arc<Entry>>,
    /// Fold at least up to here in this commit; 0: nothing must be folded.
    pub fold_to: Seq,
    /// Entries below `head.first` go with this commit.
    pub trimmed: bool,
}

impl Staged {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.conversations.is_empty() && self.keys.is_empty()
    }
}

/// The tables inside the writer's batch.
pub struct Tables<'a> {
    base: &'a View,
    cache: &'a RefCell<Cache>,
    memory: &'a KeyMemory,
    pub(super) staged: Staged,
}

impl<'a> Tables<'a> {
    pub(super) fn new(
        base: &'a View,
        cache: &'a RefCell<Cache>,
        memory: &'a KeyMemory,
        ids: [u64; Counter::COUNT],
    ) -> Self {
        Self { base, cache, memory, staged: Staged { ids, ..Staged::default() } }
    }

    /// The conversation's newest committed entry, from the tail or else from `heads`.
    fn committed_head(&self, conversation: ConversationId) -> Result<Head, Fault> {
        let folded = self.folded_head(conversation)?;
        Ok(match self.base.tail().last(conversation, Lsn(u64::MAX)) {
            Some(entry) if entry.seq > folded.seq => folded.at_entry(&entry),
            _ => folded,
        })
    }

    fn folded_head(&self, conversation: ConversationId) -> Result<Head, Fault> {
        Ok(self.get::<Head>(&conversation)?.map_or(Head::EMPTY, |head| *head))
    }

    fn stage(&mut self, conversation: ConversationId) -> Result<&mut StagedConversation, Fault> {
        if !self.staged.conversations.contains_key(&conversation) {
            let head = self.committed_head(conversation)?;
            self.staged
                .conversations
                .insert(conversation, StagedConversation { head, ..StagedConversation::default() });
        }
        self.staged.conversations.get_mut(&conversation).ok_or(Fault::Misuse("a conversation left the staging layer"))
    }

    fn log(&mut self, conversation: ConversationId, entry: &Entry, kind: LogKind) -> Result<(), Fault> {
        self.log_item(conversation, entry.changed, entry.seq, kind)
    }

    fn log_item(&mut self, conversation: ConversationId, lsn: Lsn, seq: Seq, kind: LogKind) -> Result<(), Fault> {
        let app = self.get::<ConversationRow>(&conversation)?.map_or(AppId(0), |row| row.app);
        self.staged.log.push(LogItem { lsn, app, conversation, seq, kind });
        Ok(())
    }

    /// Tells those who follow the log what happened to a user, as the row says that is about to be written.
    pub fn log_user(&mut self, row: &UserRow, kind: LogKind) {
        let (lsn, app, conversation, seq) = (row.changed, row.app, row.feed, Seq(0));
        self.staged.log.push(LogItem { lsn, app, conversation, seq, kind });
    }

    /// Writes a row.
    pub fn put<R: Record>(&mut self, key: &R::Key, row: R) -> Result<(), Fault> {
        let key = key.to_key();
        let bytes = codec::seal(R::TABLE.name(), key.as_slice(), R::VERSION, &row)?;
        self.staged.rows.insert((R::TABLE, key), Some(StagedRow { row: Arc::new(row), bytes }));
        Ok(())
    }

    /// Removes a row; nothing happens when it is not there.
    pub fn remove<R: Record>(&mut self, key: &R::Key) -> Result<(), Fault> {
        self.staged.rows.insert((R::TABLE, key.to_key()), None);
        Ok(())
    }

    /// The next identifier: 1, 2, 3 …
    pub fn next_id(&mut self, counter: Counter) -> Result<u64, Fault> {
        let id = &mut self.staged.ids[counter as usize];
        *id += 1;
        Ok(*id)
    }

    /// Appends an entry; its `seq` must be the head's + 1, and `ordinal` the head's, + 1 for a message.
    pub fn append(&mut self, conversation: ConversationId, entry: Entry) -> Result<Arc<Entry>, Fault> {
        let stage = self.stage(conversation)?;
        let ordinal = stage.head.ordinal.0 + u64::from(entry.body.is_message());
        if entry.seq != stage.head.seq.next() || entry.ordinal.0 != ordinal || entry.lsn <= stage.head.lsn {
            return Err(Fault::Misuse("an entry was not appended at the head of its conversation"));
        }
        let entry = Arc::new(entry);
        stage.head = stage.head.at_entry(&entry);
        stage.appended.push(Arc::clone(&entry));
        self.log(conversation, &entry, LogKind::Appended)?;
        Ok(entry)
    }

    /// Replaces an entry that is there (same seq, lsn, ordinal); `changed` must have risen. The commit folds the conversation up to
    /// it, so that it is rewritten where it lives.
    pub fn rewrite(&mut self, conversation: ConversationId, entry: Entry) -> Result<Arc<Entry>, Fault> {
        let before =
            self.entry(conversation, entry.seq)?.ok_or(Fault::Misuse("an entry was rewritten that is not there"))?;
        if before.lsn != entry.lsn || before.ordinal != entry.ordinal || entry.changed <= before.changed {
            return Err(Fault::Misuse("an entry was rewritten as another one"));
        }
        let entry = Arc::new(entry);
        let stage = self.stage(conversation)?;
        stage.rewritten.insert(entry.seq, Arc::clone(&entry));
        stage.fold_to = stage.fold_to.max(entry.seq);
        self.log(conversation, &entry, LogKind::Rewritten)?;
        Ok(entry)
    }

    /// Committed rows between two keys as this batch leaves them; `committed` reads them, and is told how many more it has to read
    /// because the batch hides some: each removed row hides one committed row at most.
    #[allow(clippy::type_complexity, reason = "rows by their bytes, with their typed keys")]
    fn merged<R: Record>(
        &self,
        from: &R::Key,
        to: &R::Key,
        committed: impl FnOnce(usize) -> Result<Rows<R>, Fault>,
    ) -> Result<BTreeMap<Key, (R::Key, Arc<R>)>, Fault> {
        let bounds = (R::TABLE, from.to_key())..=(R::TABLE, to.to_key());
        let mut merged = BTreeMap::new();
        if bounds.start() > bounds.end() {
            return Ok(merged);
        }
        let staged: Vec<_> = self.staged.rows.range(bounds).collect();
        let hidden = staged.iter().filter(|(_, row)| row.is_none()).count();
        for (key, row) in committed(hidden)? {
            merged.insert(key.to_key(), (key, row));
        }
        for ((_, key), row) in staged {
            match row {
                None => {
                    merged.remove(key);
                }
                Some(staged) => {
                    let typed =
                        R::Key::from_key(key.as_slice()).ok_or(Fault::Misuse("a key is not one of its table"))?;
                    merged.insert(*key, (typed, downcast(&staged.row)?));
                }
            }
        }
        Ok(merged)
    }

    /// Deletes every entry below `first`, at most one above the head. The commit folds the conversation up to there, so that no
    /// later replay of the journal brings them back; what is deleted before it was ever folded is not written at all. Whatever
    /// other rows name these entries is the caller's to remove.
    pub fn trim(&mut self, conversation: ConversationId, first: Seq, lsn: Lsn) -> Result<(), Fault> {
        let head = self.head(conversation)?;
        if first <= head.first || first > head.seq.next() {
            return Err(Fault::Misuse("a conversation was trimmed beyond what it has"));
        }
        let last = self.entry(conversation, Seq(first.0 - 1))?;
        let last = last.ok_or(Fault::Misuse("an entry to be trimmed is not there"))?;
        let stage = self.stage(conversation)?;
        stage.head = Head { first, first_ordinal: last.ordinal, trimmed: lsn, ..stage.head };
        stage.trimmed = true;
        stage.fold_to = stage.fold_to.max(last.seq);
        stage.rewritten = stage.rewritten.split_off(&first);
        self.log_item(conversation, lsn, first, LogKind::Trimmed)
    }

    /// What is remembered of a command of `user` with `key` within the window.
    pub fn remembered(&self, user: UserHandle, key: &model::Key) -> Result<Option<Remembered>, Fault> {
        if let Some(at) = self.staged.key_index.get(&(*key, user)) {
            return Ok(self.staged.keys.get(*at).map(|record| record.remembered.clone()));
        }
        match self.memory.find(user, key) {
            Ok(found) => Ok(found.cloned()),
            Err(()) => find_on_disk(self.base, user, key),
        }
    }

    /// Remembers an accepted command.
    pub fn remember(&mut self, user: UserHandle, key: &model::Key, remembered: Remembered) -> Result<(), Fault> {
        self.staged.key_index.insert((*key, user), self.staged.keys.len());
        self.staged.keys.push(KeyRecord { user, key: *key, remembered });
        Ok(())
    }
}

/// Looks a key up in the rows of its second and byte.
fn find_on_disk(view: &View, user: UserHandle, key: &model::Key) -> Result<Option<Remembered>, Fault> {
    let Some(table) = view.table(IDEMPOTENCY)? else {
        return Ok(None);
    };
    let bucket = journal::key_bucket(key);
    let (from, to) = (journal::bucket_key(bucket, 0), journal::bucket_key(bucket, u64::MAX));
    for row in table.range::<&[u8]>(from.as_slice()..=to.as_slice())? {
        let (at, value) = row?;
        let records: Vec<KeyRecord> = journal::unseal(IDEMPOTENCY, at.value(), value.value())?;
        if let Some(found) = records.into_iter().find(|record| record.user == user && record.key == *key) {
            return Ok(Some(found.remembered));
        }
    }
    Ok(None)
}

fn downcast<R: Record>(row: &AnyRow) -> Result<Arc<R>, Fault> {
    Arc::clone(row).downcast::<R>().map_err(|_| Fault::Misuse("a row stands in the table of another kind"))
}

impl Read for Tables<'_> {
    fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>, Fault> {
        let at = (R::TABLE, key.to_key());
        if let Some(staged) = self.staged.rows.get(&at) {
            return staged.as_ref().map(|staged| downcast(&staged.row)).transpose();
        }
        if let Some(cached) = self.cache.borrow_mut().get(&at) {
            return cached.as_ref().map(downcast).transpose();
        }
        let row = self.base.get::<R>(key)?;
        self.cache.borrow_mut().put(at, row.clone().map(|row| row as AnyRow));
        Ok(row)
    }

    fn range<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<Rows<R>, Fault> {
        let merged = self.merged::<R>(from, to, |hidden| self.base.range::<R>(from, to, limit + hidden))?;
        Ok(merged.into_values().take(limit).collect())
    }

    fn range_back<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<Rows<R>, Fault> {
        let merged = self.merged::<R>(from, to, |hidden| self.base.range_back::<R>(from, to, limit + hidden))?;
        Ok(merged.into_values().rev().take(limit).collect())
    }

    fn head(&self, conversation: ConversationId) -> Result<Head, Fault> {
        match self.staged.conversations.get(&conversation) {
            Some(stage) => Ok(stage.head),
            None => self.committed_head(conversation),
        }
    }

    fn entries(
        &self,
        conversation: ConversationId,
        from: Seq,
        to: Seq,
        limit: usize,
    ) -> Result<Vec<Arc<Entry>>, Fault> {
        let stage = self.staged.conversations.get(&conversation);
        let from = stage.map_or(from, |stage| from.max(stage.head.first));
        let mut found = if from > to { Vec::new() } else { self.base.entries(conversation, from, to, limit)? };
        if let Some(stage) = stage {
            let room = limit.saturating_sub(found.len());
            let inside = |entry: &&Arc<Entry>| entry.seq >= from && entry.seq <= to;
            found.extend(stage.appended.iter().filter(inside).take(room).cloned());
            for entry in &mut found {
                if let Some(rewritten) = stage.rewritten.get(&entry.seq) {
                    *entry = Arc::clone(rewritten);
                }
            }
        }
        Ok(found)
    }
}
