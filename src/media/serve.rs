//! Reading a file: who may, and its bytes a piece at a time.

use super::link::{Link, Links};
use super::{Media, Variant, unreadable};
use crate::auth;
use crate::model::{Answer, Code, MediaId, MediaInfo, Query, Refusal, SessionId, UserActor};
use crate::store::Read;
use crate::store::records::SessionRow;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes read, and sent, at a time.
const CHUNK_BYTES: u64 = 64 * 1024;

/// A file that somebody may read.
pub struct Served {
    /// What is known of the media.
    pub info: MediaInfo,
    /// Which file of it.
    pub variant: Variant,
    /// What it is served as.
    pub content_type: String,
    /// How many bytes it has.
    pub bytes: u64,
    file: Arc<File>,
}

impl Media {
    /// What is known of a media, for those who may see it; for all others it is not there.
    pub async fn info(&self, actor: &UserActor, media: MediaId) -> Result<MediaInfo, Refusal> {
        match self.0.engine.query(actor.clone(), Query::Media { media }).await? {
            Answer::Media { media } => Ok(*media),
            other => {
                tracing::error!(?other, "a query for a file gave something else");
                Err(Refusal::new(Code::Unavailable, "The file could not be looked up; try again."))
            }
        }
    }

    /// All bytes of a file, for the server itself, which has seen to who gets them; with its content type where that is another than
    /// the file's own. None when it is not there, or larger than `bytes_max`. Blocks.
    pub fn whole(&self, media: MediaId, variant: Variant, bytes_max: u64) -> Option<(Vec<u8>, Option<&'static str>)> {
        let (file, bytes) = self.0.files.read(media, variant).ok().flatten()?;
        if bytes > bytes_max {
            return None;
        }
        let mut whole = vec![0; bytes as usize];
        file.read_exact_at(&mut whole, 0).ok()?;
        let content_type = match variant {
            Variant::Original => None,
            Variant::Thumbnail if whole.starts_with(&[0xff, 0xd8]) => Some("image/jpeg"),
            Variant::Thumbnail => Some("image/webp"),
        };
        Some((whole, content_type))
    }

    /// Opens a file for somebody who may see it.
    pub async fn read(&self, actor: &UserActor, media: MediaId, variant: Variant) -> Result<Served, Refusal> {
        let info = self.info(actor, media).await?;
        if variant == Variant::Thumbnail && !info.thumbnail {
            return Err(Refusal::new(Code::NotFound, "This file has no thumbnail; ask for its content."));
        }
        let opened = self
            .on_disk(move |files| {
                let Some((file, bytes)) = files.read(media, variant)? else { return Ok(None) };
                let mut head = [0; 2];
                let jpeg = file.read_at(&mut head, 0)? == 2 && head == [0xff, 0xd8];
                Ok(Some((file, bytes, jpeg)))
            })
            .await?;
        let Some((file, bytes, jpeg)) = opened else {
            // Forgotten between the two, or somebody removed it from the folder.
            tracing::warn!(%media, "the file of a media is not in its place");
            return Err(no_such_file());
        };
        let content_type = match variant {
            Variant::Original => info.content_type.clone(),
            Variant::Thumbnail if jpeg => "image/jpeg".to_owned(),
            Variant::Thumbnail => "image/webp".to_owned(),
        };
        Ok(Served { info, variant, content_type, bytes, file: Arc::new(file) })
    }

    /// A link that works without a header for ten minutes, for somebody who may see the media: its path with its query, and when
    /// it ends in seconds since 1970.
    pub async fn link(&self, actor: &UserActor, media: MediaId, variant: Variant) -> Result<(String, u64), Refusal> {
        let info = self.info(actor, media).await?;
        if variant == Variant::Thumbnail && !info.thumbnail {
            return Err(Refusal::new(Code::NotFound, "This file has no thumbnail; ask for a link to its content."));
        }
        let expires_s = Links::end(self.0.engine.clock().now());
        let link = Link { media, variant, session: actor.session, expires_s };
        Ok((self.0.links.url(&link), expires_s))
    }

    /// Opens a file for whoever has a link that holds. The one it was given to must still be able to see the file.
    pub async fn read_by_link(&self, link: &Link, signature: &str) -> Result<Served, Refusal> {
        if !self.0.links.holds(link, signature, self.0.engine.clock().now()) {
            return Err(no_such_link());
        }
        let Some(actor) = self.actor(link.session)? else { return Err(no_such_link()) };
        self.read(&actor, link.media, link.variant).await.map_err(|refusal| match refusal.code {
            Code::Unavailable | Code::Overloaded => refusal,
            _ => no_such_link(),
        })
    }

    /// The user of a session that is there; whether they may act is decided with what they ask.
    fn actor(&self, session: SessionId) -> Result<Option<UserActor>, Refusal> {
        let row = self.0.engine.view().get::<SessionRow>(&session).map_err(|fault| unreadable(&fault))?;
        Ok(row.map(|row| auth::session_actor(row.app, row.user, row.id.clone(), session)))
    }
}

impl Served {
    /// The bytes with `from` ≤ place < `to`, a piece at a time: the next is read when the last was sent.
    pub fn bytes(&self, from: u64, to: u64) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let file = Arc::clone(&self.file);
        stream::try_unfold((file, from), move |(file, at)| async move {
            let wanted = to.saturating_sub(at).min(CHUNK_BYTES);
            if wanted == 0 {
                return Ok(None);
            }
            let reading = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; wanted as usize];
                file.read_exact_at(&mut piece, at)?;
                Ok((Bytes::from(piece), file))
            });
            let (piece, file) = reading.await.unwrap_or_else(|error| Err(io::Error::other(error)))?;
            Ok(Some((piece, (file, at + wanted))))
        })
    }
}

fn no_such_file() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such file, or you may not see it.")
}

fn no_such_link() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such file, or the link has ended; ask for a new link.")
}
