//! The tables with shapes of their own: `meta`, `journal`, `entries`, `idempotency` and `log`.
//!
//! | table | key (big-endian) | value |
//! |---|---|---|
//! | `meta` | `"meta"` | [`Meta`] |
//! | `journal` | commit u64 | [`JournalRow`]: the whole batch; never rewritten, removed from the front |
//! | `entries` | conversation u64, seq u64 | [`Entry`] |
//! | `idempotency` | second of the key's own time u64, first random byte of the key u8, commit u64 | `Vec<KeyRecord>` |
//! | `log` | first lsn u64 | [`LogRow`] |

use super::codec;
use super::fault::Fault;
use super::key::Key;
use super::records::{Counter, Remembered};
pub use crate::model::LogKind;
use crate::model::{self, AppId, ConversationId, Entry, Epoch, Lsn, Seq, Timestamp, UserHandle};
use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The table of the store's own facts.
pub const META: &str = "meta";
/// The table of batches.
pub const JOURNAL: &str = "journal";
/// The table of folded entries.
pub const ENTRIES: &str = "entries";
/// The table of remembered keys.
pub const IDEMPOTENCY: &str = "idempotency";
/// The table of effects by lsn.
pub const LOG: &str = "log";

/// How redb sees every table: byte keys and byte values in our own encoding, so that redb's type encodings never matter.
pub const fn definition(name: &'static str) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// The only key of `meta`.
pub const META_KEY: &[u8] = b"meta";
/// The format that this program writes; it refuses newer ones.
pub const FORMAT: u32 = 2;
/// The version of the rows of this file.
pub const VERSION: u8 = 1;

/// The store's own facts, as of the last trim; the journal's last row is newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The format of the file.
    pub format: u32,
    /// Which data this is.
    pub epoch: Epoch,
    /// The place in the log.
    pub place: Place,
}

/// A place in the log, and everything that only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The last commit.
    pub commit: u64,
    /// The last lsn.
    pub lsn: Lsn,
    /// The time of the last command.
    pub at: Timestamp,
    /// The last identifiers given: app, user, session, conversation.
    pub ids: [u64; Counter::COUNT],
}

/// One batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRow {
    /// The place after this batch.
    pub place: Place,
    /// Every entry appended and not folded within the same batch, in order.
    pub entries: Vec<(ConversationId, Arc<Entry>)>,
    /// Every idempotency key.
    pub keys: Vec<KeyRecord>,
    /// What happened, for those who follow the log.
    pub log: Vec<LogItem>,
}

/// A key and what is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The acting user.
    pub user: UserHandle,
    /// Their key.
    pub key: model::Key,
    /// What is remembered.
    pub remembered: Remembered,
}

/// What one command did to one entry (or to all below it), without any body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogItem {
    /// The command.
    pub lsn: Lsn,
    /// The app.
    pub app: AppId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The entry; of a trim the first that is kept.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
}

/// What the commands of one commit did. A row without items stands at the front once rows have expired: its key is the last lsn
/// that went with them, so that a follower who needs what was there can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    /// The time of the commit's last command.
    pub at: Timestamp,
    /// Its items.
    pub items: Vec<LogItem>,
}

/// The key of an entry.
pub fn entry_key(conversation: ConversationId, seq: Seq) -> Key {
    Key::empty().then(&conversation.0.to_be_bytes()).then(&seq.0.to_be_bytes())
}

/// The second of a key's own time, and its first random byte (the first that no time-ordering scheme of RFC 9562 uses).
pub fn key_bucket(key: &model::Key) -> (u64, u8) {
    (key.time().0 / 1_000, key.0[9])
}

/// The key of an idempotency row.
pub fn bucket_key((second, byte): (u64, u8), commit: u64) -> Key {
    Key::empty().then(&second.to_be_bytes()).then(&[byte]).then(&commit.to_be_bytes())
}

/// The place of a journal row, without decoding or checking the rest of it.
pub fn place_of(key: &[u8], row: &[u8]) -> Result<Place, Fault> {
    codec::peek(JOURNAL, key, VERSION, row)
}

/// Encodes a row of this file.
pub fn seal<T: Serialize>(table: &'static str, key: &[u8], value: &T) -> Result<Vec<u8>, Fault> {
    codec::seal(table, key, VERSION, value)
}

/// Decodes a row of this file.
pub fn unseal<T: serde::de::DeserializeOwned>(table: &'static str, key: &[u8], bytes: &[u8]) -> Result<T, Fault> {
    codec::unseal(table, key, VERSION, bytes)
}

/// The format of a file, from the record of its facts; the rest of that record may look otherwise in another format.
pub fn format_of(bytes: &[u8]) -> Result<u32, Fault> {
    Ok(codec::unseal_first(META, META_KEY, VERSION, bytes)?.0)
}
