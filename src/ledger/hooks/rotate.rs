//! Give a webhook another secret. The old one opens nothing from the commit on.

use super::{find, managed};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, ConversationId, HookId, TokenHash, UserActor};
use crate::store::records::{IncomingRow, IncomingTokenRow};
use crate::store::{Read, Tables};

struct Plan {
    old: TokenHash,
    row: IncomingRow,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    _: &Order,
    (conversation, hook): (ConversationId, HookId),
    by: &UserActor,
    token: TokenHash,
) -> Result<CommandResult, Stop> {
    let Plan { old, row } = decide(tables, (conversation, hook), by, token)?;
    tables.remove::<IncomingTokenRow>(&old)?;
    tables.put(&token, IncomingTokenRow { hook })?;
    tables.put(&hook, row)?;
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    (conversation, hook): (ConversationId, HookId),
    by: &UserActor,
    token: TokenHash,
) -> Result<Plan, Stop> {
    managed(state, by, conversation)?;
    let row = find(state, conversation, hook)?;
    if state.get::<IncomingTokenRow>(&token)?.is_some() {
        return refuse(Code::Conflict, "The secret of this webhook is in use; draw another one.");
    }
    Ok(Plan { old: row.token, row: IncomingRow { token, ..(*row).clone() } })
}
