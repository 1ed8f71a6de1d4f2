//! Open a chat with an assistant: one user, one assistant, a title perhaps. There can be any number of them.

use super::{may_use, there};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::tell_inbox;
use crate::ledger::refuse::refuse;
use crate::model::{
    Code, CommandResult, ConversationId, ConversationKind, Effect, Name, Role, Seq, UserHandle, UserId, UserKind,
};
use crate::store::records::{ConversationRow, Counter, InboxRow, Mark, MemberRow};
use crate::store::{Read, Tables};

struct Plan {
    row: ConversationRow,
    members: [(UserHandle, UserId); 2],
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    assistant: &UserId,
    title: Option<&Name>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, assistant, title)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, assistant: &UserId, title: Option<&Name>) -> Result<Plan, Stop> {
    let (handle, user) = caller.find_user(state, assistant)?;
    if user.kind != UserKind::Assistant || handle == caller.handle() {
        return refuse(Code::Invalid, format!("`{assistant}` is no assistant; `assistants` lists those there are."));
    }
    let settings = there(state, caller.actor.app, handle)?;
    if !may_use(&settings, &caller.user) {
        return refuse(Code::Forbidden, "You may not use this assistant; ask an administrator.");
    }
    let own = caller.handle();
    let row = ConversationRow {
        app: caller.actor.app,
        kind: ConversationKind::Assistant,
        title: title.cloned(),
        pair: Some((own.min(handle), own.max(handle))),
        members: 2,
        group: None,
        retention: None,
        created: caller.at,
        created_lsn: caller.lsn,
        changed: caller.lsn,
    };
    Ok(Plan { row, members: [(own, caller.id().clone()), (handle, user.id.clone())] })
}

/// The assistant has no side of its own: it has no list of conversations.
fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let conversation = ConversationId(tables.next_id(Counter::Conversation)?);
    tables.put(&conversation, plan.row)?;
    for (user, id) in plan.members {
        let member = MemberRow {
            id,
            role: Role::Member,
            from: Mark::default(),
            until: None,
            read: Mark::default(),
            delivered: Seq(0),
            alias: None,
            silenced_until: None,
            joined: caller.at,
            changed: caller.lsn,
        };
        tables.put(&(conversation, user), member)?;
    }
    let own = caller.handle();
    tables.put(&(own, conversation), InboxRow { changed: caller.lsn, ..InboxRow::default() })?;
    effects.push(Effect::Members { conversation });
    tell_inbox(tables, own, conversation, effects)?;
    Ok(CommandResult::Conversation { conversation })
}
