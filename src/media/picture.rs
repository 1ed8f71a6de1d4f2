//! Pictures: their dimensions, and a small picture made of them.
//!
//! A picture comes from a stranger, and decoding is where strangers do damage. So: only four formats, nothing is decoded before its
//! header says that it fits into [`DECODED_BYTES_MAX`], the decoder gets that limit too, and whoever calls this does so a few at
//! a time, off the tasks. A failure costs the small picture and nothing else. What is made is encoded anew: no metadata of the
//! original (where it was taken, by which camera) is in it.

use super::kind::{HEAD_BYTES, Kind};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::fs::File;
use std::io::{BufReader, Cursor};

/// Longest side of a small picture, in pixels.
pub const SIDE_MAX: u32 = 480;
/// Largest file that is decoded; larger ones have neither dimensions nor a small picture.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most bytes that a decoded picture takes: 32 million pixels of three bytes.
const DECODED_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// What a decoder may use in all: the picture, and as much again for itself.
const DECODER_BYTES_MAX: u64 = 2 * DECODED_BYTES_MAX;
/// Most passes of a progressive JPEG; real ones have about ten, and each pass walks over every pixel.
const SCANS_MAX: usize = 64;
/// How good a small picture without transparency is, of 100.
const QUALITY: u8 = 78;

/// What was found out about a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Its width in pixels as it is shown, its orientation applied.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The small picture: JPEG, or WebP when something shows through it.
    pub thumbnail: Option<Vec<u8>>,
}

/// Reads a picture of at most [`FILE_BYTES_MAX`]; none when its header cannot be read.
pub fn read(file: File, format: ImageFormat) -> Option<Picture> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    let scans = if format == ImageFormat::Jpeg { scans(&file)? } else { 0 };
    let mut reader = ImageReader::with_format(BufReader::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
    let fits = decoder.total_bytes() <= DECODED_BYTES_MAX && scans <= SCANS_MAX;
    let thumbnail = if fits { small(decoder, orientation) } else { None };
    Some(Picture { width, height, thumbnail })
}

/// What a picture is served as that was not uploaded here; none when its bytes are no picture that is shown in place, or one whose
/// header claims more than [`DECODED_BYTES_MAX`]. Nothing is decoded but the header, which may panic: callers do it on a thread that may.
pub fn shown(bytes: &[u8]) -> Option<&'static str> {
    match Kind::of(&bytes[..bytes.len().min(HEAD_BYTES)]) {
        Kind::Picture(format, name) => {
            let mut limits = Limits::no_limits();
            limits.max_alloc = Some(DECODER_BYTES_MAX);
            let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
            reader.limits(limits);
            let decoder = reader.into_decoder().ok()?;
            let (width, height) = decoder.dimensions();
            let fits = width > 0 && height > 0 && decoder.total_bytes() <= DECODED_BYTES_MAX;
            fits.then_some(name)
        }
        Kind::StillPicture(name) => extents_fit(bytes).then_some(name),
        Kind::Timed(_) | Kind::Other => None,
    }
}

/// Whether an AVIF says how large it is (ISO/IEC 23008-12, `ispe`), and everything in it fits at three bytes for a pixel.
fn extents_fit(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"\0\0\0\x14ispe\0\0\0\0";
    let side = |at: usize| bytes.get(at..)?.first_chunk().map(|side| u64::from(u32::from_be_bytes(*side)));
    let mut pixels = bytes.windows(BEGIN.len()).enumerate().filter(|(_, window)| *window == BEGIN).map(|(at, _)| {
        let at = at + BEGIN.len();
        Some(side(at)?.saturating_mul(side(at + 4)?))
    });
    let fits = |pixels: Option<u64>| pixels.is_some_and(|all| all > 0 && all <= DECODED_BYTES_MAX / 3);
    pixels.next().is_some_and(fits) && pixels.all(fits)
}

