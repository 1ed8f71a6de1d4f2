//! The rows of the store, one type each, with their keys. This is the one place where the domain is translated into rows.
//!
//! A stored value is `version (1 byte) · postcard · checksum (4 bytes, the low half of XXH3-64 over table, key, version and
//! postcard)`. Keys are fixed big-endian bytes, so that their order is the order of the numbers in them. Entries are stored in the
//! one shape they have everywhere ([`crate::model::Entry`]).

use super::fault::Fault;
use super::key::RecordKey;
use crate::model::{
    AppAccess, AppId, AppKeyId, AppKeySecret, AppSettings, AppState, AssistantSettings, BeforeHook, BotCommand, Card,
    ConversationId, ConversationKind, Device, Entry, EventPosition, Extra, Follower, GroupCard, GroupRules, HookId,
    InviteCode, Key, LabelId, Line, LinkPurpose, LogKind, Lsn, McpAccess, McpTokenId, MediaId, MediaInfo, Name,
    Ordinal, OwnPresence, PasswordHash, PushSubscription, RequestState, Role, Sealed, Seq, SessionId, SigningSecret,
    Timestamp, TokenHash, TurnState, UserFlags, UserHandle, UserId, UserKind, UserSettings, WebOrigin, WebhookId,
    WebhookSettings, WebhookStop,
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

        /// Takes a visitor through every kind of row.
        pub fn visit_all<V: VisitRows>(visitor: &mut V) -> Result<(), Fault> {
            $(visitor.visit::<$row>()?;)+
            Ok(())
        }
    };
}

