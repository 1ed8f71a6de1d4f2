//! Who may see whose presence. Two users are related when one has the other as a contact, when there is a direct chat of theirs, or
//! when both are in a group of at most 100 members; and whoever is blocked sees nothing.

use super::super::{Stop, apps, caller};
use super::own::other_side;
use super::profiles::{find_all, own_presence};
use super::{contacts, scan};
use crate::model::{
    ConversationId, ConversationKind, OwnPresence, Timestamp, UserActor, UserHandle, UserId, Visibility,
};
use crate::store::records::{ContactRow, ConversationRow, UserRow};
use crate::store::{Fault, Read};
use std::collections::BTreeSet;

/// Members of a group up to which they are told of each other's presence.
const GROUP_MEMBERS_MAX: u32 = 100;
/// Users told of one user's presence.
const PEERS_MAX: usize = 10_000;

/// Somebody who may see a user's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    /// Who.
    pub user: UserHandle,
    /// Whether they may also see when the user was last there.
    pub last_seen: bool,
}

/// Those who may see a user's presence, by handle.
pub fn peers(state: &impl Read, user: UserHandle) -> Result<Vec<Peer>, Fault> {
    let mut related = related(state, user)?;
    let mut contacts = BTreeSet::new();
    contacts::rows_of(state, user, |other, row| {
        if row.blocked {
            related.remove(&other);
        }
        if row.since.is_some() {
            contacts.insert(other);
        }
        true
    })?;
    let visibility = last_seen_of(state, user)?;
    let peer = |other| Peer { user: other, last_seen: may_see(visibility, contacts.contains(&other)) };
    Ok(related.into_iter().take(PEERS_MAX).map(peer).collect())
}

fn last_seen_of(state: &impl Read, user: UserHandle) -> Result<Visibility, Fault> {
    Ok(state.get::<UserRow>(&user)?.map_or(Visibility::Nobody, |row| row.settings.last_seen))
}

const fn may_see(visibility: Visibility, is_contact: bool) -> bool {
    match visibility {
        Visibility::Everyone => true,
        Visibility::Contacts => is_contact,
        Visibility::Nobody => false,
    }
}

/// What a reader may see of a user's presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whose.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// What they say about it now.
    pub own: OwnPresence,
    /// Whether the reader may see it at all.
    pub seen: bool,
    /// Whether the reader may see when they were last there.
    pub last_seen: bool,
}

/// What a user may see of others (1–100), in the order asked for; those that are not there are left out.
pub fn sights(state: &impl Read, now: Timestamp, actor: &UserActor, ids: &[UserId]) -> Result<Vec<Sight>, Stop> {
    caller::admit(state, actor, apps::scope::READING)?;
    let users = find_all(state, actor, ids)?;
    let related = related(state, actor.user)?;
    let mut sights = Vec::with_capacity(users.len());
    for user in users {
        sights.extend(sight_of(state, now, actor.user, user, related.contains(&user))?);
    }
    Ok(sights)
}

/// What one user may see of another one.
pub fn sight(state: &impl Read, now: Timestamp, reader: UserHandle, user: UserHandle) -> Result<Option<Sight>, Fault> {
    let is_related = related(state, reader)?.contains(&user);
    sight_of(state, now, reader, user, is_related)
}

fn sight_of(
    state: &impl Read,
    now: Timestamp,
    reader: UserHandle,
    user: UserHandle,
    is_related: bool,
) -> Result<Option<Sight>, Fault> {
    let Some(row) = state.get::<UserRow>(&user)? else { return Ok(None) };
    let theirs = state.get::<ContactRow>(&(user, reader))?;
    let is_blocked = theirs.as_ref().is_some_and(|row| row.blocked);
    let is_contact = theirs.is_some_and(|row| row.since.is_some());
    let own = reader == user;
    let seen = own || is_related && !is_blocked;
    let last_seen = own || seen && may_see(row.settings.last_seen, is_contact);
    let presence = own_presence(state, now, user)?;
    Ok(Some(Sight { user, id: row.id.clone(), own: presence, seen, last_seen }))
}

/// A user's id and what they say about being there now.
pub fn said(state: &impl Read, now: Timestamp, user: UserHandle) -> Result<Option<(UserId, OwnPresence)>, Fault> {
    let Some(row) = state.get::<UserRow>(&user)? else { return Ok(None) };
    Ok(Some((row.id.clone(), own_presence(state, now, user)?)))
}

/// The users a user is related to.
fn related(state: &impl Read, user: UserHandle) -> Result<BTreeSet<UserHandle>, Fault> {
    let mut related = BTreeSet::new();
    let mut maybe = Vec::new();
    contacts::rows_of(state, user, |other, row| {
        if row.since.is_some() {
            related.insert(other);
        } else {
            maybe.push(other);
        }
        true
    })?;
    for other in maybe {
        if state.get::<ContactRow>(&(other, user))?.is_some_and(|row| row.since.is_some()) {
            related.insert(other);
        }
    }
    for id in scan::conversations_of(state, user)? {
        if related.len() >= PEERS_MAX {
            break;
        }
        let Some(row) = state.get::<ConversationRow>(&id)? else { continue };
        match row.kind {
            ConversationKind::Direct => related.extend(other_side(&row, user)),
            ConversationKind::Group if row.members <= GROUP_MEMBERS_MAX => add_group(state, id, user, &mut related)?,
            ConversationKind::Group | ConversationKind::Feed | ConversationKind::Assistant => {}
        }
    }
    Ok(related)
}

/// Adds those who are in a group now, if the user is.
fn add_group(
    state: &impl Read,
    conversation: ConversationId,
    user: UserHandle,
    related: &mut BTreeSet<UserHandle>,
) -> Result<(), Fault> {
    let (mut active, mut inside) = (Vec::new(), false);
    scan::members_of(state, conversation, |other, member| {
        match (member.until, other == user) {
            (None, true) => inside = true,
            (None, false) => active.push(other),
            (Some(_), _) => {}
        }
        true
    })?;
    if inside {
        related.extend(active);
    }
    Ok(())
}
