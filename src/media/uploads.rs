//! Uploads on their way: what was promised about each, how far it has come, and how much room they all take together.
//!
//! Pure bookkeeping: it opens no file and reads no clock. What must survive a restart lies beside the part of each upload
//! ([`Promise`]); the offset is the length of the part.

use crate::model::{AppId, Code, MediaId, Refusal, Timestamp, UserHandle};
use crate::store::records::MediaTotalRow;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An upload that was not completed is forgotten after a day.
pub const KEPT_MS: u64 = 24 * 3_600 * 1_000;
/// Uploads of one user on their way.
pub const OPEN_PER_USER_MAX: usize = 16;
/// Uploads on their way, all together.
pub const OPEN_MAX: usize = 10_000;
/// What a file takes beside its bytes: a block of the disk that is not full, its name, its rows. So many tiny files use up a quota
/// as well.
pub const FILE_COST_BYTES: u64 = 4 * 1024;

/// What was promised about an upload, as it lies on disk (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The version of this format.
    pub version: u32,
    /// The uploader's app.
    pub app: AppId,
    /// The uploader.
    pub user: UserHandle,
    /// The name of the file, made harmless.
    pub name: String,
    /// How many bytes it will have.
    pub bytes: u64,
    /// It comes in one request, so nobody can go on with it after that has ended.
    pub whole: bool,
    /// When it was begun.
    pub created: Timestamp,
}

impl Promise {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// When it is forgotten.
    pub const fn expires(&self) -> Timestamp {
        Timestamp(self.created.0.saturating_add(KEPT_MS))
    }
}

/// An upload on its way.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub promise: Arc<Promise>,
    pub offset: u64,
    busy: bool,
}

/// The room that a new upload must fit into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Largest file.
    pub file_bytes_max: u64,
    /// All files of the user.
    pub quota_bytes: u64,
    /// What the user has already.
    pub used: MediaTotalRow,
    /// What the disk has left.
    pub free_bytes: u64,
    /// What must stay free on it.
    pub reserve_bytes: u64,
}

/// All uploads on their way.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// Guards the table; held for a lookup or a sum.
    open: Mutex<BTreeMap<MediaId, Open>>,
}

/// That one request works on an upload; nobody else does until it is dropped.
#[derive(Debug)]
pub(super) struct Busy {
    uploads: Arc<Uploads>,
    pub media: MediaId,
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(open) = self.uploads.open.lock().get_mut(&self.media) {
            open.busy = false;
        }
    }
}

impl Uploads {
    /// Takes up what a restart found.
    pub fn restore(&self, media: MediaId, promise: Promise, offset: u64) {
        let open = Open { promise: Arc::new(promise), offset, busy: false };
        self.open.lock().insert(media, open);
    }

    /// Takes a new upload if there is room for it, and holds it for who began it.
    pub fn begin(self: &Arc<Self>, media: MediaId, promise: Promise, room: &Room) -> Result<Busy, Refusal> {
        let mut open = self.open.lock();
        if open.contains_key(&media) {
            let words = "A request with the same idempotency key is on its way; wait for its outcome.";
            return Err(Refusal::new(Code::Conflict, words).retry_after_ms(1_000));
        }
        let own = || open.values().filter(|other| other.promise.user == promise.user);
        if own().count() >= OPEN_PER_USER_MAX {
            let words = format!("You have {OPEN_PER_USER_MAX} uploads on their way; complete one or delete it first.");
            return Err(Refusal::new(Code::Full, words));
        }
        if open.len() >= OPEN_MAX {
            let words = "Too many uploads are on their way on this server; try again in a minute.";
            return Err(Refusal::new(Code::Overloaded, words).retry_after_ms(60_000));
        }
        check_size(promise.bytes, room.file_bytes_max)?;
        let pledged = own().map(|other| cost(other.promise.bytes)).sum::<u64>();
        check_quota(promise.bytes, pledged, room)?;
        let waited = open.values().map(|other| other.promise.bytes.saturating_sub(other.offset)).sum::<u64>();
        check_disk(promise.bytes, waited, room)?;
        open.insert(media, Open { promise: Arc::new(promise), offset: 0, busy: true });
        drop(open);
        Ok(Busy { uploads: Arc::clone(self), media })
    }

