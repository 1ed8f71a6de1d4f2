//! Set the flags of a user. `suspended` ends all sessions.

use super::{Ending, end_all};
use crate::ledger::{Order, Stop};
use crate::model::{CommandResult, Effect, EndReason, UserFlags, UserHandle};
use crate::store::records::UserRow;
use crate::store::{Read, Tables};

struct Plan {
    row: UserRow,
    endings: Vec<Ending>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    flags: UserFlags,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user, flags)?;
    apply(tables, user, plan, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle, flags: UserFlags) -> Result<Plan, Stop> {
    let before = super::user(state, user)?;
    let row = UserRow { flags, changed: order.lsn, ..(*before).clone() };
    let endings = if flags.suspended { end_all(state, user, EndReason::Suspended)? } else { Vec::new() };
    Ok(Plan { row, endings })
}

fn apply(
    tables: &mut Tables<'_>,
    user: UserHandle,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    tables.put(&user, plan.row)?;
    for ending in plan.endings {
        ending.apply(tables, effects)?;
    }
    Ok(CommandResult::Done {})
}
