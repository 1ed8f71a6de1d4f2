//! What readers see: one committed state.

use super::fault::Fault;
use super::read::Read;
use super::records::{Head, Record};
use crate::model::{ConversationId, Entry, Epoch, Lsn, Seq};
use std::sync::Arc;

/// One committed state of everything.
pub struct View(());

impl View {
    /// Everything with this lsn or a lower one is in it, nothing else.
    pub fn lsn(&self) -> Lsn {
        Lsn(0)
    }
    /// Which data this is.
    pub fn epoch(&self) -> Epoch {
        Epoch(0)
    }
}

impl Read for View {
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