/// Whether width and height change places.
const fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// How many passes a JPEG has. Inside of its data a byte 0xff is always followed by 0, so this counts markers (and perhaps some of
/// an embedded picture).
fn scans(file: &File) -> Option<usize> {
    use std::os::unix::fs::FileExt;
    let (mut buffer, mut at, mut last, mut scans) = (vec![0; 64 * 1024], 0, 0, 0);
    loop {
        let read = file.read_at(&mut buffer, at).ok()?;
        if read == 0 {
            return Some(scans);
        }
        for byte in &buffer[..read] {
            scans += usize::from(last == 0xff && *byte == 0xda);
            last = *byte;
        }
        at += read as u64;
    }
}

fn small(decoder: impl ImageDecoder, orientation: Orientation) -> Option<Vec<u8>> {
    let picture = DynamicImage::from_decoder(decoder).ok()?;
    let large = picture.width() > SIDE_MAX || picture.height() > SIDE_MAX;
    let mut picture = if large { picture.thumbnail(SIDE_MAX, SIDE_MAX) } else { picture };
    picture.apply_orientation(orientation);
    let mut encoded = Vec::new();
    if picture.color().has_alpha() {
        let picture = picture.to_rgba8();
        let (width, height) = picture.dimensions();
        let encoder = WebPEncoder::new_lossless(&mut encoded);
        encoder.encode(&picture, width, height, ExtendedColorType::Rgba8).ok()?;
    } else {
        JpegEncoder::new_with_quality(&mut encoded, QUALITY).encode_image(&picture.to_rgb8()).ok()?;
    }
    Some(encoded)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn read_bytes(bytes: &[u8], format: ImageFormat) -> Option<Picture> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        read(file, format)
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Red on the left, blue on the right.
    fn sample(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, _| {
            image::Rgb(if x < width / 2 { [255, 0, 0] } else { [0, 0, 255] })
        }))
    }

    #[test]
    fn every_decoded_format_gives_dimensions_and_a_small_picture() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let found = read_bytes(&encoded(&sample(960, 540), format), format).unwrap();
            assert_eq!((found.width, found.height), (960, 540), "{format:?}");
            let small = image::load_from_memory(&found.thumbnail.unwrap()).unwrap();
            assert_eq!((small.width(), small.height()), (480, 270), "{format:?}");
        }
        let tiny = read_bytes(&encoded(&sample(3, 2), ImageFormat::Png), ImageFormat::Png).unwrap();
        let small = image::load_from_memory(&tiny.thumbnail.unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (3, 2), "nothing is made larger");
    }

    #[test]
    fn what_shows_through_still_does() {
        let clear = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(600, 10, image::Rgba([1, 2, 3, 0])));
        let found = read_bytes(&encoded(&clear, ImageFormat::Png), ImageFormat::Png).unwrap();
        let small = image::load_from_memory(&found.thumbnail.unwrap()).unwrap();
        assert!(small.color().has_alpha() && small.to_rgba8().get_pixel(0, 0)[3] == 0);
    }

    #[test]
    fn a_photo_taken_with_the_camera_turned_is_shown_upright() {
        // An EXIF block with one tag: orientation 6, "turn by 90 degrees".
        let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let plain = encoded(&sample(40, 20), ImageFormat::Jpeg);
        let mut turned = plain[..2].to_vec();
        turned.extend([0xff, 0xe1, 0, exif.len() as u8 + 2]);
        turned.extend(exif);
        turned.extend(&plain[2..]);
        let found = read_bytes(&turned, ImageFormat::Jpeg).unwrap();
        assert_eq!((found.width, found.height), (20, 40));
        let thumbnail = found.thumbnail.unwrap();
        assert!(!thumbnail.windows(4).any(|bytes| bytes == b"Exif"), "metadata stays out");
        let small = image::load_from_memory(&thumbnail).unwrap().to_rgb8();
        assert_eq!(small.dimensions(), (20, 40));
        assert!(small.get_pixel(10, 2)[0] > 200 && small.get_pixel(10, 37)[2] > 200, "left is now on top");
    }

    /// A PNG of a few bytes that claims to be `side` pixels wide and high.
    pub fn png_bomb(side: u32) -> Vec<u8> {
        let mut bytes = encoded(&sample(1, 1), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&side.to_be_bytes());
        bytes[20..24].copy_from_slice(&side.to_be_bytes());
        let mut crc = u32::MAX;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            }
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        bytes
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_measured_but_not_decoded() {
        let found = read_bytes(&png_bomb(50_000), ImageFormat::Png).unwrap();
        assert_eq!(found, Picture { width: 50_000, height: 50_000, thumbnail: None });
        let mut gif = encoded(&sample(2, 2), ImageFormat::Gif);
        gif[6..10].copy_from_slice(&[0xff; 4]);
        let found = read_bytes(&gif, ImageFormat::Gif).unwrap();
        assert_eq!(found, Picture { width: 65_535, height: 65_535, thumbnail: None });
    }

    /// The beginning of an AVIF whose items have these extents.
    fn avif(sides: &[(u32, u32)]) -> Vec<u8> {
        let mut bytes = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf".to_vec();
        for (width, height) in sides {
            bytes.extend(b"\0\0\0\x14ispe\0\0\0\0");
            bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        }
        bytes
    }

    #[test]
    fn what_is_handed_on_is_a_picture_that_a_browser_can_take() {
        for (format, name) in [
            (ImageFormat::Png, "image/png"),
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Gif, "image/gif"),
            (ImageFormat::WebP, "image/webp"),
        ] {
            assert_eq!(shown(&encoded(&sample(20, 10), format)), Some(name));
        }
        assert_eq!(shown(&avif(&[(4_000, 3_000), (200, 150)])), Some("image/avif"));
        let claims: [&[(u32, u32)]; 4] = [&[], &[(0, 8)], &[(50_000, 50_000)], &[(200, 150), (u32::MAX, u32::MAX)]];
        for sides in claims {
            assert_eq!(shown(&avif(sides)), None, "{sides:?}");
        }
        let cut = avif(&[(4_000, 3_000)]);
        assert_eq!(shown(&cut[..cut.len() - 1]), None);
        assert_eq!(shown(&png_bomb(50_000)), None);
        let others: [&[u8]; 5] = [b"", b"<svg/>", b"<!doctype html>", b"OggS\0\x02", b"\x89PNG\r\n\x1a\n<script>"];
        for other in others {
            assert_eq!(shown(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_jpeg_of_a_hundred_passes_is_not_decoded() {
        let mut bytes = encoded(&sample(8, 8), ImageFormat::Jpeg);
        let end = bytes.len() - 2;
        bytes.truncate(end);
        for _ in 0..100 {
            bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0]);
        }
        bytes.extend([0xff, 0xd9]);
        assert_eq!(read_bytes(&bytes, ImageFormat::Jpeg).unwrap().thumbnail, None);
    }

    #[test]
    fn garbage_after_the_magic_is_no_picture_and_no_panic() {
        let html = b"<script>alert(1)</script>";
        for (format, magic) in [
            (ImageFormat::Png, &b"\x89PNG\r\n\x1a\n"[..]),
            (ImageFormat::Jpeg, b"\xff\xd8\xff"),
            (ImageFormat::Gif, b"GIF8"),
            (ImageFormat::WebP, b"RIFF\x10\0\0\0WEBP"),
        ] {
            let bytes = [magic, html].concat();
            assert_eq!(read_bytes(&bytes, format), None, "{format:?}");
            // A picture cut anywhere gives what it gives, and never a panic.
            let whole = encoded(&sample(64, 64), format);
            for end in (0..whole.len()).step_by(whole.len() / 50 + 1) {
                read_bytes(&whole[..end], format);
            }
        }
    }
}
