//! Set what a member is called in a group: oneself, or as owner or manager anybody.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect, Name, UserId};
use crate::store::records::MemberRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    alias: Option<&Name>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, user, alias)? {
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
    alias: Option<&Name>,
) -> Result<Option<Change>, Stop> {
    let (group, own) = Group::joined(state, caller, conversation)?;
    let (handle, member) = group.member(state, caller, user)?;
    let action = if handle == caller.handle() { Action::SetOwnAlias } else { Action::SetAlias };
    group.check(action, own.role)?;
    if member.alias.as_ref() == alias {
        return Ok(None);
    }
    let body = Body::AliasChanged { user: member.id.clone(), alias: alias.cloned() };
    let member = MemberRow { alias: alias.cloned(), ..(*member).clone() };
    Ok(Some(Change::new(caller, &group, body).member(handle, member)))
}
