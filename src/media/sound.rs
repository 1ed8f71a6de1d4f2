//! How long sound and moving pictures last, and whether there are pictures at all. Only the container is read, within
//! [`READ_BYTES_MAX`]; nothing is decoded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::common::Limit;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::{Duration, TimeBase};

/// What is read of a file at most.
const READ_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// In at most so many steps.
const READS_MAX: u32 = 100_000;
/// Largest tag (title, artist, cover) that is looked at while passing over it.
const TAG_BYTES_MAX: usize = 64 * 1024;
/// What claims to last longer than this (a thousand days) lasts no known time.
const DURATION_MS_MAX: u64 = 1_000 * 24 * 3_600 * 1_000;

/// What was found out about a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// How long it lasts, in milliseconds.
    pub duration_ms: Option<u64>,
    /// There is sound in it and nothing else: voice that a browser recorded comes in the same container as a film.
    pub only_sound: bool,
}

/// Reads a recording; what cannot be found out is left open.
pub fn read(file: File, bytes: u64, content_type: &str) -> Recording {
    let source = Bounded { file, bytes, left_bytes: READ_BYTES_MAX, left_reads: READS_MAX };
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.mime_type(content_type);
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
    let opened = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), tags);
    let Ok(mut format) = opened else { return Recording::default() };
    let tracks = format.tracks();
    let only_sound = !tracks.is_empty() && tracks.iter().all(|track| track.track_type() == Some(TrackType::Audio));
    let ms = said(&*format).or_else(|| counted(&mut *format));
    Recording { duration_ms: ms.filter(|ms| (1..=DURATION_MS_MAX).contains(ms)), only_sound }
}

/// What the file says itself.
fn said(format: &dyn FormatReader) -> Option<u64> {
    let whole = format.media_info();
    let whole = whole.time_base.zip(whole.duration);
    let tracks = format.tracks().iter().filter_map(|track| track.time_base.zip(track.duration));
    whole.into_iter().chain(tracks).filter_map(|(base, duration)| ms(base, duration)).max()
}

/// What its packets add up to.
fn counted(format: &mut dyn FormatReader) -> Option<u64> {
    let (track, base) = format.tracks().iter().find_map(|track| Some((track.id, track.time_base?)))?;
    let mut total = 0u64;
    while let Some(packet) = format.next_packet().ok()? {
        if packet.track_id == track {
            total = total.saturating_add(packet.dur.get());
        }
    }
    ms(base, Duration::new(total))
}

fn ms(base: TimeBase, duration: Duration) -> Option<u64> {
    u64::try_from(base.calc_duration(duration)?.as_millis()).ok().filter(|ms| *ms > 0)
}

/// A file that is read up to a limit, so that no container can make its reader go round for ever.
struct Bounded {
    file: File,
    bytes: u64,
    left_bytes: u64,
    left_reads: u32,
}

impl Bounded {
    fn step(&mut self) -> io::Result<()> {
        self.left_reads = self.left_reads.checked_sub(1).ok_or_else(enough)?;
        Ok(())
    }
}

fn enough() -> io::Error {
    io::Error::other("enough of this file was read")
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step()?;
        let read = self.file.read(buffer)?;
        self.left_bytes = self.left_bytes.checked_sub(read as u64).ok_or_else(enough)?;
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.step()?;
        self.file.seek(to)
    }
}

impl MediaSource for Bounded {
    fn is_seekable(&self) -> bool {
        true
    }
    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io::Write;

    fn recording(bytes: &[u8], content_type: &str) -> Recording {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        read(file, bytes.len() as u64, content_type)
    }

    fn duration(bytes: &[u8], content_type: &str) -> Option<u64> {
        recording(bytes, content_type).duration_ms
    }

