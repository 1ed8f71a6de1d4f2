//! Entries: what a conversation is made of.

use super::growing::{Unreadable, growing};
use super::{
    AssistantAnswer, Attach, Attachment, ButtonId, Buttons, ConversationId, Emoji, GroupRules, GroupView, Key, Line,
    Lsn, Name, Ordinal, Post, Seq, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

/// One entry of a conversation. Everything that happens in a conversation is one: a message, an edit, somebody joining.
///
/// An entry never changes its `seq`, `lsn`, `ordinal`, `at`, `author` or `key`. Its body and reactions change when a later entry
/// edits, recalls or reacts to it; `changed` is then the lsn of that later entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Entry {
    /// Its place in the conversation: 1, 2, 3 … without gaps.
    pub seq: Seq,
    /// The command that made it.
    pub lsn: Lsn,
    /// The last command that changed it; equal to `lsn` while nothing did.
    pub changed: Lsn,
    /// How many messages the conversation has up to and including this entry.
    pub ordinal: Ordinal,
    /// When the server accepted it.
    pub at: Timestamp,
    /// Who caused it.
    pub author: UserId,
    /// The idempotency key of the command that made it, so that its author's devices find it in their outbox.
    pub key: Option<Key>,
    /// What it says.
    pub body: Body,
    /// Reactions to it, in the order in which each emoji was first used.
    pub reactions: Vec<Reaction>,
    /// When its text was last edited.
    pub edited_at: Option<Timestamp>,
    /// When it was recalled; its body is then [`Body::Recalled`].
    pub recalled_at: Option<Timestamp>,
    /// Where it was said first, when it was forwarded.
    #[serde(default)]
    pub origin: Option<Origin>,
}

/// Where a forwarded message was said first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Origin {
    /// By whom.
    pub author: UserId,
    /// When.
    pub at: Timestamp,
}

/// An emoji on an entry and who put it there, in the order in which they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// The users who reacted with it; never empty.
    pub users: Vec<UserId>,
}

