//! Press a button. Whoever may react to a message may press its buttons; who wrote it is told in their feed.

use super::super::messages::check_not_recalled;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::contacts::may_write;
use crate::ledger::feed;
use crate::ledger::groups::may_speak;
use crate::ledger::place::Place;
use crate::ledger::refuse::refuse;
use crate::model::{Body, ButtonId, Code, CommandResult, ConversationId, Effect, Seq, UserKind, limits};
use crate::store::records::{MemberRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

/// Who is told.
struct Plan(Arc<UserRow>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    button: &ButtonId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan(author) = decide(tables, caller, (conversation, seq), button)?;
    let body = Body::Pressed { conversation, entry: seq, button: button.clone() };
    // Where it stands in somebody else's feed is nothing for who pressed.
    feed::tell(tables, caller, &author, body, effects)?;
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    button: &ButtonId,
) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    may_write::check_not_blocked(state, caller, &place.row)?;
    let entry = place.message(state, seq)?;
    check_not_recalled(&entry)?;
    let Body::Buttons(buttons) = &entry.body else {
        return refuse(Code::Invalid, format!("The message with seq {seq} has no buttons; name one that has."));
    };
    if !buttons.has(button) {
        return refuse(Code::NotFound, "The message has no such button, or no more; look at it as it is now.");
    }
    let (author, user) = caller.find_user(state, &entry.author)?;
    // The system speaks in groups without belonging to them.
    let here = user.kind == UserKind::Service
        || state.get::<MemberRow>(&(conversation, author))?.is_some_and(|member| member.until.is_none());
    if !here {
        return refuse(Code::NotMember, "Who wrote this message is not here any more, and would not learn of it.");
    }
    check_rate(state, caller, &user)?;
    Ok(Plan(user))
}

/// Refuses more presses of one user than a bot should hear of: counted in its feed, where they stand.
fn check_rate(state: &impl Read, caller: &Caller<'_>, author: &UserRow) -> Result<(), Stop> {
    let head = state.head(author.feed)?.seq;
    let from = Seq(head.0.saturating_sub(limits::PRESSES_LOOKED_THROUGH - 1).max(1));
    if head.0 == 0 {
        return Ok(());
    }
    let entries = state.entries(author.feed, from, head, limits::PRESSES_LOOKED_THROUGH as usize)?;
    let recent = entries.iter().filter(|entry| {
        matches!(entry.body, Body::Pressed { .. })
            && entry.author == *caller.id()
            && caller.at.since_ms(entry.at) < limits::PRESSES_WINDOW_MS
    });
    if recent.count() >= limits::PRESSES_MAX {
        // A refusal that says when to come again would hold back all else that the device wants to send.
        return refuse(
            Code::QuotaExceeded,
            "You have pressed many buttons just now; wait a few seconds, then press again.",
        );
    }
    Ok(())
}
