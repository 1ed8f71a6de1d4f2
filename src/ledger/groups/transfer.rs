//! Hand a group over to one of its members. The former owner is a manager afterwards, so that there is always exactly one owner; a
//! silence of the new one ends, because nobody could end it afterwards.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Role, UserId};
use crate::store::records::{ConversationRow, GroupRow, MemberRow};
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

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, user: &UserId) -> Result<Change, Stop> {
    let (group, own) = Group::acting(state, caller, conversation, Action::Transfer)?;
    let (handle, member) = group.member(state, caller, user)?;
    if handle == caller.handle() {
        return refuse(Code::Invalid, "You own this group already; name another member.");
    }
    let row =
        ConversationRow { group: Some(GroupRow { owner: handle, ..group.group.clone() }), ..(*group.row).clone() };
    let change = Change::new(caller, &group, Body::Transferred { user: member.id.clone() }).row(row);
    let former = MemberRow { role: Role::Manager, ..(*own).clone() };
    Ok(change
        .member(caller.handle(), former)
        .member(handle, MemberRow { role: Role::Owner, silenced_until: None, ..(*member).clone() }))
}
