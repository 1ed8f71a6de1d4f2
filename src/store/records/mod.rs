//! The rows of the store, one type each, with their keys. This is the one place where the domain is translated into rows.
//!
//! A stored value is `version (1 byte) · postcard · checksum (4 bytes, the low half of XXH3-64 over table, key, version and
//! postcard)`. Keys are fixed big-endian bytes, so that their order is the order of the numbers in them. Entries are stored in the
//! one shape they have everywhere ([`crate::model::Entry`]).

mod accounts;
mod apps;
mod bots;
mod contacts;
mod conversations;
mod groups;
mod hooks;
mod media;
mod progress;
mod push;

pub use accounts::*;
pub use apps::*;
pub use bots::*;
pub use contacts::*;
pub use conversations::*;
pub use groups::*;
pub use hooks::*;
pub use media::*;
pub use progress::*;
pub use push::*;

use crate::model::{
    AppId, AppKeyId, ConversationId, Follower, HookId, Key, LabelId, Lsn, McpTokenId, MediaId, Seq, SessionId,
    Timestamp, TokenHash, UserHandle, WebhookId,
};
use crate::store::fault::Fault;
use crate::store::key::RecordKey;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of row.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What finds it.
    type Key: RecordKey;
    /// Its table.
    const TABLE: Table;
    /// The version that is written. The one before it is read as [`Record::Before`], and written anew when the row changes.
    const VERSION: u8;
    /// The row as the version before had it; of the first version the row itself.
    type Before: DeserializeOwned + Into<Self>;
}

/// The version of a kind of row, by what it was before.
macro_rules! version {
    () => {
        1
    };
    ($before:ty) => {
        2
    };
}

/// What a kind of row was before.
macro_rules! before {
    ($row:ty) => {
        $row
    };
    ($row:ty, $before:ty) => {
        $before
    };
}

/// Declares the tables and binds each to its row and key type, and to what its rows were in the version before, if there was one.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident = $name:literal, $row:ty, $key:ty $(, was $before:ty)?;)+) => {
        /// The tables that hold one row per thing. (`meta`, `journal`, `entries`, `idempotency` and `log` have their own shapes: see
        /// [`crate::store::journal`].)
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
            const VERSION: u8 = version!($($before)?);
            type Before = before!($row $(, $before)?);
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
    AppTotals = "app_totals", AppTotalRow, AppId, was AppTotalRow1;
    /// Keys of apps.
    AppKeys = "app_keys", AppKeyRow, (AppId, AppKeyId), was AppKeyRow1;
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
    /// The secrets that webhooks into conversations had before.
    IncomingOlds = "incoming_olds", IncomingOldRow, HookId;
    /// Signed tokens that count once and were exchanged: by app and the hash of their `jti`.
    SignedOnces = "signed_onces", SignedOnceRow, (AppId, TokenHash);
    /// The same by when they are over.
    SignedOnceAges = "signed_once_ages", SignedOnceAgeRow, (Timestamp, AppId, TokenHash);
    /// The last tries of webhooks that failed.
    WebhookFailures = "webhook_failures", WebhookFailureRow, WebhookId;
}
