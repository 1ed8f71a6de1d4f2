//! End a group for good: it can only be read from then on, by those who were in it.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect};
use crate::store::records::{ConversationRow, GroupRow};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, caller, conversation)?.apply(tables, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Change, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Dissolve)?;
    let row = ConversationRow {
        group: Some(GroupRow { dissolved: Some(caller.at), ..group.group.clone() }),
        ..(*group.row).clone()
    };
    Ok(Change::new(caller, &group, Body::Dissolved {}).row(row))
}
