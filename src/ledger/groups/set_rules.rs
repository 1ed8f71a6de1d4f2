//! Set the rules of a group. Nobody in it goes for that: a lower `members_max` only keeps others out, those who left keep the
//! window they left with, and those who asked to join can still be answered.

use super::change::Change;
use super::permissions::Action;
use super::{Group, check_rules};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{Body, CommandResult, ConversationId, Effect, GroupRules};
use crate::store::records::{ConversationRow, GroupRow};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    rules: &GroupRules,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, rules)? {
        None => Ok(CommandResult::Done {}),
        Some(change) => change.apply(tables, effects),
    }
}

/// `None` when they are the rules already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    rules: &GroupRules,
) -> Result<Option<Change>, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::SetRules)?;
    if group.group.rules == *rules {
        return Ok(None);
    }
    check_rules(rules, &caller.app(state)?.settings)?;
    let row =
        ConversationRow { group: Some(GroupRow { rules: *rules, ..group.group.clone() }), ..(*group.row).clone() };
    Ok(Some(Change::new(caller, &group, Body::RulesChanged { rules: *rules }).row(row)))
}
