//! How the command line talks to the server: a socket in the data folder, one JSON request a line, one JSON answer a line.
//!
//! Whoever can open the socket (it has mode 0600, in a folder of mode 0700) is the operator; there is no other log-in here. The
//! same [`Control::handle`] answers when no server runs and the command line has opened the data folder itself, so every command
//! does the same thing either way.
//!
//! Rows are read through the engine's newest View; all changes are commands, as everywhere.

mod bench;
mod handle;
mod socket;

pub use handle::{Control, Tester};
pub use socket::{AskError, Socket, ask};

use crate::administration::{InviteLink, Link, MadeAppKey, MadeBotToken, MadeWebhook, RotatedSecrets};
use crate::model::{
    AccountInfo, AppAccess, AppId, AppKeyId, AppKeyKind, AppScope, AppSettings, AppState, AppUse, AssistantCheck,
    AssistantInfo, AssistantSettings, AuditLine, BeforeHookInfo, BotToken, Epoch, Invite, InviteCode, Lsn, Name,
    Refusal, Secret, SessionId, SessionInfo, Timestamp, UserHandle, UserId, WebOrigin, WebhookId, WebhookInfo,
    WebhookSettings,
};
use serde::{Deserialize, Serialize};

/// Largest request or answer, in bytes.
pub const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Users that one `bench_users` makes at most; their answer stays below [`LINE_BYTES_MAX`].
pub const BENCH_USERS_MAX: u32 = 100_000;
/// Users in one page of `user_list`.
pub const USERS_PAGE_MAX: u32 = 1_000;

