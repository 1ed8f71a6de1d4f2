//! Delete contacts. The other sides keep their rows, and what the caller kept with them is there again when they come back. Those
//! who are no contacts are passed over.

use super::{find_all, put_row, row, tell_changed};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, Effect, UserHandle, UserId};
use crate::store::records::ContactRow;
use crate::store::{Read, Tables};

struct Plan(Vec<(UserHandle, UserId, ContactRow)>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    users: &[UserId],
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, users)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, users: &[UserId]) -> Result<Plan, Stop> {
    let mut deleted = Vec::new();
    for (other, user) in find_all(state, caller, users)? {
        let before = row(state, caller.handle(), other)?;
        if before.since.is_some() {
            deleted.push((other, user.id.clone(), before));
        }
    }
    Ok(Plan(deleted))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(deleted): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if deleted.is_empty() {
        return Ok(CommandResult::Done {});
    }
    let mut users = Vec::with_capacity(deleted.len());
    for (other, id, before) in deleted {
        let after = ContactRow { since: None, changed: caller.lsn, ..before.clone() };
        put_row(tables, caller.handle(), other, &before, after)?;
        effects.push(Effect::Relation { user: caller.handle(), other });
        users.push(id);
    }
    Ok(tell_changed(tables, caller, users, effects)?)
}