    /// An upload of a user; those of others are not there.
    pub fn of(&self, app: AppId, user: UserHandle, media: MediaId) -> Option<Open> {
        let open = self.open.lock();
        open.get(&media).filter(|open| open.promise.user == user && open.promise.app == app).cloned()
    }

    /// Whether an upload is on its way, whoever's.
    pub fn has(&self, media: MediaId) -> bool {
        self.open.lock().contains_key(&media)
    }

    /// Holds an upload for one request; `None` when another has it.
    pub fn hold(self: &Arc<Self>, media: MediaId) -> Option<Busy> {
        let mut table = self.open.lock();
        let open = table.get_mut(&media).filter(|open| !open.busy)?;
        open.busy = true;
        drop(table);
        Some(Busy { uploads: Arc::clone(self), media })
    }

    /// Notes how far an upload has come.
    pub fn note(&self, busy: &Busy, offset: u64) {
        if let Some(open) = self.open.lock().get_mut(&busy.media) {
            open.offset = offset;
        }
    }

    /// Takes an upload out: it is complete or given up.
    pub fn end(&self, busy: &Busy) {
        self.open.lock().remove(&busy.media);
    }

    /// The uploads that are forgotten now.
    pub fn expired(&self, now: Timestamp) -> Vec<MediaId> {
        let open = self.open.lock();
        open.iter().filter(|(_, open)| open.promise.expires() < now).map(|(media, _)| *media).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.open.lock().len()
    }
}

/// What a file of so many bytes takes of a quota.
const fn cost(bytes: u64) -> u64 {
    bytes.saturating_add(FILE_COST_BYTES)
}

/// Refuses what is empty or too large.
pub(super) fn check_size(bytes: u64, most: u64) -> Result<(), Refusal> {
    if bytes == 0 {
        return Err(Refusal::new(Code::Invalid, "The file is empty; send one with at least one byte."));
    }
    if bytes > most {
        let words = format!("The file has {bytes} bytes, and `media_bytes_max` is {most} here; send a smaller one.");
        return Err(Refusal::new(Code::TooLarge, words));
    }
    Ok(())
}

fn check_quota(bytes: u64, pledged: u64, room: &Room) -> Result<(), Refusal> {
    let used = room.used.bytes.saturating_add(room.used.files.saturating_mul(FILE_COST_BYTES));
    let wanted = used.saturating_add(pledged).saturating_add(cost(bytes));
    if wanted > room.quota_bytes {
        let (used, quota) = (used.saturating_add(pledged), room.quota_bytes);
        let words = format!(
            "Your files take {used} of {quota} bytes (`media_quota_bytes`), so this one of {bytes} bytes does not fit; recall \
             messages with files you no longer need (their room is free a day later), or ask an administrator."
        );
        return Err(Refusal::new(Code::QuotaExceeded, words));
    }
    Ok(())
}

fn check_disk(bytes: u64, waited: u64, room: &Room) -> Result<(), Refusal> {
    if room.free_bytes.saturating_sub(waited) < room.reserve_bytes.saturating_add(bytes) {
        tracing::warn!(
            free = room.free_bytes,
            reserve = room.reserve_bytes,
            "an upload was refused: the disk is too full"
        );
        let words =
            "The server's disk is too full for this file; try again later, and tell the operator if it stays so.";
        return Err(Refusal::new(Code::ReadOnly, words).retry_after_ms(60_000));
    }
    Ok(())
}

/// What a start does with the files of one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It goes on.
    Takes,
    /// Its files go.
    Goes,
}

