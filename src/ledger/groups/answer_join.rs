//! Answer somebody who asked to join: the group is told in any case. Who is let in sees that as their joining; who is not is told in
//! their feed.

use super::Group;
use super::change::Change;
use super::joining::Joining;
use super::permissions::Action;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::ledger::{Stop, feed};
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, UserHandle, UserId};
use crate::store::records::{JoinRequestRow, UserRow};
use crate::store::{Read, Tables};

#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
enum Plan {
    /// They are a member already.
    Member,
    Accept(Box<Joining>),
    Decline(UserHandle, Body, Box<Change>),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    accept: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, user, accept)? {
        Plan::Member => Ok(CommandResult::Done {}),
        Plan::Accept(joining) => joining.apply(tables, effects),
        Plan::Decline(user, body, change) => {
            tables.remove::<JoinRequestRow>(&(conversation, user))?;
            let result = change.apply(tables, effects)?;
            if let Some(row) = tables.get::<UserRow>(&user)?.filter(|row| !row.deleted) {
                feed::tell(tables, caller, &row, body, effects)?;
            }
            Ok(result)
        }
    }
}

/// Whether somebody would be a member by it; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    accept: bool,
) -> Result<bool, Stop> {
    Ok(matches!(decide(state, caller, conversation, user, accept)?, Plan::Accept(_)))
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: &UserId,
    accept: bool,
) -> Result<Plan, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::AnswerJoin)?;
    let none = || {
        refuse(
            Code::NotFound,
            format!("`{user}` does not wait to join this group; `join_requests` lists those who do."),
        )
    };
    let Some(handle) = caller.find(state, user)? else { return none() };
    let member = group.has(state, handle)?;
    if member && accept {
        return Ok(Plan::Member);
    }
    let Some(request) = state.get::<JoinRequestRow>(&(conversation, handle))?.filter(|_| !member) else {
        return none();
    };
    let body = Body::JoinAnswered { conversation, user: request.id.clone(), accepted: accept };
    if accept {
        caller.find_user(state, user)?;
        let joiners = vec![(handle, request.id.clone())];
        return Ok(Plan::Accept(Box::new(Joining::plan(state, caller, &group, joiners, body)?)));
    }
    let change = Change::new(caller, &group, body.clone());
    Ok(Plan::Decline(handle, body, Box::new(change)))
}