    /// An element of EBML (RFC 8794), with a size of eight bytes.
    fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
        let size = (content.len() as u64 | 1 << 56).to_be_bytes();
        [id, &size, content].concat()
    }

    /// The beginning of a `WebM` of 2.5 seconds with tracks of these types: 1 is pictures, 2 is sound.
    fn webm(types: &[u8]) -> Vec<u8> {
        let version = [element(b"\x42\x86", &[1]), element(b"\x42\xf7", &[1]), element(b"\x42\xf2", &[4])].concat();
        let kind = [element(b"\x42\xf3", &[8]), b"\x42\x82\x84webm".to_vec(), element(b"\x42\x87", &[4])].concat();
        let head = element(b"\x1a\x45\xdf\xa3", &[version, kind, element(b"\x42\x85", &[2])].concat());
        let duration = element(b"\x44\x89", &2_500f64.to_be_bytes());
        let scale = element(b"\x2a\xd7\xb1", &1_000_000u32.to_be_bytes());
        let made_by = [element(b"\x4d\x80", b"tests"), element(b"\x57\x41", b"tests")].concat();
        let info = element(b"\x15\x49\xa9\x66", &[scale, duration, made_by].concat());
        let track = |(number, kind): (usize, &u8)| {
            let number = number as u8 + 1;
            let mut track =
                [element(b"\xd7", &[number]), element(b"\x73\xc5", &[number]), element(b"\x83", &[*kind])].concat();
            if *kind == 2 {
                let rate = element(b"\xb5", &48_000f64.to_be_bytes());
                let head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0";
                track.extend([element(b"\x86", b"A_OPUS"), element(b"\x63\xa2", head)].concat());
                track.extend(element(b"\xe1", &[rate, element(b"\x9f", &[1])].concat()));
            } else {
                let sides = [element(b"\xb0", &[64]), element(b"\xba", &[64])].concat();
                track.extend([element(b"\x86", b"V_VP8"), element(b"\xe0", &sides)].concat());
            }
            element(b"\xae", &track)
        };
        let tracks = element(b"\x16\x54\xae\x6b", &types.iter().enumerate().map(track).collect::<Vec<_>>().concat());
        let block = element(b"\xa3", b"\x81\0\0\x80\xfc\xff\xfe");
        let cluster = element(b"\x1f\x43\xb6\x75", &[element(b"\xe7", &[0]), block].concat());
        let mut bytes = [head, element(b"\x18\x53\x80\x67", &[info, tracks, cluster].concat())].concat();
        // An empty element at the end, so that there is enough to be recognised by.
        bytes.extend(element(b"\xec", &[0; 300]));
        bytes
    }

    #[test]
    fn sound_in_the_container_of_a_film_is_sound() {
        let voice = recording(&webm(&[2]), "video/webm");
        assert_eq!(voice, Recording { duration_ms: Some(2_500), only_sound: true });
        let film = recording(&webm(&[1, 2]), "video/webm");
        assert_eq!(film, Recording { duration_ms: Some(2_500), only_sound: false });
        assert_eq!(crate::media::kind::Kind::of(&webm(&[2])).content_type(), "video/webm");
    }

    /// Silence: 8,000 samples a second, 8 bits, one channel.
    pub fn wav(ms: u32) -> Vec<u8> {
        let samples = ms * 8;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + samples).to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        bytes.extend(8_000u32.to_le_bytes());
        bytes.extend(8_000u32.to_le_bytes());
        bytes.extend(b"\x01\0\x08\0data");
        bytes.extend(samples.to_le_bytes());
        bytes.resize(44 + samples as usize, 128);
        bytes
    }

    /// Frames of MPEG-1 layer III at 128 kbit/s and 44.1 kHz, without a header that says how many there are.
    fn mp3(frames: usize) -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0xc4];
        frame.resize(417, 0);
        frame.repeat(frames)
    }

    #[test]
    fn the_duration_of_sound_is_found() {
        assert_eq!(duration(&wav(1_500), "audio/wav"), Some(1_500));
        let mp3 = duration(&mp3(100), "audio/mpeg").unwrap();
        assert!((2_400..=2_700).contains(&mp3), "{mp3}: 100 frames of 1152 samples");
    }

    #[test]
    fn what_is_broken_lasts_no_known_time() {
        let whole = wav(1_000);
        for end in (0..44).chain([100, 500]) {
            // Cut anywhere: an answer, and no panic.
            duration(&whole[..end], "audio/wav");
        }
        for magic in [&b"OggS\0\x02"[..], b"ID3\x04\0\0\0\0\0\0", b"\0\0\0\x18ftypisom", b"\x1a\x45\xdf\xa3", b""] {
            let mut bytes = magic.to_vec();
            bytes.extend([0xff; 300]);
            assert_eq!(duration(&bytes, "audio/ogg"), None, "{}", magic.escape_ascii());
        }
    }
}
