//! Looking at frames without unpacking them: the two kinds that come a hundred thousand times a second are read in place from
//! postcard; everything else, and all of JSON, is decoded.

use crate::model::{Body, CommandResult, ConversationId, Refusal, Seq};
use crate::protocol::{DecodeError, Encoding, ServerFrame};

/// Numbers of the kinds on the wire, as docs/protocol.md lists them; a test holds them against the codec.
const OUTCOME: u64 = 1;
const ENTRY: u64 = 5;
const APPENDED: u64 = 1;
const TEXT: u64 = 0;

/// What a frame is about.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
pub(super) enum Glance<'a> {
    /// A message of ours is stored.
    Appended { request: u32, conversation: ConversationId, seq: Seq },
    /// A message of ours is not stored.
    Refused { request: Option<u32>, refusal: Refusal, fatal: bool },
    /// A message came.
    Message { conversation: ConversationId, seq: Seq, text: &'a [u8] },
    /// Something else.
    Other(ServerFrame),
}

/// Looks at the bytes of one frame.
pub(super) fn glance<T>(encoding: Encoding, bytes: &[u8], see: impl FnOnce(Glance<'_>) -> T) -> Result<T, DecodeError> {
    if encoding == Encoding::Postcard
        && let Some(glance) = in_place(bytes)
    {
        return Ok(see(glance));
    }
    Ok(match encoding.decode::<ServerFrame>(bytes)? {
        ServerFrame::Outcome { request, result: CommandResult::Appended { conversation, seq, .. }, .. } => {
            see(Glance::Appended { request, conversation, seq })
        }
        ServerFrame::Refused(refused) => {
            let refusal =
                Refusal { code: refused.code, message: refused.message, retry_after_ms: refused.retry_after_ms };
            see(Glance::Refused { request: refused.request, refusal, fatal: refused.fatal })
        }
        ServerFrame::Entry { conversation, entry } => match &entry.body {
            Body::Text(text) => see(Glance::Message { conversation, seq: entry.seq, text: text.text.as_bytes() }),
            _ => see(Glance::Message { conversation, seq: entry.seq, text: &[] }),
        },
        other => see(Glance::Other(other)),
    })
}

fn in_place(bytes: &[u8]) -> Option<Glance<'_>> {
    let mut reader = Reader(bytes);
    match reader.number()? {
        OUTCOME => {
            let request = u32::try_from(reader.number()?).ok()?;
            let _lsn = reader.number()?;
            let _duplicate = reader.take(1)?;
            if reader.number()? != APPENDED {
                return None;
            }
            let _length = reader.number()?;
            let (conversation, seq) = (ConversationId(reader.number()?), Seq(reader.number()?));
            Some(Glance::Appended { request, conversation, seq })
        }
        ENTRY => {
            let (conversation, seq) = (ConversationId(reader.number()?), Seq(reader.number()?));
            let (_lsn, _changed, _ordinal, _at) =
                (reader.number()?, reader.number()?, reader.number()?, reader.number()?);
            let author = reader.number()? as usize;
            reader.take(author)?;
            if reader.take(1)? == [1] {
                reader.take(16)?;
            }
            if reader.number()? != TEXT {
                return None;
            }
            let _length = reader.number()?;
            let text = reader.number()? as usize;
            Some(Glance::Message { conversation, seq, text: reader.take(text)? })
        }
        _ => None,
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for (at, byte) in self.0.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                self.0 = &self.0[at + 1..];
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, Entry, Key, Lsn, Ordinal, Text, Timestamp, UserId};
    use crate::protocol::Refused;
    use std::sync::Arc;

    fn frames() -> Vec<ServerFrame> {
        let entry = |key, body| ServerFrame::Entry {
            conversation: ConversationId(300),
            entry: Arc::new(Entry {
                seq: Seq(70_000),
                lsn: Lsn(1 << 40),
                changed: Lsn(1 << 40),
                ordinal: Ordinal(69_000),
                at: Timestamp(1_700_000_000_000),
                author: UserId::new("ada").unwrap(),
                key,
                body,
                reactions: Vec::new(),
                edited_at: None,
                recalled_at: None,
                origin: None,
            }),
        };
        vec![
            ServerFrame::Outcome {
                request: 1 << 30,
                lsn: Lsn(9),
                duplicate: false,
                result: CommandResult::Appended {
                    conversation: ConversationId(7),
                    seq: Seq(500),
                    ordinal: Ordinal(3),
                    at: Timestamp(1_700_000_000_000),
                },
            },
            ServerFrame::Outcome { request: 1, lsn: Lsn(9), duplicate: false, result: CommandResult::Done {} },
            entry(Some(Key::new(Timestamp(1_700_000_000_000))), Body::Text(Text::plain("hello"))),
            entry(None, Body::Text(Text::plain("x".repeat(500)))),
            entry(None, Body::MemberLeft {}),
            ServerFrame::Refused(Refused {
                request: Some(3),
                code: Code::RateLimited,
                message: "slowly".into(),
                retry_after_ms: Some(5),
                fatal: false,
            }),
            ServerFrame::Lagging {},
        ]
    }

    #[test]
    fn a_glance_sees_in_postcard_what_decoding_sees_in_json() {
        for frame in frames() {
            let look = |encoding: Encoding| {
                glance(encoding, &encoding.encode(&frame), |glance| format!("{glance:?}")).unwrap()
            };
            assert_eq!(look(Encoding::Postcard), look(Encoding::Json));
        }
    }

    #[test]
    fn the_frequent_kinds_are_read_in_place() {
        let bytes: Vec<_> = frames().iter().map(|frame| Encoding::Postcard.encode(frame)).collect();
        let read: Vec<_> = bytes.iter().map(|bytes| in_place(bytes).is_some()).collect();
        assert_eq!(read, [true, false, true, true, false, false, false]);
    }
}
