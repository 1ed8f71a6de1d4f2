//! What those who run the server ask to read, and the answers: the same for the command line and for REST.
//!
//! Nothing here opens a conversation: an administrator's right is no right to read other people's messages.

use super::{
    AppId, AppSettings, AppState, AppUse, AssistantInfo, AuditLine, BeforeHookInfo, ConversationId, DeadLetter,
    EventPosition, Invite, Lsn, Name, SessionInfo, Timestamp, UserFlags, UserHandle, UserId, UserKind, WebOrigin,
    WebhookId, WebhookInfo,
};
use serde::{Deserialize, Serialize};

/// An app by its name (compared without regard to case) or else by its number; the empty text is `home`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct AppRef(pub String);

impl From<Option<&Name>> for AppRef {
    fn from(name: Option<&Name>) -> Self {
        Self(name.map(|name| name.as_str().to_owned()).unwrap_or_default())
    }
}

/// What those who run the server ask to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminQuery {
    /// All apps. Answer: `apps`.
    Apps,
    /// One app. Answer: `apps` with the one.
    App {
        /// Which.
        app: AppRef,
    },
    /// How an app is used, with its keys. Answer: `app_use`.
    AppUse {
        /// Which.
        app: AppRef,
    },
    /// Users of an app by id, deleted ones included. Answer: `accounts`.
    Accounts {
        /// Which app.
        app: AppRef,
        /// Only those whose id begins so.
        prefix: Option<UserId>,
        /// Start after this one.
        after: Option<UserId>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// Everybody with an administrator's right. Answer: `accounts`.
    Administrators,
    /// One user. Answer: `account`.
    Account {
        /// In which app.
        app: AppRef,
        /// Who.
        id: UserId,
    },
    /// The sessions of a user. Answer: `sessions`.
    Sessions {
        /// In which app.
        app: AppRef,
        /// Whose.
        id: UserId,
    },
    /// The invite codes of an app. Answer: `invites`.
    Invites {
        /// Which.
        app: AppRef,
    },
    /// The assistants of an app by id. Answer: `assistants`.
    Assistants {
        /// Which app.
        app: AppRef,
        /// Only this one.
        id: Option<UserId>,
    },
    /// How long one conversation keeps its entries. Answer: `retention`.
    Retention {
        /// Which.
        conversation: ConversationId,
    },
    /// The audit log, newest first. Answer: `audit`.
    Audit {
        /// Below this lsn.
        before: Option<Lsn>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// Whether there is an administrator. Answer: `accounts` with one of them, or none.
    AnyAdministrator,
    /// From where pages of other systems may use an app. Answer: `app_origins`.
    AppOrigins {
        /// Which.
        app: AppRef,
    },
    /// From where pages of other systems may use an app now: nowhere while it is not in use. Answer: `app_origins`.
    AppFramers {
        /// Which.
        app: AppRef,
    },
    /// The before-hook of an app. Answer: `before_hook`.
    BeforeHook {
        /// Which.
        app: AppRef,
    },
    /// The webhooks of an app, or one. Answer: `webhooks`.
    Webhooks {
        /// Which app.
        app: AppRef,
        /// Only this one.
        webhook: Option<WebhookId>,
    },
    /// Events of a webhook that were given up, oldest first. Answer: `dead_letters`.
    DeadLetters {
        /// Which app.
        app: AppRef,
        /// Which webhook.
        webhook: WebhookId,
        /// Start after this one.
        after: Option<EventPosition>,
        /// How many at most (1–200).
        limit: u32,
    },
}

/// What they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAnswer {
    /// Apps.
    Apps {
        /// The apps, by number.
        apps: Vec<AppInfo>,
    },
    /// How an app is used.
    AppUse {
        /// Which.
        app: AppId,
        /// How.
        uses: Box<AppUse>,
    },
    /// The origins that an app lists.
    AppOrigins {
        /// In order of their texts.
        origins: Vec<WebOrigin>,
    },
    /// Users.
    Accounts {
        /// The users, by id.
        accounts: Vec<AccountInfo>,
        /// Whether there are more after the last one.
        more: bool,
    },
    /// One user.
    Account {
        /// The user.
        account: Box<AccountInfo>,
    },
    /// Sessions.
    Sessions {
        /// The sessions, oldest first.
        sessions: Vec<SessionInfo>,
    },
    /// Invite codes.
    Invites {
        /// The codes.
        invites: Vec<Invite>,
    },
    /// Assistants.
    Assistants {
        /// The assistants, by id.
        assistants: Vec<AssistantInfo>,
    },
    /// A conversation's own rules.
    Retention {
        /// What they are.
        retention: Retention,
    },
    /// Lines of the audit log.
    Audit {
        /// The lines, newest first.
        lines: Vec<AuditLine>,
        /// Whether there are older ones.
        more: bool,
    },
    /// The before-hook of an app.
    BeforeHook {
        /// Which app.
        app: AppId,
        /// It; none when it has none.
        hook: Option<Box<BeforeHookInfo>>,
    },
    /// Webhooks of an app.
    Webhooks {
        /// The webhooks, oldest first.
        webhooks: Vec<WebhookInfo>,
    },
    /// Events that were given up.
    DeadLetters {
        /// The events, oldest first.
        letters: Vec<DeadLetter>,
        /// Whether there are more after the last one.
        more: bool,
    },
}

/// How long a conversation keeps its entries, in place of what its app says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Milliseconds; as the app says when absent; 0 is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_ms: Option<u64>,
    /// Newest entries; as the app says when absent; 0 is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_entries: Option<u64>,
    /// Legal hold: nothing of it is deleted by retention.
    pub hold: bool,
}

/// An app as those who run the server see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppInfo {
    /// Its number.
    pub app: AppId,
    /// Its name.
    pub name: Name,
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is in use.
    pub state: AppState,
    /// Its settings.
    pub settings: AppSettings,
}

/// A user as those who run the server see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountInfo {
    /// Their handle; it never leaves the server.
    #[serde(skip)]
    pub handle: UserHandle,
    /// Their app.
    pub app: AppId,
    /// Their id.
    pub id: UserId,
    /// Their display name.
    pub name: Name,
    /// What kind of user.
    pub kind: UserKind,
    /// Their flags.
    pub flags: UserFlags,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they can log in with a password.
    pub password: bool,
    /// Whether the account was deleted.
    pub deleted: bool,
    /// How many sessions they have.
    pub sessions: u32,
    /// When they were created.
    pub created: Timestamp,
}
