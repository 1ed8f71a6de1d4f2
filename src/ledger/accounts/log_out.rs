//! End the caller's own session. Whoever is admitted has one, or is an app's key, which has none.

use super::Ending;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, EndReason};
use crate::store::Tables;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(row) = caller.session.clone() else {
        return refuse(Code::Invalid, "A key of an app has no session to end; name the one to end.");
    };
    let ending = Ending { session: caller.actor.session, row, reason: EndReason::LoggedOut, by: caller.device() };
    ending.apply(tables, effects)?;
    Ok(CommandResult::Done {})
}
