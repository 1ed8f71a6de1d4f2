//! Make a user an administrator, or end that.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, administration};
use crate::model::{Actor, AppId, Code, CommandResult, UserHandle};
use crate::store::records::{AdministratorRow, UserRow};
use crate::store::{Read, Tables};

struct Plan(UserRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    administrator: bool,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user, administrator)?;
    apply(tables, user, plan)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle, administrator: bool) -> Result<Plan, Stop> {
    let before = super::user(state, user)?;
    if administrator && before.app != AppId::HOME {
        return refuse(Code::Invalid, "Administrators are users of the app 1 (`home`); name one of those.");
    }
    if administrator {
        super::check_no_bot(&before)?;
    }
    match (before.administrator, administrator) {
        (false, true) => administration::check_room(state)?,
        (true, false) => administration::check_not_last(state, order.actor == Actor::Operator, user)?,
        (true, true) | (false, false) => {}
    }
    Ok(Plan(UserRow { administrator, changed: order.lsn, ..(*before).clone() }))
}

fn apply(tables: &mut Tables<'_>, user: UserHandle, Plan(row): Plan) -> Result<CommandResult, Stop> {
    if row.administrator {
        tables.put(&user, AdministratorRow {})?;
    } else {
        tables.remove::<AdministratorRow>(&user)?;
    }
    tables.put(&user, row)?;
    Ok(CommandResult::Done {})
}
