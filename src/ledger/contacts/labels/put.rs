//! Put contacts under a label and take others away. What is so already changes nothing.

use super::super::{find_label, labels_of, put_row, row, tell_changed};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, LabelId, UserHandle, UserId, limits};
use crate::store::records::ContactRow;
use crate::store::{Read, Tables};
use std::collections::{BTreeMap, BTreeSet};

/// Whose rows change: as they were and as they shall be.
struct Plan(BTreeMap<UserHandle, (UserId, ContactRow, ContactRow)>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    label: LabelId,
    (add, remove): (&[UserId], &[UserId]),
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, label, add, remove)?;
    apply(tables, caller, plan, effects)
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    label: LabelId,
    add: &[UserId],
    remove: &[UserId],
) -> Result<Plan, Stop> {
    find_label(state, caller, label)?;
    let limit = limits::USERS_PER_COMMAND_MAX;
    if add.is_empty() && remove.is_empty() || add.len() + remove.len() > limit {
        return refuse(Code::Invalid, format!("`add` and `remove` must name 1 to {limit} users; ask in parts."));
    }
    let there: BTreeSet<LabelId> = labels_of(state, caller.handle())?.into_iter().map(|(label, _)| label).collect();
    let mut changed: BTreeMap<UserHandle, (UserId, ContactRow, ContactRow)> = BTreeMap::new();
    for (id, on) in add.iter().map(|id| (id, true)).chain(remove.iter().map(|id| (id, false))) {
        let (other, user) = caller.find_account(state, id)?;
        let before = row(state, caller.handle(), other)?;
        if on && before.since.is_none() {
            return refuse(Code::NotContact, format!("`{id}` is not a contact of yours; ask them first."));
        }
        let (_, _, after) = changed.entry(other).or_insert_with(|| (user.id.clone(), before.clone(), before));
        after.labels.retain(|other| *other != label && there.contains(other));
        if on {
            after.labels.push(label);
        }
        let limit = limits::LABELS_PER_CONTACT_MAX;
        if after.labels.len() > limit {
            return refuse(Code::Full, format!("`{id}` has {limit} labels; take one away first."));
        }
    }
    changed.retain(|_, (_, before, after)| before.labels.contains(&label) != after.labels.contains(&label));
    for (_, _, after) in changed.values_mut() {
        after.changed = caller.lsn;
    }
    Ok(Plan(changed))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(changed): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if changed.is_empty() {
        return Ok(CommandResult::Done {});
    }
    let mut users = Vec::with_capacity(changed.len());
    for (other, (id, before, after)) in changed {
        put_row(tables, caller.handle(), other, &before, after)?;
        users.push(id);
    }
    Ok(tell_changed(tables, caller, users, effects)?)
}
