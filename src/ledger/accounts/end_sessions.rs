//! End every session of a user, and every token for MCP: whoever ends what somebody has open means all of it.

use super::{Ending, end_all};
use crate::ledger::{Stop, mcp};
use crate::model::{CommandResult, Effect, EndReason, UserHandle};
use crate::store::{Read, Tables};

struct Plan(Vec<Ending>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    user: UserHandle,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, user)?;
    apply(tables, user, plan, effects)
}

fn decide(state: &impl Read, user: UserHandle) -> Result<Plan, Stop> {
    super::user(state, user)?;
    Ok(Plan(end_all(state, user, EndReason::Revoked)?))
}

fn apply(
    tables: &mut Tables<'_>,
    user: UserHandle,
    Plan(endings): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    mcp::remove_all(tables, user)?;
    for ending in endings {
        ending.apply(tables, effects)?;
    }
    Ok(CommandResult::Done {})
}
