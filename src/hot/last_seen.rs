//! When users were last there.
//!
//! ```text
//!   epoch (8 bytes, big-endian) · user (8 bytes, big-endian)  ->  milliseconds since 1970 (8 bytes, big-endian)
//! ```
//!
//! The epoch is in the key, so that times of other data (before a restore, say) are nobody's.

use crate::model::{Epoch, Timestamp, UserHandle};
use lru::LruCache;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Users whose time is kept in memory.
const MEMORY_MAX: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();
/// Times that wait to be written; more are kept in memory only.
const WAITING_MAX: usize = 64 * 1024;
/// What sled may keep of its pages.
const CACHE_BYTES: u64 = 1024 * 1024;

/// When users were last there; cheap to clone. The default is kept in memory alone.
#[derive(Clone, Debug, Default)]
pub struct LastSeen(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Guards the times in memory; the file is not touched under it.
    times: Mutex<Times>,
    folder: Option<Folder>,
}

struct Times {
    known: LruCache<UserHandle, Timestamp>,
    waiting: BTreeMap<UserHandle, Timestamp>,
}

impl Default for Times {
    fn default() -> Self {
        Self { known: LruCache::new(MEMORY_MAX), waiting: BTreeMap::new() }
    }
}

struct Folder {
    epoch: Epoch,
    database: sled::Db,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastSeen").field("in_folder", &self.folder.is_some()).finish_non_exhaustive()
    }
}

impl LastSeen {
    /// Opens the folder, or makes it. One that is damaged is thrown away and made anew; when that fails too, times are kept in
    /// memory. Blocks.
    pub fn open(folder: &Path, epoch: Epoch) -> Self {
        let database = open(folder).or_else(|reason| {
            tracing::warn!(%reason, "when users were last there could not be read; that begins anew");
            if let Err(error) = std::fs::remove_dir_all(folder) {
                tracing::warn!(%error, folder = %folder.display(), "a folder could not be removed");
            }
            open(folder)
        });
        let folder = match database {
            Ok(database) => Some(Folder { epoch, database }),
            Err(reason) => {
                tracing::warn!(%reason, "when users were last there is kept in memory only");
                None
            }
        };
        Self(Arc::new(Inner { times: Mutex::default(), folder }))
    }

    /// A user was there.
    pub fn note(&self, user: UserHandle, at: Timestamp) {
        let mut times = self.0.times.lock();
        times.known.put(user, at);
        if self.0.folder.is_some() && (times.waiting.len() < WAITING_MAX || times.waiting.contains_key(&user)) {
            times.waiting.insert(user, at);
        }
    }

    /// When a user was last there, if that is known.
    pub fn get(&self, user: UserHandle) -> Option<Timestamp> {
        if let Some(at) = self.0.times.lock().known.get(&user) {
            return Some(*at);
        }
        let folder = self.0.folder.as_ref()?;
        // What cannot be read is not known.
        let value = folder.database.get(key(folder.epoch, user)).ok().flatten()?;
        let at = Timestamp(u64::from_be_bytes(value.as_ref().try_into().ok()?));
        self.0.times.lock().known.put(user, at);
        Some(at)
    }

    /// Writes what waits. Blocks.
    pub fn flush(&self) {
        let Some(folder) = &self.0.folder else { return };
        let waiting = std::mem::take(&mut self.0.times.lock().waiting);
        if waiting.is_empty() {
            return;
        }
        let mut batch = sled::Batch::default();
        for (user, at) in waiting {
            batch.insert(&key(folder.epoch, user), &at.0.to_be_bytes());
        }
        let written = folder.database.apply_batch(batch).and_then(|()| folder.database.flush().map(drop));
        if let Err(error) = written {
            tracing::warn!(%error, "when users were last there could not be written");
        }
    }
}

fn key(epoch: Epoch, user: UserHandle) -> [u8; 16] {
    (u128::from(epoch.0) << 64 | u128::from(user.0)).to_be_bytes()
}

/// Opens a database; a file that makes the library panic is as damaged as one it refuses.
fn open(folder: &Path) -> Result<sled::Db, String> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its files are damaged".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserHandle = UserHandle(7);

    #[test]
    fn what_was_flushed_is_there_after_a_restart_and_only_for_the_same_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hot");
        let seen = LastSeen::open(&path, Epoch(1));
        assert_eq!(seen.get(ADA), None);
        seen.note(ADA, Timestamp(5));
        seen.note(ADA, Timestamp(6));
        assert_eq!(seen.get(ADA), Some(Timestamp(6)));
        seen.flush();
        drop(seen);
        assert_eq!(LastSeen::open(&path, Epoch(1)).get(ADA), Some(Timestamp(6)));
        assert_eq!(LastSeen::open(&path, Epoch(2)).get(ADA), None);
        std::fs::remove_dir_all(&path).unwrap();
        assert_eq!(LastSeen::open(&path, Epoch(1)).get(ADA), None);
    }

    #[test]
    fn a_damaged_folder_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hot");
        let seen = LastSeen::open(&path, Epoch(1));
        seen.note(ADA, Timestamp(5));
        seen.flush();
        drop(seen);
        let mut damaged = 0;
        for entry in std::fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().path();
            if file.is_file() {
                let length = std::fs::metadata(&file).unwrap().len() as usize;
                std::fs::write(&file, vec![0x5a; length.max(64)]).unwrap();
                damaged += 1;
            }
        }
        assert!(damaged > 0);
        let seen = LastSeen::open(&path, Epoch(1));
        seen.note(ADA, Timestamp(9));
        seen.flush();
        drop(seen);
        assert_eq!(LastSeen::open(&path, Epoch(1)).get(ADA), Some(Timestamp(9)));
    }
}
