//! Users who join a group: their rows, the group's row and the entry that says so.

use super::{Group, check_room};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::{append, put_joining, tell_inbox};
use crate::model::{Body, CommandResult, ConversationId, Effect, Entry, NewMemberHistory, Role, UserHandle, UserId};
use crate::store::records::{ConversationRow, Head, JoinRequestRow, Mark, MemberRow};
use crate::store::{Read, Tables};

pub(super) struct Joining {
    pub conversation: ConversationId,
    row: ConversationRow,
    members: Vec<(UserHandle, MemberRow)>,
    /// Those of them who had left: their devices know the group and must learn of the new window before the entry.
    back: Vec<UserHandle>,
    entry: Entry,
}

impl Joining {
    /// Plans it; refused when the group would be too large. None of them is in it.
    pub fn plan(
        state: &impl Read,
        caller: &Caller<'_>,
        group: &Group,
        joiners: Vec<(UserHandle, UserId)>,
        body: Body,
    ) -> Result<Self, Stop> {
        let count = u64::from(group.row.members) + joiners.len() as u64;
        let rules = &group.group.rules;
        check_room(count, rules, &caller.app(state)?.settings)?;
        let entry = caller.entry(&group.head, body);
        let (mut members, mut back) = (Vec::with_capacity(joiners.len()), Vec::new());
        for (user, id) in joiners {
            let mut member = joining(id, Role::Member, &group.head, &entry, rules.history);
            if let Some(before) = group.row_of(state, user)? {
                back.push(user);
                // Going and coming back ends no silence.
                member.silenced_until = before.silenced_until;
            }
            members.push((user, member));
        }
        let row = ConversationRow { members: count as u32, ..(*group.row).clone() };
        Ok(Self { conversation: group.id, row, members, back, entry })
    }

    /// Writes it.
    pub fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
        let Self { conversation, row, members, back, entry } = self;
        let app = row.app;
        tables.put(&conversation, row)?;
        // One who joins alone has no request any more. (Of many at once none is touched, so that the command stays small: a
        // request of a member counts for nothing, and goes when they do.)
        if let [(user, _)] = &*members {
            tables.remove::<JoinRequestRow>(&(conversation, *user))?;
        }
        for (user, member) in members {
            put_joining(tables, conversation, user, member)?;
        }
        effects.push(Effect::Members { conversation });
        let mut told = Vec::new();
        let result = append(tables, app, conversation, entry, &mut told)?;
        for user in back {
            tell_inbox(tables, user, conversation, effects)?;
        }
        effects.append(&mut told);
        Ok(result)
    }
}

/// The row of somebody who joins with the entry `join`, before which the group had got as far as `before`. Their joining counts
/// as read; what they see of what was before is the group's rule.
pub(super) fn joining(id: UserId, role: Role, before: &Head, join: &Entry, history: NewMemberHistory) -> MemberRow {
    let from = match history {
        NewMemberHistory::FromJoining => Mark { seq: before.seq, ordinal: before.ordinal },
        NewMemberHistory::All => Mark::default(),
    };
    MemberRow {
        id,
        role,
        from,
        until: None,
        read: Mark { seq: join.seq, ordinal: join.ordinal },
        delivered: join.seq,
        alias: None,
        silenced_until: None,
        joined: join.at,
        changed: join.lsn,
    }
}
