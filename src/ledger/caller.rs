//! The user who acts, admitted: their session is there and they are not suspended.

use super::refuse::{no_such_user, refuse};
use super::{Order, Stop, apps, mcp};
use crate::model::{
    AnyCommand, AppActor, AppScope, Body, Code, CommandResult, ConversationId, Entry, Key, Lsn, Name, Timestamp,
    UserActor, UserHandle, UserId, UserKind,
};
use crate::store::records::{AppRow, Head, SessionRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// What acting in the name of a user needs of a key.
pub(super) const ACTING: &[AppScope] = &[AppScope::Act];

/// Who acts, and the place of their command in the one order.
pub(super) struct Caller<'a> {
    pub actor: &'a UserActor,
    /// Their session; none when an app's key acts in their name, or a token for MCP.
    pub session: Option<Arc<SessionRow>>,
    pub user: Arc<UserRow>,
    pub lsn: Lsn,
    pub at: Timestamp,
    pub key: Key,
}

/// The session (or none, when an app's key acts) and the user of an actor, when they may act. A key must have one of these scopes.
pub(super) fn admit(
    state: &impl Read,
    actor: &UserActor,
    any_of: &[AppScope],
) -> Result<(Option<Arc<SessionRow>>, Arc<UserRow>), Stop> {
    let revoked = || refuse(Code::SessionRevoked, "This session was ended; log in again.");
    if actor.session.mcp().is_some() {
        // What one opens is a list of its own, in `mcp`.
        return refuse(Code::Forbidden, "A token for MCP does not open this; use a session of the user.");
    }
    let mut through = None;
    let session = if let Some(key) = actor.session.key() {
        through = Some(apps::keys::admit(state, AppActor { app: actor.app, key })?);
        None
    } else {
        let Some(session) = state.get::<SessionRow>(&actor.session)? else { return revoked() };
        if session.user != actor.user || session.app != actor.app {
            return revoked();
        }
        apps::check_active(state, actor.app)?;
        Some(session)
    };
    let Some(user) = state.get::<UserRow>(&actor.user)? else { return revoked() };
    if user.deleted || user.app != actor.app {
        return revoked();
    }
    if session.is_none() && user.administrator {
        return refuse(Code::Forbidden, "No key acts in an administrator's name; they log in themselves.");
    }
    if let Some(key) = through {
        apps::scope::admit_as(&key, &user, any_of)?;
    }
    if user.flags.suspended {
        return refuse(Code::Suspended, "Your account is suspended; ask an administrator.");
    }
    Ok((session, user))
}

impl<'a> Caller<'a> {
    /// Lets the actor in, or says why not.
    pub fn admit(state: &impl Read, order: &Order, actor: &'a UserActor, key: Key) -> Result<Self, Stop> {
        let (session, user) = match (actor.session.mcp(), &order.command) {
            (Some(_), AnyCommand::User(command)) => (None, mcp::admit_command(state, order.at, actor, command)?),
            (None, AnyCommand::User(command)) => admit(state, actor, apps::scope::of_command(command))?,
            (_, AnyCommand::System(_)) => admit(state, actor, ACTING)?,
        };
        Ok(Self { actor, session, user, lsn: order.lsn, at: order.at, key })
    }

    /// Their handle.
    pub const fn handle(&self) -> UserHandle {
        self.actor.user
    }

    /// Their id, spelt as it was created.
    pub fn id(&self) -> &UserId {
        &self.user.id
    }

    /// What their device is called, when they act through one.
    pub fn device(&self) -> Option<Name> {
        self.session.as_ref().map(|session| session.device.name.clone())
    }

    /// Whether they speak for their app itself, in all of its groups.
    pub fn speaks_everywhere(&self) -> bool {
        self.actor.session.key().is_some() && self.user.kind == UserKind::Service
    }

    /// Refuses those who may read but not speak.
    pub fn may_speak(&self) -> Result<(), Stop> {
        if self.user.flags.silenced {
            return refuse(Code::Silenced, "Your account may read but not write; ask an administrator.");
        }
        Ok(())
    }

    /// The settings of their app.
    pub fn app(&self, state: &impl Read) -> Result<Arc<AppRow>, Stop> {
        let app = state.get::<AppRow>(&self.actor.app)?;
        app.map_or_else(|| refuse(Code::NotFound, "Your app is not there any more; ask its operator."), Ok)
    }

    /// The user of an id in the caller's own app; those of other apps are never found.
    pub fn find(&self, state: &impl Read, id: &UserId) -> Result<Option<UserHandle>, Fault> {
        Ok(state.get::<UserIdRow>(&UserIdKey::new(self.actor.app, id))?.map(|row| row.user))
    }

    /// The same with their row, or the refusal that names them. Deleted accounts are not there any more.
    pub fn find_user(&self, state: &impl Read, id: &UserId) -> Result<(UserHandle, Arc<UserRow>), Stop> {
        let (handle, user) = self.find_account(state, id)?;
        if user.deleted { no_such_user(id) } else { Ok((handle, user)) }
    }

    /// The same, deleted accounts included: for what somebody keeps of them.
    pub fn find_account(&self, state: &impl Read, id: &UserId) -> Result<(UserHandle, Arc<UserRow>), Stop> {
        let Some(handle) = self.find(state, id)? else { return no_such_user(id) };
        let Some(user) = state.get::<UserRow>(&handle)? else { return no_such_user(id) };
        Ok((handle, user))
    }

    /// The caller's next entry of a conversation that has got as far as `head`.
    pub fn entry(&self, head: &Head, body: Body) -> Entry {
        Entry {
            seq: head.seq.next(),
            lsn: self.lsn,
            changed: self.lsn,
            ordinal: if body.is_message() { head.ordinal.next() } else { head.ordinal },
            at: self.at,
            author: self.id().clone(),
            key: Some(self.key),
            body,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            origin: None,
        }
    }
}

/// The outcome of an appended entry.
pub(super) fn appended(conversation: ConversationId, entry: &Entry) -> CommandResult {
    CommandResult::Appended { conversation, seq: entry.seq, ordinal: entry.ordinal, at: entry.at }
}

/// What a conversation without entries has got to.
pub(super) const EMPTY: Head = Head::EMPTY;
