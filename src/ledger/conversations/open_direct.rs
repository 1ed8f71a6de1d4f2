//! Have a direct chat with a user without sending anything yet.

use super::direct::{Direct, find};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::tell_inbox;
use crate::model::{CommandResult, Effect, UserId};
use crate::store::{Read, Tables};

struct Plan(Direct);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    user: &UserId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, user)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, user: &UserId) -> Result<Plan, Stop> {
    Ok(Plan(find(state, caller, user)?))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(direct): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let conversation = match direct {
        Direct::There(conversation) => conversation,
        Direct::New(new) => {
            let conversation = new.apply(tables, effects)?;
            tell_inbox(tables, caller.handle(), conversation, effects)?;
            conversation
        }
    };
    Ok(CommandResult::Conversation { conversation })
}
