//! Block a user, or end that. It is the blocker's own affair: the other side is not told.

use super::{Pair, check_room, put_row, tell_changed};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::no_such_user;
use crate::model::{CommandResult, Effect, UserId};
use crate::store::records::ContactRow;
use crate::store::{Read, Tables};

struct Plan(Option<(Pair, ContactRow)>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    user: &UserId,
    on: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, user, on)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, user: &UserId, on: bool) -> Result<Plan, Stop> {
    let pair = Pair::find(state, caller, user, "block")?;
    if pair.mine.blocked == on {
        return Ok(Plan(None));
    }
    if on {
        if pair.user.deleted {
            return no_such_user(user);
        }
        check_room(state, caller.handle(), &pair.mine, "Your")?;
    }
    let row = ContactRow { blocked: on, changed: caller.lsn, ..pair.mine.clone() };
    Ok(Plan(Some((pair, row))))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(plan): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some((pair, row)) = plan else { return Ok(CommandResult::Done {}) };
    put_row(tables, caller.handle(), pair.other, &pair.mine, row)?;
    let result = tell_changed(tables, caller, vec![pair.user.id.clone()], effects)?;
    effects.push(Effect::Relation { user: caller.handle(), other: pair.other });
    Ok(result)
}