/// What a start does with an upload whose promise it found. Without its part it goes on only when the file is `placed` already, and
/// nothing but the word to the ledger was missing.
pub(super) fn left(promise: &Promise, part: bool, placed: bool, now: Timestamp) -> Left {
    let good = promise.version == Promise::VERSION && !promise.whole && promise.expires() >= now;
    if good && (part || placed) { Left::Takes } else { Left::Goes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn promise(user: u64, bytes: u64) -> Promise {
        Promise {
            version: Promise::VERSION,
            app: AppId::HOME,
            user: UserHandle(user),
            name: "x".to_owned(),
            bytes,
            whole: false,
            created: Timestamp(1_000),
        }
    }

    fn room() -> Room {
        Room {
            file_bytes_max: 10 * MIB,
            quota_bytes: 25 * MIB,
            used: MediaTotalRow::default(),
            free_bytes: 1_000 * MIB,
            reserve_bytes: 100 * MIB,
        }
    }

    fn id(n: u8) -> MediaId {
        MediaId([n; 16])
    }

    fn code(result: Result<Busy, Refusal>) -> Option<Code> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn the_quota_counts_what_is_there_and_what_is_on_its_way() {
        let uploads = Arc::new(Uploads::default());
        assert_eq!(code(uploads.begin(id(1), promise(1, 10 * MIB), &room())), None);
        assert_eq!(code(uploads.begin(id(2), promise(1, 10 * MIB), &room())), None);
        assert_eq!(code(uploads.begin(id(3), promise(1, 5 * MIB), &room())), Some(Code::QuotaExceeded));
        assert_eq!(code(uploads.begin(id(3), promise(2, 5 * MIB), &room())), None, "another user has another quota");
        let busy = uploads.hold(id(1)).unwrap();
        uploads.end(&busy);
        assert_eq!(code(uploads.begin(id(4), promise(1, 5 * MIB), &room())), None, "given up, its room is free");
        let used = MediaTotalRow { bytes: 0, files: 25 * 256 };
        let full = Room { used, ..room() };
        assert_eq!(code(uploads.begin(id(5), promise(3, 1), &full)), Some(Code::QuotaExceeded), "tiny files count");
    }

    #[test]
    fn sizes_and_the_disk_have_their_limits() {
        let uploads = Arc::new(Uploads::default());
        for (n, (bytes, expected)) in [
            (0, Some(Code::Invalid)),
            (1, None),
            (10 * MIB, None),
            (10 * MIB + 1, Some(Code::TooLarge)),
            (u64::MAX, Some(Code::TooLarge)),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(code(uploads.begin(id(n as u8), promise(bytes, bytes), &room())), expected, "{bytes}");
        }
        let full = Room { free_bytes: 111 * MIB, ..room() };
        assert_eq!(code(uploads.begin(id(9), promise(9, 2 * MIB), &full)), Some(Code::ReadOnly), "10 MiB are pledged");
        let busy = uploads.hold(id(2)).unwrap();
        uploads.note(&busy, 10 * MIB);
        assert_eq!(code(uploads.begin(id(9), promise(9, 2 * MIB), &full)), None, "10 MiB are written");
    }

    #[test]
    fn a_user_has_a_bounded_number_of_uploads_on_their_way() {
        let uploads = Arc::new(Uploads::default());
        for n in 0..OPEN_PER_USER_MAX as u8 {
            assert_eq!(code(uploads.begin(id(n), promise(1, 1), &room())), None);
        }
        assert_eq!(code(uploads.begin(id(99), promise(1, 1), &room())), Some(Code::Full));
        assert_eq!(code(uploads.begin(id(99), promise(2, 1), &room())), None);
    }

    #[test]
    fn one_request_at_a_time_works_on_an_upload_and_others_do_not_see_it() {
        let uploads = Arc::new(Uploads::default());
        let busy = uploads.begin(id(1), promise(1, 5), &room()).unwrap();
        assert!(uploads.hold(id(1)).is_none());
        drop(busy);
        assert!(uploads.hold(id(1)).is_some());
        assert!(uploads.of(AppId::HOME, UserHandle(1), id(1)).is_some());
        assert!(uploads.of(AppId::HOME, UserHandle(2), id(1)).is_none());
        assert!(uploads.of(AppId(2), UserHandle(1), id(1)).is_none());
        assert_eq!(uploads.expired(Timestamp(1_000 + KEPT_MS)), []);
        assert_eq!(uploads.expired(Timestamp(1_001 + KEPT_MS)), [id(1)]);
    }

    #[test]
    fn a_start_goes_on_with_what_is_whole_and_not_too_old() {
        let (good, now) = (promise(1, 5), Timestamp(2_000));
        assert_eq!(left(&good, true, false, now), Left::Takes);
        assert_eq!(left(&good, false, true, now), Left::Takes);
        assert_eq!(left(&good, false, false, now), Left::Goes);
        assert_eq!(left(&good, true, false, Timestamp(1_001 + KEPT_MS)), Left::Goes);
        let newer = Promise { version: 2, ..good.clone() };
        assert_eq!(left(&newer, true, false, now), Left::Goes);
        let whole = Promise { whole: true, ..good };
        assert_eq!(left(&whole, true, true, now), Left::Goes, "who sent it has no answer and sends it again");
    }
}
