//! Webhooks into conversations: a secret address through which another system posts. Each posts as a user of its own, of the kind
//! `service`, who belongs to no conversation and has no way to log in.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod post;
pub(super) mod rotate;

use super::refuse::{no_such_conversation, refuse};
use super::{Stop, apps, caller};
use crate::model::{
    AppScope, Code, ConversationId, ConversationKind, HookId, HookInfo, Role, Timestamp, TokenHash, UserActor, limits,
};
use crate::store::records::{
    ConversationRow, IncomingListRow, IncomingOldRow, IncomingRow, IncomingTokenRow, MemberRow, UserRow,
};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// The webhooks of a conversation, oldest first. There are never more than the limit.
pub(super) fn of_conversation(state: &impl Read, id: ConversationId) -> Result<Vec<HookId>, Fault> {
    let rows = state.range::<IncomingListRow>(&(id, HookId(0)), &(id, HookId(u64::MAX)), limits::HOOKS_MAX)?;
    Ok(rows.into_iter().map(|((_, hook), _)| hook).collect())
}

/// A conversation whose webhooks the actor manages: as owner or manager of a group, as either side of a direct chat, or as an
/// administrator. For everybody else it is as it is: not theirs to change, or not there.
pub(super) fn managed(
    state: &impl Read,
    by: &UserActor,
    id: ConversationId,
) -> Result<(Arc<ConversationRow>, Arc<UserRow>), Stop> {
    managed_through(state, by, id, caller::ACTING)
}

/// The same through a key that has one of these scopes.
fn managed_through(
    state: &impl Read,
    by: &UserActor,
    id: ConversationId,
    any_of: &[AppScope],
) -> Result<(Arc<ConversationRow>, Arc<UserRow>), Stop> {
    let (session, user) = caller::admit(state, by, any_of)?;
    let Some(row) = state.get::<ConversationRow>(&id)? else { return no_such_conversation() };
    let administers = session.is_some() && user.administrator;
    if row.kind == ConversationKind::Feed || row.app != by.app && !administers {
        return no_such_conversation();
    }
    let member = state.get::<MemberRow>(&(id, by.user))?;
    let role = member.as_ref().filter(|member| member.until.is_none()).map(|member| member.role);
    let manages = match row.kind {
        ConversationKind::Direct => role.is_some(),
        _ => matches!(role, Some(Role::Owner | Role::Manager)),
    };
    match (manages || administers, member) {
        (true, _) => Ok((row, user)),
        (false, Some(member)) if member.until.is_some() => {
            refuse(Code::NotMember, "You do not belong to this group any more; ask a member to add you again.")
        }
        (false, Some(_)) => {
            refuse(Code::Forbidden, "Webhooks of a group are for its owner and managers; ask one of them.")
        }
        (false, None) => no_such_conversation(),
    }
}

/// A webhook of a conversation.
fn find(state: &impl Read, conversation: ConversationId, hook: HookId) -> Result<Arc<IncomingRow>, Stop> {
    let row = state.get::<IncomingRow>(&hook)?.filter(|row| row.conversation == conversation);
    row.map_or_else(|| refuse(Code::NotFound, format!("This conversation has no webhook {hook}; list them.")), Ok)
}

/// Which webhook a secret opens at this time: the one that has it, or had it until not long ago.
pub(super) fn opened(
    state: &impl Read,
    now: Timestamp,
    token: &TokenHash,
) -> Result<Option<(HookId, Arc<IncomingRow>)>, Fault> {
    let Some(hook) = state.get::<IncomingTokenRow>(token)?.map(|row| row.hook) else { return Ok(None) };
    let Some(row) = state.get::<IncomingRow>(&hook)? else { return Ok(None) };
    let opens = row.token == *token
        || state.get::<IncomingOldRow>(&hook)?.is_some_and(|old| old.token == *token && old.until > now);
    Ok(opens.then_some((hook, row)))
}

/// What the managers of a conversation see of its webhooks.
pub(super) fn list(
    state: &impl Read,
    now: Timestamp,
    by: &UserActor,
    id: ConversationId,
) -> Result<Vec<HookInfo>, Stop> {
    managed_through(state, by, id, apps::scope::READING)?;
    let mut hooks = Vec::new();
    for hook in of_conversation(state, id)? {
        let Some(row) = state.get::<IncomingRow>(&hook)? else { continue };
        let Some(user) = state.get::<UserRow>(&row.user)? else { continue };
        let old_secret_until = state.get::<IncomingOldRow>(&hook)?.map(|old| old.until).filter(|until| *until > now);
        let (name, by, created) = (row.name.clone(), row.by.clone(), row.created);
        hooks.push(HookInfo { hook, conversation: id, name, user: user.id.clone(), by, created, old_secret_until });
    }
    Ok(hooks)
}
