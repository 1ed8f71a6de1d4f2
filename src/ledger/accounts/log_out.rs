//! End the caller's own session. Whoever is admitted has one, so there is nothing left to decide.

use super::Ending;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, Effect, EndReason};
use crate::store::Tables;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let ending = Ending {
        session: caller.actor.session,
        row: caller.session.clone(),
        reason: EndReason::LoggedOut,
        by: Some(caller.session.device.name.clone()),
    };
    ending.apply(tables, effects)?;
    Ok(CommandResult::Done {})
}
