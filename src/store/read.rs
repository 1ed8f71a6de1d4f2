//! How rows and entries are read, the same inside the writer's transaction ([`super::Tables`]) and from a committed [`super::View`].

use super::fault::Fault;
use super::records::{Head, Record};
use crate::model::{ConversationId, Entry, Seq};
use std::sync::Arc;

/// Rows with their keys, in the order of the keys.
pub type Rows<R> = Vec<(<R as Record>::Key, Arc<R>)>;

/// Reading.
pub trait Read {
    /// One row.
    fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>, Fault>;

    /// Rows with `from` ≤ key ≤ `to`, in the order of their keys, at most `limit`.
    fn range<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<Rows<R>, Fault>;

    /// The same from the other end: in the opposite order, the highest.
    fn range_back<R: Record>(&self, from: &R::Key, to: &R::Key, limit: usize) -> Result<Rows<R>, Fault>;

    /// How far a conversation has got; all zero (but `first`, 1) when it has no entries.
    fn head(&self, conversation: ConversationId) -> Result<Head, Fault>;

    /// The entries with `from` ≤ seq ≤ `to`, in order, without gaps, at most `limit` (the lowest).
    fn entries(&self, conversation: ConversationId, from: Seq, to: Seq, limit: usize)
    -> Result<Vec<Arc<Entry>>, Fault>;

    /// One entry.
    fn entry(&self, conversation: ConversationId, seq: Seq) -> Result<Option<Arc<Entry>>, Fault> {
        Ok(self.entries(conversation, seq, seq, 1)?.pop())
    }
}
