//! Take a webhook away. What it has posted stays under its name.

use super::{find, managed};
use crate::ledger::accounts::delete_user::Retired;
use crate::ledger::{Order, Stop};
use crate::model::{CommandResult, ConversationId, Effect, HookId, UserActor, limits};
use crate::store::records::{IncomingGroupRow, IncomingListRow, IncomingOldRow, IncomingRow, IncomingTokenRow};
use crate::store::{Fault, Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    (conversation, hook): (ConversationId, HookId),
    by: &UserActor,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let user = decide(tables, order, (conversation, hook), by)?;
    remove_groups(tables, hook, limits::HOOK_GROUPS_MAX as usize)?;
    remove(tables, hook)?;
    if let Some(user) = user {
        user.apply(tables, order, effects)?;
    }
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    order: &Order,
    (conversation, hook): (ConversationId, HookId),
    by: &UserActor,
) -> Result<Option<Retired>, Stop> {
    managed(state, by, conversation)?;
    Retired::plan(state, order, find(state, conversation, hook)?.user)
}

/// Takes away what it may still change, at most so many; how many there were.
pub(in crate::ledger) fn remove_groups(tables: &mut Tables<'_>, hook: HookId, most: usize) -> Result<usize, Fault> {
    let groups = tables.range::<IncomingGroupRow>(&(hook, 0), &(hook, u64::MAX), most)?;
    for ((_, group), _) in &groups {
        tables.remove::<IncomingGroupRow>(&(hook, *group))?;
    }
    Ok(groups.len())
}

/// Takes its own rows away, once nothing is left that it may change.
pub(in crate::ledger) fn remove(tables: &mut Tables<'_>, hook: HookId) -> Result<(), Fault> {
    if let Some(old) = tables.get::<IncomingOldRow>(&hook)? {
        tables.remove::<IncomingTokenRow>(&old.token)?;
        tables.remove::<IncomingOldRow>(&hook)?;
    }
    if let Some(row) = tables.get::<IncomingRow>(&hook)? {
        tables.remove::<IncomingTokenRow>(&row.token)?;
        tables.remove::<IncomingListRow>(&(row.conversation, hook))?;
        tables.remove::<IncomingRow>(&hook)?;
    }
    Ok(())
}
