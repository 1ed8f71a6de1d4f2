//! The writer's transaction as the ledger sees it.

use super::fault::Fault;
use super::read::Read;
use super::records::{Counter, Head, Record, Remembered};
use crate::model::{ConversationId, Entry, Key, Seq, UserHandle};
use std::sync::Arc;

/// The tables inside the writer's transaction.
pub struct Tables<'a>(std::marker::PhantomData<&'a ()>);

impl Read for Tables<'_> {
    fn get<R: Record>(&self, _key: &R::Key) -> Result<Option<Arc<R>>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    fn range<R: Record>(&self, _from: &R::Key, _to: &R::Key, _limit: usize) -> Result<Vec<(R::Key, Arc<R>)>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    fn head(&self, _conversation: ConversationId) -> Result<Head, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    fn entries(
        &self,
        _conversation: ConversationId,
        _from: Seq,
        _to: Seq,
        _limit: usize,
    ) -> Result<Vec<Arc<Entry>>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
}

impl Tables<'_> {
    /// Writes a row.
    pub fn put<R: Record>(&mut self, _key: &R::Key, _row: R) -> Result<(), Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Removes a row; nothing happens when it is not there.
    pub fn remove<R: Record>(&mut self, _key: &R::Key) -> Result<(), Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// The next identifier: 1, 2, 3 …
    pub fn next_id(&mut self, _counter: Counter) -> Result<u64, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Appends an entry; its `seq` must be the head's + 1, and `ordinal` the head's, + 1 for a message.
    pub fn append(&mut self, _conversation: ConversationId, _entry: Entry) -> Result<Arc<Entry>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Replaces an entry that is there (same seq, lsn, ordinal); `changed` must have risen. Folds the conversation up to it first.
    pub fn rewrite(&mut self, _conversation: ConversationId, _entry: Entry) -> Result<Arc<Entry>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// What is remembered of a command of `user` with `key` within the window.
    pub fn remembered(&self, _user: UserHandle, _key: &Key) -> Result<Option<Remembered>, Fault> {
        Err(Fault::Misuse("not built yet"))
    }
    /// Remembers an accepted command.
    pub fn remember(&mut self, _user: UserHandle, _key: &Key, _remembered: Remembered) -> Result<(), Fault> {
        Err(Fault::Misuse("not built yet"))
    }
}
