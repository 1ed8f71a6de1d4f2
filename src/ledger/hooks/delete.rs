//! Take a webhook away. What it has posted stays under its name.

use super::{find, managed};
use crate::ledger::{Order, Stop, apps, directory};
use crate::model::{CommandResult, ConversationId, HookId, UserActor};
use crate::store::records::{CardRow, IncomingGroupRow, IncomingListRow, IncomingRow, IncomingTokenRow, UserRow};
use crate::store::{Fault, Read, Tables};

/// Rows of what it may still change that go with it; those that are left name nothing any more.
const GROUPS_AT_ONCE: usize = 128;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    _: &Order,
    (conversation, hook): (ConversationId, HookId),
    by: &UserActor,
) -> Result<CommandResult, Stop> {
    managed(tables, by, conversation)?;
    let row = find(tables, conversation, hook)?;
    remove(tables, hook)?;
    // Nobody finds it any more, and its name stays for what it has said.
    if let Some(user) = tables.get::<UserRow>(&row.user)? {
        directory::rewrite(tables, row.user, Some((&user, &CardRow::default())), None)?;
        apps::totals::count(tables, row.app, -1, 0)?;
    }
    Ok(CommandResult::Done {})
}

/// Takes its rows away; how many of those it may still change.
pub(in crate::ledger) fn remove(tables: &mut Tables<'_>, hook: HookId) -> Result<u32, Fault> {
    let groups = tables.range::<IncomingGroupRow>(&(hook, 0), &(hook, u64::MAX), GROUPS_AT_ONCE)?;
    for ((_, group), _) in &groups {
        tables.remove::<IncomingGroupRow>(&(hook, *group))?;
    }
    if let Some(row) = tables.get::<IncomingRow>(&hook)? {
        tables.remove::<IncomingTokenRow>(&row.token)?;
        tables.remove::<IncomingListRow>(&(row.conversation, hook))?;
        tables.remove::<IncomingRow>(&hook)?;
    }
    Ok(groups.len() as u32)
}
