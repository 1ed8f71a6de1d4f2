//! Give a group another title: its owner and managers may.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Place, append};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, Name, Role};
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
    let plan = decide(tables, caller, conversation, title)?;
    apply(tables, conversation, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, title: &Name) -> Result<Plan, Stop> {
    let place = Place::group(state, caller, conversation, "a title")?;
    if place.member.role == Role::Member {
        return refuse(Code::Forbidden, "Only the owner and managers rename the group; ask one of them.");
    }
    let row = ConversationRow { title: Some(title.clone()), ..(*place.row).clone() };
    let entry = caller.entry(&place.head, Body::Renamed { title: title.clone() });
    Ok(Plan { row, entry })
}

fn apply(
    tables: &mut Tables<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let app = plan.row.app;
    tables.put(&conversation, plan.row)?;
    Ok(append(tables, app, conversation, plan.entry, effects)?)
}
