//! Accounts: made, changed and deleted, by those who run the server and by their owners.

use super::{Administration, unexpected, unread};
use crate::auth::{self, AddressPrefix, Throttled};
use crate::model::{
    Actor, AppId, AppRef, Code, CommandResult, InviteCode, Line, Name, Refusal, Secret, SystemCommand, UserActor,
    UserFlags, UserHandle, UserId, UserKind,
};
use crate::store::records::{AppRow, InviteKey, InviteRow, UserRow};
use crate::store::{Read, View};
use std::net::IpAddr;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// In which app.
    pub app: AppRef,
    /// Their id.
    pub id: UserId,
    /// Their display name; the id when absent.
    pub name: Option<Name>,
    /// Their password; without one they cannot log in with a password until a link gives them one.
    pub password: Option<Secret>,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// What kind of user.
    pub kind: UserKind,
}

/// Flags to be set; the others stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlagChanges {
    /// Cannot log in or act.
    pub suspended: Option<bool>,
    /// Cannot send.
    pub silenced: Option<bool>,
    /// Can neither send nor get contact requests.
    pub contacts_disabled: Option<bool>,
}

/// Somebody who makes an account for themselves.
#[derive(Clone, Debug)]
pub struct Registration {
    /// In which app.
    pub app: AppId,
    /// The id.
    pub id: UserId,
    /// The display name; the id when absent.
    pub name: Option<Name>,
    /// The password.
    pub password: Secret,
    /// An invite code.
    pub code: Option<InviteCode>,
}

impl Administration {
    /// Makes a user.
    pub async fn add_user(&self, by: &Actor, new: NewAccount) -> Result<UserHandle, Refusal> {
        let NewAccount { app, id, name, password, administrator, kind } = new;
        let app = self.app(by, app).await?;
        let password = match password {
            Some(password) => {
                let names = [Some(app.name.as_str()), name.as_ref().map(Name::as_str)];
                let names: Vec<&str> = names.into_iter().flatten().collect();
                Some(self.hash(&id, administrator, &names, password).await?)
            }
            None => None,
        };
        let command = SystemCommand::AddUser { app: app.app, id, name, password, administrator, kind };
        match self.carry_out(by, command).await?.result {
            CommandResult::User { user } => Ok(user),
            _ => Err(unexpected()),
        }
    }

    /// Sets a password; all sessions of the user end.
    pub async fn set_password(&self, by: &Actor, app: AppRef, id: UserId, password: Secret) -> Result<(), Refusal> {
        let account = self.account(by, app, id).await?;
        let names = [account.name.as_str()];
        let password = self.hash(&account.id, account.administrator, &names, password).await?;
        let command = SystemCommand::SetPassword { user: account.handle, password, keep: None };
        self.carry_out(by, command).await.map(drop)
    }

    /// Sets flags; the others stay.
    pub async fn set_flags(
        &self,
        by: &Actor,
        app: AppRef,
        id: UserId,
        changes: FlagChanges,
    ) -> Result<UserFlags, Refusal> {
        let account = self.account(by, app, id).await?;
        let flags = UserFlags {
            suspended: changes.suspended.unwrap_or(account.flags.suspended),
            silenced: changes.silenced.unwrap_or(account.flags.silenced),
            contacts_disabled: changes.contacts_disabled.unwrap_or(account.flags.contacts_disabled),
        };
        self.carry_out(by, SystemCommand::SetFlags { user: account.handle, flags }).await?;
        Ok(flags)
    }

    /// Gives or takes an administrator's right.
    pub async fn set_administrator(&self, by: &Actor, id: UserId, administrator: bool) -> Result<(), Refusal> {
        let user = self.account(by, AppRef::default(), id).await?.handle;
        self.carry_out(by, SystemCommand::SetAdministrator { user, administrator }).await.map(drop)
    }

    /// Ends every session of a user.
    pub async fn end_sessions(&self, by: &Actor, app: AppRef, id: UserId) -> Result<(), Refusal> {
        let user = self.account(by, app, id).await?.handle;
        self.carry_out(by, SystemCommand::EndSessions { user }).await.map(drop)
    }

    /// Deletes an account.
    pub async fn delete_user(&self, by: &Actor, app: AppRef, id: UserId) -> Result<(), Refusal> {
        let user = self.account(by, app, id).await?.handle;
        self.carry_out(by, SystemCommand::DeleteUser { user }).await.map(drop)
    }

    /// Makes an account for whoever asks, as the app allows. What cannot succeed is refused before it costs a hash.
    pub async fn register(&self, from: IpAddr, new: Registration) -> Result<(), Refusal> {
        self.knock(from).await?;
        let Registration { app, id, name, password, code } = new;
        let app_name = may_register(&self.engine.view(), app, code.as_ref())?;
        let names = [Some(app_name.as_str()), name.as_ref().map(Name::as_str)];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let password = self.hash(&id, false, &names, password).await?;
        let command = SystemCommand::Register { app, id, name, password, code };
        self.carry_out(&auth::server(), command).await.map(drop)
    }

