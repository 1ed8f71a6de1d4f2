//! Webhooks of apps: made with a secret that is drawn here and told once.

use super::{Administration, unexpected};
use crate::auth::webhook::{PURPOSE, WebhookSecret};
use crate::model::{
    Actor, AdminAnswer, AdminQuery, AppId, AppRef, CommandResult, DeadLetter, EventPosition, Refusal, Sealed, Secret,
    SystemCommand, WebhookId, WebhookInfo, WebhookSettings,
};
use serde::{Deserialize, Serialize};

/// A webhook with its secret, told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeWebhook {
    /// The webhook.
    pub webhook: WebhookInfo,
    /// What signs.
    pub secret: Secret,
}

/// Commands that one request to replay hands over, at most; together more than there can be dead letters.
const REPLAYS_AT_ONCE: usize = 32;

impl Administration {
    /// The webhooks of an app.
    pub async fn webhooks(&self, by: &Actor, app: AppRef) -> Result<Vec<WebhookInfo>, Refusal> {
        match self.read(by, AdminQuery::Webhooks { app, webhook: None }).await? {
            AdminAnswer::Webhooks { webhooks } => Ok(webhooks),
            _ => Err(unexpected()),
        }
    }

    /// One of them, with its app.
    pub async fn webhook(&self, by: &Actor, app: AppRef, webhook: WebhookId) -> Result<(AppId, WebhookInfo), Refusal> {
        let app = self.app(by, app).await?.app;
        let query = AdminQuery::Webhooks { app: AppRef(app.to_string()), webhook: Some(webhook) };
        match self.read(by, query).await? {
            AdminAnswer::Webhooks { mut webhooks } => Ok((app, webhooks.pop().ok_or_else(unexpected)?)),
            _ => Err(unexpected()),
        }
    }

    /// Makes a webhook.
    pub async fn create_webhook(
        &self,
        by: &Actor,
        app: AppRef,
        settings: WebhookSettings,
    ) -> Result<MadeWebhook, Refusal> {
        let app = self.app(by, app).await?.app;
        let _writing = self.auth.vault.writing().await;
        let (secret, sealed) = self.draw(app, PURPOSE)?;
        let command = SystemCommand::CreateWebhook { app, settings: Box::new(settings), secret: sealed };
        let webhook = WebhookId(self.carry_out(by, command).await?.lsn.0);
        Ok(MadeWebhook { webhook: self.webhook(by, AppRef(app.to_string()), webhook).await?.1, secret })
    }

    /// Changes how a webhook is.
    pub async fn set_webhook(
        &self,
        by: &Actor,
        app: AppRef,
        webhook: WebhookId,
        settings: WebhookSettings,
    ) -> Result<WebhookInfo, Refusal> {
        let app = self.app(by, app).await?.app;
        let command = SystemCommand::SetWebhook { webhook: (app, webhook), settings: Box::new(settings) };
        self.carry_out(by, command).await?;
        Ok(self.webhook(by, AppRef(app.to_string()), webhook).await?.1)
    }

    /// Gives a webhook another secret; the old one signs too for a day.
    pub async fn rotate_webhook(&self, by: &Actor, app: AppRef, webhook: WebhookId) -> Result<MadeWebhook, Refusal> {
        let app = self.app(by, app).await?.app;
        let _writing = self.auth.vault.writing().await;
        let (secret, sealed) = self.draw(app, PURPOSE)?;
        self.carry_out(by, SystemCommand::RotateWebhook { webhook: (app, webhook), secret: sealed }).await?;
        Ok(MadeWebhook { webhook: self.webhook(by, AppRef(app.to_string()), webhook).await?.1, secret })
    }

    /// Deletes a webhook.
    pub async fn delete_webhook(&self, by: &Actor, app: AppRef, webhook: WebhookId) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::DeleteWebhook { webhook: (app, webhook) }).await.map(drop)
    }

    /// Events of a webhook that were given up, and whether there are more after the last one.
    pub async fn dead_letters(
        &self,
        by: &Actor,
        app: AppRef,
        webhook: WebhookId,
        (after, limit): (Option<EventPosition>, u32),
    ) -> Result<(Vec<DeadLetter>, bool), Refusal> {
        match self.read(by, AdminQuery::DeadLetters { app, webhook, after, limit }).await? {
            AdminAnswer::DeadLetters { letters, more } => Ok((letters, more)),
            _ => Err(unexpected()),
        }
    }

    /// Posts events that were given up once more, all or one; how many.
    pub async fn replay_webhook(
        &self,
        by: &Actor,
        app: AppRef,
        webhook: WebhookId,
        event: Option<EventPosition>,
    ) -> Result<u32, Refusal> {
        let app = self.app(by, app).await?.app;
        let mut all = 0;
        for _ in 0..REPLAYS_AT_ONCE {
            let command = SystemCommand::ReplayWebhook { webhook: (app, webhook), event };
            let CommandResult::Removed { count, more } = self.carry_out(by, command).await?.result else {
                return Err(unexpected());
            };
            all += count;
            if !more {
                break;
            }
        }
        Ok(all)
    }

    /// Draws a secret that signs what is posted, and seals it for an app; `purpose` is what it signs.
    pub(super) fn draw(&self, app: AppId, purpose: &str) -> Result<(Secret, Sealed), Refusal> {
        let secret = WebhookSecret::draw().ok_or_else(unexpected)?.secret().clone();
        let sealed = self.auth.vault.seal(app, purpose, &secret).ok_or_else(unexpected)?;
        Ok((secret, sealed))
    }
}
