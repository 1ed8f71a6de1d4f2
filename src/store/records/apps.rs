//! Rows of apps: their settings, keys, totals, and what is to be done for whole apps.

use crate::model::{
    AppAccess, AppId, AppKeyId, AppKeySecret, AppScopes, AppSettings, AppState, ConversationId, Name, Timestamp,
    TokenHash, WebOrigin,
};
use serde::{Deserialize, Serialize};

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
    /// Signed tokens that count once and are remembered.
    pub signed_once: u64,
}

/// The same before signed tokens could count once.
#[derive(Debug, Serialize, Deserialize)]
pub struct AppTotalRow1 {
    users: u64,
    media_bytes: u64,
}

impl From<AppTotalRow1> for AppTotalRow {
    fn from(AppTotalRow1 { users, media_bytes }: AppTotalRow1) -> Self {
        Self { users, media_bytes, signed_once: 0 }
    }
}

/// A signed token that counts once and was exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOnceRow {
    /// From then on it opens nothing anyway.
    pub until: Timestamp,
    /// The hash of the token of the session that it has opened.
    pub token: TokenHash,
}

/// When a signed token is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOnceAgeRow {}

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
    /// What it opens, when it opens the API.
    pub scopes: AppScopes,
}

/// The same before keys had scopes: each opened everything.
#[derive(Debug, Serialize, Deserialize)]
pub struct AppKeyRow1 {
    name: Option<Name>,
    secret: AppKeySecret,
    created: Timestamp,
    used: Option<Timestamp>,
}

impl From<AppKeyRow1> for AppKeyRow {
    fn from(AppKeyRow1 { name, secret, created, used }: AppKeyRow1) -> Self {
        Self { name, secret, created, used, scopes: AppScopes::All }
    }
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
