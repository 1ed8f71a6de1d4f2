//! Make a member a manager, or end that.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Role, UserId};
use crate::store::records::MemberRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    manager: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, user, manager)? {
        None => Ok(CommandResult::Done {}),
        Some(change) => change.apply(tables, effects),
    }
}

/// `None` when it is so already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    manager: bool,
) -> Result<Option<Change>, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::SetManager)?;
    let (handle, member) = group.member(state, caller, user)?;
    if handle == caller.handle() {
        return refuse(Code::Invalid, "You own this group; to give that up, hand it over with `transfer`.");
    }
    let role = if manager { Role::Manager } else { Role::Member };
    if member.role == role {
        return Ok(None);
    }
    let body = Body::ManagerChanged { user: member.id.clone(), manager };
    Ok(Some(Change::new(caller, &group, body).member(handle, MemberRow { role, ..(*member).clone() })))
}
