//! Make an invite link useless: an own one, or as owner or manager anybody's.

use super::change::Change;
use super::permissions::Action;
use super::{Group, invites};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, InviteCode};
use crate::store::records::{InviteKey, InviteRow, InviteTo};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    code: &InviteCode,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let change = decide(tables, caller, conversation, code)?;
    invites::remove(tables, code, InviteTo::Group(conversation))?;
    change.apply(tables, effects)
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    code: &InviteCode,
) -> Result<Change, Stop> {
    let (group, member) = Group::joined(state, caller, conversation)?;
    let row = state.get::<InviteRow>(&InviteKey(code.clone()))?;
    let row = row.filter(|row| row.to == InviteTo::Group(conversation));
    let own = row.as_ref().is_some_and(|row| row.by.as_ref() == Some(caller.id()));
    if !own {
        // Whoever may not see the links of others does not learn whether this is one.
        group.check(Action::ManageInvites, member.role)?;
    }
    if row.is_none() {
        return refuse(Code::NotFound, "This group has no such invite link; `invites` lists those there are.");
    }
    Ok(Change::new(caller, &group, Body::InviteChanged { on: false }))
}
