//! Remove a member: the owner anyone, a manager members. The entry that says so is the last one they see.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Departure, Place};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Role, UserId};
use crate::store::records::MemberRow;
use crate::store::{Read, Tables};

struct Plan(Departure);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan(departure) = decide(tables, caller, conversation, user)?;
    departure.apply(tables, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, user: &UserId) -> Result<Plan, Stop> {
    let place = Place::group(state, caller, conversation, "removing a member")?;
    let not_member = || refuse(Code::NotMember, format!("`{user}` does not belong to this group."));
    let Some(handle) = caller.find(state, user)? else { return not_member() };
    let Some(member) = state.get::<MemberRow>(&(conversation, handle))? else { return not_member() };
    if member.until.is_some() {
        return not_member();
    }
    if handle == caller.handle() {
        return refuse(Code::Invalid, "You cannot remove yourself; use `leave`.");
    }
    match (place.member.role, member.role) {
        (Role::Owner, _) | (Role::Manager, Role::Member) => {}
        (Role::Manager, Role::Manager | Role::Owner) => {
            return refuse(Code::Forbidden, "Managers remove members only; ask the owner of the group.");
        }
        (Role::Member, _) => {
            return refuse(Code::Forbidden, "Only the owner and managers remove members; ask one of them.");
        }
    }
    let body = Body::MemberRemoved { user: member.id.clone() };
    Ok(Plan(Departure::plan(caller, &place, handle, &member, body)))
}
