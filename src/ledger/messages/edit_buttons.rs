//! Replace the words and the buttons of an own message with buttons. There is no time by which it has to be: a button may be pressed
//! long after it was sent, and what came of it is shown where it stands.

use super::send::peer;
use super::{check_entry_size, check_not_recalled, content};
use crate::ledger::Stop;
use crate::ledger::bots;
use crate::ledger::caller::Caller;
use crate::ledger::contacts::may_write;
use crate::ledger::groups::may_speak;
use crate::ledger::place::{Place, rewrite};
use crate::ledger::refuse::refuse;
use crate::model::{Body, ButtonRow, Buttons, Code, CommandResult, ConversationId, Effect, Entry, Seq, Text, UserId};
use crate::store::records::ConversationRow;
use crate::store::{Read, Tables};

struct Plan {
    target: Entry,
    notice: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    (words, rows): (&str, &[ButtonRow]),
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { target, notice } = decide(tables, caller, (conversation, seq), (words, rows))?;
    Ok(rewrite(tables, caller.actor.app, conversation, target, notice, effects)?)
}

/// The other side of a direct chat, and what the message would be; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    (words, rows): (&str, &[ButtonRow]),
) -> Result<(Option<UserId>, Body), Stop> {
    let plan = decide(state, caller, (conversation, seq), (words, rows))?;
    let row = state.get::<ConversationRow>(&conversation)?;
    let peer = row.map_or(Ok(None), |row| peer(state, caller, &row))?;
    Ok((peer, plan.target.body))
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    (conversation, seq): (ConversationId, Seq),
    (words, rows): (&str, &[ButtonRow]),
) -> Result<Plan, Stop> {
    let place = Place::speaking(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    may_write::check_not_blocked(state, caller, &place.row)?;
    let before = place.message(state, seq)?;
    if before.author != *caller.id() {
        return refuse(Code::Forbidden, "Only the author of a message edits it.");
    }
    bots::check_may_have_buttons(caller)?;
    check_not_recalled(&before)?;
    let Body::Buttons(old) = &before.body else {
        return refuse(Code::Invalid, "Only a message with buttons can be edited so; `edit` is for texts.");
    };
    content::check_words(words, caller.app(state)?.settings.message_bytes_max)?;
    bots::check_rows(rows)?;
    let text = Text { text: words.to_owned(), ..old.text.clone() };
    let body = Body::Buttons(Buttons { text, rows: rows.to_vec() });
    let target = Entry { body, changed: caller.lsn, edited_at: Some(caller.at), ..(*before).clone() };
    check_entry_size(&target, Code::TooLarge)?;
    let notice = caller.entry(&place.head, Body::Edited { target: seq });
    Ok(Plan { target, notice })
}