/// Whoever has to do with every kind of row.
pub trait VisitRows {
    /// One kind of row.
    fn visit<R: Record + std::fmt::Debug>(&mut self) -> Result<(), Fault>;
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
    /// Messages that mention everybody of a group.
    MentionAlls = "mention_alls", MentionAllRow, (ConversationId, Seq);
    /// Pinned messages.
    Pins = "pins", PinRow, (ConversationId, Seq);
    /// What users say of themselves.
    Cards = "cards", CardRow, UserHandle;
    /// What users say about being there.
    Presences = "presences", PresenceRow, UserHandle;
    /// Each user's own side of their contacts: owner, other.
    Contacts = "contacts", ContactRow, (UserHandle, UserHandle);
    /// How many contacts and open requests a user has.
    ContactTotals = "contact_totals", ContactTotalRow, UserHandle;
    /// Contact requests: who is asked, who asks.
    Requests = "contact_requests", RequestRow, (UserHandle, UserHandle);
    /// Contact requests the other way round: who asks, who is asked.
    RequestsSent = "contact_requests_sent", RequestSentRow, (UserHandle, UserHandle);
    /// Labels of contacts by their owner.
    Labels = "labels", LabelRow, (UserHandle, LabelId);
    /// What users and public groups are found by.
    Directory = "directory", DirectoryRow, DirectoryKey;
    /// What groups say of themselves.
    GroupCards = "group_cards", GroupCardRow, ConversationId;
    /// Who asked to join a group.
    JoinRequests = "join_requests", JoinRequestRow, (ConversationId, UserHandle);
    /// Invite links of groups and apps by their code.
    Invites = "invites", InviteRow, InviteKey;
    /// The same by what they lead to.
    InviteLists = "invite_lists", InviteListRow, InviteListKey;
    /// One-time links by the hash of their secret.
    Links = "links", LinkRow, TokenHash;
    /// Files.
    Media = "media", MediaRow, MediaId;
    /// Which entries show a file.
    MediaRefs = "media_refs", MediaRefRow, (MediaId, ConversationId, Seq);
    /// Which entries of a conversation show files.
    Gallery = "gallery", GalleryRow, (ConversationId, Seq);
    /// How much a user has uploaded.
    MediaTotals = "media_totals", MediaTotalRow, UserHandle;
    /// The one link that there is for each user; that of set-up belongs to handle 0.
    LinkOwners = "link_owners", LinkOwnerRow, UserHandle;
    /// The audit log by the command it stands for.
    Audit = "audit", AuditRow, Lsn;
    /// Who has an administrator's right.
    Administrators = "administrators", AdministratorRow, UserHandle;
    /// Accounts that were deleted and have not left all of their groups yet.
    Deletions = "deletions", DeletionRow, UserHandle;
    /// Assistants by app and user.
    Assistants = "assistants", AssistantRow, (AppId, UserHandle);
    /// Bots that offer commands, by app and user.
    Bots = "bots", BotRow, (AppId, UserHandle);
    /// Questions that assistants have not answered yet: conversation, question.
    Turns = "turns", TurnRow, (ConversationId, Seq);
    /// How much users have asked assistants: assistant, user, day.
    AssistantUse = "assistant_use", AssistantUseRow, AssistantUseKey;
    /// Words that stand for idempotency keys, by whose they are.
    KeyWords = "key_words", KeyWordRow, (UserHandle, Key);
    /// The same by the key that each stands for, whose first bits are its time.
    KeyWordAges = "key_word_ages", KeyWordAgeRow, (Key, UserHandle);
    /// How other systems use apps; an app without a row is in use as by default.
    AppStates = "app_states", AppStateRow, AppId;
    /// How much apps have.
    AppTotals = "app_totals", AppTotalRow, AppId;
    /// Keys of apps.
    AppKeys = "app_keys", AppKeyRow, (AppId, AppKeyId);
    /// API keys by their hash.
    AppKeyTokens = "app_key_tokens", AppKeyTokenRow, TokenHash;
    /// From when on the signed tokens of a user count.
    SignedUsers = "signed_users", SignedUserRow, UserHandle;
    /// What is to be done for whole apps.
    AppJobs = "app_jobs", AppJobRow, AppId;
    /// Webhooks into conversations.
    IncomingHooks = "incoming_hooks", IncomingRow, HookId;
    /// The same by the hash of their secret.
    IncomingTokens = "incoming_tokens", IncomingTokenRow, TokenHash;
    /// The same by conversation.
    IncomingLists = "incoming_lists", IncomingListRow, (ConversationId, HookId);
    /// What a webhook has posted and may still change: by webhook and the hash of what names it.
    IncomingGroups = "incoming_groups", IncomingGroupRow, (HookId, u64);
    /// How far each follower of the log has got.
    Followers = "followers", FollowerRow, Follower;
    /// Where devices are reached by push, by their user and session.
    Pushes = "pushes", PushRow, (UserHandle, SessionId);
    /// Which device has an address of a push service, by the SHA-256 of the address.
    PushEndpoints = "push_endpoints", PushEndpointRow, TokenHash;
    /// Pushes that are tried again.
    PushRetries = "push_retries", PushRetryRow, (SessionId, ConversationId);
    /// From where pages of other systems may use apps; an app without a row lists nothing.
    AppOrigins = "app_origins", AppOriginsRow, AppId;
    /// Tokens for MCP by whose they are.
    McpTokens = "mcp_tokens", McpTokenRow, (UserHandle, McpTokenId);
    /// The same by the hash of their secret.
    McpTokenHashes = "mcp_token_hashes", McpTokenHashRow, TokenHash;
    /// Questions that assistants have not answered yet, by who asked.
    AskedTurns = "asked_turns", AskedTurnRow, (UserHandle, ConversationId, Seq);
    /// What is asked before users of an app do something.
    BeforeHooks = "before_hooks", BeforeHookRow, AppId;
    /// Webhooks of apps.
    Webhooks = "webhooks", WebhookRow, (AppId, WebhookId);
    /// How far webhooks have got.
    WebhookPlaces = "webhook_places", WebhookPlaceRow, WebhookId;
    /// Events that wait to be posted (again), by webhook, conversation and place.
    Outbox = "outbox", OutboxRow, OutboxKey;
    /// Events that were given up, by webhook and place.
    DeadLetters = "dead_letters", DeadLetterRow, DeadLetterKey;
    /// The last tries of webhooks that failed.
    WebhookFailures = "webhook_failures", WebhookFailureRow, WebhookId;
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
    /// What kind of user.
    pub kind: UserKind,
    /// Their own settings.
    pub settings: UserSettings,
    /// Their feed.
    pub feed: ConversationId,
    /// The account was deleted; the row stays, so that its id is never given again.
    pub deleted: bool,
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

/// What a user says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRow {
    /// All of it.
    pub card: Card,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// What a user says about being there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceRow {
    /// All of it.
    pub presence: OwnPresence,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// One user's own side of another one: a contact, somebody blocked, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    /// Since when they are a contact; none: they are not.
    pub since: Option<Timestamp>,
    /// Blocked by the owner of the row.
    pub blocked: bool,
    /// The owner's own name for them.
    pub remark: Option<Name>,
    /// The labels they are under.
    pub labels: Vec<LabelId>,
    /// Whatever an integrator wants to keep.
    pub extra: Extra,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// How many contacts and open requests a user has, so that limits need no counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTotalRow {
    /// Rows of contacts or blocked users.
    pub contacts: u32,
    /// Contact requests to them that are pending.
    pub pending: u32,
}

