//! The direct chat of two users: found by the sorted pair of their handles, made when it is first needed. With oneself it is a
//! place for notes, with one member.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, ConversationId, ConversationKind, Effect, Ordinal, Role, Seq, UserHandle, UserId, UserKind};
use crate::store::records::{ConversationRow, Counter, DirectRow, InboxRow, Mark, MemberRow};
use crate::store::{Fault, Read, Tables};

/// Where a direct chat is.
#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
pub(in crate::ledger) enum Direct {
    /// There.
    There(ConversationId),
    /// Not there yet.
    New(NewDirect),
}

/// A direct chat to be made.
pub(in crate::ledger) struct NewDirect {
    pub row: ConversationRow,
    pub pair: (UserHandle, UserHandle),
    pub caller: UserHandle,
    /// Both members, or the only one.
    pub members: Vec<(UserHandle, UserId)>,
}

/// Finds the caller's direct chat with the user of an id.
pub(in crate::ledger) fn find(state: &impl Read, caller: &Caller<'_>, id: &UserId) -> Result<Direct, Stop> {
    let own = caller.handle();
    let Some(peer) = caller.find(state, id)? else { return crate::ledger::refuse::no_such_user(id) };
    let pair = (own.min(peer), own.max(peer));
    if let Some(row) = state.get::<DirectRow>(&pair)? {
        return Ok(Direct::There(row.conversation));
    }
    let mut members = vec![(own, caller.id().clone())];
    if peer != own {
        let user = caller.find_user(state, id)?.1;
        if user.kind == UserKind::Assistant {
            return refuse(
                Code::Unsupported,
                "This is an assistant, which answers in chats of its own; open one with `open_assistant`.",
            );
        }
        members.push((peer, user.id.clone()));
    }
    let row = ConversationRow {
        app: caller.actor.app,
        kind: ConversationKind::Direct,
        title: None,
        pair: Some(pair),
        members: members.len() as u32,
        created: caller.at,
        group: None,
        retention: None,
        created_lsn: caller.lsn,
        changed: caller.lsn,
    };
    Ok(Direct::New(NewDirect { row, pair, caller: own, members }))
}

impl NewDirect {
    /// Writes it. The other side's list does not show it before the first message.
    pub fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<ConversationId, Fault> {
        let conversation = ConversationId(tables.next_id(Counter::Conversation)?);
        let changed = self.row.created_lsn;
        tables.put(&conversation, self.row.clone())?;
        tables.put(&self.pair, DirectRow { conversation })?;
        for (user, id) in self.members {
            let member = MemberRow {
                id,
                role: Role::Member,
                from: Mark::default(),
                until: None,
                read: Mark::default(),
                delivered: Seq(0),
                alias: None,
                silenced_until: None,
                joined: self.row.created,
                changed,
            };
            let hidden_at = (user != self.caller).then_some(Ordinal(0));
            tables.put(&(conversation, user), member)?;
            tables.put(&(user, conversation), InboxRow { hidden_at, changed, ..InboxRow::default() })?;
        }
        effects.push(Effect::Members { conversation });
        Ok(conversation)
    }
}
