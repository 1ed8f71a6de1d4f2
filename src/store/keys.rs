//! Idempotency keys in memory: all of the untrimmed journal rows, and whole seconds back as far as [`BYTES_MAX`] reaches. A key
//! whose second is not complete here is looked up in the few rows of its second and byte on disk.

use super::journal::{KeyRecord, key_bucket};
use super::records::Remembered;
use crate::model::{Key, UserHandle};
use std::collections::BTreeMap;

/// Memory for remembered keys.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// What one remembered key takes, with its share of the tree.
const RECORD_BYTES: usize = 160;

/// Remembered keys by key (whose first bits are its time) and user.
#[derive(Debug)]
pub struct KeyMemory {
    records: BTreeMap<(Key, UserHandle), Remembered>,
    /// Every key of this second or a later one that was ever remembered is in `records`.
    complete_from: u64,
}

impl KeyMemory {
    /// An empty memory; nothing of `complete_from` or a later second is on disk.
    pub fn new(complete_from: u64) -> Self {
        Self { records: BTreeMap::new(), complete_from }
    }

    /// What is remembered; `Err(())` when only the disk can tell.
    pub fn find(&self, user: UserHandle, key: &Key) -> Result<Option<&Remembered>, ()> {
        match self.records.get(&(*key, user)) {
            Some(remembered) => Ok(Some(remembered)),
            None if key_bucket(key).0 >= self.complete_from => Ok(None),
            None => Err(()),
        }
    }

    /// Remembers.
    pub fn insert(&mut self, record: KeyRecord) {
        self.records.insert((record.key, record.user), record.remembered);
    }

    /// Lets go of the oldest seconds while there is too much, but of none from `needed_from` on (they are not on disk yet).
    pub fn shrink(&mut self, needed_from: u64) {
        while self.is_full() {
            let Some(oldest) = self.records.keys().next().map(|(key, _)| key_bucket(key).0) else {
                return;
            };
            if oldest >= needed_from {
                return;
            }
            self.complete_from = self.complete_from.max(oldest + 1);
            while self.records.first_key_value().is_some_and(|((key, _), _)| key_bucket(key).0 <= oldest) {
                self.records.pop_first();
            }
        }
    }

    /// Whether there is too much.
    pub fn is_full(&self) -> bool {
        self.records.len() * RECORD_BYTES > BYTES_MAX
    }

    /// How many keys are here.
    pub fn len(&self) -> usize {
        self.records.len()
    }
}
