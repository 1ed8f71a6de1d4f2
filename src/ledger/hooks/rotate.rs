//! Give a webhook another secret. The one before it posts too for a time, unless it is to end at once; an older one does not any more.

use super::{find, managed};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, ConversationId, HookId, Timestamp, TokenHash, UserActor, limits};
use crate::store::records::{IncomingOldRow, IncomingRow, IncomingTokenRow};
use crate::store::{Read, Tables};

type HookOf = (ConversationId, HookId);

struct Plan {
    row: IncomingRow,
    /// What posts too from now on.
    old: Option<IncomingOldRow>,
    /// What posts no more.
    ended: Vec<TokenHash>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    (hook, by): (HookOf, &UserActor),
    token: TokenHash,
    end_old: bool,
) -> Result<CommandResult, Stop> {
    let Plan { row, old, ended } = decide(tables, order, (hook, by), token, end_old)?;
    for token in &ended {
        tables.remove::<IncomingTokenRow>(token)?;
    }
    let (_, hook) = hook;
    match old {
        Some(old) => tables.put(&hook, old)?,
        None => tables.remove::<IncomingOldRow>(&hook)?,
    }
    tables.put(&token, IncomingTokenRow { hook })?;
    tables.put(&hook, row)?;
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    order: &Order,
    ((conversation, hook), by): (HookOf, &UserActor),
    token: TokenHash,
    end_old: bool,
) -> Result<Plan, Stop> {
    managed(state, by, conversation)?;
    let row = find(state, conversation, hook)?;
    if state.get::<IncomingTokenRow>(&token)?.is_some() {
        return refuse(Code::Conflict, "The secret of this webhook is in use; draw another one.");
    }
    let mut ended: Vec<TokenHash> = state.get::<IncomingOldRow>(&hook)?.iter().map(|old| old.token).collect();
    let until = Timestamp(order.at.0.saturating_add(limits::OLD_SECRET_MS));
    let old = (!end_old).then_some(IncomingOldRow { token: row.token, until });
    if end_old {
        ended.push(row.token);
    }
    Ok(Plan { row: IncomingRow { token, ..(*row).clone() }, old, ended })
}
