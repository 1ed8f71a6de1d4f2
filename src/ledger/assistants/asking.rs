//! Whether a message asks an assistant something: every message in a chat with one; in a group one that mentions an assistant of the
//! group, or replies to it.

use super::{Asking, find, may_use, there, turns};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::Place;
use crate::ledger::read::other_side;
use crate::ledger::refuse::refuse;
use crate::model::{
    Code, ConversationId, ConversationKind, Effect, Seq, TurnState, UserHandle, UserId, UserKind, limits,
};
use crate::store::records::{AskedTurnRow, MemberRow, TurnRow, UserRow};
use crate::store::{Fault, Read, Tables};

/// Whom a message names.
pub(in crate::ledger) struct Names<'a> {
    /// In the text.
    pub mentions: &'a [UserId],
    /// The entry that it answers.
    pub reply_to: Option<Seq>,
}

/// The assistant that is asked, if one is. In a chat with it whoever may not ask is refused; in a group, where others read the
/// message too, it is just not asked.
pub(in crate::ledger) fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    place: &Place,
    names: &Names<'_>,
) -> Result<Option<UserHandle>, Stop> {
    match place.row.kind {
        ConversationKind::Assistant => in_chat(state, caller, place).map(Some),
        ConversationKind::Group if caller.user.kind != UserKind::Assistant => in_group(state, caller, place, names),
        ConversationKind::Group | ConversationKind::Direct | ConversationKind::Feed => Ok(None),
    }
}

fn in_chat(state: &impl Read, caller: &Caller<'_>, place: &Place) -> Result<UserHandle, Stop> {
    let Some(assistant) = other_side(&place.row, caller.handle()) else {
        return refuse(Code::Unsupported, "There is no assistant in this chat any more; open another one.");
    };
    let row = there(state, caller.actor.app, assistant)?;
    let asking = Asking { assistant, row: &row, user: caller.handle(), user_row: &caller.user, at: caller.at };
    asking.check(state)?;
    check_room(state, caller, turns(state, place.id)?.len())?;
    Ok(assistant)
}

/// Refuses one more question where `open` of the conversation wait, or as many of the caller's as may.
pub(super) fn check_room(state: &impl Read, caller: &Caller<'_>, open: usize) -> Result<(), Stop> {
    if open >= limits::TURNS_MAX {
        let most = limits::TURNS_MAX;
        return refuse(Code::Full, format!("{most} questions wait for answers here; wait for some, or stop them."));
    }
    if asked(state, caller.handle())? >= limits::TURNS_PER_USER_MAX {
        let most = limits::TURNS_PER_USER_MAX;
        return refuse(
            Code::Full,
            format!("{most} of your questions wait for answers, in all chats together; wait for some, or stop them."),
        );
    }
    Ok(())
}

/// How many questions of a user wait for answers, as far as that is counted.
fn asked(state: &impl Read, user: UserHandle) -> Result<usize, Fault> {
    let (from, to) = ((user, ConversationId(0), Seq(0)), (user, ConversationId(u64::MAX), Seq(u64::MAX)));
    Ok(state.range::<AskedTurnRow>(&from, &to, limits::TURNS_PER_USER_MAX)?.len())
}

fn in_group(
    state: &impl Read,
    caller: &Caller<'_>,
    place: &Place,
    names: &Names<'_>,
) -> Result<Option<UserHandle>, Stop> {
    let replied = match names.reply_to {
        Some(seq) => state.entry(place.id, seq)?.map(|entry| entry.author.clone()),
        None => None,
    };
    for id in names.mentions.iter().chain(replied.as_ref()) {
        let Some(user) = caller.find(state, id)? else { continue };
        if is_asked(state, caller, place.id, user)? {
            return match check_room(state, caller, turns(state, place.id)?.len()) {
                Ok(()) => Ok(Some(user)),
                Err(Stop::Refused(_)) => Ok(None),
                Err(fault) => Err(fault),
            };
        }
    }
    Ok(None)
}

/// Whether a user is an assistant of the group that the caller may ask. (What they have left for today is looked at when it begins,
/// so that they are told.)
fn is_asked(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    user: UserHandle,
) -> Result<bool, Fault> {
    let is_assistant = state.get::<UserRow>(&user)?.is_some_and(|row| row.kind == UserKind::Assistant);
    if !is_assistant {
        return Ok(false);
    }
    let Some(row) = find(state, caller.actor.app, user)? else { return Ok(false) };
    let member = state.get::<MemberRow>(&(conversation, user))?;
    Ok(member.is_some_and(|member| member.until.is_none()) && may_use(&row, &caller.user))
}

/// Opens the turn of a question.
pub(in crate::ledger) fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    (conversation, question): (ConversationId, Seq),
    (assistant, replaces): (UserHandle, Option<Seq>),
    effects: &mut Vec<Effect>,
) -> Result<(), Fault> {
    let row = TurnRow {
        app: caller.actor.app,
        asker: caller.handle(),
        assistant,
        state: TurnState::Waiting,
        replaces,
        stop: false,
        asked_lsn: caller.lsn,
    };
    tables.put(&(conversation, question), row)?;
    tables.put(&(caller.handle(), conversation, question), AskedTurnRow {})?;
    effects.push(Effect::Turns { conversation });
    Ok(())
}
