//! Replace the words of an own text, within the app's window.

use super::send::peer;
use super::{check_entry_size, check_not_recalled, content};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::contacts::may_write;
use crate::ledger::groups::may_speak;
use crate::ledger::place::{Place, rewrite};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, Seq, Text, UserId};
use crate::store::records::ConversationRow;
use crate::store::{Read, Tables};

struct Plan {
    target: Entry,
    notice: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    words: &str,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation, seq, words)?;
    Ok(rewrite(tables, caller.actor.app, conversation, plan.target, plan.notice, effects)?)
}

/// The other side of a direct chat, and what the text would be; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    words: &str,
) -> Result<(Option<UserId>, Body), Stop> {
    let plan = decide(state, caller, conversation, seq, words)?;
    let row = state.get::<ConversationRow>(&conversation)?;
    let peer = row.map_or(Ok(None), |row| peer(state, caller, &row))?;
    Ok((peer, plan.target.body))
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    words: &str,
) -> Result<Plan, Stop> {
    let place = Place::speaking(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    may_write::check_not_blocked(state, caller, &place.row)?;
    let before = place.message(state, seq)?;
    if before.author != *caller.id() {
        return refuse(Code::Forbidden, "Only the author of a message edits it.");
    }
    check_not_recalled(&before)?;
    let Body::Text(text) = &before.body else {
        return refuse(Code::Invalid, "Only texts can be edited; recall this message and send another.");
    };
    let settings = &caller.app(state)?.settings;
    if caller.at.since_ms(before.at) > settings.edit_window_ms {
        return refuse(Code::Expired, "The time in which this text could be edited has passed; send another message.");
    }
    content::check_words(words, settings.message_bytes_max)?;
    let body = Body::Text(Text { text: words.to_owned(), ..text.clone() });
    let target = Entry { body, changed: caller.lsn, edited_at: Some(caller.at), ..(*before).clone() };
    check_entry_size(&target, Code::TooLarge)?;
    let notice = caller.entry(&place.head, Body::Edited { target: seq });
    Ok(Plan { target, notice })
}
