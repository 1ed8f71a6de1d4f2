//! Take a conversation out of the caller's list until its next message. What is stored is how many messages there were, so that
//! a message brings it back without a write.

use super::{apply, decide};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::read::window::Window;
use crate::model::{CommandResult, ConversationId, Effect};
use crate::store::Tables;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    hidden: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation, |place, row| {
        let ordinal = Window::new(&place.head, &place.member).ordinal;
        let is_hidden = row.hidden_at.is_some_and(|at| ordinal <= at);
        if hidden != is_hidden {
            row.hidden_at = hidden.then_some(ordinal);
        }
    })?;
    apply(tables, caller, conversation, plan, effects)
}
