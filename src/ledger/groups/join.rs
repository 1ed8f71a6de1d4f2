//! Join a public group, or ask to. Who is a member already changes nothing, and who has asked already only says something else.

use super::joining::Joining;
use super::{Group, check_open};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::append;
use crate::ledger::refuse::refuse;
use crate::model::{
    Body, Code, CommandResult, ConversationId, Effect, Entry, GroupKind, JoinPolicy, Line, UserHandle, limits,
};
use crate::store::records::JoinRequestRow;
use crate::store::{Read, Tables};

#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
enum Plan {
    /// They are a member.
    Member,
    Joins(Box<Joining>),
    /// They ask; the entry is there when they had not asked yet. Requests of those who are members by now make room.
    Asks(JoinRequestRow, Option<Entry>, Vec<UserHandle>),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    greeting: Option<&Line>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation, greeting)?;
    apply(tables, caller, conversation, plan, effects)
}

/// Whether the caller would be a member at once; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    greeting: Option<&Line>,
) -> Result<bool, Stop> {
    Ok(matches!(decide(state, caller, conversation, greeting)?, Plan::Joins(_)))
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    greeting: Option<&Line>,
) -> Result<Plan, Stop> {
    let group = visible(state, caller, conversation)?;
    check_open(&group.row)?;
    if group.has(state, caller.handle())? {
        return Ok(Plan::Member);
    }
    let rules = &group.group.rules;
    match (rules.kind, rules.join) {
        (GroupKind::Public, JoinPolicy::Free) => {
            let joiners = vec![(caller.handle(), caller.id().clone())];
            let joining = Joining::plan(state, caller, &group, joiners, Body::MemberJoined {})?;
            Ok(Plan::Joins(Box::new(joining)))
        }
        (GroupKind::Public, JoinPolicy::Approval) => ask(state, caller, &group, greeting),
        (GroupKind::Private, _) | (GroupKind::Public, JoinPolicy::Closed) => {
            refuse(Code::ClosedGroup, "This group takes new members by invitation only; ask one of its members.")
        }
    }
}

/// A group that the caller may know of: a public one, or one that they were in.
fn visible(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Group, Stop> {
    if let Some(group) = Group::find(state, caller.actor.app, conversation)? {
        let public = group.group.rules.kind == GroupKind::Public && group.group.dissolved.is_none();
        if public || group.row_of(state, caller.handle())?.is_some() {
            return Ok(group);
        }
    }
    refuse(Code::NotFound, "There is no such public group; look for it in the directory, or ask for an invite link.")
}

fn ask(state: &impl Read, caller: &Caller<'_>, group: &Group, greeting: Option<&Line>) -> Result<Plan, Stop> {
    if greeting.is_some() {
        caller.may_speak()?;
    }
    let before = state.get::<JoinRequestRow>(&(group.id, caller.handle()))?;
    let row = JoinRequestRow { id: caller.id().clone(), greeting: greeting.cloned(), asked: caller.at };
    if before.is_some() {
        return Ok(Plan::Asks(row, None, Vec::new()));
    }
    let (first, last) = ((group.id, UserHandle(0)), (group.id, UserHandle(u64::MAX)));
    let most = limits::JOIN_REQUESTS_MAX;
    let waiting = state.range::<JoinRequestRow>(&first, &last, most)?;
    let mut spent = Vec::new();
    if waiting.len() >= most {
        for ((_, user), _) in waiting {
            if group.has(state, user)? {
                spent.push(user);
            }
        }
        if spent.is_empty() {
            return refuse(Code::Full, format!("{most} users wait to join this group already; ask again in a while."));
        }
    }
    Ok(Plan::Asks(row, Some(caller.entry(&group.head, Body::JoinRequested {})), spent))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match plan {
        Plan::Member => {}
        Plan::Joins(joining) => return joining.apply(tables, effects),
        Plan::Asks(row, entry, spent) => {
            for user in spent {
                tables.remove::<JoinRequestRow>(&(conversation, user))?;
            }
            tables.put(&(conversation, caller.handle()), row)?;
            if let Some(entry) = entry {
                append(tables, caller.actor.app, conversation, entry, effects)?;
            }
        }
    }
    Ok(CommandResult::Done {})
}
