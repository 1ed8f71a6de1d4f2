//! A disk that loses what was not synced: a storage backend for redb that records every write, so that a test can ask what the
//! disk would hold had the power gone at any moment.
//!
//! The model: a sync makes everything before it durable. Of each write since then the disk holds all, nothing, a prefix, or any
//! of its 512-byte pieces, and of each change of the length either; in any combination, because a disk reorders what no sync
//! separates. Pieces of 512 bytes are whole (a sector is written or not), bytes outside of a write are not touched.
//!
//! One run is recorded once and can then be crashed at each of its operations, as often as wanted.

use super::frames::Dice;
use redb::StorageBackend;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

/// The unit that a disk writes whole.
const SECTOR_BYTES: usize = 512;

/// What was asked of the disk.
#[derive(Clone)]
pub enum Operation {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
    Sync,
}

/// How long an injected fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    Once,
    ForEver,
}

/// The disk as the process sees it; cheap to clone, so that the test keeps a hand on it.
#[derive(Clone)]
pub struct CrashDisk(Arc<Mutex<State>>);

struct State {
    /// What the disk held when the recording began, surely durable.
    start: Vec<u8>,
    /// What the process sees.
    now: Vec<u8>,
    operations: Vec<Operation>,
    syncs: usize,
    /// The negative control: syncs say that all is well and do nothing.
    syncs_left_out: bool,
    /// From this operation on everything fails.
    stop_at: Option<usize>,
    /// From this sync on (counted from 0) everything fails.
    stop_at_sync: Option<usize>,
    /// This operation fails.
    fail_at: Option<(usize, Lasting)>,
    faults: usize,
}

impl std::fmt::Debug for CrashDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CrashDisk")
    }
}

impl CrashDisk {
    /// An empty disk.
    pub fn empty() -> Self {
        Self::holding(Vec::new())
    }

