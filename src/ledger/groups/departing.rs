//! A member who goes: their row, the group's row and the entry that says so, which is the last one of their window.

use super::Group;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{append, tell_inbox};
use crate::model::{Body, CommandResult, ConversationId, Effect, Entry, Role, UserHandle};
use crate::store::Tables;
use crate::store::records::{ConversationRow, JoinRequestRow, Mark, MemberRow, Until};

pub(super) struct Departure {
    conversation: ConversationId,
    row: ConversationRow,
    user: UserHandle,
    member: MemberRow,
    entry: Entry,
}

impl Departure {
    /// Plans it.
    pub fn plan(caller: &Caller<'_>, group: &Group, user: UserHandle, member: &MemberRow, body: Body) -> Self {
        let entry = caller.entry(&group.head, body);
        let until = Until { seq: entry.seq, lsn: entry.lsn, ordinal: entry.ordinal };
        let row = ConversationRow { members: group.row.members.saturating_sub(1), ..(*group.row).clone() };
        let mut member =
            MemberRow { until: Some(until), role: Role::Member, alias: None, changed: caller.lsn, ..member.clone() };
        if !group.group.rules.keep_reading {
            // Nothing is left to them but the entry that tells them so.
            member.from = member.from.max(Mark { seq: group.head.seq, ordinal: group.head.ordinal });
        }
        Self { conversation: group.id, row, user, member, entry }
    }

    /// Writes it.
    pub fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
        let Self { conversation, row, user, member, entry } = self;
        let app = row.app;
        tables.put(&conversation, row)?;
        tables.put(&(conversation, user), member)?;
        tables.remove::<JoinRequestRow>(&(conversation, user))?;
        effects.push(Effect::Members { conversation });
        let result = append(tables, app, conversation, entry, effects)?;
        tell_inbox(tables, user, conversation, effects)?;
        Ok(result)
    }
}
