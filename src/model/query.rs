//! Queries: what a person asks to read, and the answers. The same from the socket and from REST.

use super::growing::{Unreadable, growing};
use super::{
    Conversation, ConversationId, Cursor, Entry, Hit, Lsn, Member, Profile, Search, Seq, SessionInfo, UserId,
};
use serde::{Deserialize, Serialize};

/// What a person asks to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Query {
    /// The caller's conversations, pinned first, then by last change, each with its newest entry.
    Conversations {
        /// How many to pass over.
        #[serde(default)]
        skip: u32,
        /// How many at most (1–100).
        limit: u32,
    },
    /// One conversation with its newest entries.
    Conversation {
        /// Which.
        conversation: ConversationId,
    },
    /// Entries of a conversation with `from` ≤ seq ≤ `to`, oldest first, and before them entries outside of that range that
    /// notices inside of it rewrote. When there are more than `limit`: the lowest ones if `from` is given, else the highest.
    Entries {
        /// Which conversation.
        conversation: ConversationId,
        /// The lowest seq.
        #[serde(default)]
        from: Option<Seq>,
        /// The highest seq.
        #[serde(default)]
        to: Option<Seq>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// The members of a conversation, by id.
    Members {
        /// Which.
        conversation: ConversationId,
        /// Start after this user.
        #[serde(default)]
        after: Option<UserId>,
        /// How many at most (1–500).
        limit: u32,
    },
    /// Who has read an entry (and, in a direct chat, to whom it was delivered), at most 500.
    Receipts {
        /// Which conversation.
        conversation: ConversationId,
        /// Which entry.
        seq: Seq,
    },
    /// The caller's sessions.
    Sessions {},
    /// Profiles of users (1–100); those that are not there are left out.
    Users {
        /// Who.
        #[serde(deserialize_with = "super::list::read")]
        users: Vec<UserId>,
    },
    /// Messages of the caller's conversations with certain words, newest first.
    Search(Box<Search>),
    /// A query that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Query);

/// What a query gave. `as_of`: everything with this lsn or a lower one is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Answer {
    /// To `conversations`.
    Conversations {
        /// In the list's order.
        conversations: Vec<Conversation>,
        /// Whether there are more after these.
        more: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `conversation`.
    Conversation {
        /// The conversation.
        conversation: Box<Conversation>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `entries`.
    Entries {
        /// Which conversation.
        conversation: ConversationId,
        /// The entries.
        entries: Vec<Entry>,
        /// The first entry the caller may see.
        floor: Seq,
        /// The newest entry the caller may see.
        head: Seq,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `members`.
    Members {
        /// The members.
        members: Vec<Member>,
        /// Whether there are more after these.
        more: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `receipts`.
    Receipts {
        /// Members whose `read` (or, in a direct chat, `delivered`) is at or above the entry.
        cursors: Vec<Cursor>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `sessions`.
    Sessions {
        /// The sessions.
        sessions: Vec<SessionInfo>,
    },
    /// To `users`.
    Users {
        /// Their profiles.
        users: Vec<Profile>,
    },
    /// To `search`.
    Found {
        /// Newest first.
        hits: Vec<Hit>,
        /// Ask with this as `cursor` for those that follow; none when there are no more.
        next: Option<String>,
        /// Whether everything was looked through. False while the index is being made, or when the search took too long: older
        /// hits may be missing.
        complete: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// An answer that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Answer);
