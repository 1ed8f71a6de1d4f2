//! The rows of the store, one type each, with their keys. This is the one place where the domain is translated into rows.
//!
//! A stored value is `version (1 byte) · postcard · checksum (4 bytes, the low half of XXH3-64 over table, key, version and
//! postcard)`. Keys are fixed big-endian bytes, so that their order is the order of the numbers in them. Entries are stored in the
//! one shape they have everywhere ([`crate::model::Entry`]).

use super::key::RecordKey;
use crate::model::{
    AppId, AppSettings, ConversationId, ConversationKind, Device, Entry, Lsn, Name, Ordinal, PasswordHash, Role, Seq,
    SessionId, Timestamp, TokenHash, UserFlags, UserHandle, UserId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A kind of row.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What finds it.
    type Key: RecordKey;
    /// Its table.
    const TABLE: Table;
    /// The version that is written; older ones are migrated when the data folder is opened.
    const VERSION: u8 = 1;
}

/// Declares the tables and binds each to its row and key type.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident = $name:literal, $row:ty, $key:ty;)+) => {
        /// The tables that hold one row per thing. (`meta`, `journal`, `entries`, `idempotency` and `log` have their own shapes: see
        /// [`super::journal`].)
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table { $($(#[$doc])* $table,)+ }

        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$table,)+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// Its name in the file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$table => $name,)+ }
            }
        }

        $(impl Record for $row {
            type Key = $key;
            const TABLE: Table = Table::$table;
        })+
    };
}

tables! {
    /// Apps by id.
    Apps = "apps", AppRow, AppId;
    /// Users by handle.
    Users = "users", UserRow, UserHandle;
    /// Handles by app and folded user id.
    UserIds = "user_ids", UserIdRow, UserIdKey;
    /// Sessions by id.
    Sessions = "sessions", SessionRow, SessionId;
    /// Sessions by user.
    UserSessions = "user_sessions", UserSessionRow, (UserHandle, SessionId);
    /// Sessions by the hash of their token.
    Tokens = "tokens", TokenRow, TokenHash;
    /// Conversations by id.
    Conversations = "conversations", ConversationRow, ConversationId;
    /// Direct conversations by their two users, the lower handle first.
    Directs = "directs", DirectRow, (UserHandle, UserHandle);
    /// Members by conversation, those who left included.
    Members = "members", MemberRow, (ConversationId, UserHandle);
    /// Each user's own side of their conversations.
    Inbox = "inbox", InboxRow, (UserHandle, ConversationId);
    /// How far each conversation is folded: at or below this seq an entry lives in `entries`, above it in the tail.
    Heads = "heads", Head, ConversationId;
    /// Messages that mention a user.
    Mentions = "mentions", MentionRow, (UserHandle, ConversationId, Seq);
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRow {
    /// Unique on this server.
    pub name: Name,
    /// Its settings.
    pub settings: AppSettings,
    /// When it was created.
    pub created: Timestamp,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Their app.
    pub app: AppId,
    /// Their id.
    pub id: UserId,
    /// Their display name.
    pub name: Name,
    /// The hash of their password.
    pub password: Option<PasswordHash>,
    /// Raised whenever the password changes; a log-in names the version it was checked against.
    pub credential: u32,
    /// Flags set by administrators.
    pub flags: UserFlags,
    /// A right of persons in the app `home`.
    pub administrator: bool,
    /// When they were created.
    pub created: Timestamp,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// The key of [`UserIdRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserIdKey {
    /// The app.
    pub app: AppId,
    /// The id in lower case ([`UserId::folded`]).
    pub folded: String,
}

impl UserIdKey {
    /// The key of a user id in an app.
    pub fn new(app: AppId, id: &UserId) -> Self {
        Self { app, folded: id.folded().into() }
    }
}

/// Which user has an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIdRow {
    /// The user.
    pub user: UserHandle,
}

/// A session. It is removed when the session ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The user's app.
    pub app: AppId,
    /// The user.
    pub user: UserHandle,
    /// The user's id.
    pub id: UserId,
    /// The device.
    pub device: Device,
    /// The hash of its token.
    pub token: TokenHash,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was last used, exact to a day.
    pub seen: Timestamp,
    /// From where it was opened.
    pub address: String,
}

/// That a user has a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSessionRow {}

/// Which session has a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// The session.
    pub session: SessionId,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// The app.
    pub app: AppId,
    /// What it is.
    pub kind: ConversationKind,
    /// The title of a group.
    pub title: Option<Name>,
    /// The two users of a direct chat, the lower handle first.
    pub pair: Option<(UserHandle, UserHandle)>,
    /// How many members it has now.
    pub members: u32,
    /// When it was created.
    pub created: Timestamp,
    /// The command that created it.
    pub created_lsn: Lsn,
}

/// The direct conversation of two users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectRow {
    /// The conversation.
    pub conversation: ConversationId,
}

/// A place in a conversation: a seq and how many messages there are up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The entry.
    pub seq: Seq,
    /// Its ordinal.
    pub ordinal: Ordinal,
}

/// Where a member's window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// The last entry they may see.
    pub seq: Seq,
    /// Its lsn.
    pub lsn: Lsn,
    /// Its ordinal.
    pub ordinal: Ordinal,
}

/// A member of a conversation, with the window of what they may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Their id, so that nobody has to look it up.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
    /// They see what is *above* this (the place of the last entry before they joined).
    pub from: Mark,
    /// They have left, and see nothing above this.
    pub until: Option<Until>,
    /// They have read up to here.
    pub read: Mark,
    /// A device of theirs has everything up to here.
    pub delivered: Seq,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// One user's own side of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxRow {
    /// At the top of the list.
    pub pinned: bool,
    /// Silent until then.
    pub muted_until: Option<Timestamp>,
    /// Not in the list until there are more messages than this.
    pub hidden_at: Option<Ordinal>,
    /// Shown as unread until the next `read`.
    pub marked_unread: bool,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// That a message mentions a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionRow {}

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
    /// The first entry that is kept (1 until retention trims).
    pub first: Seq,
}

impl Head {
    /// The head of a conversation whose newest entry is `entry`.
    pub fn of(entry: &Entry, first: Seq) -> Self {
        Self { seq: entry.seq, lsn: entry.lsn, ordinal: entry.ordinal, at: entry.at, first }
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
}
