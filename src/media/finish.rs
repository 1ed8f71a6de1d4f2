//! From the last byte to the row: an upload becomes a file. Every step can be done again, so a crash or a refusal in between costs
//! nothing but asking again.

use super::inspect::{self, Inside, Whole};
use super::kind::Kind;
use super::uploads::{Busy, Promise};
use super::{Media, fault};
use crate::auth;
use crate::model::{Code, MediaInfo, Name, Refusal, SystemCommand};
use crate::store::records::MediaRow;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long an upload waits for a place to be looked into, and then for the look. Without it there are no dimensions, no duration
/// and no small picture.
const INSPECT_WAIT: Duration = Duration::from_secs(10);

impl Media {
    /// Makes a complete upload a file. It goes on when the uploader hangs up.
    pub(super) async fn finish(&self, busy: Arc<Busy>, promise: Arc<Promise>) -> Result<MediaInfo, Refusal> {
        let (sender, finished) = oneshot::channel();
        let media = self.clone();
        self.0.tasks.spawn("upload", async move {
            let finished = media.finish_now(&busy, &promise).await;
            // Free before the uploader is told, so that it can go on at once.
            drop(busy);
            drop(sender.send(finished));
        });
        finished.await.unwrap_or_else(|_| {
            let words = "The server is stopping; ask for the upload again when it is back.";
            Err(Refusal::new(Code::Unavailable, words).retry_after_ms(1_000))
        })
    }

    async fn finish_now(&self, busy: &Busy, promise: &Promise) -> Result<MediaInfo, Refusal> {
        let media = busy.media;
        let whole = self.on_disk(move |files| inspect::whole(files, media)).await?;
        if whole.bytes != promise.bytes {
            let words = format!("an upload has {} bytes and should have {}", whole.bytes, promise.bytes);
            return Err(fault(&io::Error::other(words)));
        }
        let inside = self.look_inside(media, &whole).await?;
        let info = MediaInfo {
            media,
            name: Name::new(&promise.name).map_err(|error| Refusal::new(Code::Invalid, error.0))?,
            content_type: inside.content_type(whole.kind).to_owned(),
            bytes: whole.bytes,
            width: inside.width,
            height: inside.height,
            duration_ms: inside.duration_ms,
            thumbnail: inside.thumbnail.is_some(),
            created: self.0.engine.clock().now(),
        };
        self.on_disk(move |files| {
            if let Some(thumbnail) = inside.thumbnail {
                files.keep_thumbnail(media, &thumbnail)?;
            }
            files.keep(media)
        })
        .await?;
        let command = SystemCommand::AddMedia { app: promise.app, owner: promise.user, info, sha256: whole.sha256 };
        if let Err(refusal) = self.0.engine.execute(auth::server(), None, command.into()).await {
            // A refusal that can pass leaves the upload as it is; one that will not takes it away.
            if !can_pass(refusal.code) {
                self.abandon(busy).await?;
            }
            return Err(refusal);
        }
        let Some(row) = self.row::<MediaRow>(&media)? else {
            return Err(fault(&io::Error::other("a file was added and has no row")));
        };
        // The row stands; what is left of the upload would go at the next start as well.
        if self.on_disk(move |files| files.abandon(media)).await.is_ok() {
            self.0.uploads.end(busy);
        }
        Ok(row.info.clone())
    }

    /// Looks into a picture or a recording, when there is a place for that in time.
    async fn look_inside(&self, media: crate::model::MediaId, whole: &Whole) -> Result<Inside, Refusal> {
        if matches!(whole.kind, Kind::StillPicture(_) | Kind::Other) {
            return Ok(Inside::default());
        }
        let place = tokio::time::timeout(INSPECT_WAIT, Arc::clone(&self.0.inspected).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            tracing::warn!("a picture or recording was not looked into: all places were taken");
            return Ok(Inside::default());
        };
        let file = self.on_disk(move |files| files.complete(media)).await?;
        let whole = whole.clone();
        let looking = tokio::task::spawn_blocking(move || {
            // Held to the end even when nobody waits for it any more.
            let _place = place;
            inspect::inside(file, &whole)
        });
        Ok(match tokio::time::timeout(INSPECT_WAIT, looking).await {
            Ok(Ok(inside)) => inside,
            Ok(Err(error)) => {
                tracing::error!(%error, "a decoder panicked over an upload; the file is kept, and only saved, never shown");
                Inside { pretends: true, ..Inside::default() }
            }
            Err(_) => {
                tracing::warn!("a picture or recording took too long to look into");
                Inside::default()
            }
        })
    }
}

/// Whether asking again can help.
const fn can_pass(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::Overloaded | Code::ReadOnly | Code::RateLimited)
}
