//! What another system does for the users of its app, with a key: making and changing them, one or a thousand at a time, and
//! speaking as the system itself. All of it is made of the commands that there are, each of a few rows; who acts is the key's app,
//! and the user that the path names within it.

use super::{Administration, NewAccount, unexpected, unread};
use crate::auth;
use crate::ledger::{self, Stop};
use crate::model::{
    Actor, Answer, AppActor, AppId, AppRef, AppScope, Card, Code, Command, CommandResult, Content, ConversationId, Key,
    Name, Outcome, Query, Refusal, SessionId, Target, UserActor, UserHandle, UserId, UserKind, limits,
};
use crate::store::Read;
use crate::store::records::{CardRow, ContactRow, LabelRow, MemberRow, UserIdKey, UserIdRow, UserRow};
use futures_util::StreamExt;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of an import that are on their way at once.
const AT_ONCE: usize = 128;
/// Counts one command of an app, or refuses it because there are too many.
type Turn<'a> = &'a (dyn Fn() -> Result<(), Refusal> + Send + Sync);

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

    /// The user of an id in an app, who may be told something: they are there, and not suspended.
    pub fn listener(&self, actor: AppActor, id: &UserId) -> Result<UserHandle, Refusal> {
        let found = self.find(actor.app, id)?.filter(|(_, row)| !row.deleted);
        let (user, row) = found.ok_or_else(|| no_such_user(id))?;
        if row.flags.suspended {
            return Err(Refusal::new(Code::Suspended, format!("The user `{}` is suspended.", row.id)));
        }
        Ok(user)
    }

    /// The same for whoever asks in the user's name from outside: the key must have one of these scopes.
    pub fn acting_with(&self, actor: AppActor, id: &UserId, any_of: &[AppScope]) -> Result<UserActor, Refusal> {
        let acting = self.acting(actor, id)?;
        match ledger::apps::scope::check_as(&*self.engine.view(), actor, acting.user, any_of) {
            Ok(()) => Ok(acting),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Fault(_)) => Err(unread()),
        }
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

    /// Makes two users contacts of each other, as far as the rules and their own settings let them. A remark is set for those who
    /// are contacts already, too.
    pub async fn put_contact(&self, actor: AppActor, row: PutContact) -> Result<Became, Refusal> {
        let PutContact { user, contact, remark } = row;
        let (one, other) = (self.acting(actor, &user)?, self.acting(actor, &contact)?);
        if self.are_contacts(&one, &other).await? {
            return self.put_remark(&one, &other, remark).await;
        }
        let (greeting, source) = (None, None);
        let asks = Command::RequestContact { user: other.id.clone(), greeting, remark: remark.clone(), source };
        self.act(&one, asks).await?;
        if !self.are_contacts(&one, &other).await? {
            self.act(&other, Command::AnswerContact { user: one.id.clone(), accept: true }).await?;
        }
        // Whoever had the other as a contact before has kept what they called them.
        self.put_remark(&one, &other, remark).await?;
        Ok(Became::Created)
    }

    /// Sets the one's own name for the other; absent: it stays.
    async fn put_remark(&self, one: &UserActor, other: &UserActor, remark: Option<Name>) -> Result<Became, Refusal> {
        let view = self.engine.view();
        let row = view.get::<ContactRow>(&(one.user, other.user)).map_err(|_| unread())?;
        let Some(row) = row.filter(|row| remark.is_some() && row.remark != remark) else {
            return Ok(Became::Unchanged);
        };
        let mut labels = Vec::with_capacity(row.labels.len());
        for label in &row.labels {
            // Labels that were deleted may still stand in the row.
            if view.get::<LabelRow>(&(one.user, *label)).map_err(|_| unread())?.is_some() {
                labels.push(*label);
            }
        }
        let extra = row.extra.clone();
        self.act(one, Command::SetContact { user: other.id.clone(), remark, labels, extra }).await?;
        Ok(Became::Updated)
    }

    /// Many contacts at once. Rows that name the same two come one after the other, in their order.
    pub async fn import_contacts(
        &self,
        actor: AppActor,
        rows: Vec<PutContact>,
        turn: Turn<'_>,
    ) -> Vec<Result<Became, Refusal>> {
        let mut results: Vec<(usize, Result<Became, Refusal>)> = Vec::with_capacity(rows.len());
        for wave in waves(rows) {
            let work = wave.into_iter().map(async |(place, row)| {
                let became = match turn() {
                    Ok(()) => self.put_contact(actor, row).await,
                    Err(refusal) => Err(refusal),
                };
                (place, became)
            });
            results.extend(futures_util::stream::iter(work).buffered(AT_ONCE).collect::<Vec<_>>().await);
        }
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, became)| became).collect()
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
        for part in users.chunks(limits::MEMBERS_PER_COMMAND_MAX) {
            let found: Vec<Result<(UserActor, bool), Refusal>> =
                part.iter().map(|id| self.perhaps_member(actor, conversation, id)).collect();
            let ids: Vec<UserId> = found.iter().flatten().map(|(user, _)| user.id.clone()).collect();
            let outcome = match turn() {
                Ok(()) if ids.is_empty() => Ok(()),
                Ok(()) => self.act(&by, Command::AddMembers { conversation, users: ids }).await.map(drop),
                Err(refusal) => Err(refusal),
            };
            results.extend(found.into_iter().map(|row| {
                let (_, belonged) = row?;
                outcome.clone()?;
                Ok(if belonged { Became::Unchanged } else { Became::Created })
            }));
        }
        Ok(results)
    }

    /// A user of the app, and whether they belong to a conversation.
    fn perhaps_member(
        &self,
        actor: AppActor,
        conversation: ConversationId,
        id: &UserId,
    ) -> Result<(UserActor, bool), Refusal> {
        let user = self.acting(actor, id)?;
        let row = self.engine.view().get::<MemberRow>(&(conversation, user.user)).map_err(|_| unread())?;
        Ok((user, row.is_some_and(|row| row.until.is_none())))
    }

    /// Speaks as the system: to a user, or into a group of the app without belonging to it.
    pub async fn send_as_system(
        &self,
        actor: AppActor,
        key: Key,
        to: Target,
        content: Content,
    ) -> Result<Outcome, Refusal> {
        let system = UserId::new(UserKind::SYSTEM).map_err(|_| unexpected())?;
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
        let accepted = self.engine.execute_own(Actor::User(acting), Some(key), command.into()).await?;
        Ok(Outcome { lsn: accepted.lsn, duplicate: accepted.duplicate, result: accepted.result })
    }

    /// Hands a command in a user's name to the ledger, under a key of its own.
    async fn act(&self, acting: &UserActor, command: Command) -> Result<CommandResult, Refusal> {
        let key = Key::new(self.engine.clock().now());
        Ok(self.engine.execute_own(Actor::User(acting.clone()), Some(key), command.into()).await?.result)
    }
}

