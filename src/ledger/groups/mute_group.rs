//! Let only the owner and managers speak, or everybody again.

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
    on: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, on)? {
        None => Ok(CommandResult::Done {}),
        Some(change) => change.apply(tables, effects),
    }
}

/// `None` when it is so already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    on: bool,
) -> Result<Option<Change>, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Mute)?;
    if group.group.muted == on {
        return Ok(None);
    }
    let row = ConversationRow { group: Some(GroupRow { muted: on, ..group.group.clone() }), ..(*group.row).clone() };
    Ok(Some(Change::new(caller, &group, Body::GroupMuted { on }).row(row)))
}
