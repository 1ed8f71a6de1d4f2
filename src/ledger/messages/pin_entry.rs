//! Pin a message for all members, or take the pin away: in direct chats both sides may, in groups whom the rules name. What is so
//! already changes nothing.

use super::check_not_recalled;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::contacts::may_write;
use crate::ledger::groups::may_speak;
use crate::ledger::groups::permissions::{Action, allows};
use crate::ledger::place::{Place, append};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, Seq, limits};
use crate::store::records::PinRow;
use crate::store::{Read, Tables};

struct Plan {
    pin: Option<PinRow>,
    notice: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    on: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, seq, on)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => apply(tables, caller, (conversation, seq), plan, effects),
    }
}

/// `None` when it is so already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    on: bool,
) -> Result<Option<Plan>, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    may_write::check_not_blocked(state, caller, &place.row)?;
    check_right(&place)?;
    let message = place.message(state, seq)?;
    check_not_recalled(&message)?;
    if state.get::<PinRow>(&(conversation, seq))?.is_some() == on {
        return Ok(None);
    }
    let (first, last) = ((conversation, Seq(0)), (conversation, Seq(u64::MAX)));
    if on && state.range::<PinRow>(&first, &last, limits::PINS_MAX)?.len() >= limits::PINS_MAX {
        let limit = limits::PINS_MAX;
        return refuse(Code::Full, format!("{limit} messages are pinned here already; take a pin away first."));
    }
    let pin = on.then(|| PinRow { by: caller.handle(), at: caller.at });
    let notice = caller.entry(&place.head, Body::EntryPinned { entry: seq, on });
    Ok(Some(Plan { pin, notice }))
}

fn check_right(place: &Place) -> Result<(), Stop> {
    let Some(group) = &place.row.group else { return Ok(()) };
    if !allows(Action::Pin, place.member.role, &group.rules) {
        return refuse(Code::Forbidden, "Only the owner and managers pin messages in this group; ask one of them.");
    }
    Ok(())
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    at: (ConversationId, Seq),
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match plan.pin {
        Some(pin) => tables.put(&at, pin)?,
        None => tables.remove::<PinRow>(&at)?,
    }
    Ok(append(tables, caller.actor.app, at.0, plan.notice, effects)?)
}
