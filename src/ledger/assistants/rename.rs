//! Give a chat with an assistant another title.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Place, append};
use crate::model::{Body, CommandResult, ConversationId, Effect, Entry, Name};
use crate::store::records::ConversationRow;
use crate::store::{Read, Tables};

struct Plan {
    row: ConversationRow,
    entry: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    title: &Name,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { row, entry } = decide(tables, caller, conversation, title)?;
    tables.put(&conversation, row)?;
    Ok(append(tables, caller.actor.app, conversation, entry, effects)?)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, title: &Name) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    let row = ConversationRow { title: Some(title.clone()), changed: caller.lsn, ..(*place.row).clone() };
    Ok(Plan { row, entry: caller.entry(&place.head, Body::Renamed { title: title.clone() }) })
}