/// Rows with their places, in waves: no two of a wave name the same two users, and each comes after those before it that do. What
/// becomes of a row depends on no others: a user has many contacts, and what one row changes of them is about its two alone.
fn waves(rows: Vec<PutContact>) -> Vec<Vec<(usize, PutContact)>> {
    let mut waves: Vec<Vec<(usize, PutContact)>> = Vec::new();
    let mut next: BTreeMap<[String; 2], usize> = BTreeMap::new();
    for (place, row) in rows.into_iter().enumerate() {
        let mut ids = [row.user.folded().to_string(), row.contact.folded().to_string()];
        ids.sort();
        let next = next.entry(ids).or_default();
        let wave = *next;
        *next += 1;
        if wave == waves.len() {
            waves.push(Vec::new());
        }
        waves[wave].push((place, row));
    }
    waves
}

fn no_such_user(id: &UserId) -> Refusal {
    Refusal::new(Code::NotFound, format!("There is no user `{id}` in this app; check the spelling of the id."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_same_two_users_come_one_after_the_other() {
        let row = |user: &str, contact: &str| PutContact {
            user: user.parse().unwrap(),
            contact: contact.parse().unwrap(),
            remark: None,
        };
        let rows = vec![row("a", "b"), row("c", "d"), row("B", "a"), row("d", "e"), row("b", "e"), row("a", "b")];
        let places: Vec<Vec<usize>> =
            waves(rows).iter().map(|wave| wave.iter().map(|(place, _)| *place).collect()).collect();
        assert_eq!(places, [vec![0, 1, 3, 4], vec![2], vec![5]]);
        assert!(waves(Vec::new()).is_empty());
    }
}
