//! Apps as other systems see them: how they get in, with which keys, and how much they may use.

use super::{AppId, AppKeyId, AppScope, Name, Timestamp, TokenHash, WebOrigin, WebhookId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How another system uses an app, and how much of the server: each a row set by command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppAccess {
    /// Most users; 0: as many as there is room for.
    pub users_max: u32,
    /// Commands a second of all users and keys of the app together; 0: each user's own limit alone.
    pub commands_per_second: u32,
    /// All files of the app together, in bytes; 0: each user's quota alone.
    pub storage_bytes_max: u64,
    /// Whether a token that the app has signed makes a user who is not there yet.
    pub signed_users: bool,
    /// How long a signed token may live from `iat` to `exp`, in milliseconds: one minute to seven days.
    pub signed_age_max_ms: u64,
}

impl AppAccess {
    /// The shortest that `signed_age_max_ms` can be.
    pub const SIGNED_AGE_FLOOR_MS: u64 = 60 * 1_000;
    /// The longest that `signed_age_max_ms` can be.
    pub const SIGNED_AGE_LIMIT_MS: u64 = 7 * 24 * 3_600 * 1_000;
}

impl Default for AppAccess {
    fn default() -> Self {
        Self {
            users_max: 0,
            commands_per_second: 0,
            storage_bytes_max: 0,
            signed_users: true,
            signed_age_max_ms: 24 * 3_600 * 1_000,
        }
    }
}

/// Whether an app is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// It is.
    #[default]
    Active,
    /// Nobody of it logs in or acts.
    Suspended,
    /// It is being deleted, with everything in it.
    Deleting,
}

/// What a key of an app is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppKeyKind {
    /// Opens the server API (`tdk_…`).
    Api,
    /// Signs tokens of users with HMAC-SHA-256; both sides have the secret.
    Hs256,
    /// Signs tokens of users with Ed25519; this server has the public half alone.
    Eddsa,
}

impl AppKeyKind {
    /// Keys of one kind are counted apart from those of the others: whether it opens the API or signs.
    pub const fn signs(self) -> bool {
        !matches!(self, Self::Api)
    }

    /// Its name, as everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Hs256 => "hs256",
            Self::Eddsa => "eddsa",
        }
    }
}

impl FromStr for AppKeyKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Api, Self::Hs256, Self::Eddsa].into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| "it is `api`, `hs256` or `eddsa`".to_owned())
    }
}

/// Settings with what `changes` names, field by field; else what is wrong with them.
pub fn merged<T: Serialize + DeserializeOwned>(
    settings: &T,
    changes: impl IntoIterator<Item = (String, serde_json::Value)>,
) -> Result<T, String> {
    let mut all = match serde_json::to_value(settings) {
        Ok(serde_json::Value::Object(all)) => all,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    for (name, value) in changes {
        let known: Vec<String> = all.keys().cloned().collect();
        let Some(setting) = all.get_mut(&name) else {
            let name = super::growing::shortened(name, 64);
            return Err(format!("There is no setting `{name}`; there are {}.", known.join(", ")));
        };
        *setting = value;
    }
    serde_json::from_value(all.into()).map_err(|error| format!("A setting is not right: {error}."))
}

/// A secret that has to be read back, encrypted with the key file of the data folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sealed)")
    }
}

/// Where a secret stands that is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A key of an app that signs.
    Key(AppKeyId),
    /// The app's before-hook, with the secret before its own.
    BeforeHook,
    /// A webhook of the app, with the secret before its own.
    Webhook(WebhookId),
}

/// A secret that was encrypted anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// Where it stands.
    pub place: SecretPlace,
    /// As it stands there. When something else does, nothing is written.
    pub before: Sealed,
    /// The same secret, encrypted with the newest key.
    pub after: Sealed,
}

/// What is stored of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppKeySecret {
    /// The SHA-256 of an API key.
    Api(TokenHash),
    /// The secret of HMAC-SHA-256.
    Hs256(Sealed),
    /// The public key of Ed25519.
    Eddsa([u8; 32]),
}

impl AppKeySecret {
    /// What the key is for.
    pub const fn kind(&self) -> AppKeyKind {
        match self {
            Self::Api(_) => AppKeyKind::Api,
            Self::Hs256(_) => AppKeyKind::Hs256,
            Self::Eddsa(_) => AppKeyKind::Eddsa,
        }
    }
}

/// A key of an app as those who run the server see it; the secret is told once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppKeyInfo {
    /// Its number; of a signing key also its `kid`, as text.
    pub key: AppKeyId,
    /// What it is for.
    pub kind: AppKeyKind,
    /// What it is called.
    pub name: Option<Name>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, exact to an hour.
    pub used: Option<Timestamp>,
    /// What it opens, of a key of the kind `api`; one that signs opens nothing.
    #[serde(default)]
    pub scopes: Vec<AppScope>,
}

/// How an app is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppUse {
    /// Whether it is in use.
    pub state: AppState,
    /// How another system uses it, and how much.
    pub access: AppAccess,
    /// Its users.
    pub users: u64,
    /// The bytes of all of their files.
    pub media_bytes: u64,
    /// Signed tokens that were issued before this are refused.
    pub tokens_from: Timestamp,
    /// Its keys.
    pub keys: Vec<AppKeyInfo>,
    /// From where pages of other systems may use it.
    pub origins: Vec<WebOrigin>,
}

/// What a signed token that counts once is remembered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedOnce {
    /// The SHA-256 of its `jti`.
    pub id: TokenHash,
    /// From then on it opens nothing anyway.
    pub until: Timestamp,
}

/// Another system that acts for its app, with one of the app's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppActor {
    /// The app.
    pub app: AppId,
    /// The key.
    pub key: AppKeyId,
}