    /// A disk that holds `image`.
    pub fn holding(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State {
            start: image.clone(),
            now: image,
            operations: Vec::new(),
            syncs: 0,
            syncs_left_out: false,
            stop_at: None,
            stop_at_sync: None,
            fail_at: None,
            faults: 0,
        })))
    }

    /// How many operations (writes, changes of the length, syncs) were done so far: the moment to crash at.
    pub fn operations(&self) -> usize {
        self.state().operations.len()
    }

    /// How many operations were failed on purpose.
    pub fn faults(&self) -> usize {
        self.state().faults
    }

    /// Leaves syncs out from now on (or no longer): they say that all is well and do nothing.
    pub fn leave_out_syncs(&self, leave_out: bool) {
        self.state().syncs_left_out = leave_out;
    }

    /// Everything fails after `operations` more operations.
    pub fn stop_after(&self, operations: usize) {
        let mut state = self.state();
        state.stop_at = Some(state.operations.len() + operations);
    }

    /// Everything fails from the `syncs`th next sync on (0: the next), that sync included.
    pub fn stop_at_sync(&self, syncs: usize) {
        let mut state = self.state();
        state.stop_at_sync = Some(state.syncs + syncs);
    }

    /// The operation after `operations` more ones fails, once or from then on.
    pub fn fail_after(&self, operations: usize, lasting: Lasting) {
        let mut state = self.state();
        state.fail_at = Some((state.operations.len() + operations, lasting));
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        let mut state = self.state();
        (state.stop_at, state.stop_at_sync, state.fail_at) = (None, None, None);
    }

    /// The recording, to be crashed. The disk goes on from what it holds now, as if all of it were durable.
    pub fn take_recording(&self) -> Recording {
        let mut state = self.state();
        let now = state.now.clone();
        Recording {
            start: std::mem::replace(&mut state.start, now),
            operations: std::mem::take(&mut state.operations),
            at: 0,
            pending_from: 0,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    /// Counts an operation, or fails it as the test asked.
    fn check(&mut self, is_sync: bool) -> Result<(), Error> {
        let at = self.operations.len();
        let stopped = self.stop_at.is_some_and(|stop| at >= stop)
            || self.stop_at_sync.is_some_and(|stop| self.syncs > stop || (is_sync && self.syncs == stop));
        if is_sync && self.stop_at_sync == Some(self.syncs) {
            // From this sync on: a write after it fails too.
            self.stop_at = Some(at);
        }
        let failed = match self.fail_at {
            Some((fail, Lasting::ForEver)) => at >= fail,
            Some((fail, Lasting::Once)) if at >= fail => {
                self.fail_at = None;
                true
            }
            _ => false,
        };
        if stopped || failed {
            self.faults += 1;
            return Err(Error::other("the disk fails on purpose"));
        }
        Ok(())
    }
}

impl StorageBackend for CrashDisk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.state().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.state();
        let from = state
            .now
            .get(offset as usize..)
            .and_then(|rest| rest.get(..out.len()))
            .ok_or_else(|| Error::new(ErrorKind::UnexpectedEof, "a read beyond the end"))?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut state = self.state();
        state.check(false)?;
        state.now.resize(len as usize, 0);
        state.operations.push(Operation::Length(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.check(true)?;
        state.syncs += 1;
        if !state.syncs_left_out {
            state.operations.push(Operation::Sync);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut state = self.state();
        state.check(false)?;
        put(&mut state.now, offset as usize, data);
        state.operations.push(Operation::Write { offset: offset as usize, data: data.to_vec() });
        Ok(())
    }
}

/// Writes `data`; a write beyond the end makes the file longer, as a file system would.
fn put(image: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(data);
}

/// Everything that was asked of a disk, in its order. It is walked forwards, once.
pub struct Recording {
    /// What is surely durable at the place reached: everything before the last sync.
    start: Vec<u8>,
    operations: Vec<Operation>,
    at: usize,
    /// The first operation after the last sync.
    pending_from: usize,
}

impl Recording {
    /// How many operations there are.
    pub fn operations(&self) -> usize {
        self.operations.len()
    }

    /// Goes to the moment after the first `at` operations; never backwards.
    pub fn advance_to(&mut self, at: usize) {
        assert!(at >= self.at && at <= self.operations.len(), "a recording is walked forwards");
        for index in self.at..at {
            if matches!(self.operations[index], Operation::Sync) {
                for operation in &self.operations[self.pending_from..index] {
                    match operation {
                        Operation::Write { offset, data } => put(&mut self.start, *offset, data),
                        Operation::Length(length) => self.start.resize(*length, 0),
                        Operation::Sync => {}
                    }
                }
                self.pending_from = index + 1;
            }
        }
        self.at = at;
    }

    /// What the disk holds when the power goes at the place reached.
    pub fn crash(&self, dice: &mut Dice) -> Vec<u8> {
        let mut image = self.start.clone();
        // Some crashes lose almost everything, some almost nothing, most are in between.
        let keep_of_8 = dice.below(9);
        for operation in &self.operations[self.pending_from..self.at] {
            match operation {
                Operation::Length(length) if dice.below(8) < keep_of_8 => image.resize(*length, 0),
                Operation::Length(_) | Operation::Sync => {}
                Operation::Write { offset, data } => match dice.below(8) {
                    0 => put(&mut image, *offset, &data[..dice.below(data.len() + 1)]),
                    1 => {
                        for piece in sectors(*offset, data.len()) {
                            if dice.chance(2) {
                                put(&mut image, *offset + piece.start, &data[piece]);
                            }
                        }
                    }
                    _ if dice.below(8) < keep_of_8 => put(&mut image, *offset, data),
                    _ => {}
                },
            }
        }
        image
    }
}

/// The pieces of a write that lie in one sector each, as ranges of its data.
fn sectors(offset: usize, length: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let first = offset / SECTOR_BYTES;
    let last = (offset + length).div_ceil(SECTOR_BYTES);
    (first..last).map(move |sector| {
        let start = (sector * SECTOR_BYTES).max(offset) - offset;
        let end = ((sector + 1) * SECTOR_BYTES).min(offset + length) - offset;
        start..end
    })
}