/// A contact request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Where it stands.
    pub state: RequestState,
    /// What the applicant said.
    pub greeting: Option<Line>,
    /// The applicant's own name for the other, once they are a contact.
    pub remark: Option<Name>,
    /// How they found them.
    pub source: Option<Line>,
    /// When it was (last) asked.
    pub asked: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// Where it stands in the feed of the one who is asked: read when that feed is.
    pub seq: Seq,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// That a user has asked another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSentRow {}

/// A label of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRow {
    /// Its name.
    pub name: Name,
}

/// What a directory row leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listed {
    /// A user, by the beginning of their id or of a word of their name.
    User(UserHandle),
    /// A user, by something that counts only whole: phone number, e-mail address.
    UserExactly(UserHandle),
    /// A public group, by the beginning of a word of its title.
    Group(ConversationId),
}

/// Longest term of the directory, in bytes; longer ones are cut.
pub const TERM_BYTES_MAX: usize = 48;

/// The key of [`DirectoryRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryKey {
    /// The app.
    pub app: AppId,
    /// What kind of thing: 0 users, 1 users exactly, 2 groups; as in `listed`, but before the term, so that a search walks over one
    /// kind only.
    pub kind: u8,
    /// The term, folded, at most [`TERM_BYTES_MAX`] bytes without a zero byte.
    pub term: String,
    /// The handle or conversation.
    pub id: u64,
}

impl DirectoryKey {
    /// The key of a term for something.
    pub fn new(app: AppId, term: &str, listed: Listed) -> Self {
        let end = (0..=TERM_BYTES_MAX.min(term.len())).rev().find(|end| term.is_char_boundary(*end)).unwrap_or(0);
        let term = term[..end].replace('\0', "");
        let (kind, id) = match listed {
            Listed::User(user) => (0, user.0),
            Listed::UserExactly(user) => (1, user.0),
            Listed::Group(group) => (2, group.0),
        };
        Self { app, kind, term, id }
    }

    /// What it leads to.
    pub const fn listed(&self) -> Option<Listed> {
        match self.kind {
            0 => Some(Listed::User(UserHandle(self.id))),
            1 => Some(Listed::UserExactly(UserHandle(self.id))),
            2 => Some(Listed::Group(ConversationId(self.id))),
            _ => None,
        }
    }
}

/// That somebody or something is found by a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRow {}

/// What a group says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCardRow {
    /// All of it.
    pub card: GroupCard,
}

/// Somebody who asked to join a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequestRow {
    /// Who.
    pub id: UserId,
    /// What they said.
    pub greeting: Option<Line>,
    /// When.
    pub asked: Timestamp,
}

/// What an invite leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InviteTo {
    /// Into a group.
    Group(ConversationId),
    /// To an account of an app.
    App(AppId),
}

/// The key of [`InviteRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteKey(pub InviteCode);

/// The key of [`InviteListRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteListKey {
    /// What it leads to.
    pub to: InviteTo,
    /// Its code; none stands for the place before the first.
    pub code: Option<InviteCode>,
}

/// An invite link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRow {
    /// What it leads to.
    pub to: InviteTo,
    /// Who made it; none: the operator.
    pub by: Option<UserId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// How often it can be used.
    pub uses_max: Option<u32>,
    /// How often it was used.
    pub uses: u32,
}

/// That there is an invite link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteListRow {}

/// A one-time link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// When it ends.
    pub expires: Timestamp,
}

