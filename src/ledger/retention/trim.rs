//! Delete the oldest entries of a conversation, with every row that names them. One command touches at most 256 rows: at most
//! [`limits::TRIM_ENTRIES_MAX`] entries, fewer when many mentions and files stand beside them.

use super::Keeps;
use crate::ledger::messages::beside::Beside;
use crate::ledger::place::tell_inbox;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, ConversationId, Effect, Seq, UserHandle, limits};
use crate::store::records::{AppRow, ConversationRow, MemberRow};
use crate::store::{Read, Tables};

/// Entries and rows beside them that one command deletes.
const ROWS_MAX: usize = 250;
/// Rows of a small group that are read to find those who are in it; those who left have rows too.
const SMALL_GROUP_ROWS_MAX: usize = 1_024;

struct Plan {
    /// The first entry that is kept.
    first: Seq,
    beside: Vec<Beside>,
    count: u32,
    more: bool,
    /// Whose devices are told at once: in large groups they learn of it when they synchronise.
    told: Vec<UserHandle>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    conversation: ConversationId,
    first: Seq,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, order, conversation, first)? {
        None => Ok(CommandResult::Removed { count: 0, more: false }),
        Some(plan) => apply(tables, order, conversation, plan, effects),
    }
}

/// `None` when nothing goes.
fn decide(state: &impl Read, order: &Order, conversation: ConversationId, first: Seq) -> Result<Option<Plan>, Stop> {
    let row = state.get::<ConversationRow>(&conversation)?;
    let app = row.as_ref().map_or(Ok(None), |row| state.get::<AppRow>(&row.app))?;
    let (Some(row), Some(app)) = (row, app) else {
        return refuse(Code::NotFound, format!("There is no conversation {conversation}; check its id."));
    };
    let keeps = Keeps::of(&app, &row);
    if keeps.hold {
        return refuse(
            Code::Forbidden,
            "This conversation is under legal hold, so nothing of it is deleted; end the hold first.",
        );
    }
    let head = state.head(conversation)?;
    let wanted = first.min(head.seq.next());
    let end = Seq(wanted.0.saturating_sub(1));
    let (mut next, mut rows, mut beside, mut more) = (head.first, 0, Vec::new(), false);
    for entry in state.entries(conversation, head.first, end, limits::TRIM_ENTRIES_MAX)? {
        if !keeps.lets_go(&head, entry.seq, entry.at, order.at) {
            break;
        }
        let found = Beside::find(state, row.app, conversation, &entry)?;
        rows += 1 + found.rows();
        if rows > ROWS_MAX && next > head.first {
            more = true;
            break;
        }
        if found.rows() > 0 {
            beside.push(found);
        }
        next = entry.seq.next();
    }
    let count = (next.0 - head.first.0) as u32;
    if count == 0 {
        return Ok(None);
    }
    if next < wanted && count as usize == limits::TRIM_ENTRIES_MAX {
        let following = state.entry(conversation, next)?;
        more = following.is_some_and(|entry| keeps.lets_go(&head, next, entry.at, order.at));
    }
    let told = if row.members as usize <= limits::RECEIPTS_MEMBERS_MAX {
        let (from, to) = ((conversation, UserHandle(0)), (conversation, UserHandle(u64::MAX)));
        let members = state.range::<MemberRow>(&from, &to, SMALL_GROUP_ROWS_MAX)?;
        let moved = |member: &MemberRow| member.until.is_none() && member.from.seq.next() < next;
        members.into_iter().filter(|(_, member)| moved(member)).map(|((_, user), _)| user).collect()
    } else {
        Vec::new()
    };
    Ok(Some(Plan { first: next, beside, count, more, told }))
}

fn apply(
    tables: &mut Tables<'_>,
    order: &Order,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    for beside in plan.beside {
        beside.remove(tables, order.at)?;
    }
    tables.trim(conversation, plan.first, order.lsn)?;
    for user in plan.told {
        tell_inbox(tables, user, conversation, effects)?;
    }
    Ok(CommandResult::Removed { count: plan.count, more: plan.more })
}
