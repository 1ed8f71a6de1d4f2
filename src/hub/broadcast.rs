//! One frame for many connections: encoded at most once per encoding, whoever hears it.

use super::outbox::COPY_BYTES_MAX;
use crate::protocol::{Encoding, ServerFrame};
use bytes::{Bytes, BytesMut};

/// Memory that is used again for frame after frame.
#[derive(Debug, Default)]
pub struct Scratch {
    postcard: BytesMut,
    json: BytesMut,
}

/// A frame on its way to many.
pub struct Broadcast<'a> {
    frame: &'a ServerFrame,
    postcard: Encoded<'a>,
    json: Encoded<'a>,
}

struct Encoded<'a> {
    scratch: &'a mut BytesMut,
    shared: Option<Bytes>,
    done: bool,
}

impl<'a> Broadcast<'a> {
    /// A frame that is encoded when the first one wants it.
    pub fn new(frame: &'a ServerFrame, scratch: &'a mut Scratch) -> Self {
        let encoded = |scratch: &'a mut BytesMut| {
            scratch.clear();
            Encoded { scratch, shared: None, done: false }
        };
        Self { frame, postcard: encoded(&mut scratch.postcard), json: encoded(&mut scratch.json) }
    }

    /// The frame with its length before it: a slice to copy, or (for a large one, the slice is then empty) bytes to share.
    pub(super) fn framed(&mut self, encoding: Encoding) -> (&[u8], Option<&Bytes>) {
        let encoded = match encoding {
            Encoding::Postcard => &mut self.postcard,
            Encoding::Json => &mut self.json,
        };
        if !encoded.done {
            encoding.encode_framed_into(self.frame, encoded.scratch);
            if encoded.scratch.len() > COPY_BYTES_MAX {
                encoded.shared = Some(encoded.scratch.split().freeze());
            }
            encoded.done = true;
        }
        (encoded.scratch, encoded.shared.as_ref())
    }
}
