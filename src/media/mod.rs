//! Media: the files that messages and pictures of users and groups name. They lie beside the database; the ledger's rows say whose
//! they are and what refers to them.
//!
//! It promises: an upload is whole and on disk before its row is committed, and what was acknowledged of it survives a restart; a
//! type is what the bytes say, never what the uploader says; only formats that cannot carry programs are shown in place; whether
//! somebody may read a file is decided by the ledger on the newest state, each time; nothing of a size that a stranger chooses is
//! kept in memory; a file without a row, and an upload without an end, go by themselves.
//!
//! In reading order: this file (the door), `files` (the folder), `uploads` (what is on its way), `finish` (from the last byte to
//! the row), `inspect`, `kind`, `picture` and `sound` (what a file is), `name`, `link` (signed links), `serve` (reading), `sweep`
//! (what goes by itself).

mod files;
mod finish;
mod inspect;
mod kind;
mod link;
mod name;
mod picture;
mod serve;
mod sound;
mod sweep;
mod uploads;

pub use files::Variant;
pub use kind::is_inline;
pub use link::{Link, SECONDS_MAX as LINK_SECONDS_MAX};
pub use name::disposition;
pub use picture::shown as shown_picture;
pub use serve::Served;
pub use sweep::Swept;
pub use uploads::OPEN_PER_USER_MAX;

use crate::engine::Engine;
use crate::model::{Code, Key, MediaId, MediaInfo, Refusal, Timestamp, UserActor};
use crate::shutdown::Tasks;
use crate::store::records::{AppRow, MediaRow, MediaTotalRow, Record};
use crate::store::{Fault, Read};
use bytes::Bytes;
use files::Files;
use link::Links;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uploads::{Busy, Open, Promise, Room, Uploads};

/// Pictures and recordings that are looked into at the same time.
const INSPECTED_MAX: usize = 2;

/// What media is told at start.
#[derive(Clone, Copy, Debug)]
pub struct MediaOptions {
    /// Bytes that stay free on the disk.
    pub reserve_bytes: u64,
    /// How often what nobody needs is looked for.
    pub sweep_every: Duration,
    /// A body that stands still for this long is not waited for.
    pub body_idle: Duration,
}

impl Default for MediaOptions {
    fn default() -> Self {
        Self {
            reserve_bytes: 1024 * 1024 * 1024,
            sweep_every: Duration::from_mins(10),
            body_idle: Duration::from_secs(30),
        }
    }
}

/// A new upload as it is announced.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// The name of the file, as the uploader has it.
    pub name: String,
    /// How many bytes it will have.
    pub bytes: u64,
    /// It comes in one request, and is given up when that breaks off.
    pub whole: bool,
    /// The uploader's idempotency key: the same again is the same upload.
    pub key: Option<Key>,
}

/// What beginning an upload gave.
pub enum Begun {
    /// A new one, for its bytes.
    New(Writing),
    /// The one that the same key began before. One that had to come whole is complete.
    Known(Upload),
}

/// An upload as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id, and that of the file when it is complete.
    pub id: MediaId,
    /// How many bytes it will have.
    pub bytes: u64,
    /// How many are here.
    pub offset: u64,
    /// When it is forgotten unless it is complete.
    pub expires: Option<Timestamp>,
    /// The file, once it is complete.
    pub media: Option<MediaInfo>,
}

/// What media keeps; cheap to clone.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    engine: Engine,
    tasks: Tasks,
    files: Files,
    links: Links,
    uploads: Arc<Uploads>,
    /// Places for looking into pictures and recordings.
    inspected: Arc<Semaphore>,
    options: MediaOptions,
}

impl Media {
    /// Opens the folder of the files in a data folder, and takes up the uploads that a stop interrupted. Blocks.
    pub fn open(engine: Engine, data: &Path, options: MediaOptions, tasks: Tasks) -> io::Result<Self> {
        let media = Self(Arc::new(Inner {
            engine,
            tasks,
            files: Files::open(data)?,
            links: Links::open(data)?,
            uploads: Arc::default(),
            inspected: Arc::new(Semaphore::new(INSPECTED_MAX)),
            options,
        }));
        media.take_up()?;
        Ok(media)
    }

    /// Begins an upload.
    pub async fn begin(&self, owner: &UserActor, new: NewUpload) -> Result<Begun, Refusal> {
        let promise = Promise {
            version: Promise::VERSION,
            app: owner.app,
            user: owner.user,
            name: name::clean(&new.name),
            bytes: new.bytes,
            whole: new.whole,
            created: self.0.engine.clock().now(),
        };
        let media = match &new.key {
            Some(key) => self.0.links.media_of(owner.app, owner.user, key),
            None => draw()?,
        };
        if new.key.is_some()
            && let Some(known) = self.known(owner, media, &promise).await?
        {
            return Ok(Begun::Known(known));
        }
        let room = self.room(owner)?;
        let busy = Arc::new(self.0.uploads.begin(media, promise.clone(), &room)?);
        let state = serde_json::to_vec(&promise).map_err(|error| fault(&io::Error::other(error)))?;
        let mut writing =
            Writing { media: self.clone(), busy, promise: Arc::new(promise), file: None, offset: 0, gives_up: true };
        let file = self.on_disk(move |files| files.begin(media, &state).and_then(|()| files.open_part(media))).await?;
        writing.file = Some(Arc::new(file));
        Ok(Begun::New(writing))
    }

