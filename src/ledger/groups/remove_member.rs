//! Remove a member: the owner anyone, a manager members. The entry that says so is the last one they see.

use super::Group;
use super::departing::Departure;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, UserId};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, caller, conversation, user)?.apply(tables, effects)
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
) -> Result<Departure, Stop> {
    let (group, own) = Group::joined(state, caller, conversation)?;
    let (handle, member) = group.member(state, caller, user)?;
    if handle == caller.handle() {
        return refuse(Code::Invalid, "You cannot remove yourself; use `leave`.");
    }
    group.check(Action::Remove(member.role), own.role)?;
    let body = Body::MemberRemoved { user: member.id.clone() };
    Ok(Departure::plan(caller, &group, handle, &member, body))
}
