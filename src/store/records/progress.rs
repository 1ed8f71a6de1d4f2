//! Rows of the log and its readers: how far things have got, what commands were done before, and the counters of ids.

use crate::model::{Entry, Key, Lsn, Ordinal, Seq, Timestamp};
use serde::{Deserialize, Serialize};

/// What a word of a user stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWordRow {
    /// The key of the command that it was first sent with.
    pub key: Key,
}

/// Which word stands for a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWordAgeRow {
    /// The word.
    pub word: Key,
}

/// How far a follower of the log has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowerRow {
    /// Its work is done up to here.
    pub upto: Lsn,
}

/// How far a conversation has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The newest entry.
    pub seq: Seq,
    /// The command that made it.
    pub lsn: Lsn,
    /// How many messages there are.
    pub ordinal: Ordinal,
    /// When the newest entry was accepted.
    pub at: Timestamp,
    /// The first entry that is kept (1 until retention trims); one above `seq` when none is.
    pub first: Seq,
    /// How many messages there were below `first`.
    pub first_ordinal: Ordinal,
    /// The last command that trimmed; 0: none did.
    pub trimmed: Lsn,
}

impl Head {
    /// The head of a conversation without entries.
    pub const EMPTY: Self = Self {
        seq: Seq(0),
        lsn: Lsn(0),
        ordinal: Ordinal(0),
        at: Timestamp(0),
        first: Seq(1),
        first_ordinal: Ordinal(0),
        trimmed: Lsn(0),
    };

    /// The same conversation, got as far as `entry`.
    #[must_use]
    pub fn at_entry(self, entry: &Entry) -> Self {
        Self { seq: entry.seq, lsn: entry.lsn, ordinal: entry.ordinal, at: entry.at, ..self }
    }
}

/// What is remembered of an accepted command, by its acting user and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// XXH3-64 of what the caller sent.
    pub hash: u64,
    /// Its place in the one order.
    pub lsn: Lsn,
    /// What it gave.
    pub result: crate::model::CommandResult,
}

/// Rows that the store counts for: identifiers, given once, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Apps.
    App,
    /// Users.
    User,
    /// Sessions.
    Session,
    /// Conversations.
    Conversation,
    /// Labels.
    Label,
}

impl Counter {
    /// How many counters there are.
    pub const COUNT: usize = 5;
}
