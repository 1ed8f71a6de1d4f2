//! Before-hooks: how an app's is set, and what can be said about a command before it is carried out. Nobody is asked in this room: it
//! says whether a command would be accepted, and what whoever is asked would want to know of it.

pub(super) mod set;

use super::caller::Caller;
use super::{Accepted, Order, Stop, answer_again, check_key, contacts, groups, key_scope, messages, refuse, words};
use crate::model::{
    Actor, AnyCommand, AppId, Code, Command, CommandResult, HookAction, Key, Question, Timestamp, UserActor,
};
use crate::store::records::BeforeHookRow;
use crate::store::{Fault, Read, Tables, View};
use std::sync::Arc;

/// The before-hooks of all apps; there are never more than apps.
pub fn all(state: &impl Read) -> Result<Vec<(AppId, Arc<BeforeHookRow>)>, Fault> {
    state.range::<BeforeHookRow>(&AppId(0), &AppId(u32::MAX), super::read::administration::APPS_MAX)
}

/// What executing the command of a user would give, with nothing written: its refusal, the outcome of the same key before, or
/// `done` in place of its result.
pub fn try_out(tables: &Tables<'_>, order: &Order) -> Result<Accepted, Stop> {
    let (Actor::User(actor), AnyCommand::User(command), Some(given)) = (&order.actor, &order.command, order.key) else {
        return refuse::refuse(Code::Invalid, "Only a user's command with a key can be tried out.");
    };
    let key = if given.is_word() { words::meant(tables, order, given)?.0 } else { given };
    check_key(&key, order.at)?;
    if let Some(first) = tables.remembered(key_scope(&order.actor), &key)? {
        return answer_again(first, order.hash);
    }
    look(tables, &Caller::admit(tables, order, actor, key)?, command)?;
    Ok(Accepted { lsn: order.lsn, duplicate: false, result: CommandResult::Done {} })
}

/// What is asked about a command that would be accepted as of one state; `None`: nothing, although others of its kind are.
pub fn question(
    view: &View,
    at: Timestamp,
    (actor, key): (&UserActor, Key),
    command: &Command,
) -> Result<Option<Question>, Stop> {
    let (order_actor, order_command) = (Actor::User(actor.clone()), command.clone().into());
    let (lsn, hash) = (view.lsn().next(), 0);
    let order = Order { lsn, at, actor: order_actor, key: Some(key), hash, command: order_command };
    look(view, &Caller::admit(view, &order, actor, key)?, command)
}

/// Decides a command without applying it, and says what is asked about it.
fn look(state: &impl Read, caller: &Caller<'_>, command: &Command) -> Result<Option<Question>, Stop> {
    let new = |command| Question::new(caller.actor.app, caller.id().clone(), command);
    Ok(Some(match command {
        Command::Send { to, content } => {
            let (place, peer, body) = messages::send::look(state, caller, to, content)?;
            Question { place, peer, body: Some(body), ..new("send") }
        }
        Command::Edit { conversation, seq, text } => {
            let (peer, body) = messages::edit::look(state, caller, *conversation, *seq, text)?;
            Question { place: Some(*conversation), peer, seq: Some(*seq), body: Some(body), ..new("edit") }
        }
        Command::EditButtons { conversation, seq, text, rows } => {
            let at = (*conversation, *seq);
            let (peer, body) = messages::edit_buttons::look(state, caller, at, (text, rows))?;
            Question { place: Some(*conversation), peer, seq: Some(*seq), body: Some(body), ..new("edit_buttons") }
        }
        Command::Forward { from, seq, to } => {
            let (place, peer, body) = messages::forward::look(state, caller, (*from, *seq), to)?;
            Question { place, peer, body: Some(body), ..new("forward") }
        }
        Command::RequestContact { user, greeting, remark, source } => {
            let (greeting_said, remark, source) = (greeting.as_ref(), remark.as_ref(), source.as_ref());
            let request = contacts::request::Request { user, greeting: greeting_said, remark, source };
            let Some(peer) = contacts::request::look(state, caller, &request)? else { return Ok(None) };
            Question { peer: Some(peer), greeting: greeting.clone(), ..new("request_contact") }
        }
        Command::CreateGroup { title, members, rules } => {
            let users = groups::create_group::look(state, caller, title, members, rules)?;
            Question { title: Some(title.clone()), users, ..new("create_group") }
        }
        Command::AddMembers { conversation, users } => {
            let users = groups::add_members::look(state, caller, *conversation, users)?;
            Question { place: Some(*conversation), users, ..new("add_members") }
        }
        Command::Join { conversation, greeting } => {
            if !groups::join::look(state, caller, *conversation, greeting.as_ref())? {
                return Ok(None);
            }
            let users = vec![caller.id().clone()];
            Question { place: Some(*conversation), users, greeting: greeting.clone(), ..new("join") }
        }
        Command::JoinByCode { code } => {
            let place = groups::join_by_code::look(state, caller, code)?;
            if place.is_none() {
                return Ok(None);
            }
            Question { place, users: vec![caller.id().clone()], ..new("join_by_code") }
        }
        Command::AnswerJoin { conversation, user, accept } => {
            if !groups::answer_join::look(state, caller, *conversation, user, *accept)? {
                return Ok(None);
            }
            Question { place: Some(*conversation), users: vec![user.clone()], ..new("answer_join") }
        }
        // Nobody is asked about any other.
        other => {
            debug_assert!(HookAction::of(other).is_none(), "what can be asked about is looked at above");
            return Ok(None);
        }
    })
    .filter(|question| question.command != "add_members" || !question.users.is_empty()))
}
