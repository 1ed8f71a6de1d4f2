//! What a complete upload is: its hash, its type, and what can be found out about it.

use super::files::Files;
use super::kind::{HEAD_BYTES, Kind, OTHER};
use super::{picture, sound};
use crate::model::MediaId;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// The first look: every byte is read once.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    /// How many bytes there are.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// What they are.
    pub kind: Kind,
}

/// The second look, at what the container says.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside {
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub thumbnail: Option<Vec<u8>>,
    /// There are no pictures in this film.
    pub only_sound: bool,
    /// It only looked like what its first bytes promise.
    pub pretends: bool,
}

impl Inside {
    /// What the file is served as.
    pub fn content_type(&self, kind: Kind) -> &'static str {
        match kind.content_type() {
            _ if self.pretends => OTHER,
            "video/webm" if self.only_sound => "audio/webm",
            "video/mp4" if self.only_sound => "audio/mp4",
            name => name,
        }
    }
}

/// Reads all of an upload, from its part or, when that has its name already, from there.
pub(super) fn whole(files: &Files, media: MediaId) -> io::Result<Whole> {
    let mut file = files.complete(media)?;
    let (mut hash, mut head, mut bytes) = (Sha256::new(), Vec::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        let wanted = HEAD_BYTES.saturating_sub(head.len()).min(read);
        head.extend_from_slice(&chunk[..wanted]);
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
    Ok(Whole { bytes, sha256: hash.finalize().into(), kind: Kind::of(&head) })
}

/// Looks into a picture or a recording. May take long and may panic: callers do it a few at a time, on a thread that may.
pub(super) fn inside(mut file: File, whole: &Whole) -> Inside {
    if file.rewind().is_err() {
        return Inside::default();
    }
    match whole.kind {
        Kind::Picture(..) if whole.bytes > picture::FILE_BYTES_MAX => Inside::default(),
        Kind::Picture(format, _) => match picture::read(file, format) {
            Some(found) => Inside {
                width: Some(found.width),
                height: Some(found.height),
                thumbnail: found.thumbnail,
                ..Inside::default()
            },
            None => Inside { pretends: true, ..Inside::default() },
        },
        Kind::Timed(name) => {
            let found = sound::read(file, whole.bytes, name);
            Inside { duration_ms: found.duration_ms, only_sound: found.only_sound, ..Inside::default() }
        }
        Kind::StillPicture(_) | Kind::Other => Inside::default(),
    }
}
