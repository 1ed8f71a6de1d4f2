//! Accounts: apps, users, devices, sessions, and who acts.

use super::{AppActor, AppId, Name, SessionId, Strangers, Timestamp, UserHandle, UserId, text::DeviceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Settings of an app, each a row set by command, so that rules depend on nothing but the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppSettings {
    /// Which devices of one user may be logged in together.
    pub login_policy: LoginPolicy,
    /// How long an own message can be recalled, in milliseconds.
    pub recall_window_ms: u64,
    /// How long an own text can be edited, in milliseconds.
    pub edit_window_ms: u64,
    /// Longest message, in bytes of UTF-8 (or JSON), at most 98,304 so that an entry stays below 128 KiB.
    pub message_bytes_max: u32,
    /// Most members of a group.
    pub group_members_max: u32,
    /// Who can make an account with a password.
    pub registration: Registration,
    /// Who is found by whom.
    pub directory: Directory,
    /// Who may send direct messages to those who have not said themselves.
    pub strangers: Strangers,
    /// How long after a decline a new contact request can be made, in milliseconds.
    pub contact_cooldown_ms: u64,
    /// Messages older than this are deleted, in milliseconds; 0: never.
    pub retention_ms: u64,
    /// Only so many newest entries of a conversation are kept; 0: all.
    pub retention_entries: u64,
    /// Legal hold: nothing is deleted by retention while it is on.
    pub hold: bool,
    /// Largest file, in bytes.
    pub media_bytes_max: u64,
    /// All files of one user together, in bytes.
    pub media_quota_bytes: u64,
}

/// Who can make an account with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everybody who reaches the server.
    Open,
    /// Whoever has an invite code.
    Invite,
    /// Nobody; administrators make accounts.
    Closed,
}

/// Who is found by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Directory {
    /// By the beginning of an id or name, and by the whole phone number or e-mail address.
    Open,
    /// By the whole id, phone number or e-mail address only.
    Exact,
    /// Not at all.
    Off,
}

impl AppSettings {
    /// The highest `message_bytes_max`.
    pub const MESSAGE_BYTES_LIMIT: u32 = 96 * 1024;
    /// The highest `group_members_max`.
    pub const GROUP_MEMBERS_LIMIT: u32 = 100_000;
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            login_policy: LoginPolicy::All,
            recall_window_ms: 2 * 60 * 1_000,
            edit_window_ms: 24 * 3_600 * 1_000,
            message_bytes_max: 64 * 1024,
            group_members_max: 10_000,
            registration: Registration::Invite,
            directory: Directory::Open,
            strangers: Strangers::Anyone,
            contact_cooldown_ms: 24 * 3_600 * 1_000,
            retention_ms: 0,
            retention_entries: 0,
            hold: false,
            media_bytes_max: 100 * 1024 * 1024,
            media_quota_bytes: 10 * 1024 * 1024 * 1024,
        }
    }
}

/// Which devices of one user may be logged in together; `api` devices never count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginPolicy {
    /// One device.
    One,
    /// One device that is not the web, and one web.
    Two,
    /// One phone, one desktop, one web.
    Three,
    /// Any.
    All,
}

/// Flags of a user, set by administrators and the app's key; effective at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserFlags {
    /// Cannot log in or act.
    pub suspended: bool,
    /// Cannot send.
    pub silenced: bool,
    /// Can neither send nor get contact requests.
    #[serde(default)]
    pub contacts_disabled: bool,
}

/// What a device runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// A browser.
    Web,
    /// iPhone or iPad.
    Ios,
    /// Android.
    Android,
    /// A Mac.
    Macos,
    /// Windows.
    Windows,
    /// Linux.
    Linux,
    /// A program; never counted by the login policy.
    Api,
}

/// A device as it introduces itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Device {
    /// Made by the device, stable.
    pub id: DeviceId,
    /// What it runs on.
    pub platform: Platform,
    /// What people call it, for example "Ada's laptop".
    pub name: Name,
}

/// A session as its user sees it in the list of their devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionInfo {
    /// Its id.
    pub session: SessionId,
    /// The device.
    pub device: Device,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was last used, exact to a day.
    pub seen: Timestamp,
    /// From which address it was opened.
    pub address: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A password hash in PHC string form (Argon2id).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(password hash)")
    }
}

/// The SHA-256 of a session token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token hash)")
    }
}

/// Who acts. Only `auth` makes one; who acts is never read from a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person (or program) through one of their sessions.
    User(UserActor),
    /// Another system, with a key of its app, for users of that app alone.
    App(AppActor),
    /// The operator, through the command line on the server's own machine.
    Operator,
    /// The server itself.
    Server,
}

/// A user who acts through a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserActor {
    /// Their app.
    pub app: AppId,
    /// Their handle.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// The session they act through; or the app's key that acts in their name ([`SessionId::key`]).
    pub session: SessionId,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user logged out on this device.
    LoggedOut,
    /// The user (or an administrator) ended it from elsewhere.
    Revoked,
    /// Another device logged in and the app's login policy does not allow both.
    ReplacedByDevice,
    /// The same device logged in again.
    ReplacedBySameDevice,
    /// The password was changed.
    PasswordChanged,
    /// The account was suspended.
    Suspended,
    /// It was not used for too long, or is too old.
    Expired,
    /// The account was deleted.
    AccountDeleted,
}
