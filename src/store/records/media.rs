//! Rows of files: each file, where it is shown, and how much users have uploaded.

use crate::model::{AppId, MediaId, MediaInfo, Timestamp, UserHandle};
use serde::{Deserialize, Serialize};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRow {
    /// Its app.
    pub app: AppId,
    /// Who uploaded it.
    pub owner: UserHandle,
    /// What it is.
    pub info: MediaInfo,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
    /// How many things (entries, users' and groups' pictures) refer to it.
    pub references: u64,
    /// Since when nothing refers to it; its upload counts.
    pub unused_since: Option<Timestamp>,
    /// It is or was somebody's or some group's picture: whoever is of the app may see it while `avatars` is above 0.
    pub avatars: u32,
}

/// That an entry shows a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRefRow {}

/// That an entry shows a file, for the gallery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryRow {
    /// How it is shown.
    pub kind: crate::model::MediaKind,
    /// Which file.
    pub media: MediaId,
}

/// How much a user has uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaTotalRow {
    /// All files together.
    pub bytes: u64,
    /// How many.
    pub files: u64,
}