    /// What the same key began before.
    async fn known(&self, owner: &UserActor, media: MediaId, new: &Promise) -> Result<Option<Upload>, Refusal> {
        let same = |name: &str, bytes| {
            if name == new.name && bytes == new.bytes {
                return Ok(());
            }
            let words = "The idempotency key was used before for another file; use a new key for a new file.";
            Err(Refusal::new(Code::IdempotencyConflict, words))
        };
        if let Some(open) = self.0.uploads.of(owner.app, owner.user, media) {
            same(&open.promise.name, open.promise.bytes)?;
            if !open.promise.whole {
                return self.upload(owner, media).map(Some);
            }
            // It broke off, unless it is still on its way; what is left of it makes room for this one.
            if let Some(busy) = self.0.uploads.hold(media) {
                self.abandon(&busy).await?;
            }
            return Ok(None);
        }
        match self.row::<MediaRow>(&media)? {
            Some(row) if row.owner == owner.user => {
                same(row.info.name.as_str(), row.info.bytes)?;
                Ok(Some(complete(row.info.clone())))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// An upload of a user, complete ones included while their file is there.
    pub fn upload(&self, owner: &UserActor, id: MediaId) -> Result<Upload, Refusal> {
        if let Some(Open { promise, offset, .. }) = self.0.uploads.of(owner.app, owner.user, id) {
            return Ok(Upload { id, bytes: promise.bytes, offset, expires: Some(promise.expires()), media: None });
        }
        match self.row::<MediaRow>(&id)? {
            Some(row) if row.owner == owner.user && row.app == owner.app => Ok(complete(row.info.clone())),
            Some(_) | None => Err(no_such_upload()),
        }
    }

    /// Goes on with an upload at `offset`, which must be how far it has come.
    pub async fn go_on(&self, owner: &UserActor, id: MediaId, offset: u64) -> Result<Writing, Refusal> {
        let found = self.0.uploads.of(owner.app, owner.user, id);
        let Some(Open { promise, .. }) = found else {
            let done = self.upload(owner, id)?;
            let words = format!("This upload is complete with its {} bytes; there is nothing to add.", done.bytes);
            return Err(Refusal::new(Code::Conflict, words));
        };
        let Some(busy) = self.0.uploads.hold(id) else {
            let words =
                "Another request is adding to this upload; wait until it ends, ask for the offset and go on there.";
            return Err(Refusal::new(Code::Conflict, words).retry_after_ms(1_000));
        };
        let busy = Arc::new(busy);
        let (found, file) = self
            .on_disk(move |files| match files.part_bytes(id)? {
                Some(bytes) => Ok((Some(bytes), Some(files.open_part(id)?))),
                None => Ok((None, None)),
            })
            .await?;
        // Without a part, all of it is in its place already, and only the row is missing.
        let here = found.unwrap_or(promise.bytes);
        self.0.uploads.note(&busy, here);
        if here != offset {
            let words =
                format!("This upload has come to byte {here}, not {offset}; go on with `Upload-Offset: {here}`.");
            return Err(Refusal::new(Code::Conflict, words));
        }
        let file = file.map(Arc::new);
        Ok(Writing { media: self.clone(), busy, promise, file, offset, gives_up: false })
    }

    /// Gives an upload up.
    pub async fn give_up(&self, owner: &UserActor, id: MediaId) -> Result<(), Refusal> {
        if self.0.uploads.of(owner.app, owner.user, id).is_none() {
            return Err(no_such_upload());
        }
        let Some(busy) = self.0.uploads.hold(id) else {
            let words = "A request is adding to this upload; end it, then delete the upload.";
            return Err(Refusal::new(Code::Conflict, words).retry_after_ms(1_000));
        };
        self.abandon(&busy).await
    }

    /// Removes what there is of an upload; a file that has its row stays.
    async fn abandon(&self, busy: &Busy) -> Result<(), Refusal> {
        let id = busy.media;
        let keeps = self.row::<MediaRow>(&id)?.is_some();
        self.on_disk(move |files| {
            if !keeps {
                files.remove(id)?;
            }
            files.abandon(id)
        })
        .await?;
        self.0.uploads.end(busy);
        Ok(())
    }

    /// What media was told at start.
    pub fn options(&self) -> &MediaOptions {
        &self.0.options
    }

    /// How many uploads are on their way.
    pub fn uploads(&self) -> usize {
        self.0.uploads.len()
    }

    fn room(&self, owner: &UserActor) -> Result<Room, Refusal> {
        let Some(app) = self.row::<AppRow>(&owner.app)? else {
            return Err(Refusal::new(Code::NotFound, "Your app is not there any more; ask its operator."));
        };
        let used = self.row::<MediaTotalRow>(&owner.user)?.map_or_else(MediaTotalRow::default, |total| *total);
        Ok(Room {
            file_bytes_max: app.settings.media_bytes_max,
            quota_bytes: app.settings.media_quota_bytes,
            used,
            free_bytes: self.0.files.free_bytes().map_err(|error| fault(&error))?,
            reserve_bytes: self.0.options.reserve_bytes,
        })
    }

    /// One row of the newest state.
    fn row<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>, Refusal> {
        self.0.engine.view().get::<R>(key).map_err(|fault| unreadable(&fault))
    }

    /// Does something with the files on a thread that may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let files = self.0.files.clone();
        blocking(move || work(&files)).await
    }
}

/// Bytes on their way into an upload. Dropped before [`Writing::end`] or [`Writing::pause`], an upload that was begun with it is
/// given up, and one that it went on with stays as far as it has come.
pub struct Writing {
    media: Media,
    /// Shared with what still writes, so that nobody else begins to before that has ended.
    busy: Arc<Busy>,
    promise: Arc<Promise>,
    /// None when all bytes are in their place already.
    file: Option<Arc<File>>,
    offset: u64,
    gives_up: bool,
}

impl Writing {
    /// The id of the upload.
    pub fn id(&self) -> MediaId {
        self.busy.media
    }

    /// How many bytes are missing.
    pub fn missing(&self) -> u64 {
        self.promise.bytes.saturating_sub(self.offset)
    }

    /// Writes the next bytes.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        let bytes = chunk.len() as u64;
        if bytes > self.missing() {
            let words = format!("The upload was announced with {} bytes, and more came.", self.promise.bytes);
            return Err(Refusal::new(Code::TooLarge, words));
        }
        let Some(file) = self.file.clone() else { return Ok(()) };
        let (busy, offset) = (Arc::clone(&self.busy), self.offset);
        blocking(move || {
            let written = file.write_all_at(&chunk, offset);
            drop(busy);
            written
        })
        .await?;
        self.offset += bytes;
        self.media.0.uploads.note(&self.busy, self.offset);
        Ok(())
    }

    /// Makes what has come durable. The upload can be gone on with; a complete one has its file.
    pub async fn end(mut self) -> Result<Upload, Refusal> {
        self.sync().await?;
        self.gives_up = false;
        if self.missing() > 0 {
            return Ok(self.state());
        }
        self.media.finish(Arc::clone(&self.busy), Arc::clone(&self.promise)).await.map(complete)
    }

    /// The same for an upload that has to come whole: it is given up when it did not.
    pub async fn end_whole(mut self) -> Result<MediaInfo, Refusal> {
        if self.missing() > 0 {
            let words = format!("{} bytes were announced, and {} came.", self.promise.bytes, self.offset);
            return Err(Refusal::new(Code::Invalid, words));
        }
        self.sync().await?;
        // From here on it is gone on with or given up by `finish`, and otherwise expires.
        self.gives_up = false;
        self.media.finish(Arc::clone(&self.busy), Arc::clone(&self.promise)).await
    }

    async fn sync(&mut self) -> Result<(), Refusal> {
        let (file, busy) = (self.file.clone(), Arc::clone(&self.busy));
        blocking(move || {
            let synced = file.map_or(Ok(()), |file| file.sync_data());
            drop(busy);
            synced
        })
        .await
    }

    fn state(&self) -> Upload {
        let expires = Some(self.promise.expires());
        Upload { id: self.id(), bytes: self.promise.bytes, offset: self.offset, expires, media: None }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.gives_up {
            let (media, busy) = (self.media.clone(), Arc::clone(&self.busy));
            // What cannot be removed now goes at the next start, or when it expires.
            self.media.0.tasks.spawn("upload given up", async move { drop(media.abandon(&busy).await) });
        }
    }
}

fn complete(media: MediaInfo) -> Upload {
    Upload { id: media.media, bytes: media.bytes, offset: media.bytes, expires: None, media: Some(media) }
}

/// A new id.
fn draw() -> Result<MediaId, Refusal> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| fault(&io::Error::other(error)))?;
    Ok(MediaId(id))
}

/// Runs on a thread that may block; a panic there is a fault like another.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| fault(&error))
}

/// The refusal of a disk that failed.
fn fault(error: &io::Error) -> Refusal {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        tracing::warn!("a file could not be written: the disk is full");
        let words = "The server's disk is full; try again later, and tell the operator if it stays so.";
        return Refusal::new(Code::ReadOnly, words).retry_after_ms(60_000);
    }
    tracing::error!(%error, "a file could not be read or written");
    let words = "The server could not read or write the file; try again, and tell the operator if it stays so.";
    Refusal::new(Code::Unavailable, words).retry_after_ms(1_000)
}

/// The refusal of a store that failed.
fn unreadable(fault: &Fault) -> Refusal {
    tracing::error!(%fault, "a read failed");
    let words = "The storage could not be read; try again, and tell the operator if it stays so.";
    Refusal::new(Code::Unavailable, words).retry_after_ms(1_000)
}

fn no_such_upload() -> Refusal {
    Refusal::new(Code::NotFound, "You have no such upload; it may have expired after a day. Begin a new one.")
}
