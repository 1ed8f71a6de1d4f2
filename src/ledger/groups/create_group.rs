//! Create a group, with the caller as its owner. Its first entry says so, and everybody in it sees that entry.

use super::joining::joining;
use super::{check_room, check_rules, directory, find_all};
use crate::ledger::Stop;
use crate::ledger::caller::{Caller, EMPTY};
use crate::ledger::place::{append, put_joining};
use crate::model::{
    Body, CommandResult, ConversationId, ConversationKind, Effect, Entry, GroupRules, Name, Role, UserHandle, UserId,
};
use crate::store::records::{ConversationRow, Counter, GroupRow};
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

struct Plan {
    row: ConversationRow,
    members: Vec<(UserHandle, UserId)>,
    entry: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    title: &Name,
    members: &[UserId],
    rules: &GroupRules,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, title, members, rules)?;
    apply(tables, caller, rules, plan, effects)
}

/// Its first members besides the caller; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    title: &Name,
    members: &[UserId],
    rules: &GroupRules,
) -> Result<Vec<UserId>, Stop> {
    let plan = decide(state, caller, title, members, rules)?;
    Ok(plan.members.into_iter().filter(|(user, _)| *user != caller.handle()).map(|(_, id)| id).collect())
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    title: &Name,
    ids: &[UserId],
    rules: &GroupRules,
) -> Result<Plan, Stop> {
    let settings = &caller.app(state)?.settings;
    check_rules(rules, settings)?;
    let mut members = vec![(caller.handle(), caller.id().clone())];
    members.extend(find_all(state, caller, ids, BTreeSet::from([caller.handle()]))?);
    check_room(members.len() as u64, rules, settings)?;
    let row = ConversationRow {
        app: caller.actor.app,
        kind: ConversationKind::Group,
        title: Some(title.clone()),
        pair: None,
        members: members.len() as u32,
        group: Some(GroupRow { owner: caller.handle(), rules: *rules, muted: false, dissolved: None }),
        retention: None,
        created: caller.at,
        created_lsn: caller.lsn,
        changed: caller.lsn,
    };
    let ids = members.iter().map(|(_, id)| id.clone()).collect();
    let entry = caller.entry(&EMPTY, Body::GroupCreated { title: title.clone(), members: ids });
    Ok(Plan { row, members, entry })
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    rules: &GroupRules,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let conversation = ConversationId(tables.next_id(Counter::Conversation)?);
    let app = plan.row.app;
    directory::update(tables, conversation, &plan.row)?;
    tables.put(&conversation, plan.row)?;
    for (user, id) in plan.members {
        let role = if user == caller.handle() { Role::Owner } else { Role::Member };
        put_joining(tables, conversation, user, joining(id, role, &EMPTY, &plan.entry, rules.history))?;
    }
    effects.push(Effect::Members { conversation });
    append(tables, app, conversation, plan.entry, effects)?;
    Ok(CommandResult::Conversation { conversation })
}
