//! End every session of a user.

use super::{Ending, end_all};
use crate::ledger::Stop;
use crate::model::{CommandResult, Effect, EndReason, UserHandle};
use crate::store::{Read, Tables};

struct Plan(Vec<Ending>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    user: UserHandle,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, user)?;
    apply(tables, plan, effects)
}

fn decide(state: &impl Read, user: UserHandle) -> Result<Plan, Stop> {
    super::user(state, user)?;
    Ok(Plan(end_all(state, user, EndReason::Revoked)?))
}

fn apply(tables: &mut Tables<'_>, Plan(endings): Plan, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
    for ending in endings {
        ending.apply(tables, effects)?;
    }
    Ok(CommandResult::Done {})
}
