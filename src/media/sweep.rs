//! What goes by itself: uploads without an end, files that nothing has referred to for a day, files without a row.
//!
//! A file is removed after the commit that forgets it, never before: a crash in between leaves a file without a row, which the next
//! start removes. A new file lies in its place before its row is committed, and all that time it is among the uploads; so a file
//! that is not among the uploads, and after that look has no row, belongs to nobody.

use super::files::{Incoming, remove};
use super::uploads::{Left, Promise, left};
use super::{Media, blocking};
use crate::auth;
use crate::model::limits::MEDIA_PER_COMMAND_MAX;
use crate::model::{MediaId, SystemCommand};
use crate::shutdown::Shutdown;
use crate::store::Read;
use crate::store::records::MediaRow;
use std::collections::BTreeSet;
use std::io;

/// Rows looked at in one step.
const PAGE_ROWS: usize = 256;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that expired.
    pub uploads: u64,
    /// Files that were forgotten.
    pub forgotten: u64,
    /// Files that had no row.
    pub strays: u64,
}

impl Media {
    /// Tidies up until `shutdown`: once from the ground up, then again and again.
    pub async fn keep_tidy(self, shutdown: Shutdown) {
        let strays = self.remove_strays(&shutdown).await;
        if strays > 0 {
            tracing::info!(strays, "files without a row were removed");
        }
        while !shutdown.is_triggered() {
            let swept = self.sweep().await;
            if swept != Swept::default() {
                tracing::info!(uploads = swept.uploads, files = swept.forgotten, "media that nobody needs was removed");
            }
            tokio::select! {
                () = tokio::time::sleep(self.0.options.sweep_every) => {}
                () = shutdown.wait() => {}
            }
        }
    }

    /// Removes uploads that have expired and files that nothing has referred to for a day.
    pub async fn sweep(&self) -> Swept {
        let mut swept = Swept::default();
        for id in self.0.uploads.expired(self.0.engine.clock().now()) {
            if let Some(busy) = self.0.uploads.hold(id)
                && self.abandon(&busy).await.is_ok()
            {
                swept.uploads += 1;
            }
        }
        let mut after = None;
        while let Some((unused, last)) = self.unused(after) {
            for media in unused.chunks(MEDIA_PER_COMMAND_MAX) {
                swept.forgotten += self.forget(media.to_vec()).await;
            }
            after = Some(last);
            tokio::task::yield_now().await;
        }
        swept
    }

    /// The next page of rows: those among them that nothing refers to, and the last one looked at.
    fn unused(&self, after: Option<MediaId>) -> Option<(Vec<MediaId>, MediaId)> {
        let from = match after {
            None => MediaId([0; 16]),
            Some(after) => MediaId(u128::from_be_bytes(after.0).checked_add(1)?.to_be_bytes()),
        };
        let rows = self.0.engine.view().range::<MediaRow>(&from, &MediaId([0xff; 16]), PAGE_ROWS);
        let rows = rows.inspect_err(|fault| tracing::error!(%fault, "the rows of files could not be read")).ok()?;
        let (last, _) = rows.last()?;
        let last = *last;
        Some((rows.iter().filter(|(_, row)| row.unused_since.is_some()).map(|(media, _)| *media).collect(), last))
    }

    /// Has files forgotten, and removes those that were. Whether they are old enough the ledger decides.
    async fn forget(&self, media: Vec<MediaId>) -> u64 {
        let command = SystemCommand::ForgetMedia { media: media.clone() };
        if let Err(refusal) = self.0.engine.execute(auth::server(), None, command.into()).await {
            tracing::warn!(%refusal, "files that nobody needs could not be forgotten; the next sweep tries again");
            return 0;
        }
        let view = self.0.engine.view();
        let gone: Vec<MediaId> =
            media.into_iter().filter(|media| matches!(view.get::<MediaRow>(media), Ok(None))).collect();
        drop(view);
        let count = gone.len() as u64;
        // What cannot be removed now is a file without a row, and goes at the next start.
        drop(self.on_disk(move |files| gone.iter().try_for_each(|media| files.remove(*media))).await);
        count
    }

    /// Removes files that belong to nobody.
    async fn remove_strays(&self, shutdown: &Shutdown) -> u64 {
        let (media, shutdown) = (self.clone(), shutdown.clone());
        blocking(move || media.remove_strays_now(&shutdown)).await.unwrap_or(0)
    }

    fn remove_strays_now(&self, shutdown: &Shutdown) -> io::Result<u64> {
        let mut strays = 0;
        self.0.files.walk(|path, media| {
            let wanted = media.is_some_and(|media| {
                // In this order: see the head of this file. What cannot be read is kept.
                self.0.uploads.has(media) || !matches!(self.0.engine.view().get::<MediaRow>(&media), Ok(None))
            });
            if !wanted && remove(path).is_ok() {
                strays += 1;
            }
            !shutdown.is_triggered()
        })?;
        Ok(strays)
    }

    /// At start, before anybody can upload: goes on with what was interrupted, removes what cannot be gone on with.
    pub(super) fn take_up(&self) -> io::Result<()> {
        let files = &self.0.files;
        let (mut parts, mut promised) = (BTreeSet::new(), BTreeSet::new());
        for (path, kind) in files.incoming()? {
            match kind {
                Incoming::Part(media) => drop(parts.insert(media)),
                Incoming::State(media) => drop(promised.insert(media)),
                Incoming::Other => remove(&path)?,
            }
        }
        for media in parts.union(&promised) {
            let promise = files.promised(*media).ok().and_then(|bytes| serde_json::from_slice::<Promise>(&bytes).ok());
            let Some(promise) = promise else {
                files.abandon(*media)?;
                continue;
            };
            if !matches!(self.0.engine.view().get::<MediaRow>(media), Ok(None)) {
                // It has its row; only the end of the upload was not noted.
                files.abandon(*media)?;
                continue;
            }
            let here = files.part_bytes(*media)?;
            match left(&promise, here.is_some(), files.has(*media), self.0.engine.clock().now()) {
                Left::Takes => {
                    let offset = here.unwrap_or(promise.bytes).min(promise.bytes);
                    self.0.uploads.restore(*media, promise, offset);
                }
                Left::Goes => {
                    files.remove(*media)?;
                    files.abandon(*media)?;
                }
            }
        }
        Ok(())
    }
}
