//! Queries: what a person asks to read, and the answers. The same from the socket and from REST.

use super::growing::{Unreadable, growing};
use super::{
    AssistantView, Contact, ContactRequest, Conversation, ConversationId, Cursor, DraftView, Entry, GroupPreview, Hit,
    Invite, InviteCode, JoinRequest, Label, Lsn, MediaId, MediaInfo, MediaKind, Member, OfferedCommand, OwnPresence,
    PresenceOf, Profile, Relation, Search, Seq, SessionInfo, Timestamp, UserId, UserSettings,
};
use serde::{Deserialize, Serialize};

/// What a person asks to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// The first entry of a conversation that was accepted at or after a time (the newest when none was). Answer: `place`.
    EntryAt {
        /// Which conversation.
        conversation: ConversationId,
        /// The time.
        at: Timestamp,
    },
    /// Messages with files, newest first. Answer: `entries`.
    Gallery {
        /// Which conversation.
        conversation: ConversationId,
        /// Which kinds; none: all.
        #[serde(default, deserialize_with = "super::list::read")]
        kinds: Vec<MediaKind>,
        /// Below this seq.
        #[serde(default)]
        before: Option<Seq>,
        /// How many at most (1–100).
        limit: u32,
    },
    /// The pinned messages of a conversation, newest first. Answer: `entries`.
    Pins {
        /// Which conversation.
        conversation: ConversationId,
    },
    /// The caller's profile, settings and own presence. Answer: `me`.
    Me {},
    /// The caller's contacts, by when they were first known here. Answer: `contacts`.
    Contacts {
        /// Start after this user.
        #[serde(default)]
        after: Option<UserId>,
        /// How many at most (1–200).
        limit: u32,
        /// Only rows that changed at or after this lsn, those that are no contact any more included.
        #[serde(default)]
        since: Option<Lsn>,
        /// Those who are blocked instead of those who are contacts.
        #[serde(default)]
        blocked: bool,
    },
    /// One contact row of the caller. Answer: `contacts`.
    Contact {
        /// Whom.
        user: UserId,
    },
    /// Contact requests to the caller, or by them. Answer: `contact_requests`.
    ContactRequests {
        /// By the caller.
        #[serde(default)]
        sent: bool,
        /// Start after this user.
        #[serde(default)]
        after: Option<UserId>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// The caller's labels. Answer: `labels`.
    Labels {},
    /// How users (1–100) and the caller are related. Answer: `relations`.
    Relations {
        /// Who.
        #[serde(deserialize_with = "super::list::read")]
        users: Vec<UserId>,
    },
    /// Users of the caller's app, as its directory setting allows: found by what `text` says. Answer: `found_users`.
    FindUsers {
        /// What to look for: the beginning of an id or name, or a whole id, phone number or e-mail address.
        text: String,
        /// Start after this user.
        #[serde(default)]
        after: Option<UserId>,
        /// How many at most (1–100).
        limit: u32,
    },
    /// Public groups of the caller's app by the beginning of a word of their title. Answer: `groups`.
    FindGroups {
        /// What to look for.
        text: String,
        /// Start after this group.
        #[serde(default)]
        after: Option<ConversationId>,
        /// How many at most (1–100).
        limit: u32,
    },
    /// The group behind an invite code, before joining. Answer: `groups` with the one.
    GroupOfCode {
        /// The code.
        code: InviteCode,
    },
    /// The invite links of a group: for whoever may make them. Answer: `invites`.
    Invites {
        /// Which.
        conversation: ConversationId,
    },
    /// Those who asked to join a group: for its owner and managers. Answer: `join_requests`.
    JoinRequests {
        /// Which.
        conversation: ConversationId,
        /// Start after this user.
        #[serde(default)]
        after: Option<UserId>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// The presence of users (1–100); those who may not be seen are offline. Answer: `presences`. (Answered by the gateway, because
    /// who is connected is no row.)
    Presences {
        /// Who.
        #[serde(deserialize_with = "super::list::read")]
        users: Vec<UserId>,
    },
    /// What is known of a file that the caller may see. Answer: `media`.
    Media {
        /// Which.
        media: MediaId,
    },
    /// Messages of the caller's conversations with certain words, newest first.
    Search(Box<Search>),
    /// The assistants that the caller may use. Answer: `assistants`.
    Assistants {},
    /// The answers that are being written in a conversation and the questions that wait, oldest first. Answer: `drafts`. (What is
    /// written so far is no row: the gateway adds it.)
    Drafts {
        /// Which conversation.
        conversation: ConversationId,
    },
    /// The commands that the bots of a conversation offer. Answer: `bot_commands`.
    BotCommands {
        /// Which conversation.
        conversation: ConversationId,
    },
    /// A query that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Query);

/// What a query gave. `as_of`: everything with this lsn or a lower one is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
        /// Members whose `read` (or, in a direct chat, `delivered`) is at or above the entry, at most 500.
        cursors: Vec<Cursor>,
        /// How many of all members have read it.
        read: u32,
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
    /// To `entry_at`.
    Place {
        /// The entry; 0 when there is none at all.
        seq: Seq,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `me`.
    Me {
        /// The profile, with everything in it.
        profile: Box<Profile>,
        /// The settings.
        settings: UserSettings,
        /// What the user says about being there.
        presence: OwnPresence,
        /// The feed: the conversation with what happens to the account and its contacts.
        feed: ConversationId,
        /// Whether the user is an administrator.
        administrator: bool,
        /// All files of the user together, in bytes.
        media_bytes: u64,
        /// As of this lsn.
        as_of: Lsn,
        /// How long an own text can be edited, in milliseconds since it was sent: what the app says.
        edit_window_ms: u64,
        /// How long an own message can be recalled, in milliseconds since it was sent: what the app says.
        recall_window_ms: u64,
    },
    /// To `contacts` and `contact`.
    Contacts {
        /// The rows.
        contacts: Vec<Contact>,
        /// Whether there are more after these.
        more: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `contact_requests`.
    ContactRequests {
        /// The requests.
        requests: Vec<ContactRequest>,
        /// Whether there are more after these.
        more: bool,
        /// How many of all pending ones are unread (at most 100 are counted).
        unread: u32,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `labels`.
    Labels {
        /// The labels, by id.
        labels: Vec<Label>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `relations`.
    Relations {
        /// In the order asked for; those that are not there are left out.
        relations: Vec<Relation>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `find_users`.
    FoundUsers {
        /// Their profiles.
        users: Vec<Profile>,
        /// Whether there are more after these.
        more: bool,
    },
    /// To `find_groups` and `group_of_code`.
    Groups {
        /// The groups.
        groups: Vec<GroupPreview>,
        /// Whether there are more after these.
        more: bool,
    },
    /// To `invites`.
    Invites {
        /// The links, newest last.
        invites: Vec<Invite>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `join_requests`.
    JoinRequests {
        /// The requests.
        requests: Vec<JoinRequest>,
        /// Whether there are more after these.
        more: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `presences`.
    Presences {
        /// In the order asked for; those that are not there are left out.
        presences: Vec<PresenceOf>,
    },
    /// To `media`.
    Media {
        /// What is known.
        media: Box<MediaInfo>,
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
    /// To `assistants`.
    Assistants {
        /// The assistants, by id.
        assistants: Vec<AssistantView>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `drafts`.
    Drafts {
        /// Which conversation.
        conversation: ConversationId,
        /// The answers and questions.
        drafts: Vec<DraftView>,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// To `bot_commands`.
    BotCommands {
        /// The commands by name, those of the same name by bot; at most 512.
        commands: Vec<OfferedCommand>,
        /// Whether there are more.
        more: bool,
        /// As of this lsn.
        as_of: Lsn,
    },
    /// An answer that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Answer);
