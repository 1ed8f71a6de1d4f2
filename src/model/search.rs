//! Searching: what is asked for, and what is found.

use super::{ConversationId, Entry, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Messages that somebody looks for, in the conversations they belong or belonged to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Search {
    /// Words, all of which must be there; several in quotation marks stand next to each other. `from:`, `in:`, `before:`,
    /// `after:` and `has:` in it mean the same as the fields below. At most [`super::limits::SEARCH_BYTES_MAX`].
    #[serde(default)]
    pub q: String,
    /// In this conversation alone.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// By this author.
    #[serde(default)]
    pub from: Option<UserId>,
    /// Accepted before this time.
    #[serde(default)]
    pub before: Option<Timestamp>,
    /// Accepted at this time or later.
    #[serde(default)]
    pub after: Option<Timestamp>,
    /// With this in it.
    #[serde(default)]
    pub has: Option<Has>,
    /// Goes on where an answer with this `next` ended.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many at most (1–50).
    pub limit: u32,
}

/// What a message can have in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    /// A picture.
    Image,
    /// A file.
    File,
    /// A voice message.
    Voice,
    /// A video.
    Video,
    /// The address of a page (`http://` or `https://`).
    Link,
}

impl Has {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Image, Self::File, Self::Voice, Self::Video, Self::Link];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Link => "link",
        }
    }
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hit {
    /// Where it is.
    pub conversation: ConversationId,
    /// The message as it is now.
    pub entry: Entry,
    /// Where the words are in it, in order, at most [`super::limits::HIGHLIGHTS_MAX`].
    pub highlights: Vec<Highlight>,
}

/// A part of a message that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Highlight {
    /// In which of its texts.
    pub part: Part,
    /// Its first character. Characters are Unicode scalar values (code points), counted from 0.
    pub start: u32,
    /// The character after its last one.
    pub end: u32,
}

/// A text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The words of a text.
    Text,
    /// The caption of a picture, file or video.
    Caption,
    /// The name of a file.
    FileName,
}
