//! What another system does for the users of its app, with a key: making and changing them, one or a thousand at a time, and
//! speaking as the system itself. All of it is made of the commands that there are, each of a few rows; who acts is the key's app,
//! and the user that the path names within it.

use super::{Administration, NewAccount, unexpected, unread};
use crate::auth;
use crate::model::{
    Actor, Answer, AppActor, AppId, AppRef, Card, Code, Command, CommandResult, Content, ConversationId, Key, Name,
    Outcome, Query, Refusal, SessionId, Target, UserActor, UserHandle, UserId, UserKind, limits,
};
use crate::store::Read;
use crate::store::records::{CardRow, UserIdKey, UserIdRow, UserRow};
use futures_util::StreamExt;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of an import that are on their way at once.
const AT_ONCE: usize = 128;
/// Counts one command of an app, or refuses it because there are too many.
type Turn<'a> = &'a (dyn Fn() -> Result<(), Refusal> + Send + Sync);
/// Who speaks when the system itself does.
const SYSTEM: &str = "system";

/// A user as they shall be; what is absent stays as it is.
#[derive(Clone, Debug)]
pub struct PutUser {
    /// Their id.
    pub id: UserId,
    /// Their display name.
    pub name: Option<Name>,
    /// The rest of their profile, replaced whole.
    pub card: Option<Card>,
    /// What kind of user; counts when they are made.
    pub kind: UserKind,
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It was not there and is now.
    Created,
    /// It was there and is changed.
    Updated,
    /// It was so already.
    Unchanged,
}

/// Two users who shall be contacts.
#[derive(Clone, Debug)]
pub struct PutContact {
    /// One.
    pub user: UserId,
    /// The other.
    pub contact: UserId,
    /// The one's own name for the other.
    pub remark: Option<Name>,
}

impl Administration {
    /// The user of an id in an app, with what acts in their name: the key.
    pub fn acting(&self, actor: AppActor, id: &UserId) -> Result<UserActor, Refusal> {
        let found = self.find(actor.app, id)?.filter(|(_, row)| !row.deleted);
        let (user, row) = found.ok_or_else(|| no_such_user(id))?;
        Ok(auth::session_actor(actor.app, user, row.id.clone(), SessionId::of_key(actor.key)))
    }

    fn find(&self, app: AppId, id: &UserId) -> Result<Option<(UserHandle, std::sync::Arc<UserRow>)>, Refusal> {
        let view = self.engine.view();
        let Some(found) = view.get::<UserIdRow>(&UserIdKey::new(app, id)).map_err(|_| unread())? else {
            return Ok(None);
        };
        let row = view.get::<UserRow>(&found.user).map_err(|_| unread())?;
        Ok(row.map(|row| (found.user, row)))
    }

    /// Makes a user; refused when the id is taken, and then nothing is changed.
    pub async fn make_user(&self, actor: AppActor, new: PutUser) -> Result<(), Refusal> {
        let PutUser { id, name, card, kind } = new;
        let app = AppRef(actor.app.to_string());
        let account =
            NewAccount { app, id: id.clone(), name: name.clone(), password: None, administrator: false, kind };
        self.add_user(&Actor::App(actor), account).await?;
        self.describe(actor, id, name, card).await?;
        Ok(())
    }

    /// Makes a user, or changes what is said of them. The same again changes nothing.
    pub async fn put_user(&self, actor: AppActor, new: PutUser) -> Result<Became, Refusal> {
        if self.find(actor.app, &new.id)?.is_none() {
            match self.make_user(actor, new.clone()).await {
                Ok(()) => return Ok(Became::Created),
                // Somebody else has just made them.
                Err(refusal) if refusal.code == Code::Conflict => {}
                Err(refusal) => return Err(refusal),
            }
        }
        self.describe(actor, new.id, new.name, new.card).await
    }

    /// Says of a user who is there what is said; what is absent stays.
    async fn describe(
        &self,
        actor: AppActor,
        id: UserId,
        name: Option<Name>,
        card: Option<Card>,
    ) -> Result<Became, Refusal> {
        let Some((user, row)) = self.find(actor.app, &id)?.filter(|(_, row)| !row.deleted) else {
            return Err(Refusal::new(
                Code::Conflict,
                format!("The user `{id}` was deleted; an id is never given again."),
            ));
        };
        let known = self.engine.view().get::<CardRow>(&user).map_err(|_| unread())?.unwrap_or_default();
        let (name, card) = (name.unwrap_or_else(|| row.name.clone()), card.unwrap_or_else(|| known.card.clone()));
        if name == row.name && card == known.card {
            return Ok(Became::Unchanged);
        }
        let acting = auth::session_actor(actor.app, user, row.id.clone(), SessionId::of_key(actor.key));
        self.act(&acting, Command::SetProfile { name, card }).await?;
        Ok(Became::Updated)
    }

    /// Many users at once; what became of each, in their order. `turn` counts each row, or refuses it.
    pub async fn import_users(
        &self,
        actor: AppActor,
        rows: Vec<PutUser>,
        turn: Turn<'_>,
    ) -> Vec<Result<Became, Refusal>> {
        let work = rows.into_iter().map(async |row| {
            turn()?;
            self.put_user(actor, row).await
        });
        futures_util::stream::iter(work).buffered(AT_ONCE).collect().await
    }

