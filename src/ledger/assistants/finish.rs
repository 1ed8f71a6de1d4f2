//! An assistant is done with a question: what it said is appended, or stands in place of what it said before.

use super::begin::Answerable;
use crate::ledger::place::{append, entry, rewrite};
use crate::ledger::read::size::stored_bytes;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{
    AnswerDone, AnswerEnd, AppId, AssistantAnswer, Body, Code, CommandResult, ConversationId, Effect, Entry, Line, Seq,
    limits,
};
use crate::store::records::{AskedTurnRow, TurnRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

struct Plan {
    turn: Arc<TurnRow>,
    tokens: u64,
    says: Option<Says>,
}

enum Says {
    New { app: AppId, entry: Box<Entry> },
    Again { app: AppId, target: Box<Entry>, notice: Box<Entry> },
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    (conversation, question): (ConversationId, Seq),
    answer: Option<&AnswerDone>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(plan) = decide(tables, order, (conversation, question), answer)? else {
        return Ok(CommandResult::Done {});
    };
    tables.remove::<TurnRow>(&(conversation, question))?;
    tables.remove::<AskedTurnRow>(&(plan.turn.asker, conversation, question))?;
    if plan.tokens > 0 {
        super::count(tables, (plan.turn.assistant, plan.turn.asker), order.at, (0, plan.tokens))?;
    }
    let result = match plan.says {
        None => CommandResult::Done {},
        Some(Says::New { app, entry }) => append(tables, app, conversation, *entry, effects)?,
        Some(Says::Again { app, target, notice }) => rewrite(tables, app, conversation, *target, *notice, effects)?,
    };
    effects.push(Effect::Turns { conversation });
    Ok(result)
}

/// `None` when the turn is not open any more.
fn decide(
    state: &impl Read,
    order: &Order,
    (conversation, question): (ConversationId, Seq),
    answer: Option<&AnswerDone>,
) -> Result<Option<Plan>, Stop> {
    let Some(turn) = state.get::<TurnRow>(&(conversation, question))? else { return Ok(None) };
    let tokens = answer.map_or(0, |answer| answer.tokens);
    let mut plan = Plan { turn, tokens, says: None };
    let Some(answer) = answer else { return Ok(Some(plan)) };
    if answer.text.len() > limits::ANSWER_BYTES_MAX {
        let most = limits::ANSWER_BYTES_MAX;
        return refuse(Code::TooLarge, format!("An answer has at most {most} bytes; cut it."));
    }
    // Nobody is told what has no place any more: the asker has gone, or the question, or the assistant.
    let found = match Answerable::find(state, conversation, question) {
        Ok(found) => found,
        Err(Stop::Refused(_)) => return Ok(Some(plan)),
        Err(fault) => return Err(fault),
    };
    let Some(assistant) = state.get::<UserRow>(&found.turn.assistant)? else { return Ok(Some(plan)) };
    let head = state.head(conversation)?;
    let body = body(question, answer);
    let app = found.row.app;
    plan.says = match found.turn.replaces {
        None => Some(Says::New { app, entry: Box::new(entry(&head, order, &assistant.id, Body::Answer(body))) }),
        Some(seq) => match state.entry(conversation, seq)? {
            Some(before) => again(order, &before, body).map(|target| {
                let notice = entry(&head, order, &assistant.id, Body::Edited { target: seq });
                Says::Again { app, target: Box::new(target), notice: Box::new(notice) }
            }),
            None => None,
        },
    };
    Ok(Some(plan))
}

fn body(question: Seq, answer: &AnswerDone) -> AssistantAnswer {
    AssistantAnswer {
        question,
        text: answer.text.clone(),
        model: answer.model.clone(),
        end: answer.end,
        problem: answer.problem.clone(),
        usage: answer.usage,
    }
}

/// The answer that was there, as it is now. What could not be written again stays as it was, and says why.
fn again(order: &Order, before: &Entry, now: AssistantAnswer) -> Option<Entry> {
    let Body::Answer(old) = &before.body else { return None };
    let nothing = now.text.is_empty() && !old.text.is_empty();
    let said = if nothing {
        let problem = match now.end {
            AnswerEnd::Failed => now.problem,
            AnswerEnd::Complete | AnswerEnd::Stopped | AnswerEnd::Limit => {
                Line::new("It was to be written again, and that was stopped.").ok()
            }
        };
        AssistantAnswer { problem, ..old.clone() }
    } else {
        now
    };
    let entry = Entry { body: Body::Answer(said), changed: order.lsn, edited_at: Some(order.at), ..before.clone() };
    (stored_bytes(&entry) <= limits::ENTRY_BYTES_MAX).then_some(entry)
}
