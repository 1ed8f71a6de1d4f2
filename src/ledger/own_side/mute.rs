//! Silence a conversation for the caller until a time, or end that.

use super::{apply, decide};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, ConversationId, Effect, Timestamp};
use crate::store::Tables;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    until: Option<Timestamp>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation, |_, row| row.muted_until = until)?;
    apply(tables, caller, conversation, plan, effects)
}