    /// Changes the password of whoever asks. Their other sessions end.
    pub async fn change_password(
        &self,
        actor: &UserActor,
        from: IpAddr,
        old: Secret,
        new: Secret,
    ) -> Result<(), Refusal> {
        let row = self.proven(actor, from, old).await?;
        let password = self.hash(&actor.id, row.administrator, &[row.name.as_str()], new).await?;
        let command = SystemCommand::SetPassword { user: actor.user, password, keep: Some(actor.session) };
        self.carry_out(&auth::server(), command).await.map(drop)
    }

    /// Deletes the account of whoever asks.
    pub async fn delete_own(&self, actor: &UserActor, from: IpAddr, password: Secret) -> Result<(), Refusal> {
        self.proven(actor, from, password).await?;
        self.carry_out(&auth::server(), SystemCommand::DeleteUser { user: actor.user }).await.map(drop)
    }

    /// The row of a user who has given their password once more. Guessing it here is limited as it is when logging in.
    async fn proven(
        &self,
        actor: &UserActor,
        from: IpAddr,
        password: Secret,
    ) -> Result<std::sync::Arc<UserRow>, Refusal> {
        let place = AddressPrefix::of(from);
        let guesses = &self.auth.guesses;
        if let Err(throttled) = guesses.attempt(actor.app, &actor.id, place, self.engine.clock().now()) {
            self.note_throttled(throttled, Some(&actor.id), place).await;
            return Err(too_many(throttled));
        }
        let row = self.engine.view().get::<UserRow>(&actor.user);
        let row = row.inspect_err(|_| guesses.withdrawn(actor.app, &actor.id, place)).map_err(|_| unread())?;
        let hash = row.as_ref().and_then(|row| row.password.clone());
        let checked = self.auth.passwords.verify(hash, password).await;
        let right = checked.inspect_err(|_| guesses.withdrawn(actor.app, &actor.id, place))?;
        match row.filter(|_| right) {
            Some(row) => {
                guesses.succeeded(actor.app, &actor.id, place);
                Ok(row)
            }
            None => Err(Refusal::new(Code::Forbidden, "The password is wrong; give the one you log in with.")),
        }
    }

    /// Counts a try of something that could be guessed: a code, a link, a new name.
    pub(super) async fn knock(&self, from: IpAddr) -> Result<(), Refusal> {
        let place = AddressPrefix::of(from);
        match self.auth.guesses.knock(place, self.engine.clock().now()) {
            Ok(()) => Ok(()),
            Err(throttled) => {
                self.note_throttled(throttled, None, place).await;
                Err(too_many(throttled))
            }
        }
    }

    async fn note_throttled(&self, throttled: Throttled, id: Option<&UserId>, place: AddressPrefix) {
        if !throttled.report {
            return;
        }
        let whom = id.map_or_else(|| "somebody".to_owned(), ToString::to_string);
        if let Ok(subject) = Line::new(format!("{whom} from {place}")) {
            let command = SystemCommand::Note { action: "login.throttled", subject };
            if let Err(refusal) = self.carry_out(&auth::server(), command).await {
                tracing::debug!(%refusal, "a throttled streak could not be noted");
            }
        }
    }
}

fn too_many(throttled: Throttled) -> Refusal {
    Refusal::new(Code::RateLimited, "There were too many wrong tries; wait, then try again.")
        .retry_after_ms(throttled.wait_ms)
}

/// Whether an account can be made at all, so that a wrong code costs no hash. The ledger decides it again. Gives the app's name.
fn may_register(view: &View, app: AppId, code: Option<&InviteCode>) -> Result<Name, Refusal> {
    let row = view.get::<AppRow>(&app).map_err(|_| unread())?;
    let Some(row) = row else {
        return Err(Refusal::new(Code::NotFound, "There is no such app here; ask whoever sent you for the right one."));
    };
    let known = match code {
        Some(code) => view.get::<InviteRow>(&InviteKey(code.clone())).map_err(|_| unread())?.is_some(),
        None => false,
    };
    match row.settings.registration {
        crate::model::Registration::Open => Ok(row.name.clone()),
        crate::model::Registration::Invite if known => Ok(row.name.clone()),
        crate::model::Registration::Invite if code.is_some() => {
            Err(Refusal::new(Code::NotFound, "There is no such invite code; check its spelling, or ask for a new one."))
        }
        crate::model::Registration::Invite => Err(Refusal::new(
            Code::Forbidden,
            "An account is made here with an invite code; ask an administrator for one.",
        )),
        crate::model::Registration::Closed => Err(Refusal::new(
            Code::Forbidden,
            "Nobody can make an account here; ask an administrator to make one for you.",
        )),
    }
}
