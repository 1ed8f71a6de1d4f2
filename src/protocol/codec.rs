//! Frames to bytes and back, in both encodings, and the framing of a byte stream. Pure: bytes in, frames out, no sockets.

use super::frame::{ClientFrame, ServerFrame};
use crate::model::growing::{REASON_BYTES_MAX, json_tag, names, postcard_reason, shortened};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The four bytes with which a client opens a TCP connection: `T` `D`, the version, the encoding.
pub const PREFACE_BYTES: usize = 4;
/// The protocol version.
pub const VERSION: u8 = 1;
/// Bytes of the length before each frame on a byte stream.
pub const LENGTH_BYTES: usize = 4;
/// The default limit of one frame: 1 MiB.
pub const MAX_FRAME_DEFAULT: usize = 1024 * 1024;

/// How frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// postcard: compact, for machines.
    Postcard,
    /// JSON: for people, and for whoever has no postcard.
    Json,
}

/// Why bytes are not frames. All are fatal for the connection but [`DecodeError::UnknownFrame`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The first bytes are not those of this protocol.
    #[error(
        "the connection does not open with `TD`, version 1 and encoding 0 or 1; is the client meant for this port?"
    )]
    Preface,
    /// The client wants a version that this server does not speak.
    #[error("this server speaks protocol version 1, the client asked for version {0}")]
    Version(u8),
    /// A length is 0 or above the limit.
    #[error("a frame of {length} bytes was announced; 1 to {max} are allowed")]
    Length {
        /// What was announced.
        length: u32,
        /// What is allowed.
        max: usize,
    },
    /// The frame's kind is not known here; the connection goes on.
    #[error("frames of the kind {0} are not known here; it was ignored")]
    UnknownFrame(String),
    /// The content of a frame cannot be read. The words may quote what came: an answer to its sender, nothing for a log.
    #[error("a frame cannot be read: {0}")]
    Frame(String),
}

impl Encoding {
    /// The preface of a client that wants this encoding.
    pub const fn preface(self) -> [u8; PREFACE_BYTES] {
        [
            b'T',
            b'D',
            VERSION,
            match self {
                Self::Postcard => 0,
                Self::Json => 1,
            },
        ]
    }

    /// The encoding that a preface asks for.
    pub const fn from_preface(preface: [u8; PREFACE_BYTES]) -> Result<Self, DecodeError> {
        match preface {
            [b'T', b'D', VERSION, 0] => Ok(Self::Postcard),
            [b'T', b'D', VERSION, 1] => Ok(Self::Json),
            [b'T', b'D', version, 0 | 1] if version != VERSION => Err(DecodeError::Version(version)),
            _ => Err(DecodeError::Preface),
        }
    }

    /// One frame, encoded, without a length before it (one WebSocket message).
    pub fn encode<F: Frame>(self, frame: &F) -> Bytes {
        let mut out = BytesMut::new();
        self.encode_into(frame, &mut out);
        out.freeze()
    }

    /// One frame, encoded, with its length before it (TCP).
    pub fn encode_framed<F: Frame>(self, frame: &F) -> Bytes {
        let mut out = BytesMut::new();
        self.encode_framed_into(frame, &mut out);
        out.freeze()
    }

    /// Appends one frame with its length before it to `out`.
    pub fn encode_framed_into<F: Frame>(self, frame: &F, out: &mut BytesMut) {
        let start = out.len();
        out.put_u32(0);
        if self.encode_into(frame, out) {
            let length = (out.len() - start - LENGTH_BYTES) as u32;
            out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        } else {
            out.truncate(start);
        }
    }

    /// Appends a frame. Writing to memory fails only for a value that nobody may send (an `Unreadable`); then nothing is written.
    fn encode_into<F: Frame>(self, frame: &F, out: &mut BytesMut) -> bool {
        let start = out.len();
        let written = match self {
            Self::Postcard => postcard::serialize_with_flavor(frame, Append(out)).map_err(|error| error.to_string()),
            Self::Json => serde_json::to_writer(out.writer(), frame).map_err(|error| error.to_string()),
        };
        if let Err(error) = &written {
            debug_assert!(false, "a frame could not be encoded: {error}");
            out.truncate(start);
        }
        written.is_ok()
    }

    /// Reads one frame from the bytes of exactly one frame.
    pub fn decode<F: Frame>(self, bytes: &[u8]) -> Result<F, DecodeError> {
        match self {
            Self::Postcard => {
                let unreadable = |error| DecodeError::Frame(postcard_reason(&error));
                let (kind, _) = postcard::take_from_bytes::<u32>(bytes).map_err(unreadable)?;
                if kind as usize >= F::kinds().len() {
                    return Err(DecodeError::UnknownFrame(kind.to_string()));
                }
                match postcard::take_from_bytes::<F>(bytes) {
                    Ok((frame, [])) => Ok(frame),
                    Ok((_, rest)) => {
                        Err(DecodeError::Frame(format!("{} bytes are left over after its last field", rest.len())))
                    }
                    Err(error) => Err(unreadable(error)),
                }
            }
            Self::Json => serde_json::from_slice(bytes).map_err(|error| match json_tag(bytes) {
                Some((kind, 1)) if !F::kinds().contains(&kind.as_str()) => DecodeError::UnknownFrame(kind),
                _ => DecodeError::Frame(shortened(error.to_string(), REASON_BYTES_MAX)),
            }),
        }
    }
}