/// Which link there is for a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkOwnerRow {
    /// The hash of its secret.
    pub token: TokenHash,
}

/// That a user has an administrator's right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorRow {}

/// That an account was deleted and still has groups to leave, or contacts, requests or labels that go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRow {}

/// An assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantRow {
    /// How it is.
    pub settings: AssistantSettings,
    /// When it was set up.
    pub created: Timestamp,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// A question that an assistant has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnRow {
    /// The app.
    pub app: AppId,
    /// Who asked.
    pub asker: UserHandle,
    /// Who is asked.
    pub assistant: UserHandle,
    /// Where it stands.
    pub state: TurnState,
    /// The answer that the new one stands in place of.
    pub replaces: Option<Seq>,
    /// Somebody wants it to stop.
    pub stop: bool,
    /// When it was asked: questions are answered in the order of this.
    pub asked_lsn: Lsn,
}

/// That a user waits for the answer to a question. It goes with the question's [`TurnRow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedTurnRow {}

/// The key of [`AssistantUseRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssistantUseKey {
    /// The assistant.
    pub assistant: UserHandle,
    /// Who asks.
    pub user: UserHandle,
    /// Days since 1970-01-01 UTC.
    pub day: u32,
}

/// How much a user has asked an assistant in one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantUseRow {
    /// Questions.
    pub questions: u32,
    /// Tokens of questions and answers.
    pub tokens: u64,
}

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

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRow {
    /// Its app.
    pub app: AppId,
    /// Who uploaded it.
    pub owner: UserHandle,
    /// What it is.
    pub info: MediaInfo,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
    /// How many things (entries, users' and groups' pictures) refer to it.
    pub references: u64,
    /// Since when nothing refers to it; its upload counts.
    pub unused_since: Option<Timestamp>,
    /// It is or was somebody's or some group's picture: whoever is of the app may see it while `avatars` is above 0.
    pub avatars: u32,
}

/// That an entry shows a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRefRow {}

/// That an entry shows a file, for the gallery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryRow {
    /// How it is shown.
    pub kind: crate::model::MediaKind,
    /// Which file.
    pub media: MediaId,
}

/// How much a user has uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaTotalRow {
    /// All files together.
    pub bytes: u64,
    /// How many.
    pub files: u64,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Line,
    /// What.
    pub action: String,
    /// To whom or what.
    pub subject: Line,
}

/// How another system uses an app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppStateRow {
    /// What it may, and how much.
    pub access: AppAccess,
    /// Whether it is in use.
    pub state: AppState,
    /// Signed tokens that were issued before this are refused.
    pub tokens_from: Timestamp,
}

/// From where pages of other systems may use an app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppOriginsRow {
    /// In order of their texts, each once.
    pub origins: Vec<WebOrigin>,
}

/// How much an app has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppTotalRow {
    /// Users who are not deleted.
    pub users: u64,
    /// Bytes of all their files.
    pub media_bytes: u64,
}

/// A key of an app. It is removed when the key is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppKeyRow {
    /// What it is called.
    pub name: Option<Name>,
    /// What is stored of it.
    pub secret: AppKeySecret,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, exact to an hour.
    pub used: Option<Timestamp>,
}

/// Which key has a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppKeyTokenRow {
    /// Its app.
    pub app: AppId,
    /// Its number.
    pub key: AppKeyId,
}

/// From when on the signed tokens of a user count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedUserRow {
    /// Those issued before this are refused.
    pub tokens_from: Timestamp,
}

/// What is to be done for a whole app, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppJobRow {
    /// All sessions end; those of users up to this folded id have.
    EndSessions {
        /// The last one that is done.
        after: String,
    },
    /// Everything goes; first the sessions, as above.
    DeleteSessions {
        /// The last one that is done.
        after: String,
    },
    /// Then the conversations from this one on.
    DeleteConversations {
        /// The first that is not done.
        next: ConversationId,
    },
    /// Then the users, and the app itself.
    DeleteUsers,
}

/// A webhook into a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingRow {
    /// Its app.
    pub app: AppId,
    /// Where it posts.
    pub conversation: ConversationId,
    /// What it is called.
    pub name: Name,
    /// Who it posts as, a user of the kind `service`.
    pub user: UserHandle,
    /// Who made it.
    pub by: UserId,
    /// The hash of its secret.
    pub token: TokenHash,
    /// When it was made.
    pub created: Timestamp,
    /// How many posts it may still change.
    pub open: u32,
}

