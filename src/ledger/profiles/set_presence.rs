//! Say how the caller is.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, OwnPresence};
use crate::store::records::PresenceRow;
use crate::store::{Read, Tables};

/// `None` when it is so already.
struct Plan(Option<PresenceRow>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    presence: &OwnPresence,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, presence)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, presence: &OwnPresence) -> Result<Plan, Stop> {
    if presence.until.is_some_and(|until| until <= caller.at) {
        return refuse(Code::Invalid, "`until` has passed already; name a time to come, or leave it out.");
    }
    let before = state.get::<PresenceRow>(&caller.handle())?.unwrap_or_default();
    if before.presence == *presence {
        return Ok(Plan(None));
    }
    Ok(Plan(Some(PresenceRow { presence: presence.clone(), changed: caller.lsn })))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(row): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if let Some(row) = row {
        tables.put(&caller.handle(), row)?;
        effects.push(Effect::Presence { user: caller.handle() });
    }
    Ok(CommandResult::Done {})
}