/// What an entry says. *Messages* count as unread; *notices* (everything else) do not. A notice with a `target` announces that
/// the entry with that seq was rewritten: whoever keeps entries takes the target anew when theirs has a lower `changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Body {
    /// A message in words.
    Text(Text),
    /// A message of a kind that the sender's own software understands.
    Custom(Custom),
    /// What is left of a message that was recalled.
    Recalled {},
    /// Notice: the text of `target` was edited.
    Edited {
        /// The edited entry.
        target: Seq,
    },
    /// Notice: `target` was recalled.
    RecalledEntry {
        /// The recalled entry.
        target: Seq,
    },
    /// Notice: the author put a reaction on `target` or took it away.
    Reacted {
        /// The entry reacted to.
        target: Seq,
        /// The reaction.
        emoji: Emoji,
        /// True: put there; false: taken away.
        on: bool,
    },
    /// Notice: a group was created; its author is its owner.
    GroupCreated {
        /// The group's first title.
        title: Name,
        /// The first members, the owner included.
        members: Vec<UserId>,
    },
    /// Notice: users joined.
    MembersAdded {
        /// Who joined.
        users: Vec<UserId>,
    },
    /// Notice: the author removed somebody.
    MemberRemoved {
        /// Who was removed.
        user: UserId,
    },
    /// Notice: the author left.
    MemberLeft {},
    /// Notice: the group has a new title.
    Renamed {
        /// The new title.
        title: Name,
    },
    /// A message with a file.
    Media(Attachment),
    /// A message with a place.
    Location(Location),
    /// A message with somebody's contact card.
    ContactCard(ContactCard),
    /// A message that is a sticker or one large emoji.
    Sticker(Sticker),
    /// Notice: a message was pinned for all, or is not any more.
    EntryPinned {
        /// The message.
        entry: Seq,
        /// Pinned or not.
        on: bool,
    },
    /// Notice: the group is under other rules.
    RulesChanged {
        /// The rules.
        rules: GroupRules,
    },
    /// Notice: the group says something else of itself (picture, introduction, notice, extra); query `conversation` for it.
    CardChanged {},
    /// Notice: the author asks to join.
    JoinRequested {},
    /// Notice: the author joined by themselves or by a link.
    MemberJoined {},
    /// Notice: the author answered somebody who asked to join. A no also stands in the feed of the one who asked.
    JoinAnswered {
        /// The group.
        conversation: ConversationId,
        /// Who asked.
        user: UserId,
        /// Yes or no.
        accepted: bool,
    },
    /// Notice: the author made an invite link, or made one useless.
    InviteChanged {
        /// Made, or made useless.
        on: bool,
    },
    /// Notice: somebody is a manager now, or not any more.
    ManagerChanged {
        /// Who.
        user: UserId,
        /// Manager or not.
        manager: bool,
    },
    /// Notice: the group has another owner.
    Transferred {
        /// The new one.
        user: UserId,
    },
    /// Notice: the group can only be read from now on.
    Dissolved {},
    /// Notice: only the owner and managers may speak, or everybody again.
    GroupMuted {
        /// Muted or not.
        on: bool,
    },
    /// Notice: a member is silenced, or not any more.
    MemberSilenced {
        /// Who.
        user: UserId,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Notice: a member has another alias.
    AliasChanged {
        /// Who.
        user: UserId,
        /// The alias.
        alias: Option<Name>,
    },
    /// Notice in the feeds of both: the author asks `user` to be a contact.
    ContactRequested {
        /// Who is asked.
        user: UserId,
        /// What the author says.
        greeting: Option<Line>,
    },
    /// Notice in the feeds of both: the author answered a contact request of `user`, or their policy did.
    ContactAnswered {
        /// Who asked.
        user: UserId,
        /// Yes or no.
        accepted: bool,
    },
    /// Notice in the own feed: rows of these contacts changed (remark, labels, extra, deleted, blocked); query `contacts` for them.
    /// Empty: many.
    ContactsChanged {
        /// Who.
        users: Vec<UserId>,
    },
    /// Notice in the own feed: labels were made, renamed or deleted; query `labels`.
    LabelsChanged {},
    /// A message: what an assistant answered.
    Answer(AssistantAnswer),
    /// A message of another system, through a webhook.
    Post(Post),
    /// A message with buttons.
    Buttons(Buttons),
    /// Notice in the feed of who wrote a message with buttons: the author pressed one of them.
    Pressed {
        /// Where the message is.
        conversation: ConversationId,
        /// The message.
        entry: Seq,
        /// The button.
        button: ButtonId,
    },
    /// A body that this version cannot read. Show a placeholder and go on.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Body);

impl Body {
    /// Whether it counts as unread.
    pub const fn is_message(&self) -> bool {
        matches!(
            self,
            Self::Text(_)
                | Self::Custom(_)
                | Self::Media(_)
                | Self::Location(_)
                | Self::ContactCard(_)
                | Self::Sticker(_)
                | Self::Answer(_)
                | Self::Recalled {}
                | Self::Post(_)
                | Self::Buttons(_)
        )
    }

    /// The name of its kind, as it stands on the wire.
    pub fn kind(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        super::growing::json_tag(&json).map_or_else(|| "unknown".to_owned(), |(kind, _)| kind)
    }

    /// The words in it that can mention somebody.
    pub const fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Media(attachment) => Some(&attachment.caption),
            Self::Buttons(buttons) => Some(&buttons.text),
            _ => None,
        }
    }

    /// The entry that this notice says was rewritten.
    pub const fn target(&self) -> Option<Seq> {
        match self {
            Self::Edited { target } | Self::RecalledEntry { target } | Self::Reacted { target, .. } => Some(*target),
            Self::Text(_)
            | Self::Custom(_)
            | Self::Recalled {}
            | Self::GroupCreated { .. }
            | Self::MembersAdded { .. }
            | Self::MemberRemoved { .. }
            | Self::MemberLeft {}
            | Self::Renamed { .. }
            | Self::Media(_)
            | Self::Location(_)
            | Self::ContactCard(_)
            | Self::Sticker(_)
            | Self::EntryPinned { .. }
            | Self::RulesChanged { .. }
            | Self::CardChanged {}
            | Self::JoinRequested {}
            | Self::MemberJoined {}
            | Self::JoinAnswered { .. }
            | Self::InviteChanged { .. }
            | Self::ManagerChanged { .. }
            | Self::Transferred { .. }
            | Self::Dissolved {}
            | Self::GroupMuted { .. }
            | Self::MemberSilenced { .. }
            | Self::AliasChanged { .. }
            | Self::ContactRequested { .. }
            | Self::ContactAnswered { .. }
            | Self::ContactsChanged { .. }
            | Self::LabelsChanged {}
            | Self::Answer(_)
            | Self::Post(_)
            | Self::Buttons(_)
            | Self::Pressed { .. }
            | Self::Unreadable(_) => None,
        }
    }
}

/// A message in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Text {
    /// The words, 1 byte to the app's `message_bytes_max`; kept byte for byte.
    pub text: String,
    /// Whether the words are Markdown.
    #[serde(default)]
    pub markdown: bool,
    /// The entry of the same conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
    /// Users named in the text, at most [`super::limits::MENTIONS_MAX`].
    #[serde(default, deserialize_with = "super::list::read")]
    pub mentions: Vec<UserId>,
    /// Names everybody: the owner and managers of a group may.
    #[serde(default)]
    pub mention_all: bool,
}

impl Text {
    /// A plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A message of a kind that integrators define.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Custom {
    /// What it is, for example `order.shipped`: 1–64 characters `a-z A-Z 0-9 _ . -`.
    pub kind: String,
    /// A JSON document, kept byte for byte, at most the app's `message_bytes_max`.
    pub json: String,
    /// The entry of the same conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
}

/// A place on earth (WGS 84).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Location {
    /// Degrees north × 1,000,000, −90,000,000 to 90,000,000.
    pub latitude_e6: i32,
    /// Degrees east × 1,000,000, −180,000,000 to 180,000,000.
    pub longitude_e6: i32,
    /// What it is called.
    #[serde(default)]
    pub name: Option<Line>,
    /// The entry of the same conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
}

