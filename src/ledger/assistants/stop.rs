//! Stop the answer that is being written, or else the question that is next. What has come stays; whoever carries the turn out ends
//! it when it sees the row.

use super::turns;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::Place;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, ConversationId, Effect, Role, Seq, TurnState};
use crate::store::records::TurnRow;
use crate::store::{Read, Tables};

struct Plan(Option<(Seq, TurnRow)>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if let Plan(Some((question, row))) = decide(tables, caller, conversation)? {
        tables.put(&(conversation, question), row)?;
        effects.push(Effect::Turns { conversation });
    }
    Ok(CommandResult::Done {})
}

/// Nothing to do when nothing is open, or it is being stopped already.
fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    let open = turns(state, conversation)?;
    let current = open.iter().find(|(_, row)| row.state == TurnState::Answering).or(open.first());
    let Some((question, row)) = current else { return Ok(Plan(None)) };
    let others = place.row.group.is_some() && row.asker != caller.handle();
    if others && place.member.role < Role::Manager {
        return refuse(Code::Forbidden, "Only who asked, the owner and managers of this group can stop an answer.");
    }
    if row.stop {
        return Ok(Plan(None));
    }
    Ok(Plan(Some((*question, TurnRow { stop: true, ..(**row).clone() }))))
}
