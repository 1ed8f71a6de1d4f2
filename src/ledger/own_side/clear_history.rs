//! Delete a conversation's history up to now for the caller alone: their window starts above the newest entry they may see. The
//! others keep theirs. Whoever is still in it sees what comes next.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::cursors::receipt;
use crate::ledger::place::{Place, tell_inbox};
use crate::ledger::read::window::Window;
use crate::model::{CommandResult, ConversationId, Cursor, Effect, Seq};
use crate::store::records::{InboxRow, Mark, MemberRow, MentionRow};
use crate::store::{Read, Tables};

/// Mention rows that are taken away at once; what is left is below the window, not counted, and goes with a later `read`.
const MENTIONS_REMOVED_MAX: usize = 128;

struct Plan {
    member: MemberRow,
    inbox: Option<InboxRow>,
    mentions: Vec<Seq>,
    /// What is cleared counts as read, and the others are told as of any reading.
    receipt: Option<Cursor>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if let Some(plan) = decide(tables, caller, conversation)? {
        apply(tables, caller, conversation, plan, effects)?;
    }
    Ok(CommandResult::Done {})
}

/// `None` when there is nothing to clear.
fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Option<Plan>, Stop> {
    let place = Place::known(state, caller, conversation)?;
    let window = Window::new(&place.head, &place.member);
    let end = Mark { seq: window.head, ordinal: window.ordinal };
    let own = (caller.handle(), conversation);
    let inbox = state.get::<InboxRow>(&own)?.filter(|inbox| inbox.marked_unread);
    if place.member.from.seq >= end.seq && inbox.is_none() {
        return Ok(None);
    }
    let (first, last) = ((own.0, own.1, Seq(0)), (own.0, own.1, end.seq));
    let mentions = state.range::<MentionRow>(&first, &last, MENTIONS_REMOVED_MAX)?;
    let member = MemberRow {
        from: place.member.from.max(end),
        read: place.member.read.max(end),
        delivered: place.member.delivered.max(end.seq),
        changed: caller.lsn,
        ..(*place.member).clone()
    };
    let inbox = inbox.map(|row| InboxRow { marked_unread: false, changed: caller.lsn, ..(*row).clone() });
    let mentions = mentions.into_iter().map(|((_, _, seq), _)| seq).collect();
    let moved = member.read > place.member.read || member.delivered > place.member.delivered;
    let receipt = if moved { receipt(&place.row, &place.member, &member) } else { None };
    Ok(Some(Plan { member, inbox, mentions, receipt }))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<(), Stop> {
    let user = caller.handle();
    tables.put(&(conversation, user), plan.member)?;
    if let Some(inbox) = plan.inbox {
        tables.put(&(user, conversation), inbox)?;
    }
    for seq in plan.mentions {
        tables.remove::<MentionRow>(&(user, conversation, seq))?;
    }
    effects.push(Effect::Members { conversation });
    if let Some(moved) = plan.receipt {
        effects.push(Effect::Receipt { conversation, moved: vec![moved] });
    }
    Ok(tell_inbox(tables, user, conversation, effects)?)
}
