//! One-time links and invite codes: drawn here, told once.

use super::{Administration, unexpected, unread};
use crate::auth::{self, Token};
use crate::model::{
    Actor, AppId, AppRef, Code, CommandResult, Invite, InviteCode, LinkPurpose, Name, Refusal, Secret, SystemCommand,
    Timestamp, UserHandle, UserId, limits,
};
use crate::store::Read;
use crate::store::records::{LinkRow, UserRow};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// A one-time link. Its secret stands behind `#`, so that browsers do not send it and servers do not log it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The whole address.
    pub url: Secret,
    /// When it ends.
    pub expires: Timestamp,
}

/// An invite code with its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLink {
    /// The code.
    pub invite: Invite,
    /// The address where an account is made with it.
    pub url: Secret,
}

impl Administration {
    /// A new link to make the first administrator; one that there was is useless from then on.
    pub async fn setup_link(&self, by: &Actor) -> Result<Link, Refusal> {
        self.link(by, LinkPurpose::SetUp, "setup").await
    }

    /// A new link with which a user sets their password.
    pub async fn password_link(&self, by: &Actor, app: AppRef, id: UserId) -> Result<Link, Refusal> {
        let user = self.account(by, app, id).await?.handle;
        self.link(by, LinkPurpose::Password(user), "password").await
    }

    async fn link(&self, by: &Actor, purpose: LinkPurpose, page: &str) -> Result<Link, Refusal> {
        let token = Token::draw();
        // The command is stamped a little later; a second less keeps it below the limit even so.
        let expires = Timestamp(self.engine.clock().now().0 + limits::LINK_MS - 1_000);
        let command = SystemCommand::CreateLink { token: token.hash(), purpose, expires };
        self.carry_out(by, command).await?;
        Ok(Link { url: Secret::new(format!("{}/{page}#{}", self.url, token.secret().reveal())), expires })
    }

    /// A new invite code for an app.
    pub async fn create_invite(
        &self,
        by: &Actor,
        app: AppRef,
        expires: Option<Timestamp>,
        uses_max: Option<u32>,
    ) -> Result<InviteLink, Refusal> {
        let app = self.app(by, app).await?.app;
        let code = Token::draw_code().ok_or_else(unexpected)?;
        let command = SystemCommand::CreateAppInvite { app, code: code.clone(), expires, uses_max };
        self.carry_out(by, command).await?;
        let by = match by {
            Actor::User(actor) => Some(actor.id.clone()),
            Actor::App(_) | Actor::Operator | Actor::Server => None,
        };
        let url = self.invite_url(&code);
        let created = self.engine.clock().now();
        Ok(InviteLink { invite: Invite { code, by, created, expires, uses_max, uses: 0 }, url })
    }

    /// The address where an account is made with a code.
    pub fn invite_url(&self, code: &InviteCode) -> Secret {
        Secret::new(format!("{}/register#{code}", self.url))
    }

    /// Makes a code useless.
    pub async fn revoke_invite(&self, by: &Actor, app: AppRef, code: InviteCode) -> Result<(), Refusal> {
        let app = self.app(by, app).await?.app;
        self.carry_out(by, SystemCommand::RevokeAppInvite { app, code }).await.map(drop)
    }

    /// Uses the set-up link: makes the first administrator.
    pub async fn set_up(
        &self,
        from: IpAddr,
        token: &Secret,
        id: UserId,
        name: Option<Name>,
        password: Secret,
    ) -> Result<(), Refusal> {
        self.knock(from).await?;
        let token = self.known(token, |purpose| purpose == LinkPurpose::SetUp)?.0;
        let names: Vec<&str> = name.iter().map(Name::as_str).collect();
        let password = self.hash(&id, true, &names, password).await?;
        let command = SystemCommand::SetUp { token: token.hash(), id, name, password };
        self.carry_out(&auth::server(), command).await.map(drop)
    }

    /// Uses a password link: sets a password. Gives the user and their app.
    pub async fn use_password_link(
        &self,
        from: IpAddr,
        token: &Secret,
        password: Secret,
    ) -> Result<(AppId, UserId), Refusal> {
        self.knock(from).await?;
        let (token, link) = self.known(token, |purpose| matches!(purpose, LinkPurpose::Password(_)))?;
        let LinkPurpose::Password(user) = link.purpose else { return Err(unexpected()) };
        let row = self.user(user)?;
        let password = self.hash(&row.id, row.administrator, &[row.name.as_str()], password).await?;
        let command = SystemCommand::UsePasswordLink { token: token.hash(), password };
        match self.carry_out(&auth::server(), command).await?.result {
            CommandResult::User { .. } => Ok((row.app, row.id.clone())),
            _ => Err(unexpected()),
        }
    }

    /// A link that is there and of the right kind, so that a wrong one costs no hash. The ledger decides it again.
    fn known(&self, secret: &Secret, wanted: impl Fn(LinkPurpose) -> bool) -> Result<(Token, Arc<LinkRow>), Refusal> {
        let token = Token::parse(secret.reveal());
        let row = match &token {
            Some(token) => self.engine.view().get::<LinkRow>(&token.hash()).map_err(|_| unread())?,
            None => None,
        };
        match (token, row.filter(|row| wanted(row.purpose))) {
            (Some(token), Some(row)) => Ok((token, row)),
            _ => Err(Refusal::new(
                Code::NotFound,
                "This link was used, or replaced by a newer one, or is cut off; ask for a new one.",
            )),
        }
    }

    fn user(&self, user: UserHandle) -> Result<Arc<UserRow>, Refusal> {
        self.engine.view().get::<UserRow>(&user).map_err(|_| unread())?.ok_or_else(unexpected)
    }
}
