//! Delete all contacts, a bounded number with each command.

use super::{put_row, tell_changed};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, Effect, UserHandle, limits};
use crate::store::records::ContactRow;
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Rows read at once.
const PIECE: usize = 256;

struct Plan {
    deleted: Vec<(UserHandle, Arc<ContactRow>)>,
    more: bool,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller.handle())?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, owner: UserHandle) -> Result<Plan, Fault> {
    let mut deleted = Vec::new();
    let mut from = UserHandle(0);
    loop {
        let piece = state.range::<ContactRow>(&(owner, from), &(owner, UserHandle(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        for ((_, other), row) in piece {
            from = other.next();
            if row.since.is_none() {
                continue;
            }
            if deleted.len() == limits::USERS_PER_COMMAND_MAX {
                return Ok(Plan { deleted, more: true });
            }
            deleted.push((other, row));
        }
        if last {
            return Ok(Plan { deleted, more: false });
        }
    }
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { deleted, more } = plan;
    let count = deleted.len() as u32;
    for (other, before) in deleted {
        let after = ContactRow { since: None, changed: caller.lsn, ..(*before).clone() };
        put_row(tables, caller.handle(), other, &before, after)?;
        effects.push(Effect::Relation { user: caller.handle(), other });
    }
    if count > 0 {
        tell_changed(tables, caller, Vec::new(), effects)?;
    }
    Ok(CommandResult::Removed { count, more })
}