/// Which webhook has a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingTokenRow {
    /// The webhook.
    pub hook: HookId,
}

/// That a conversation has a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingListRow {}

/// A post that may still be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingGroupRow {
    /// The entry.
    pub seq: Seq,
}

/// How far a follower of the log has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowerRow {
    /// Its work is done up to here.
    pub upto: Lsn,
}

/// What a bot offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotRow {
    /// Its commands; never empty.
    pub commands: Vec<BotCommand>,
    /// The last command that changed them.
    pub changed: Lsn,
}

/// Where a device is reached by push. It is removed with its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRow {
    /// Where.
    pub subscription: PushSubscription,
    /// When it said so.
    pub created: Timestamp,
}

/// Which device has an address of a push service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushEndpointRow {
    /// Whose.
    pub user: UserHandle,
    /// Its session.
    pub session: SessionId,
}

/// A push that is tried again. It is removed when it succeeds, is given up, or its device is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRetryRow {
    /// Whose device.
    pub user: UserHandle,
    /// The newest message that it is about.
    pub seq: Seq,
    /// When it is tried again.
    pub at: Timestamp,
    /// How often it was tried.
    pub tries: u8,
}

/// A token for MCP. It is removed when it is revoked, and with its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpTokenRow {
    /// What it is called.
    pub name: Name,
    /// The hash of its secret.
    pub hash: TokenHash,
    /// What it opens.
    pub conversations: Vec<ConversationId>,
    /// What it lets its program do there.
    pub access: McpAccess,
    /// The version of its user's credential when it was made; with another one it opens nothing.
    pub credential: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When a tool was last called with it.
    pub used: Option<Timestamp>,
    /// From when on it opens nothing.
    pub expires: Option<Timestamp>,
}

/// Which token has a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpTokenHashRow {
    /// Whose.
    pub user: UserHandle,
    /// Its number.
    pub token: McpTokenId,
}

/// What is asked before users of an app do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeHookRow {
    /// How it is.
    pub hook: BeforeHook,
    /// What its questions are signed with.
    pub secret: Sealed,
    /// What they were signed with before.
    pub old: Option<OldSecret>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// A secret that another one has replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    /// It.
    pub secret: Sealed,
    /// It signs, too, until then.
    pub until: Timestamp,
}

/// A webhook of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRow {
    /// How it is.
    pub settings: WebhookSettings,
    /// What signs, newest first: one or two.
    pub secrets: Vec<SigningSecret>,
    /// Why the server has turned it off.
    pub stopped: Option<WebhookStop>,
    /// It was deleted; its rows go.
    pub deleting: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// How far a webhook has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPlaceRow {
    /// Everything up to here is taken, or is in the outbox.
    pub upto: Lsn,
    /// Its rows in the outbox.
    pub waiting: u32,
    /// Its dead letters.
    pub dead: u32,
    /// When something was last taken.
    pub delivered: Option<Timestamp>,
    /// Events up to here may be missing.
    pub gap: Option<Lsn>,
    /// The last command that put dead letters back into the outbox.
    pub replayed: Lsn,
}

/// The last try of a webhook that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFailureRow {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub why: String,
}

/// The key of [`OutboxRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxKey {
    /// The webhook.
    pub webhook: WebhookId,
    /// The conversation, whose events are posted one after the other.
    pub conversation: ConversationId,
    /// The event.
    pub position: EventPosition,
}

/// An event that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The entry.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
    /// How often it was tried.
    pub tries: u8,
    /// When it was tried first.
    pub first: Option<Timestamp>,
    /// When it is tried next; none: when the one before it is done.
    pub at: Option<Timestamp>,
}

/// The key of [`DeadLetterRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeadLetterKey {
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub position: EventPosition,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterRow {
    /// Where it happened.
    pub conversation: ConversationId,
    /// The entry.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
    /// How often it was tried.
    pub tries: u8,
    /// When it was given up.
    pub at: Timestamp,
    /// What the last try came to.
    pub why: String,
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
