//! Have an answer written again. It stays as it is until the new one is done, which then stands in its place.

use super::{Asking, asking, there, turns};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::groups::may_speak;
use crate::ledger::place::Place;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Seq, UserHandle};
use crate::store::{Read, Tables};

struct Plan {
    question: Seq,
    assistant: UserHandle,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { question, assistant } = decide(tables, caller, conversation, seq)?;
    asking::apply(tables, caller, (conversation, question), (assistant, Some(seq)), effects)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, seq: Seq) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    let answer = place.message(state, seq)?;
    let Body::Answer(said) = &answer.body else {
        return refuse(Code::Invalid, format!("What stands at seq {seq} is no answer of an assistant; name one."));
    };
    let question = if place.sees(said.question) { state.entry(conversation, said.question)? } else { None };
    let Some(question) = question.filter(|question| question.recalled_at.is_none()) else {
        return refuse(Code::NotFound, "The question of this answer is not there any more; ask again.");
    };
    if question.author != *caller.id() {
        return refuse(Code::Forbidden, "Only who asked can have an answer written again; ask the assistant yourself.");
    }
    let Some(assistant) = caller.find(state, &answer.author)? else {
        return refuse(Code::NotFound, "The assistant of this answer is not there any more.");
    };
    let row = there(state, caller.actor.app, assistant)?;
    let asking = Asking { assistant, row: &row, user: caller.handle(), user_row: &caller.user, at: caller.at };
    asking.check(state)?;
    let open = turns(state, conversation)?;
    if open.iter().any(|(seq, _)| *seq == question.seq) {
        return refuse(Code::Conflict, "This question is being answered already; wait for it, or stop it.");
    }
    asking::check_room(state, caller, open.len())?;
    Ok(Plan { question: question.seq, assistant })
}
