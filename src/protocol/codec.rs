//! Frames to bytes and back, in both encodings, and the framing of a byte stream. Pure: bytes in, frames out, no sockets.

use super::frame::{ClientFrame, ServerFrame};
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
    /// The content of a frame cannot be read.
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
        self.encode_into(frame, out);
        let length = (out.len() - start - LENGTH_BYTES) as u32;
        out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    }

    fn encode_into<F: Frame>(self, frame: &F, out: &mut BytesMut) {
        let start = out.len();
        let written = match self {
            Self::Postcard => postcard::serialize_with_flavor(frame, Append(out)).map_err(|error| error.to_string()),
            Self::Json => serde_json::to_writer(out.writer(), frame).map_err(|error| error.to_string()),
        };
        // Writing to memory fails only for a value that the types rule out (an `Unreadable` that somebody tries to send).
        if let Err(error) = written {
            debug_assert!(false, "a frame could not be encoded: {error}");
            out.truncate(start);
        }
    }

    /// Reads one frame from the bytes of exactly one frame.
    pub fn decode<F: Frame>(self, bytes: &[u8]) -> Result<F, DecodeError> {
        match self {
            Self::Postcard => {
                let (kind, _) =
                    postcard::take_from_bytes::<u32>(bytes).map_err(|error| DecodeError::Frame(error.to_string()))?;
                if kind as usize >= F::kinds().len() {
                    return Err(DecodeError::UnknownFrame(kind.to_string()));
                }
                match postcard::take_from_bytes::<F>(bytes) {
                    Ok((frame, [])) => Ok(frame),
                    Ok((_, rest)) => {
                        Err(DecodeError::Frame(format!("{} bytes are left over after its last field", rest.len())))
                    }
                    Err(error) => Err(DecodeError::Frame(error.to_string())),
                }
            }
            Self::Json => serde_json::from_slice(bytes).map_err(|error| {
                match serde_json::from_slice::<std::collections::BTreeMap<String, serde::de::IgnoredAny>>(bytes) {
                    Ok(map) if map.len() == 1 && !map.keys().any(|kind| F::kinds().contains(&kind.as_str())) => {
                        DecodeError::UnknownFrame(map.into_keys().next().unwrap_or_default())
                    }
                    _ => DecodeError::Frame(error.to_string()),
                }
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
    fn kinds() -> &'static [&'static str];
}

impl Frame for ClientFrame {
    fn kinds() -> &'static [&'static str] {
        &["hello", "submit", "query", "sync", "delivered", "read", "typing", "watch", "ping"]
    }
}

impl Frame for ServerFrame {
    fn kinds() -> &'static [&'static str] {
        &[
            "welcome", "outcome", "refused", "answer", "changes", "entry", "receipt", "inbox", "user", "presence",
            "typing", "draft", "lagging", "restart", "kicked", "closing", "pong",
        ]
    }
}

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
    /// length is wrong. What is left is kept; after a stop call [`Deframer::resume`] first.
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
        while let Some(length) = self.announced(&self.held)? {
            if self.held.len() < LENGTH_BYTES + length {
                break;
            }
            self.held.advance(LENGTH_BYTES);
            let frame = self.held.split_to(length);
            if !each(&frame) {
                break;
            }
        }
        if self.held.is_empty() {
            self.held = BytesMut::new();
        }
        Ok(())
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
