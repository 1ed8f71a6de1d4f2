//! The next part of deleting an account: it leaves some groups, some of its contacts, requests and labels go, and its tokens for MCP.
//!
//! A group that it owns passes to the longest-standing manager, else member: one step hands it over, a later one leaves, because
//! a command puts at most one entry into a conversation. A group without anybody else is dissolved. Steps are repeated (by
//! `workers`) until there is nothing left; until then the account's row in `deletions` remembers that.

use crate::ledger::assistants;
use crate::ledger::contacts;
use crate::ledger::groups;
use crate::ledger::mcp;
use crate::ledger::place::{self, append};
use crate::ledger::read::scan;
use crate::ledger::{Order, Stop};
use crate::model::{
    Body, CommandResult, ConversationId, ConversationKind, Effect, Entry, LabelId, Role, UserHandle, UserId, limits,
};
use crate::store::records::{
    ContactRow, ContactTotalRow, ConversationRow, DeletionRow, GroupRow, InboxRow, LabelRow, MemberRow, RequestRow,
    RequestSentRow, Until, UserRow,
};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Rows of contacts, of requests either way, and of labels that go with one step.
const ROWS_AT_ONCE: usize = 16;
const FIRST: UserHandle = UserHandle(0);
const LAST: UserHandle = UserHandle(u64::MAX);

struct Plan {
    groups: Vec<Group>,
    /// Chats with assistants, which are deleted: their rows.
    chats: Vec<(ConversationId, ConversationRow, MemberRow)>,
    /// Conversations that are done: the account's own side of them goes.
    done: Vec<ConversationId>,
    contacts: Vec<UserHandle>,
    asked_by: Vec<UserHandle>,
    asked: Vec<UserHandle>,
    labels: Vec<LabelId>,
    /// Tokens for MCP; there are never many, and none of them opens anything since the account was deleted.
    mcp_tokens: usize,
}

/// A group that changes: its row, the rows of members, and the entry that says so.
struct Group {
    id: ConversationId,
    row: ConversationRow,
    members: Vec<(UserHandle, MemberRow)>,
    entry: Entry,
}

impl Plan {
    const fn count(&self) -> usize {
        self.groups.len()
            + self.done.len()
            + self.contacts.len()
            + self.asked_by.len()
            + self.asked.len()
            + self.labels.len()
            + self.mcp_tokens
    }
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user)?;
    apply(tables, user, plan, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle) -> Result<Plan, Stop> {
    let mut plan = Plan {
        groups: Vec::new(),
        chats: Vec::new(),
        done: Vec::new(),
        contacts: Vec::new(),
        asked_by: Vec::new(),
        asked: Vec::new(),
        labels: Vec::new(),
        mcp_tokens: 0,
    };
    let deleted = state.get::<UserRow>(&user)?.filter(|row| row.deleted);
    let (Some(row), Some(_)) = (deleted, state.get::<DeletionRow>(&user)?) else { return Ok(plan) };
    let (first, last) = ((user, ConversationId(0)), (user, ConversationId(u64::MAX)));
    for ((_, id), _) in state.range::<InboxRow>(&first, &last, limits::DELETION_STEP_CONVERSATIONS)? {
        if let Some((row, member)) = assistants::leave::departing(state, order.lsn, (user, id))? {
            plan.chats.push((id, row, member));
            plan.done.push(id);
            continue;
        }
        match group(state, order, user, &row.id, id)? {
            Some(group) => {
                if group.members.iter().any(|(member, row)| *member == user && row.until.is_some()) {
                    plan.done.push(id);
                }
                // Handing over reads all members, and dissolving takes the group out of the directory: one of these a step.
                let owned =
                    group.members.len() > 1 || group.row.group.as_ref().is_some_and(|row| row.dissolved.is_some());
                plan.groups.push(group);
                if owned {
                    break;
                }
            }
            None => plan.done.push(id),
        }
    }
    let ((from, to), rows) = (((user, FIRST), (user, LAST)), ROWS_AT_ONCE);
    plan.contacts = state.range::<ContactRow>(&from, &to, rows)?.into_iter().map(|((_, other), _)| other).collect();
    plan.asked_by = state.range::<RequestRow>(&from, &to, rows)?.into_iter().map(|((_, other), _)| other).collect();
    plan.asked = state.range::<RequestSentRow>(&from, &to, rows)?.into_iter().map(|((_, other), _)| other).collect();
    let labels = state.range::<LabelRow>(&(user, LabelId(0)), &(user, LabelId(u64::MAX)), rows)?;
    plan.labels = labels.into_iter().map(|((_, label), _)| label).collect();
    plan.mcp_tokens = mcp::of_user(state, user)?.len();
    Ok(plan)
}

