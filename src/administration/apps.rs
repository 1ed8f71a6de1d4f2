//! Apps: how other systems use them, and their keys.

use super::{Administration, unexpected, unread};
use crate::auth::{SIGNING, Token, signed};
use crate::model::{
    Actor, AdminAnswer, AdminQuery, AppAccess, AppKeyId, AppKeyInfo, AppKeyKind, AppKeySecret, AppRef, AppScope,
    AppScopes, AppUse, Code, Name, Refusal, Secret, SystemCommand, Timestamp, UserId, WebOrigin,
};
use crate::store::Read;
use crate::store::records::{AppStateRow, SignedUserRow};
use serde::{Deserialize, Serialize};

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewAppKey {
    /// What it is for.
    pub kind: AppKeyKind,
    /// What it is called.
    pub name: Option<Name>,
    /// The public half of an Ed25519 key, as a PEM file or 32 bytes in base64; for that kind alone.
    pub public_key: Option<String>,
    /// What it opens; everything when nothing is said. For the kind `api` alone.
    pub scopes: Option<Vec<AppScope>>,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeAppKey {
    /// The key.
    pub key: AppKeyInfo,
    /// Its secret, told this once; a public key has none.
    pub secret: Option<Secret>,
}

impl Administration {
    /// How an app is used, with its keys.
    pub async fn app_use(&self, by: &Actor, app: AppRef) -> Result<AppUse, Refusal> {
        match self.read(by, AdminQuery::AppUse { app }).await? {
            AdminAnswer::AppUse { uses, .. } => Ok(*uses),
            _ => Err(unexpected()),
        }
    }

    /// Sets how an app is used.
    pub async fn set_access(&self, by: &Actor, app: AppRef, access: AppAccess) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::SetAppAccess { app, access }).await.map(drop)
    }

    /// From where pages of other systems may use an app.
    pub async fn origins(&self, by: &Actor, app: AppRef) -> Result<Vec<WebOrigin>, Refusal> {
        match self.read(by, AdminQuery::AppOrigins { app }).await? {
            AdminAnswer::AppOrigins { origins } => Ok(origins),
            _ => Err(unexpected()),
        }
    }

    /// Sets it; gives it back as it is from then on.
    pub async fn set_origins(
        &self,
        by: &Actor,
        app: AppRef,
        origins: Vec<WebOrigin>,
    ) -> Result<Vec<WebOrigin>, Refusal> {
        let found = self.app(by, app.clone()).await?.app;
        self.carry_out(by, SystemCommand::SetAppOrigins { app: found, origins }).await?;
        self.origins(by, app).await
    }

    /// Suspends an app or ends that.
    pub async fn suspend_app(&self, by: &Actor, app: AppRef, suspended: bool) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::SuspendApp { app, suspended }).await.map(drop)
    }

    /// Deletes an app with everything in it.
    pub async fn delete_app(&self, by: &Actor, app: AppRef) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::DeleteApp { app }).await.map(drop)
    }

    /// Makes a key; its secret is told this once.
    pub async fn create_app_key(&self, by: &Actor, app: AppRef, new: NewAppKey) -> Result<MadeAppKey, Refusal> {
        let app = self.app(by, app).await?.app;
        let NewAppKey { kind, name, public_key, scopes } = new;
        let scopes = AppScopes::new(scopes).map_err(|words| Refusal::new(Code::Invalid, words))?;
        if public_key.is_some() && kind != AppKeyKind::Eddsa {
            return Err(Refusal::new(Code::Invalid, "`public_key` belongs to a key of the kind `eddsa` alone."));
        }
        let _writing = self.auth.vault.writing().await;
        let (stored, secret) = match kind {
            AppKeyKind::Api => {
                let token = Token::draw_key();
                (AppKeySecret::Api(token.hash()), Some(token.secret()))
            }
            AppKeyKind::Hs256 => {
                let secret = Token::draw_signing().secret();
                let sealed = self.auth.vault.seal(app, SIGNING, &secret).ok_or_else(unexpected)?;
                (AppKeySecret::Hs256(sealed), Some(secret))
            }
            AppKeyKind::Eddsa => {
                let public = public_key.as_deref().and_then(signed::public_key).ok_or_else(|| {
                    let words = "`public_key` is the public half of an Ed25519 key: a PEM file (`BEGIN PUBLIC KEY`), or its 32 \
                                 bytes in base64.";
                    Refusal::new(Code::Invalid, words)
                })?;
                (AppKeySecret::Eddsa(public), None)
            }
        };
        let command = SystemCommand::CreateAppKey { app, name, secret: stored, scopes };
        let key = AppKeyId(self.carry_out(by, command).await?.lsn.0);
        let keys = self.app_use(by, AppRef(app.to_string())).await?.keys;
        let key = keys.into_iter().find(|one| one.key == key).ok_or_else(unexpected)?;
        Ok(MadeAppKey { key, secret })
    }

    /// Makes a key useless.
    pub async fn revoke_app_key(&self, by: &Actor, app: AppRef, key: AppKeyId) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::RevokeAppKey { app, key }).await.map(drop)
    }

    /// Refuses signed tokens that were issued before a time (now when absent), of one user or all. Since when they are refused: the
    /// latest time that was ever said.
    pub async fn revoke_tokens(
        &self,
        by: &Actor,
        app: AppRef,
        user: Option<UserId>,
        before: Option<Timestamp>,
    ) -> Result<Timestamp, Refusal> {
        let user = match user {
            Some(id) => Some(self.account(by, app.clone(), id).await?.handle),
            None => None,
        };
        let app = self.app(by, app).await?.app;
        // Tokens tell their time in whole seconds.
        let now = Timestamp(self.engine.clock().now().0 / 1_000 * 1_000);
        let before = before.unwrap_or(now);
        self.carry_out(by, SystemCommand::RevokeTokens { app, user, before }).await?;
        let view = self.engine.view();
        let since = match user {
            Some(user) => view.get::<SignedUserRow>(&user).map_err(|_| unread())?.map(|row| row.tokens_from),
            None => view.get::<AppStateRow>(&app).map_err(|_| unread())?.map(|row| row.tokens_from),
        };
        Ok(since.unwrap_or(before))
    }
}
