//! Invite links: found by their code, listed by their group.

use super::{Group, check_open};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, Code, ConversationId, InviteCode, Timestamp, limits};
use crate::store::records::{InviteKey, InviteListKey, InviteListRow, InviteRow, InviteTo};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// The invite of a code and the group it leads to, when it leads to one of this app; else it does not exist.
pub(in crate::ledger) fn find(
    state: &impl Read,
    app: AppId,
    code: &InviteCode,
) -> Result<(Arc<InviteRow>, Group), Stop> {
    if let Some(row) = state.get::<InviteRow>(&InviteKey(code.clone()))?
        && let InviteTo::Group(id) = row.to
        && let Some(group) = Group::find(state, app, id)?
    {
        return Ok((row, group));
    }
    refuse(Code::NotFound, "This invite link leads nowhere: it was revoked, or is misspelt. Ask for a new one.")
}

/// Refuses a link that lets nobody in any more.
pub(in crate::ledger) fn check_usable(row: &InviteRow, group: &Group, at: Timestamp) -> Result<(), Stop> {
    check_open(&group.row)?;
    if row.expires.is_some_and(|expires| expires <= at) {
        return refuse(Code::Expired, "This invite link has expired; ask for a new one.");
    }
    if row.uses_max.is_some_and(|max| row.uses >= max) {
        return refuse(Code::Expired, "This invite link was used as often as it can be; ask for a new one.");
    }
    Ok(())
}

/// The invites of a group with their codes, in the order of the codes.
pub(in crate::ledger) fn of_group(
    state: &impl Read,
    group: ConversationId,
) -> Result<Vec<(InviteCode, Arc<InviteRow>)>, Fault> {
    let to = InviteTo::Group(group);
    let (from, end) =
        (InviteListKey { to, code: None }, InviteListKey { to: InviteTo::Group(group.next()), code: None });
    let mut invites = Vec::new();
    for (key, _) in state.range::<InviteListRow>(&from, &end, limits::INVITES_MAX)? {
        if let Some(code) = key.code
            && let Some(row) = state.get::<InviteRow>(&InviteKey(code.clone()))?
        {
            invites.push((code, row));
        }
    }
    Ok(invites)
}

/// Writes an invite anew.
pub(super) fn put(tables: &mut Tables<'_>, code: &InviteCode, row: InviteRow) -> Result<(), Fault> {
    tables.put(&InviteListKey { to: row.to, code: Some(code.clone()) }, InviteListRow {})?;
    tables.put(&InviteKey(code.clone()), row)
}

/// Takes an invite away.
pub(super) fn remove(tables: &mut Tables<'_>, code: &InviteCode, to: InviteTo) -> Result<(), Fault> {
    tables.remove::<InviteListRow>(&InviteListKey { to, code: Some(code.clone()) })?;
    tables.remove::<InviteRow>(&InviteKey(code.clone()))
}