/// What the operator asks for. Apps are named by their name; none is `home`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How the server is. Answer: `status`.
    Status {},
    /// Create a user. Answer: `done`.
    UserAdd {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Their id.
        id: UserId,
        /// Their display name; the id when absent.
        #[serde(default)]
        name: Option<Name>,
        /// Their password.
        password: Secret,
        /// Whether they are an administrator.
        #[serde(default)]
        administrator: bool,
    },
    /// The users of an app, a page at a time. Answer: `users`.
    UserList {
        /// Which app.
        #[serde(default)]
        app: Option<Name>,
        /// Start after this one.
        #[serde(default)]
        after: UserHandle,
    },
    /// Set a password; all sessions of the user end. Answer: `done`.
    UserPasswd {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
        /// The new password.
        password: Secret,
    },
    /// Suspend a user (their sessions end, they cannot log in) or end that. Answer: `done`.
    UserSuspend {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whom.
        id: UserId,
        /// Suspend or end it.
        suspended: bool,
    },
    /// One user with their sessions. Answer: `user`.
    UserShow {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Who.
        id: UserId,
    },
    /// Set flags of a user; those that are absent stay. Answer: `done`.
    UserFlags {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
        /// Cannot send.
        #[serde(default)]
        silenced: Option<bool>,
        /// Can neither send nor get contact requests.
        #[serde(default)]
        contacts_disabled: Option<bool>,
    },
    /// End every session of a user. Answer: `done`.
    UserEndSessions {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
    },
    /// A one-time link with which a user sets their password. Answer: `link`.
    UserLink {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
    },
    /// Delete an account. Answer: `done`.
    UserDelete {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
    },
    /// Everybody with an administrator's right. Answer: `users`.
    AdminList {},
    /// A new link to make the first administrator. Answer: `link`.
    SetupLink {},
    /// A new invite code. Answer: `invite`.
    InviteCreate {
        /// For which app.
        #[serde(default)]
        app: Option<Name>,
        /// Seconds until it ends.
        #[serde(default)]
        expires_s: Option<u64>,
        /// How many accounts it makes.
        #[serde(default)]
        uses_max: Option<u32>,
    },
    /// The invite codes of an app. Answer: `invites`.
    InviteList {
        /// Which app.
        #[serde(default)]
        app: Option<Name>,
    },
    /// Make an invite code useless. Answer: `done`.
    InviteRevoke {
        /// Of which app.
        #[serde(default)]
        app: Option<Name>,
        /// Which.
        code: InviteCode,
    },
    /// The audit log, newest first, a page at a time. Answer: `audit`.
    Audit {
        /// Below this lsn.
        #[serde(default)]
        before: Option<Lsn>,
        /// How many at most (1–200).
        limit: u32,
    },
    /// Make a user of `home` an administrator or end that. Answer: `done`.
    AdminSet {
        /// Whom.
        id: UserId,
        /// Make or end.
        administrator: bool,
    },
    /// All apps. Answer: `apps`.
    AppList {},
    /// Create an app. Answer: `apps` with the one.
    AppCreate {
        /// Its name.
        name: Name,
        /// Its settings; the defaults when absent.
        #[serde(default)]
        settings: Option<AppSettings>,
    },
    /// One app. Answer: `apps` with the one.
    AppGet {
        /// Which.
        name: Name,
    },
    /// Replace the settings of an app. Answer: `done`.
    AppSet {
        /// Which.
        name: Name,
        /// All settings.
        settings: AppSettings,
    },
    /// The assistants of an app. Answer: `assistants`.
    AssistantList {
        /// Which app.
        #[serde(default)]
        app: Option<Name>,
    },
    /// Set an assistant up, or change all of how it is. Answer: `done`.
    AssistantSet {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Its user.
        id: UserId,
        /// Its display name.
        #[serde(default)]
        name: Option<Name>,
        /// How it is.
        settings: Box<AssistantSettings>,
    },
    /// Let an assistant answer no more. Answer: `done`.
    AssistantRemove {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Its user.
        id: UserId,
    },
    /// Test an assistant. Answer: `assistant_check`.
    AssistantTest {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Its user.
        id: UserId,
    },
    /// Make `count` users named `prefix` with 0, 1, 2 … after it, and open a session for each; one that exists already only gets
    /// a fresh session. For load generators on this machine. Answer: `bench_users`.
    BenchUsers {
        /// How many, at most [`BENCH_USERS_MAX`].
        count: u32,
        /// What their ids begin with.
        prefix: String,
    },
    /// How an app is used, with its keys. Answer: `app_use`.
    AppUse {
        /// Which.
        name: Name,
    },
    /// Set how an app is used. Answer: `done`.
    AppAccess {
        /// Which.
        name: Name,
        /// All of it.
        access: AppAccess,
    },
    /// Suspend an app or end that. Answer: `done`.
    AppSuspend {
        /// Which.
        name: Name,
        /// Suspend or end it.
        suspended: bool,
    },
    /// Delete an app with everything in it. Answer: `done`.
    AppDelete {
        /// Which.
        name: Name,
    },
    /// Make a key of an app. Answer: `app_key`.
    AppKeyCreate {
        /// Of which app.
        name: Name,
        /// What it is for.
        kind: AppKeyKind,
        /// What it is called.
        #[serde(default)]
        called: Option<Name>,
        /// Of the kind `eddsa`: the public half.
        #[serde(default)]
        public_key: Option<String>,
        /// Of the kind `api`: what it opens; everything when absent.
        #[serde(default)]
        scopes: Option<Vec<AppScope>>,
    },
    /// Make a key of an app useless. Answer: `done`.
    AppKeyRevoke {
        /// Of which app.
        name: Name,
        /// Which.
        key: AppKeyId,
    },
    /// Refuse signed tokens that were issued before now. Answer: `done`.
    AppRevokeTokens {
        /// Of which app.
        name: Name,
        /// Whose; all of the app when absent.
        #[serde(default)]
        user: Option<UserId>,
    },
    /// Set from where pages of other systems may use an app. Answer: `done`.
    AppOrigins {
        /// Which.
        name: Name,
        /// All of them.
        origins: Vec<WebOrigin>,
    },
    /// Create a bot, with a first token. Answer: `token`.
    BotAdd {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Its id.
        id: UserId,
        /// Its display name; the id when absent.
        #[serde(default)]
        name: Option<Name>,
    },
    /// Make a token of a bot. Answer: `token`.
    BotToken {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
        /// What it is called.
        #[serde(default)]
        called: Option<Name>,
        /// The one that ends with it.
        #[serde(default)]
        replaces: Option<SessionId>,
    },
    /// The tokens of a bot. Answer: `tokens`.
    BotTokens {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
    },
    /// Make a token of a bot useless. Answer: `done`.
    BotRevoke {
        /// In which app.
        #[serde(default)]
        app: Option<Name>,
        /// Whose.
        id: UserId,
        /// Which.
        token: SessionId,
    },
    /// The webhooks of an app. Answer: `webhooks`.
    AppWebhooks {
        /// Of which app.
        name: Name,
    },
    /// Make a webhook of an app. Answer: `webhook`.
    AppWebhookCreate {
        /// Of which app.
        name: Name,
        /// How it is.
        settings: Box<WebhookSettings>,
    },
    /// Delete a webhook of an app. Answer: `done`.
    AppWebhookDelete {
        /// Of which app.
        name: Name,
        /// Which.
        webhook: WebhookId,
    },
    /// Post the events of a webhook that were given up once more. Answer: `replayed`.
    AppWebhookReplay {
        /// Of which app.
        name: Name,
        /// Which.
        webhook: WebhookId,
    },
    /// The before-hook of an app. Answer: `before_hook`.
    AppBeforeHook {
        /// Which.
        name: Name,
    },
    /// Take the before-hook of an app away. Answer: `done`.
    AppBeforeHookRemove {
        /// Of which app.
        name: Name,
    },
    /// Make another key of secrets and encrypt all secrets with it. Answer: `secrets_rotated`.
    SecretsRotate {},
}

