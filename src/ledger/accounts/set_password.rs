//! Set a password. Log-ins that were checked against the old one are refused, and all sessions end.

use super::{Ending, end_all};
use crate::ledger::{Order, Stop};
use crate::model::{CommandResult, Effect, EndReason, PasswordHash, UserHandle};
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
    password: &PasswordHash,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user, password)?;
    apply(tables, user, plan, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle, password: &PasswordHash) -> Result<Plan, Stop> {
    let before = super::user(state, user)?;
    let row = UserRow {
        password: Some(password.clone()),
        credential: before.credential.wrapping_add(1),
        changed: order.lsn,
        ..(*before).clone()
    };
    Ok(Plan { row, endings: end_all(state, user, EndReason::PasswordChanged)? })
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
