//! Silence a member of a group until a time, or end that: the owner anyone, a manager members. It ends by itself.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Timestamp, UserId};
use crate::store::records::MemberRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    until: Option<Timestamp>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, user, until)? {
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
    until: Option<Timestamp>,
) -> Result<Option<Change>, Stop> {
    let (group, own) = Group::joined(state, caller, conversation)?;
    let (handle, member) = group.member(state, caller, user)?;
    group.check(Action::Silence(member.role), own.role)?;
    if until.is_some_and(|until| until <= caller.at) {
        return refuse(
            Code::Invalid,
            "`until` is past already; name a time to come, or leave it out to end a silence.",
        );
    }
    if member.silenced_until.filter(|until| *until > caller.at) == until {
        return Ok(None);
    }
    let body = Body::MemberSilenced { user: member.id.clone(), until };
    let member = MemberRow { silenced_until: until, ..(*member).clone() };
    Ok(Some(Change::new(caller, &group, body).member(handle, member)))
}
