//! Leave a group. The owner cannot: a group has exactly one.

use super::Group;
use super::departing::Departure;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, caller, conversation)?.apply(tables, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Departure, Stop> {
    let (group, member) = Group::acting(state, caller, conversation, Action::Leave)?;
    Ok(Departure::plan(caller, &group, caller.handle(), &member, Body::MemberLeft {}))
}