/// What it gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It is so now.
    Done {},
    /// No, with the reason.
    Refused(Refusal),
    /// How the server is.
    Status(Box<Status>),
    /// A page of users.
    Users {
        /// The users.
        users: Vec<UserLine>,
        /// Ask on after this one; none at the end.
        next: Option<UserHandle>,
    },
    /// Apps.
    Apps {
        /// The apps.
        apps: Vec<AppLine>,
    },
    /// How an app is used.
    AppUse(Box<AppUse>),
    /// A key that was made.
    AppKey(Box<MadeAppKey>),
    /// A token that was made.
    Token(Box<MadeBotToken>),
    /// The tokens of a bot.
    Tokens {
        /// Oldest first.
        tokens: Vec<BotToken>,
    },
    /// Webhooks of an app.
    Webhooks {
        /// The webhooks.
        webhooks: Vec<WebhookInfo>,
    },
    /// A webhook that was made.
    Webhook(Box<MadeWebhook>),
    /// Events that are posted once more.
    Replayed {
        /// How many.
        count: u32,
    },
    /// The before-hook of an app; none when it has none.
    BeforeHook {
        /// It.
        hook: Option<Box<BeforeHookInfo>>,
    },
    /// Users with sessions.
    BenchUsers {
        /// The users.
        users: Vec<BenchUser>,
    },
    /// One user.
    User(Box<UserDetail>),
    /// A one-time link.
    Link(Link),
    /// A new invite code.
    Invite(Box<InviteLink>),
    /// Invite codes.
    Invites {
        /// The codes.
        invites: Vec<Invite>,
    },
    /// A page of the audit log.
    Audit {
        /// The lines, newest first.
        lines: Vec<AuditLine>,
        /// Whether there are older ones.
        more: bool,
    },
    /// Assistants.
    Assistants {
        /// The assistants, by id.
        assistants: Vec<AssistantInfo>,
    },
    /// What the test of an assistant found.
    AssistantCheck(Box<AssistantCheck>),
    /// What a rotation has done.
    SecretsRotated(RotatedSecrets),
}

/// One user with their sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDetail {
    /// The user.
    #[serde(flatten)]
    pub account: AccountInfo,
    /// Their sessions, oldest first.
    pub sessions_list: Vec<SessionInfo>,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct UserLine {
    /// Their id.
    pub id: UserId,
    /// Their display name.
    pub name: Name,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they are suspended.
    pub suspended: bool,
    /// Whether they may read but not send.
    #[serde(default)]
    pub silenced: bool,
    /// Whether they can neither send nor get contact requests.
    #[serde(default)]
    pub contacts_disabled: bool,
    /// Whether the account was deleted.
    #[serde(default)]
    pub deleted: bool,
    /// When they were created.
    pub created: Timestamp,
}

/// An app in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppLine {
    /// Its id.
    pub app: AppId,
    /// Its name.
    pub name: Name,
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is in use.
    #[serde(default)]
    pub state: AppState,
    /// Its settings.
    pub settings: AppSettings,
}

/// A user with a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchUser {
    /// Their id.
    pub user: UserId,
    /// The token of their session.
    pub token: Secret,
}

/// How the server is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of this program.
    pub version: String,
    /// Whether a server runs; else the command line looked by itself and only storage is known.
    pub server: Option<ServerStatus>,
    /// Why commands are not taken; none when they are.
    pub down: Option<String>,
    /// Which data this is.
    pub epoch: Epoch,
    /// The last accepted command.
    pub lsn: Lsn,
    /// Commands since the start.
    pub commands: CommandStatus,
    /// The data folder.
    pub storage: StorageStatus,
}

/// What only a running server knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Its process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// Where clients connect over TCP.
    pub tcp: String,
    /// Where HTTP and WebSocket are.
    pub http: String,
    /// Whether both are encrypted.
    pub tls: bool,
    /// The SHA-256 of the certificate, by which clients can trust it.
    pub fingerprint: Option<String>,
    /// Connections and their queues.
    pub connections: ConnectionStatus,
}

/// Connections and their queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// Open connections.
    pub open: u64,
    /// Those that are logged in.
    pub sessions: u64,
    /// Bytes that wait for slow readers.
    pub queued_bytes: u64,
    /// Accepted since the start.
    pub accepted: u64,
    /// Turned away because of a limit, since the start.
    pub turned_away: u64,
    /// Log-ins since the start.
    pub logins: u64,
    /// Log-ins refused since the start.
    pub logins_refused: u64,
    /// Tries to guess a password, code or link that were not let through, since the start.
    #[serde(default)]
    pub throttled: u64,
    /// Times that a slow reader was told to synchronise, since the start.
    pub lagging: u64,
    /// Closed for breaking the protocol, since the start.
    pub protocol_errors: u64,
    /// Closed for silence, since the start.
    pub timeouts: u64,
}

/// Commands since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandStatus {
    /// Accepted.
    pub accepted: u64,
    /// Refused.
    pub refused: u64,
    /// Answered as duplicates.
    pub duplicates: u64,
    /// Waiting for the writer now.
    pub queued: u64,
    /// Commits.
    pub commits: u64,
    /// Median of the last commits, in microseconds.
    pub commit_p50_us: u64,
    /// 99th percentile of the last commits, in microseconds.
    pub commit_p99_us: u64,
}

/// The data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageStatus {
    /// Where it is.
    pub folder: String,
    /// Bytes of the database file.
    pub file_bytes: u64,
    /// Bytes free on its disk.
    pub free_bytes: u64,
    /// Entries that wait to be folded.
    pub tail_entries: u64,
    /// Journal rows that wait to be trimmed.
    pub journal_rows: u64,
}
