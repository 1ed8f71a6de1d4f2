//! Media: files that messages and pictures of users and groups name.

use super::{MediaId, Name, Text, Timestamp};
use serde::{Deserialize, Serialize};

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MediaInfo {
    /// Its id.
    pub media: MediaId,
    /// The name it was uploaded under, without any folder.
    pub name: Name,
    /// What it is by its content, for example `image/png`.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// Width in pixels, of pictures that were understood.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// How long a sound lasts.
    pub duration_ms: Option<u64>,
    /// Whether there is a thumbnail.
    pub thumbnail: bool,
    /// When it was uploaded.
    pub created: Timestamp,
}

/// What shows a file in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Any file.
    File,
    /// A voice message.
    Voice,
    /// A film.
    Video,
}

/// A file that somebody wants to send. Only who uploaded it can; others forward the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attach {
    /// How it is shown. An image must be a picture, voice a sound, video a film by its content.
    pub kind: MediaKind,
    /// The uploaded file.
    pub media: MediaId,
    /// Words beside it; may be empty.
    #[serde(default)]
    pub caption: Text,
}

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attachment {
    /// How it is shown.
    pub kind: MediaKind,
    /// The file.
    pub info: MediaInfo,
    /// Words beside it.
    pub caption: Text,
}