/// A postcard flavour that appends to a [`BytesMut`].
struct Append<'a>(&'a mut BytesMut);

impl postcard::ser_flavors::Flavor for Append<'_> {
    type Output = ();
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.put_u8(byte);
        Ok(())
    }
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.put_slice(bytes);
        Ok(())
    }
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// A direction of the protocol.
pub trait Frame: Serialize + DeserializeOwned {
    /// The names of its kinds, in the order of their numbers.
    fn kinds() -> &'static [&'static str] {
        names::<Self>()
    }
}

impl Frame for ClientFrame {}
impl Frame for ServerFrame {}

/// Cuts a byte stream into the bytes of single frames. Holds only what does not make a whole frame yet: nothing while idle.
#[derive(Debug)]
pub struct Deframer {
    held: BytesMut,
    max_frame: usize,
}

impl Deframer {
    /// A deframer that refuses frames above `max_frame` bytes.
    pub fn new(max_frame: usize) -> Self {
        Self { held: BytesMut::new(), max_frame }
    }

    /// Takes what was read from the stream and gives every whole frame in it to `each`, until `each` says stop (`false`) or a
    /// length is wrong. What is left is kept; after a stop [`Deframer::resume`] goes on without further input.
    pub fn feed(&mut self, mut input: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> Result<(), DecodeError> {
        if !self.held.is_empty() {
            self.held.extend_from_slice(input);
            return self.resume(each);
        }
        while let Some(length) = self.announced(input)? {
            if input.len() < LENGTH_BYTES + length {
                break;
            }
            let frame = &input[LENGTH_BYTES..LENGTH_BYTES + length];
            input = &input[LENGTH_BYTES + length..];
            if !each(frame) {
                break;
            }
        }
        self.held.extend_from_slice(input);
        Ok(())
    }

    /// Goes on with what is held.
    pub fn resume(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> Result<(), DecodeError> {
        let mut cut = false;
        while let Some(length) = self.announced(&self.held)? {
            if self.held.len() < LENGTH_BYTES + length {
                break;
            }
            self.held.advance(LENGTH_BYTES);
            let frame = self.held.split_to(length);
            cut = true;
            if !each(&frame) && !self.held.is_empty() {
                return Ok(());
            }
        }
        // The beginning of the next frame must not keep the memory of the last one while the peer is silent. It came with the
        // last read, so it is copied once.
        if cut {
            self.held = if self.held.is_empty() { BytesMut::new() } else { BytesMut::from(&self.held[..]) };
        }
        Ok(())
    }

    /// Refuses frames above another number of bytes from here on.
    pub const fn set_max_frame(&mut self, max_frame: usize) {
        self.max_frame = max_frame;
    }

    /// How many bytes are held.
    pub fn held_bytes(&self) -> usize {
        self.held.len()
    }

    fn announced(&self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        let Some(head) = input.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head);
        if length == 0 || length as usize > self.max_frame {
            return Err(DecodeError::Length { length, max: self.max_frame });
        }
        Ok(Some(length as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping(nonce: u32) -> ClientFrame {
        ClientFrame::Ping { nonce }
    }

    fn framed(frames: &[&[u8]]) -> Vec<u8> {
        frames.iter().flat_map(|frame| [&(frame.len() as u32).to_be_bytes(), *frame].concat()).collect()
    }

    #[test]
    fn the_names_of_kinds_are_those_of_the_enums_in_their_order() {
        assert_eq!(
            ClientFrame::kinds(),
            ["hello", "submit", "query", "sync", "delivered", "read", "typing", "watch", "ping"]
        );
        assert_eq!(
            ServerFrame::kinds(),
            [
                "welcome", "outcome", "refused", "answer", "changes", "entry", "receipt", "inbox", "user", "presence",
                "typing", "draft", "lagging", "restart", "kicked", "closing", "pong", "pushed"
            ]
        );
    }

    #[test]
    fn a_preface_names_its_encoding_and_wrong_ones_say_why() {
        for encoding in [Encoding::Postcard, Encoding::Json] {
            assert_eq!(Encoding::from_preface(encoding.preface()), Ok(encoding));
        }
        assert_eq!(Encoding::from_preface(*b"TD\x02\x00"), Err(DecodeError::Version(2)));
        for wrong in [*b"TD\x01\x02", *b"GET ", *b"\x16\x03\x01\x02", [0; 4]] {
            assert_eq!(Encoding::from_preface(wrong), Err(DecodeError::Preface));
        }
    }

    #[test]
    fn a_frame_has_its_length_before_it_on_a_stream_and_nothing_in_a_message() {
        assert_eq!(&Encoding::Postcard.encode(&ping(300))[..], [8, 0xac, 0x02]);
        assert_eq!(&Encoding::Postcard.encode_framed(&ping(300))[..], [0, 0, 0, 3, 8, 0xac, 0x02]);
        assert_eq!(&Encoding::Json.encode(&ping(7))[..], br#"{"ping":{"nonce":7}}"#);
        let mut out = BytesMut::from(&b"before"[..]);
        Encoding::Json.encode_framed_into(&ping(7), &mut out);
        assert_eq!(&out[..], [&b"before\0\0\0\x14"[..], br#"{"ping":{"nonce":7}}"#].concat());
    }

    #[test]
    fn bytes_after_the_last_field_are_refused() {
        for encoding in [Encoding::Postcard, Encoding::Json] {
            let mut bytes = encoding.encode(&ping(7)).to_vec();
            bytes.push(b'0');
            assert!(matches!(encoding.decode::<ClientFrame>(&bytes), Err(DecodeError::Frame(_))), "{encoding:?}");
        }
    }

    #[test]
    fn unknown_frames_are_told_from_unreadable_ones() {
        let json = |text: &str| Encoding::Json.decode::<ClientFrame>(text.as_bytes());
        let postcard = |bytes: &[u8]| Encoding::Postcard.decode::<ClientFrame>(bytes);
        assert_eq!(json(r#"{"later":{"x":[1]}}"#), Err(DecodeError::UnknownFrame("later".to_owned())));
        assert_eq!(postcard(&[9, 1, 2, 3]), Err(DecodeError::UnknownFrame("9".to_owned())));
        assert_eq!(json(r#"{"ping":{"nonce":7,"later":[{}]}}"#), Ok(ping(7)), "unknown fields are passed over");
        let long = json(&format!(r#"{{"{}":1}}"#, "x".repeat(100_000)));
        assert!(matches!(long, Err(DecodeError::UnknownFrame(kind)) if kind.len() < 100));
        for text in ["", "{}", "[]", "5", r#""ping""#, r#"{"ping":{}}"#, r#"{"later":1,"x":2}"#, r#"{"later":"#] {
            assert!(matches!(json(text), Err(DecodeError::Frame(_))), "{text}");
        }
        for bytes in [&[][..], &[8], &[0x80], &[0xff, 0xff, 0xff, 0xff, 0xff, 1]] {
            assert!(matches!(postcard(bytes), Err(DecodeError::Frame(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_stream_can_be_stopped_after_any_frame_and_resumed() {
        let stream = framed(&[b"one", b"two", b"three", b"four"]);
        for cut in 0..=stream.len() {
            let mut deframer = Deframer::new(10);
            let mut seen = Vec::new();
            let mut one = |frame: &[u8]| {
                seen.push(frame.to_vec());
                false
            };
            deframer.feed(&stream[..cut], &mut one).unwrap();
            deframer.feed(&stream[cut..], &mut one).unwrap();
            while deframer.held_bytes() > 0 {
                deframer.resume(&mut one).unwrap();
            }
            assert_eq!(seen, [&b"one"[..], b"two", b"three", b"four"]);
            assert_eq!(deframer.held.capacity(), 0, "an idle stream holds no memory");
        }
    }

    #[test]
    fn the_beginning_of_a_frame_does_not_keep_the_memory_of_the_last_one() {
        let mut deframer = Deframer::new(1_000_000);
        let mut stream = framed(&[&vec![1; 1_000_000]]);
        stream.extend([0, 0]);
        deframer.feed(&stream[..500_000], |_| true).unwrap();
        deframer.feed(&stream[500_000..], |_| true).unwrap();
        assert_eq!(deframer.held_bytes(), 2);
        assert!(deframer.held.capacity() < 100 && !deframer.held.try_reclaim(1_000));
    }

    #[test]
    fn a_length_is_checked_before_anything_is_kept_for_it() {
        for length in [0, 11, u32::MAX] {
            let mut deframer = Deframer::new(10);
            let result = deframer.feed(&length.to_be_bytes(), |_| true);
            assert_eq!(result, Err(DecodeError::Length { length, max: 10 }));
            assert_eq!(deframer.held.capacity(), 0);
        }
        let mut deframer = Deframer::new(usize::MAX);
        deframer.feed(&u32::MAX.to_be_bytes(), |_| true).unwrap();
        assert!(deframer.held.capacity() < 100, "a length that is allowed is not believed either");
    }
}
