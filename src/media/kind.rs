//! What a file is, by its first bytes. What the uploader said it is counts for nothing.

/// How many first bytes are looked at.
pub const HEAD_BYTES: usize = 8 * 1024;
/// What everything is served as that is not shown in place.
pub const OTHER: &str = "application/octet-stream";

/// The types that are shown in place, and for pictures the decoder. Everything else (SVG, HTML, XML, PDF, office …) can carry
/// programs or forms and is only ever saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture that is also decoded for its small picture.
    Picture(image::ImageFormat, &'static str),
    /// A picture that is not decoded here.
    StillPicture(&'static str),
    /// Sound or moving pictures.
    Timed(&'static str),
    /// Anything else.
    Other,
}

impl Kind {
    /// What a file that starts with `head` is.
    pub fn of(head: &[u8]) -> Self {
        use image::ImageFormat::{Gif, Jpeg, Png, WebP};
        match infer::get(head).map_or("", |found| found.mime_type()) {
            "image/png" => Self::Picture(Png, "image/png"),
            "image/jpeg" => Self::Picture(Jpeg, "image/jpeg"),
            "image/gif" => Self::Picture(Gif, "image/gif"),
            "image/webp" => Self::Picture(WebP, "image/webp"),
            "image/avif" => Self::StillPicture("image/avif"),
            "video/mp4" | "video/x-m4v" => Self::Timed("video/mp4"),
            "video/webm" => Self::Timed("video/webm"),
            "audio/ogg" | "audio/opus" => Self::Timed("audio/ogg"),
            "audio/mpeg" => Self::Timed("audio/mpeg"),
            "audio/x-wav" => Self::Timed("audio/wav"),
            "audio/m4a" => Self::Timed("audio/mp4"),
            _ => Self::Other,
        }
    }

    /// The content type it is served as.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Picture(_, name) | Self::StillPicture(name) | Self::Timed(name) => name,
            Self::Other => OTHER,
        }
    }
}

/// Whether a stored content type is shown in place. A type that this version does not know is not.
pub fn is_inline(content_type: &str) -> bool {
    matches!(
        content_type,
        "image/png"
            | "image/jpeg"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "video/mp4"
            | "video/webm"
            | "audio/ogg"
            | "audio/mpeg"
            | "audio/wav"
            | "audio/mp4"
            | "audio/webm"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let mut webm = b"\x1a\x45\xdf\xa3\x42\x86\x81\x01\x42\x82\x84webm".to_vec();
        webm.resize(300, 0);
        let cases: [(&[u8], &str); 21] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8L", "image/webp"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "image/avif"),
            (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "video/mp4"),
            (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "audio/mp4"),
            (&webm, "video/webm"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01vorbis", "audio/ogg"),
            (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", OTHER),
            (b"<?xml version='1.0'?><svg/>", OTHER),
            (b"<!doctype html><script>alert(1)</script>", OTHER),
            (b"<html><body>", OTHER),
            (b"%PDF-1.7\n", OTHER),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", OTHER),
            (b"#!/bin/sh\n", OTHER),
            (b"MZ\x90\0", OTHER),
            (b"BM\0\0\0\0", OTHER),
            (b"", OTHER),
        ];
        for (head, expected) in cases {
            let kind = Kind::of(head);
            assert_eq!(kind.content_type(), expected, "{}", head.escape_ascii());
            assert_eq!(is_inline(kind.content_type()), expected != OTHER);
        }
        assert!(!is_inline("image/svg+xml") && !is_inline("text/html") && !is_inline("application/pdf"));
    }
}
