//! Note that a session was used.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, SessionId};
use crate::store::records::SessionRow;
use crate::store::{Read, Tables};

struct Plan(SessionRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    session: SessionId,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, session)?;
    apply(tables, session, plan)
}

fn decide(state: &impl Read, order: &Order, session: SessionId) -> Result<Plan, Stop> {
    let Some(row) = state.get::<SessionRow>(&session)? else {
        return refuse(Code::SessionRevoked, "This session was ended; log in again.");
    };
    Ok(Plan(SessionRow { seen: row.seen.max(order.at), ..(*row).clone() }))
}

fn apply(tables: &mut Tables<'_>, session: SessionId, Plan(row): Plan) -> Result<CommandResult, Stop> {
    tables.put(&session, row)?;
    Ok(CommandResult::Done {})
}
