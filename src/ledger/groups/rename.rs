//! Give a group another title.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect, Name};
use crate::store::records::ConversationRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    title: &Name,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, caller, conversation, title)?.apply(tables, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId, title: &Name) -> Result<Change, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Edit)?;
    let row = ConversationRow { title: Some(title.clone()), ..(*group.row).clone() };
    Ok(Change::new(caller, &group, Body::Renamed { title: title.clone() }).row(row))
}
