//! Before-hooks: set, given other secrets and taken away, by administrators and by the app's own keys.

use super::{Administration, unexpected};
use crate::auth::BEFORE_HOOK;
use crate::model::{
    Actor, AdminAnswer, AdminQuery, AppId, AppRef, BeforeHook, BeforeHookInfo, Code, Refusal, Secret, SystemCommand,
};

/// A before-hook as it is kept.
#[derive(Clone, Debug)]
pub struct KeptBeforeHook {
    /// It.
    pub hook: BeforeHookInfo,
    /// Its secret when that is new, told this once.
    pub secret: Option<Secret>,
}

impl Administration {
    /// The before-hook of an app; none when it has none.
    pub async fn before_hook(&self, by: &Actor, app: AppRef) -> Result<(AppId, Option<BeforeHookInfo>), Refusal> {
        match self.read(by, AdminQuery::BeforeHook { app }).await? {
            AdminAnswer::BeforeHook { app, hook } => Ok((app, hook.map(|hook| *hook))),
            _ => Err(unexpected()),
        }
    }

    /// The before-hook of an app, or the refusal that says that there is none.
    pub async fn one_before_hook(&self, by: &Actor, app: AppRef) -> Result<(AppId, BeforeHookInfo), Refusal> {
        let (app, hook) = self.before_hook(by, app).await?;
        let none = || Refusal::new(Code::NotFound, "This app has no before-hook; set one first.");
        Ok((app, hook.ok_or_else(none)?))
    }

    /// Makes an app's before-hook, with a new secret, or changes the one that is there, which keeps its secret.
    pub async fn set_before_hook(&self, by: &Actor, app: AppRef, hook: BeforeHook) -> Result<KeptBeforeHook, Refusal> {
        let (app, before) = self.before_hook(by, app).await?;
        let _writing = self.auth.vault.writing().await;
        let drawn = if before.is_none() { Some(self.draw(app, BEFORE_HOOK)?) } else { None };
        let (secret, sealed) = drawn.unzip();
        self.carry_out(by, SystemCommand::SetBeforeHook { app, hook: Box::new(hook), secret: sealed }).await?;
        Ok(KeptBeforeHook { hook: self.one_before_hook(by, AppRef(app.to_string())).await?.1, secret })
    }

    /// Gives an app's before-hook another secret; the one before it signs, too, for a day.
    pub async fn rotate_before_hook(&self, by: &Actor, app: AppRef) -> Result<KeptBeforeHook, Refusal> {
        let (app, _) = self.one_before_hook(by, app).await?;
        let _writing = self.auth.vault.writing().await;
        let (secret, sealed) = self.draw(app, BEFORE_HOOK)?;
        self.carry_out(by, SystemCommand::RotateBeforeHook { app, secret: sealed }).await?;
        let hook = self.one_before_hook(by, AppRef(app.to_string())).await?.1;
        Ok(KeptBeforeHook { hook, secret: Some(secret) })
    }

    /// Takes an app's before-hook away.
    pub async fn remove_before_hook(&self, by: &Actor, app: AppRef) -> Result<(), Refusal> {
        let (app, _) = self.one_before_hook(by, app).await?;
        self.carry_out(by, SystemCommand::RemoveBeforeHook { app }).await.map(drop)
    }
}