    /// Makes two users contacts of each other, as far as the rules and their own settings let them.
    pub async fn put_contact(&self, actor: AppActor, row: PutContact) -> Result<Became, Refusal> {
        let PutContact { user, contact, remark } = row;
        let (one, other) = (self.acting(actor, &user)?, self.acting(actor, &contact)?);
        if self.are_contacts(&one, &other).await? {
            return Ok(Became::Unchanged);
        }
        let (greeting, source) = (None, None);
        self.act(&one, Command::RequestContact { user: other.id.clone(), greeting, remark, source }).await?;
        if !self.are_contacts(&one, &other).await? {
            self.act(&other, Command::AnswerContact { user: one.id.clone(), accept: true }).await?;
        }
        Ok(Became::Created)
    }

    /// Many contacts at once. Those of one user come one after the other.
    pub async fn import_contacts(
        &self,
        actor: AppActor,
        rows: Vec<PutContact>,
        turn: Turn<'_>,
    ) -> Vec<Result<Became, Refusal>> {
        let work = rows.into_iter().map(async |row| {
            turn()?;
            self.put_contact(actor, row).await
        });
        futures_util::stream::iter(work).buffered(AT_ONCE).collect().await
    }

    async fn are_contacts(&self, one: &UserActor, other: &UserActor) -> Result<bool, Refusal> {
        match self.engine.query(one.clone(), Query::Relations { users: vec![other.id.clone()] }).await? {
            Answer::Relations { relations, .. } => {
                Ok(relations.first().is_some_and(|relation| relation.contact && relation.contact_of))
            }
            _ => Err(unexpected()),
        }
    }

    /// Adds many users to a group in the name of its owner, as many with each command as one takes.
    pub async fn import_members(
        &self,
        actor: AppActor,
        conversation: ConversationId,
        by: &UserId,
        users: Vec<UserId>,
        turn: Turn<'_>,
    ) -> Result<Vec<Result<Became, Refusal>>, Refusal> {
        let by = self.acting(actor, by)?;
        let mut results: Vec<Result<Became, Refusal>> = Vec::with_capacity(users.len());
        let mut wanted: BTreeMap<usize, UserId> = BTreeMap::new();
        for (place, id) in users.into_iter().enumerate() {
            results.push(match self.acting(actor, &id) {
                Ok(found) => {
                    wanted.insert(place, found.id);
                    Ok(Became::Unchanged)
                }
                Err(refusal) => Err(refusal),
            });
        }
        let all: Vec<(usize, UserId)> = wanted.into_iter().collect();
        for part in all.chunks(limits::MEMBERS_PER_COMMAND_MAX) {
            let ids = part.iter().map(|(_, id)| id.clone()).collect();
            let outcome = match turn() {
                Ok(()) => self.act(&by, Command::AddMembers { conversation, users: ids }).await,
                Err(refusal) => Err(refusal),
            };
            let became = match &outcome {
                Ok(CommandResult::Appended { .. }) => Ok(Became::Created),
                Ok(_) => Ok(Became::Unchanged),
                Err(refusal) => Err(refusal.clone()),
            };
            for (place, _) in part {
                results[*place].clone_from(&became);
            }
        }
        Ok(results)
    }

    /// Speaks as the system: to a user, or into a group of the app without belonging to it.
    pub async fn send_as_system(
        &self,
        actor: AppActor,
        key: Key,
        to: Target,
        content: Content,
    ) -> Result<Outcome, Refusal> {
        let system = UserId::new(SYSTEM).map_err(|_| unexpected())?;
        let row = if let Some((_, row)) = self.find(actor.app, &system)? {
            row
        } else {
            let (name, card) = (Name::new("System").ok(), None);
            self.put_user(actor, PutUser { id: system.clone(), name, card, kind: UserKind::Service }).await?;
            self.find(actor.app, &system)?.ok_or_else(unexpected)?.1
        };
        if row.kind != UserKind::Service {
            let words =
                "The user `system` of this app is somebody; only one of the kind `service` speaks as the system.";
            return Err(Refusal::new(Code::Conflict, words));
        }
        let acting = self.acting(actor, &system)?;
        let command = Command::Send { to, content };
        let accepted = self.engine.execute(Actor::User(acting), Some(key), command.into()).await?;
        Ok(Outcome { lsn: accepted.lsn, duplicate: accepted.duplicate, result: accepted.result })
    }

    /// Hands a command in a user's name to the ledger, under a key of its own.
    async fn act(&self, acting: &UserActor, command: Command) -> Result<CommandResult, Refusal> {
        let key = Key::new(self.engine.clock().now());
        Ok(self.engine.execute(Actor::User(acting.clone()), Some(key), command.into()).await?.result)
    }
}

fn no_such_user(id: &UserId) -> Refusal {
    Refusal::new(Code::NotFound, format!("There is no user `{id}` in this app; check the spelling of the id."))
}
