//! Set the flags of a user. `suspended` ends all sessions and tokens for MCP.

use super::{Change, end_all};
use crate::ledger::{Order, Stop, administration, mcp};
use crate::model::{Actor, CommandResult, Effect, EndReason, LogKind, UserFlags, UserHandle};
use crate::store::records::UserRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    flags: UserFlags,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let change = decide(tables, order, user, flags)?;
    if super::user(tables, user)?.flags != flags {
        tables.log_user(&change.row, LogKind::UserChanged);
    }
    if flags.suspended {
        mcp::remove_all(tables, user)?;
    }
    change.apply(tables, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle, flags: UserFlags) -> Result<Change, Stop> {
    let before = super::user(state, user)?;
    if flags.suspended && !before.flags.suspended {
        administration::check_not_last(state, order.actor == Actor::Operator, user)?;
    }
    let row = UserRow { flags, changed: order.lsn, ..(*before).clone() };
    let endings = if flags.suspended { end_all(state, user, EndReason::Suspended)? } else { Vec::new() };
    Ok(Change { user, row, endings })
}
