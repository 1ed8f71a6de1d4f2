//! Add users to a group. Those who are in it already are passed over; those who had left start a new window.

use super::joining::Joining;
use super::permissions::Action;
use super::{Group, find_all};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, UserId};
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    users: &[UserId],
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, users)? {
        None => Ok(CommandResult::Done {}),
        Some(joining) => joining.apply(tables, effects),
    }
}

/// Who would join, those who are members already included; empty when all are. Else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    users: &[UserId],
) -> Result<Vec<UserId>, Stop> {
    Ok(decide(state, caller, conversation, users)?.map(|_| users.to_vec()).unwrap_or_default())
}

/// `None` when all of them are members already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    ids: &[UserId],
) -> Result<Option<Joining>, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Invite)?;
    if ids.is_empty() {
        return refuse(Code::Invalid, "`users` is empty; name at least one user to add.");
    }
    let mut joiners = Vec::new();
    for (user, id) in find_all(state, caller, ids, BTreeSet::new())? {
        if !group.has(state, user)? {
            joiners.push((user, id));
        }
    }
    if joiners.is_empty() {
        return Ok(None);
    }
    let users = joiners.iter().map(|(_, id)| id.clone()).collect();
    Joining::plan(state, caller, &group, joiners, Body::MembersAdded { users }).map(Some)
}
