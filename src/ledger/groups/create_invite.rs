//! Make an invite link into a group. When the group has as many as it may have, those that let nobody in any more make room.

use super::change::Change;
use super::permissions::Action;
use super::{Group, invites};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, InviteCode, Timestamp, limits};
use crate::store::records::{InviteKey, InviteRow, InviteTo};
use crate::store::{Read, Tables};

/// What the link is to be.
pub(in crate::ledger) struct NewInvite<'a> {
    pub code: &'a InviteCode,
    pub expires: Option<Timestamp>,
    pub uses_max: Option<u32>,
}

struct Plan {
    change: Change,
    invite: InviteRow,
    /// Those that make room.
    spent: Vec<InviteCode>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    new: &NewInvite<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { change, invite, spent } = decide(tables, caller, conversation, new)?;
    for code in spent {
        invites::remove(tables, &code, invite.to)?;
    }
    invites::put(tables, new.code, invite)?;
    change.apply(tables, effects)
}

fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    new: &NewInvite<'_>,
) -> Result<Plan, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Invite)?;
    if new.expires.is_some_and(|expires| expires <= caller.at) {
        return refuse(Code::Invalid, "`expires` is past already; name a time to come, or leave it out.");
    }
    if new.uses_max == Some(0) {
        return refuse(Code::Invalid, "`uses_max` is 0, so that nobody could use the link; leave it out for no limit.");
    }
    if state.get::<InviteRow>(&InviteKey(new.code.clone()))?.is_some() {
        return refuse(Code::Conflict, "This code is taken; draw another one at random.");
    }
    let there = invites::of_group(state, conversation)?;
    let mut spent = Vec::new();
    if there.len() >= limits::INVITES_MAX {
        let dead = |row: &InviteRow| invites::check_usable(row, &group, caller.at).is_err();
        spent.extend(there.into_iter().filter(|(_, row)| dead(row)).map(|(code, _)| code));
        if spent.is_empty() {
            let most = limits::INVITES_MAX;
            return refuse(Code::Full, format!("This group has {most} invite links; revoke one that is not needed."));
        }
    }
    let invite = InviteRow {
        to: InviteTo::Group(conversation),
        by: Some(caller.id().clone()),
        created: caller.at,
        expires: new.expires,
        uses_max: new.uses_max,
        uses: 0,
    };
    let change = Change::new(caller, &group, Body::InviteChanged { on: true });
    Ok(Plan { change, invite, spent })
}
