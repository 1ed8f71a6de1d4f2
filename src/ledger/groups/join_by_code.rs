//! Join a group by the code of an invite link, whatever its rules say of joining. Who is a member already changes nothing, and uses
//! nothing up.

use super::invites;
use super::joining::Joining;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect, InviteCode};
use crate::store::records::InviteRow;
use crate::store::{Read, Tables};

struct Plan {
    joining: Joining,
    invite: InviteRow,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    code: &InviteCode,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, code)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => {
            invites::put(tables, code, plan.invite)?;
            plan.joining.apply(tables, effects)
        }
    }
}

/// The group that the caller would join; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    code: &InviteCode,
) -> Result<Option<ConversationId>, Stop> {
    Ok(decide(state, caller, code)?.map(|plan| plan.joining.conversation))
}

/// `None` when they are a member already.
fn decide(state: &impl Read, caller: &Caller<'_>, code: &InviteCode) -> Result<Option<Plan>, Stop> {
    let (row, group) = invites::find(state, caller.actor.app, code)?;
    if group.has(state, caller.handle())? {
        return Ok(None);
    }
    invites::check_usable(&row, &group, caller.at)?;
    let joiners = vec![(caller.handle(), caller.id().clone())];
    let joining = Joining::plan(state, caller, &group, joiners, Body::MemberJoined {})?;
    let invite = InviteRow { uses: row.uses.saturating_add(1), ..(*row).clone() };
    Ok(Some(Plan { joining, invite }))
}
