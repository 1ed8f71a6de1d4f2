//! Leave a group. The owner cannot, unless alone: a group with members has an owner.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Departure, Place};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Role};
use crate::store::{Read, Tables};

struct Plan(Departure);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan(departure) = decide(tables, caller, conversation)?;
    departure.apply(tables, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Plan, Stop> {
    let place = Place::group(state, caller, conversation, "leaving")?;
    if place.member.role == Role::Owner && place.row.members > 1 {
        return refuse(Code::Forbidden, "You own this group, so you can leave it only when nobody else is in it.");
    }
    Ok(Plan(Departure::plan(caller, &place, caller.handle(), &place.member, Body::MemberLeft {})))
}
