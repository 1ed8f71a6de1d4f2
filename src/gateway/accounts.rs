//! Accounts with passwords: making one, changing one's password, deleting oneself. Passwords are checked and hashed here, so that the
//! ledger never sees one.

use super::{Gateway, login};
use crate::auth::{self, AddressPrefix};
use crate::model::{AppId, Code, InviteCode, Name, PasswordHash, Refusal, Secret, SystemCommand, UserActor, UserId};
use crate::store::Read;
use crate::store::records::UserRow;
use std::net::IpAddr;

/// An account that somebody wants.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// In which app.
    pub app: AppId,
    /// The id.
    pub id: UserId,
    /// The display name; the id when absent.
    pub name: Option<Name>,
    /// The password.
    pub password: Secret,
    /// An invite code of the app.
    pub code: Option<InviteCode>,
}

impl Gateway {
    /// Makes an account, as the app's registration allows.
    pub async fn register(&self, new: NewAccount) -> Result<(), Refusal> {
        let NewAccount { app, id, name, password, code } = new;
        let password = self.new_password(&id, password).await?;
        let command = SystemCommand::Register { app, id, name, password, code };
        self.engine().execute(auth::server(), None, command.into()).await?;
        Ok(())
    }

    /// Changes a user's own password; their other sessions end.
    pub async fn change_password(
        &self,
        actor: &UserActor,
        old: Secret,
        new: Secret,
        peer: IpAddr,
    ) -> Result<(), Refusal> {
        self.check_own_password(actor, old, peer).await?;
        let password = self.new_password(&actor.id, new).await?;
        let command = SystemCommand::SetPassword { user: actor.user, password, keep: Some(actor.session) };
        self.engine().execute(auth::server(), None, command.into()).await?;
        Ok(())
    }

    /// Deletes a user's own account: its profile goes, its sessions end, its messages stay.
    pub async fn delete_account(&self, actor: &UserActor, password: Secret, peer: IpAddr) -> Result<(), Refusal> {
        self.check_own_password(actor, password, peer).await?;
        let command = SystemCommand::DeleteUser { user: actor.user };
        self.engine().execute(auth::server(), None, command.into()).await?;
        Ok(())
    }

    /// The hash of a new password that may be used.
    async fn new_password(&self, id: &UserId, password: Secret) -> Result<PasswordHash, Refusal> {
        auth::check_password_rules(id, false, &[], &password)?;
        self.auth().passwords.hash(password).await
    }

    /// Whoever has found an open session need not know the password: guesses are limited as at a log-in.
    async fn check_own_password(&self, actor: &UserActor, password: Secret, peer: IpAddr) -> Result<(), Refusal> {
        let auth = self.auth();
        let place = AddressPrefix::of(peer);
        if let Err(throttled) = auth.guesses.attempt(actor.app, &actor.id, place, self.engine().clock().now()) {
            let words = "Too many wrong passwords for this user; wait, then try again.";
            return Err(Refusal::new(Code::RateLimited, words).retry_after_ms(throttled.wait_ms));
        }
        let row = self.engine().view().get::<UserRow>(&actor.user).map_err(|fault| login::unreadable(&fault))?;
        let hash = row.and_then(|row| row.password.clone());
        let right = auth.passwords.verify(hash, password).await;
        let right = right.inspect_err(|_| auth.guesses.withdrawn(actor.app, &actor.id, place))?;
        if !right {
            return Err(Refusal::new(Code::Forbidden, "The password is wrong; nothing was changed."));
        }
        auth.guesses.succeeded(actor.app, &actor.id, place);
        Ok(())
    }
}
