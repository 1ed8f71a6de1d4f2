//! Tokens of bots: made by who manages the bot, told once, listed, replaced and revoked.

use super::{Administration, unexpected};
use crate::auth::Token;
use crate::model::{
    Actor, AdminAnswer, AdminQuery, AppRef, BotToken, Code, CommandResult, Name, Refusal, Secret, SessionId,
    SystemCommand, UserHandle, UserId, UserKind,
};
use serde::{Deserialize, Serialize};

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeBotToken {
    /// Its number.
    pub token: SessionId,
    /// What the bot sends as `Authorization: Bearer`, and logs in with on the socket. It is told this once.
    #[schema(value_type = String, example = "tds_…")]
    pub secret: Secret,
}

impl Administration {
    /// Makes a token of a bot; the one that it replaces ends with it.
    pub async fn create_token(
        &self,
        by: &Actor,
        (app, id): (AppRef, UserId),
        name: Option<Name>,
        replaces: Option<SessionId>,
    ) -> Result<MadeBotToken, Refusal> {
        let user = self.bot(by, app.clone(), id.clone()).await?;
        let name = match (name, replaces) {
            (Some(name), _) => name,
            (None, Some(replaced)) => {
                let tokens = self.tokens(by, (app, id)).await?;
                let before = tokens.into_iter().find(|one| one.token == replaced).map(|one| one.name);
                before.map_or_else(default_name, Ok)?
            }
            (None, None) => default_name()?,
        };
        let token = Token::draw();
        let command = SystemCommand::CreateToken { user, name, token: token.hash(), replaces };
        match self.carry_out(by, command).await?.result {
            CommandResult::Session { session } => Ok(MadeBotToken { token: session, secret: token.secret() }),
            _ => Err(unexpected()),
        }
    }

    /// Makes a token of a bot useless.
    pub async fn revoke_token(
        &self,
        by: &Actor,
        (app, id): (AppRef, UserId),
        session: SessionId,
    ) -> Result<(), Refusal> {
        let user = self.bot(by, app, id).await?;
        self.carry_out(by, SystemCommand::RevokeToken { user, session }).await.map(drop)
    }

    /// The tokens of a bot, oldest first.
    pub async fn tokens(&self, by: &Actor, (app, id): (AppRef, UserId)) -> Result<Vec<BotToken>, Refusal> {
        self.bot(by, app.clone(), id.clone()).await?;
        let AdminAnswer::Sessions { sessions } = self.read(by, AdminQuery::Sessions { app, id }).await? else {
            return Err(unexpected());
        };
        let token = |one: crate::model::SessionInfo| BotToken {
            token: one.session,
            name: one.device.name,
            created: one.created,
            used: one.seen,
        };
        Ok(sessions.into_iter().map(token).collect())
    }

    async fn bot(&self, by: &Actor, app: AppRef, id: UserId) -> Result<UserHandle, Refusal> {
        let account = self.account(by, app, id).await?;
        if account.kind != UserKind::Bot {
            let words = format!("`{}` is no bot; only those have tokens, all others log in.", account.id);
            return Err(Refusal::new(Code::Invalid, words));
        }
        Ok(account.handle)
    }
}

/// What a token is called when nobody says.
fn default_name() -> Result<Name, Refusal> {
    Name::new("token").map_err(|error| Refusal::new(Code::Invalid, error.0))
}