/// Somebody's contact card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContactCard {
    /// Whose.
    pub user: UserId,
    /// The entry of the same conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
}

/// A sticker of a set that clients know, or one large emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sticker {
    /// The set; none: `name` is an emoji.
    #[serde(default)]
    pub set: Option<Name>,
    /// Which one of the set, or the emoji.
    pub name: Emoji,
    /// The entry of the same conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<Seq>,
}

/// A message as somebody wants to send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text(Text),
    /// A kind of the sender's own.
    Custom(Custom),
    /// A file.
    Media(Attach),
    /// A place.
    Location(Location),
    /// Somebody's contact card.
    ContactCard(ContactCard),
    /// A sticker or one large emoji.
    Sticker(Sticker),
    /// Words with buttons: of bots, and of users in whose name their app speaks.
    Buttons(Buttons),
}

impl Content {
    /// The entry that it answers.
    pub const fn reply_to(&self) -> Option<Seq> {
        match self {
            Self::Text(text) => text.reply_to,
            Self::Custom(custom) => custom.reply_to,
            Self::Media(attach) => attach.caption.reply_to,
            Self::Location(location) => location.reply_to,
            Self::ContactCard(card) => card.reply_to,
            Self::Sticker(sticker) => sticker.reply_to,
            Self::Buttons(buttons) => buttons.text.reply_to,
        }
    }

    /// The body that a message of it has, as far as that needs nothing else: a file has to be looked up.
    pub fn body(&self) -> Option<Body> {
        Some(match self.clone() {
            Self::Text(text) => Body::Text(text),
            Self::Custom(custom) => Body::Custom(custom),
            Self::Location(location) => Body::Location(location),
            Self::ContactCard(card) => Body::ContactCard(card),
            Self::Sticker(sticker) => Body::Sticker(sticker),
            Self::Buttons(buttons) => Body::Buttons(buttons),
            Self::Media(_) => return None,
        })
    }

    /// The words in it that can mention somebody.
    pub const fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Media(attach) => Some(&attach.caption),
            Self::Buttons(buttons) => Some(&buttons.text),
            Self::Custom(_) | Self::Location(_) | Self::ContactCard(_) | Self::Sticker(_) => None,
        }
    }
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Two users.
    Direct,
    /// Members with roles.
    Group,
    /// One user's own: what happens to their account and contacts. It has notices only.
    Feed,
    /// One user and one assistant, which answers every message.
    Assistant,
}

/// What a member of a group may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Speaks and reads.
    Member,
    /// Also removes members and changes the group.
    Manager,
    /// The one who answers for the group.
    Owner,
}

/// A conversation as one user sees it at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Direct chat, group, feed or chat with an assistant.
    pub kind: ConversationKind,
    /// The title of a group or of a chat with an assistant.
    pub title: Option<Name>,
    /// The other user of a direct chat; the assistant of a chat with one.
    pub peer: Option<UserId>,
    /// The reader's role.
    pub role: Role,
    /// What only a group has.
    pub group: Option<Box<GroupView>>,
    /// How many members it has now.
    pub members: u32,
    /// The newest entry this user may see.
    pub head: Seq,
    /// The ordinal of `head`.
    pub head_ordinal: Ordinal,
    /// When the newest entry was accepted.
    pub at: Timestamp,
    /// The highest lsn that changed anything of this for this user.
    pub changed: Lsn,
    /// What is this user's own.
    pub inbox: Inbox,
    /// How far the members have got: both in a direct chat, `read` alone in groups of at most
    /// [`super::limits::RECEIPTS_MEMBERS_MAX`], empty in larger ones.
    pub cursors: Vec<Cursor>,
    /// Newest entries, oldest first, and before them entries that newer notices rewrote.
    pub entries: Vec<Entry>,
}

/// One user's own side of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own that a client shows")]
pub struct Inbox {
    /// The conversation.
    pub conversation: ConversationId,
    /// The command that changed it last.
    pub lsn: Lsn,
    /// Everything up to this entry is read.
    pub read: Seq,
    /// How many messages are above `read`.
    pub unread: u64,
    /// How many of them mention this user (at most 100 are counted).
    pub mentions: u32,
    /// Kept at the top of the list.
    pub pinned: bool,
    /// Silent until then.
    pub muted_until: Option<Timestamp>,
    /// Not shown in the list until the next message.
    pub hidden: bool,
    /// Shown as unread although it is not, until the next `read`.
    pub marked_unread: bool,
    /// The first entry this user may see; drop what is below.
    pub floor: Seq,
    /// True after leaving: nothing newer will come.
    pub gone: bool,
}

/// How far one user has got in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cursor {
    /// Who.
    pub user: UserId,
    /// A device of theirs has everything up to here; not told in groups.
    pub delivered: Option<Seq>,
    /// They have read up to here.
    pub read: Seq,
}

/// A member of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// What they are called in this group.
    pub alias: Option<Name>,
    /// Until when they are silenced in it.
    pub silenced_until: Option<Timestamp>,
    /// Since when they are in it.
    pub joined: Timestamp,
}
