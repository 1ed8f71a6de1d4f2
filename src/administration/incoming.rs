//! Webhooks into conversations: made by those who manage the conversation, told once, and what comes through them.

use super::{Administration, unexpected, unread};
use crate::auth::{self, Token};
use crate::ledger::{Accepted, read};
use crate::model::{AppId, ConversationId, HookId, HookInfo, Name, Post, Refusal, Secret, SystemCommand, UserActor};
use std::net::IpAddr;

/// A webhook with its secret, told this once.
#[derive(Clone, Debug)]
pub struct MadeHook {
    /// The webhook.
    pub hook: HookInfo,
    /// The whole address.
    pub url: Secret,
}

impl Administration {
    /// The webhooks of a conversation, for those who manage them.
    pub async fn hooks(&self, by: &UserActor, conversation: ConversationId) -> Result<Vec<HookInfo>, Refusal> {
        self.engine.hooks(by.clone(), conversation).await
    }

    async fn hook(&self, by: &UserActor, (conversation, hook): (ConversationId, HookId)) -> Result<HookInfo, Refusal> {
        let hooks = self.hooks(by, conversation).await?;
        hooks.into_iter().find(|one| one.hook == hook).ok_or_else(unexpected)
    }

    /// Makes a webhook.
    pub async fn create_hook(
        &self,
        by: &UserActor,
        conversation: ConversationId,
        name: Name,
    ) -> Result<MadeHook, Refusal> {
        let secret = Token::draw_hook();
        let token = Token::hash_of_hook(&secret);
        let command = SystemCommand::CreateHook { conversation, by: by.clone(), name, token };
        let hook = HookId(self.carry_out(&auth::server(), command).await?.lsn.0);
        Ok(MadeHook { hook: self.hook(by, (conversation, hook)).await?, url: self.hook_url(&secret) })
    }

    /// Gives a webhook another address. The one before it posts too for a time, unless it is to end at once.
    pub async fn rotate_hook(
        &self,
        by: &UserActor,
        hook: (ConversationId, HookId),
        end_old: bool,
    ) -> Result<MadeHook, Refusal> {
        let secret = Token::draw_hook();
        let token = Token::hash_of_hook(&secret);
        self.carry_out(&auth::server(), SystemCommand::RotateHook { hook, by: by.clone(), token, end_old }).await?;
        Ok(MadeHook { hook: self.hook(by, hook).await?, url: self.hook_url(&secret) })
    }

    /// Takes a webhook away.
    pub async fn delete_hook(&self, by: &UserActor, hook: (ConversationId, HookId)) -> Result<(), Refusal> {
        self.carry_out(&auth::server(), SystemCommand::DeleteHook { hook, by: by.clone() }).await.map(drop)
    }

    fn hook_url(&self, secret: &Secret) -> Secret {
        Secret::new(format!("{}/hooks/{}", self.url, secret.reveal()))
    }

    /// Which webhook a secret opens now, and of which app it is.
    pub fn hook_of(&self, secret: &Secret) -> Result<Option<(HookId, AppId)>, Refusal> {
        let (view, now) = (self.engine.view(), self.engine.clock().now());
        read::hook_opened(&*view, now, &Token::hash_of_hook(secret)).map_err(|_| unread())
    }

    /// Counts somebody who came with a secret that is none.
    pub async fn knocked(&self, from: IpAddr) -> Result<(), Refusal> {
        self.knock(from).await
    }

    /// Posts what came through a webhook.
    pub async fn post(
        &self,
        hook: HookId,
        post: Post,
        group: Option<String>,
        closes: bool,
    ) -> Result<Accepted, Refusal> {
        self.carry_out(&auth::server(), SystemCommand::Post { hook, post, group, closes }).await
    }
}
