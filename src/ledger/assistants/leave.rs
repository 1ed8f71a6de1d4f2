//! Leave a chat with an assistant, which deletes it: nothing of it is left to its user, and its text goes, a piece at a time, because
//! retention keeps nothing of a chat that nobody is in.

use super::turns;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Place, tell_inbox};
use crate::model::{CommandResult, ConversationId, ConversationKind, Effect, Lsn, Seq, UserHandle};
use crate::store::records::{ConversationRow, Head, InboxRow, Mark, MemberRow, TurnRow, Until};
use crate::store::{Fault, Read, Tables};

struct Plan {
    row: ConversationRow,
    member: MemberRow,
    inbox: InboxRow,
    turns: Vec<(Seq, TurnRow)>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, conversation)?;
    let user = caller.handle();
    tables.put(&conversation, plan.row)?;
    tables.put(&(conversation, user), plan.member)?;
    tables.put(&(user, conversation), plan.inbox)?;
    // An answer on its way is stopped, not forgotten: what it cost is counted when it ends, and then nothing of it is said.
    for (question, turn) in plan.turns {
        tables.put(&(conversation, question), TurnRow { stop: true, ..turn })?;
    }
    effects.push(Effect::Members { conversation });
    effects.push(Effect::Turns { conversation });
    tell_inbox(tables, user, conversation, effects)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    let (row, member) = departed(&place.row, &place.member, &place.head, caller.lsn);
    let inbox = InboxRow { hidden_at: Some(place.head.ordinal), changed: caller.lsn, ..InboxRow::default() };
    let turns = turns(state, conversation)?.into_iter().map(|(question, turn)| (question, (*turn).clone())).collect();
    Ok(Plan { row, member, inbox, turns })
}

/// The rows of a chat whose user is gone: nothing of it is left to them, and nobody is in it any more.
fn departed(row: &ConversationRow, member: &MemberRow, head: &Head, lsn: Lsn) -> (ConversationRow, MemberRow) {
    let end = Mark { seq: head.seq, ordinal: head.ordinal };
    let member = MemberRow {
        from: member.from.max(end),
        read: member.read.max(end),
        until: Some(Until { seq: head.seq, lsn, ordinal: head.ordinal }),
        changed: lsn,
        ..member.clone()
    };
    (ConversationRow { members: 0, title: None, changed: lsn, ..row.clone() }, member)
}

/// The same for an account that is deleted; `None` when the conversation is no chat of theirs with an assistant.
pub(in crate::ledger) fn departing(
    state: &impl Read,
    lsn: Lsn,
    (user, conversation): (UserHandle, ConversationId),
) -> Result<Option<(ConversationRow, MemberRow)>, Fault> {
    let row = state.get::<ConversationRow>(&conversation)?;
    let Some(row) = row.filter(|row| row.kind == ConversationKind::Assistant) else { return Ok(None) };
    let member = state.get::<MemberRow>(&(conversation, user))?;
    let Some(member) = member.filter(|member| member.until.is_none()) else { return Ok(None) };
    Ok(Some(departed(&row, &member, &state.head(conversation)?, lsn)))
}
