//! Files: their rows, what refers to them, and when they are forgotten.
//!
//! A file is referred to by entries that show it and by users and groups whose picture it is. [`attach`] and [`detach`] are called
//! by whoever writes or takes away such an entry, in the same command; [`change_picture`] by whoever changes a picture. So
//! `references` is exact at every commit, and `unused_since` says from when nothing needs the file.

pub(super) mod add;
pub(super) mod forget;

use super::Stop;
use super::caller::Caller;
use super::refuse::refuse;
use crate::model::{Attach, Attachment, Code, ConversationId, MediaId, MediaKind, Seq, Timestamp};
use crate::store::records::{GalleryRow, MediaRefRow, MediaRow};
use crate::store::{Fault, Read, Tables};

/// A file that nothing refers to is kept this long: a day.
const UNUSED_MS: u64 = 24 * 3_600 * 1_000;

/// What a message shows of a file that its sender uploaded.
pub(super) fn attachment(state: &impl Read, caller: &Caller<'_>, attach: &Attach) -> Result<Attachment, Stop> {
    let Attach { kind, media, caption } = attach;
    let row = state.get::<MediaRow>(media)?;
    let own = row.filter(|row| row.owner == caller.handle() && row.app == caller.actor.app);
    let Some(row) = own else { return no_such_upload(*media) };
    let begins = match kind {
        MediaKind::Image => Some("image/"),
        MediaKind::Voice => Some("audio/"),
        MediaKind::Video => Some("video/"),
        MediaKind::File => None,
    };
    if let Some(begins) = begins.filter(|begins| !row.info.content_type.starts_with(begins)) {
        let is = &row.info.content_type;
        let words =
            format!("The file {media} is `{is}` by its content, and not `{begins}…`; send it with the kind `file`.");
        return refuse(Code::Invalid, words);
    }
    Ok(Attachment { kind: *kind, info: row.info.clone(), caption: caption.clone() })
}

/// Refuses as somebody's picture what is not a picture that the caller uploaded.
pub(super) fn check_picture(state: &impl Read, caller: &Caller<'_>, media: MediaId) -> Result<(), Stop> {
    let row = state.get::<MediaRow>(&media)?;
    let own = row.filter(|row| row.owner == caller.handle() && row.app == caller.actor.app);
    let Some(row) = own else { return no_such_upload(media) };
    if !row.info.content_type.starts_with("image/") {
        return refuse(
            Code::Invalid,
            format!("The file {media} is no picture by its content; upload a PNG, JPEG, GIF or WebP."),
        );
    }
    Ok(())
}

fn no_such_upload<T>(media: MediaId) -> Result<T, Stop> {
    refuse(
        Code::NotFound,
        format!("You have uploaded no file {media}; upload it first, or forward the message that has it."),
    )
}

/// An entry shows a file from now on.
pub(super) fn attach(
    tables: &mut Tables<'_>,
    shown: (ConversationId, Seq),
    attachment: &Attachment,
) -> Result<(), Fault> {
    let media = attachment.info.media;
    let Some(row) = tables.get::<MediaRow>(&media)? else { return Ok(()) };
    let row = MediaRow { references: row.references + 1, unused_since: None, ..(*row).clone() };
    tables.put(&media, row)?;
    tables.put(&(media, shown.0, shown.1), MediaRefRow {})?;
    tables.put(&shown, GalleryRow { kind: attachment.kind, media })
}

/// An entry that showed a file does not any more. Nothing happens when it did not.
pub(super) fn detach(tables: &mut Tables<'_>, shown: (ConversationId, Seq), at: Timestamp) -> Result<(), Fault> {
    let Some(gallery) = tables.get::<GalleryRow>(&shown)? else { return Ok(()) };
    tables.remove::<GalleryRow>(&shown)?;
    tables.remove::<MediaRefRow>(&(gallery.media, shown.0, shown.1))?;
    let Some(row) = tables.get::<MediaRow>(&gallery.media)? else { return Ok(()) };
    let row = released((*row).clone(), at);
    tables.put(&gallery.media, row)
}

/// A user or group has another picture than before.
pub(super) fn change_picture(
    tables: &mut Tables<'_>,
    before: Option<MediaId>,
    after: Option<MediaId>,
    at: Timestamp,
) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    if let Some(media) = before
        && let Some(row) = tables.get::<MediaRow>(&media)?
    {
        let row = MediaRow { avatars: row.avatars.saturating_sub(1), ..released((*row).clone(), at) };
        tables.put(&media, row)?;
    }
    if let Some(media) = after
        && let Some(row) = tables.get::<MediaRow>(&media)?
    {
        let (references, avatars) = (row.references + 1, row.avatars + 1);
        tables.put(&media, MediaRow { references, avatars, unused_since: None, ..(*row).clone() })?;
    }
    Ok(())
}

/// The row of a file with one reference less.
fn released(row: MediaRow, at: Timestamp) -> MediaRow {
    let references = row.references.saturating_sub(1);
    MediaRow { references, unused_since: (references == 0).then_some(at), ..row }
}
