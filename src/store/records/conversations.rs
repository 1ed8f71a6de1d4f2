//! Rows of conversations: what they are, their members, and each member's own side.

use crate::model::{
    AppId, ConversationId, ConversationKind, GroupRules, Lsn, Name, Ordinal, Role, Seq, Timestamp, UserHandle, UserId,
};
use serde::{Deserialize, Serialize};

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// The app.
    pub app: AppId,
    /// What it is.
    pub kind: ConversationKind,
    /// The title of a group or of a chat with an assistant.
    pub title: Option<Name>,
    /// The two users of a direct chat, or of a chat with an assistant, the lower handle first.
    pub pair: Option<(UserHandle, UserHandle)>,
    /// How many members it has now.
    pub members: u32,
    /// What only groups have.
    pub group: Option<GroupRow>,
    /// How long its entries are kept, when that is not as the app says.
    pub retention: Option<RetentionRow>,
    /// When it was created.
    pub created: Timestamp,
    /// The command that created it.
    pub created_lsn: Lsn,
    /// The last command that changed what this row says to its members (title, rules, card, mute).
    pub changed: Lsn,
}

/// What only groups have, of what is needed whenever somebody speaks. The rest is in [`GroupCardRow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its owner.
    pub owner: UserHandle,
    /// Its rules.
    pub rules: GroupRules,
    /// Only the owner and managers may speak.
    pub muted: bool,
    /// Since when it can only be read.
    pub dissolved: Option<Timestamp>,
}

/// How long a conversation keeps its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRow {
    /// Milliseconds; none: as the app says; 0: for ever.
    pub keep_ms: Option<u64>,
    /// Newest entries; none: as the app says; 0: all.
    pub keep_entries: Option<u64>,
    /// Nothing is deleted by retention.
    pub hold: bool,
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
    /// What they are called in this group.
    pub alias: Option<Name>,
    /// Until when they are silenced in this group.
    pub silenced_until: Option<Timestamp>,
    /// When they joined (this time).
    pub joined: Timestamp,
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

/// That a message mentions everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionAllRow {}

/// That a message is pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRow {
    /// By whom.
    pub by: UserHandle,
    /// When.
    pub at: Timestamp,
}
