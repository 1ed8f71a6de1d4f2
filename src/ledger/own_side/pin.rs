//! Keep a conversation at the top of the caller's list, or not.

use super::{apply, decide};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, ConversationId, Effect};
use crate::store::Tables;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    pinned: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation, |_, row| row.pinned = pinned)?;
    apply(tables, caller, conversation, plan, effects)
}
