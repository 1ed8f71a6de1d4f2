//! Leave a chat with an assistant, which deletes it: nothing of it is left to its user, and its text goes, a piece at a time, because
//! retention keeps nothing of a chat that nobody is in.

use super::turns;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{Place, tell_inbox};
use crate::model::{CommandResult, ConversationId, Effect, Seq};
use crate::store::records::{ConversationRow, InboxRow, Mark, MemberRow, TurnRow, Until};
use crate::store::{Read, Tables};

struct Plan {
    row: ConversationRow,
    member: MemberRow,
    inbox: InboxRow,
    turns: Vec<Seq>,
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
    for question in plan.turns {
        tables.remove::<TurnRow>(&(conversation, question))?;
    }
    effects.push(Effect::Members { conversation });
    effects.push(Effect::Turns { conversation });
    tell_inbox(tables, user, conversation, effects)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, caller: &Caller<'_>, conversation: ConversationId) -> Result<Plan, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    let head = &place.head;
    let end = Mark { seq: head.seq, ordinal: head.ordinal };
    let member = MemberRow {
        from: place.member.from.max(end),
        read: place.member.read.max(end),
        until: Some(Until { seq: head.seq, lsn: caller.lsn, ordinal: head.ordinal }),
        changed: caller.lsn,
        ..(*place.member).clone()
    };
    let inbox = InboxRow { hidden_at: Some(head.ordinal), changed: caller.lsn, ..InboxRow::default() };
    let row = ConversationRow { members: 0, title: None, changed: caller.lsn, ..(*place.row).clone() };
    let turns = turns(state, conversation)?.into_iter().map(|(question, _)| question).collect();
    Ok(Plan { row, member, inbox, turns })
}
