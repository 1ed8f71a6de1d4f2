//! End one of the caller's sessions. Those of others do not exist for them.

use super::Ending;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, EndReason, SessionId};
use crate::store::records::SessionRow;
use crate::store::{Read, Tables};

struct Plan(Ending);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    session: SessionId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, session)?;
    apply(tables, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, session: SessionId) -> Result<Plan, Stop> {
    match state.get::<SessionRow>(&session)? {
        Some(row) if row.user == caller.handle() => {
            let own = session == caller.actor.session;
            let reason = if own { EndReason::LoggedOut } else { EndReason::Revoked };
            Ok(Plan(Ending { session, row, reason, by: caller.device() }))
        }
        Some(_) | None => refuse(
            Code::NotFound,
            format!("You have no session {session}; ask for `sessions` to see those that you have."),
        ),
    }
}

fn apply(tables: &mut Tables<'_>, Plan(ending): Plan, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
    ending.apply(tables, effects)?;
    Ok(CommandResult::Done {})
}
