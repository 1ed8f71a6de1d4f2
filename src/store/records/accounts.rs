//! Rows of users: accounts, sessions, one-time links, tokens for MCP, and what administrators do.

use crate::model::{
    AppId, ConversationId, Device, Line, LinkPurpose, Lsn, McpAccess, McpTokenId, Name, PasswordHash, SessionId,
    Timestamp, TokenHash, UserFlags, UserHandle, UserId, UserKind, UserSettings,
};
use serde::{Deserialize, Serialize};

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