/// What happens to one conversation of the account; `None`: nothing that others see.
fn group(
    state: &impl Read,
    order: &Order,
    user: UserHandle,
    id: &UserId,
    conversation: ConversationId,
) -> Result<Option<Group>, Fault> {
    let Some(row) = state.get::<ConversationRow>(&conversation)? else { return Ok(None) };
    let Some(member) = state.get::<MemberRow>(&(conversation, user))?.filter(|member| member.until.is_none()) else {
        return Ok(None);
    };
    let open = row.group.as_ref().is_some_and(|group| group.dissolved.is_none());
    if row.kind != ConversationKind::Group || !open {
        return Ok(None);
    }
    let heir = if member.role == Role::Owner { heir(state, conversation, user)? } else { None };
    if let Some((heir, row_of_heir)) = heir {
        let entry = entry(state, order, id, conversation, Body::Transferred { user: row_of_heir.id.clone() })?;
        let group = row.group.as_ref().map(|group| GroupRow { owner: heir, ..group.clone() });
        let row = ConversationRow { group, changed: order.lsn, ..(*row).clone() };
        let members = vec![
            (heir, MemberRow { role: Role::Owner, silenced_until: None, changed: order.lsn, ..(*row_of_heir).clone() }),
            (user, MemberRow { role: Role::Manager, changed: order.lsn, ..(*member).clone() }),
        ];
        return Ok(Some(Group { id: conversation, row, members, entry }));
    }
    let entry = entry(state, order, id, conversation, Body::MemberLeft {})?;
    let until = Some(Until { seq: entry.seq, lsn: entry.lsn, ordinal: entry.ordinal });
    let alone = member.role == Role::Owner;
    let group = row
        .group
        .as_ref()
        .map(|group| GroupRow { dissolved: if alone { Some(order.at) } else { group.dissolved }, ..group.clone() });
    let row = ConversationRow {
        members: row.members.saturating_sub(1),
        group,
        changed: if alone { order.lsn } else { row.changed },
        ..(*row).clone()
    };
    let member = MemberRow { until, role: Role::Member, alias: None, changed: order.lsn, ..(*member).clone() };
    Ok(Some(Group { id: conversation, row, members: vec![(user, member)], entry }))
}

/// Who gets a group: the longest-standing manager, else member.
fn heir(
    state: &impl Read,
    conversation: ConversationId,
    owner: UserHandle,
) -> Result<Option<(UserHandle, Arc<MemberRow>)>, Fault> {
    let rank = |user: UserHandle, row: &MemberRow| (row.role != Role::Manager, row.joined, user);
    let mut candidates = Vec::new();
    scan::members_of(state, conversation, |user, row| {
        if row.until.is_none() && user != owner {
            candidates.push((user, row));
        }
        true
    })?;
    candidates.sort_unstable_by_key(|(user, row)| rank(*user, row));
    for (user, row) in candidates {
        if state.get::<UserRow>(&user)?.is_some_and(|row| !row.deleted) {
            return Ok(Some((user, row)));
        }
    }
    Ok(None)
}

/// The next entry of a conversation, by the deleted account.
fn entry(
    state: &impl Read,
    order: &Order,
    author: &UserId,
    conversation: ConversationId,
    body: Body,
) -> Result<Entry, Fault> {
    Ok(place::entry(&state.head(conversation)?, order, author, body))
}

fn apply(
    tables: &mut Tables<'_>,
    user: UserHandle,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let count = plan.count();
    for Group { id, row, members, entry } in plan.groups {
        let app = row.app;
        groups::directory::update(tables, id, &row)?;
        tables.put(&id, row)?;
        for (member, row) in members {
            tables.put(&(id, member), row)?;
        }
        effects.push(Effect::Members { conversation: id });
        append(tables, app, id, entry, effects)?;
    }
    for (id, row, member) in plan.chats {
        tables.put(&id, row)?;
        tables.put(&(id, user), member)?;
        effects.push(Effect::Members { conversation: id });
        // What was asked there and not answered yet ends, because its asker has gone.
        effects.push(Effect::Turns { conversation: id });
    }
    for id in plan.done {
        tables.remove::<InboxRow>(&(user, id))?;
    }
    for other in plan.contacts {
        tables.remove::<ContactRow>(&(user, other))?;
        effects.push(Effect::Relation { user, other });
    }
    for other in plan.asked_by {
        contacts::forget_request(tables, user, other)?;
    }
    for other in plan.asked {
        contacts::forget_request(tables, other, user)?;
    }
    for label in plan.labels {
        tables.remove::<LabelRow>(&(user, label))?;
    }
    if plan.mcp_tokens > 0 {
        mcp::remove_all(tables, user)?;
    }
    if count == 0 {
        tables.remove::<ContactTotalRow>(&user)?;
        tables.remove::<DeletionRow>(&user)?;
    }
    Ok(CommandResult::Removed { count: count as u32, more: count > 0 })
}
