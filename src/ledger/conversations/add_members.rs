//! Add users to a group: any member may. Those who are in it already are passed over; those who had left start a new window.

use super::{check_room, find_all};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Place, append, joining, put_joining, tell_inbox};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, Role, UserHandle, UserId};
use crate::store::records::{ConversationRow, MemberRow};
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

/// What changes when somebody joins.
struct Plan {
    row: ConversationRow,
    members: Vec<(UserHandle, MemberRow)>,
    /// Those of them who had left: their devices know the group and must learn of the new window before the entry.
    back: Vec<UserHandle>,
    entry: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    users: &[UserId],
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, users)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => apply(tables, conversation, plan, effects),
    }
}

/// `None` when all of them are members already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    ids: &[UserId],
) -> Result<Option<Plan>, Stop> {
    let place = Place::group(state, caller, conversation, "adding members")?;
    if ids.is_empty() {
        return refuse(Code::Invalid, "`users` is empty; name at least one user to add.");
    }
    let (mut joiners, mut back) = (Vec::new(), Vec::new());
    for (user, id) in find_all(state, caller, ids, BTreeSet::new())? {
        match state.get::<MemberRow>(&(conversation, user))? {
            Some(member) if member.until.is_none() => {}
            Some(_) => {
                back.push(user);
                joiners.push((user, id));
            }
            None => joiners.push((user, id)),
        }
    }
    if joiners.is_empty() {
        return Ok(None);
    }
    let members = u64::from(place.row.members) + joiners.len() as u64;
    check_room(members, caller.app(state)?.settings.group_members_max)?;
    let users = joiners.iter().map(|(_, id)| id.clone()).collect();
    let entry = caller.entry(&place.head, Body::MembersAdded { users });
    let members_of = |(user, id)| (user, joining(id, Role::Member, &place.head, &entry));
    let rows = joiners.into_iter().map(members_of).collect();
    let row = ConversationRow { members: members as u32, ..(*place.row).clone() };
    Ok(Some(Plan { row, members: rows, back, entry }))
}

fn apply(
    tables: &mut Tables<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let app = plan.row.app;
    tables.put(&conversation, plan.row)?;
    for (user, member) in plan.members {
        put_joining(tables, conversation, user, member)?;
    }
    effects.push(Effect::Members { conversation });
    let mut told = Vec::new();
    let result = append(tables, app, conversation, plan.entry, &mut told)?;
    for user in plan.back {
        tell_inbox(tables, user, conversation, effects)?;
    }
    effects.append(&mut told);
    Ok(result)
}
