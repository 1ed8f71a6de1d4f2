//! Tokens for MCP: what a program with a language model may know of and do in the name of the user who made it one. A closed list,
//! in the conversations that the token names and to which its user belongs now. Whatever is outside of that does not exist.

pub(super) mod create;
pub(super) mod note;
pub(super) mod revoke;

use super::refuse::refuse;
use super::{Stop, apps};
use crate::model::{
    Code, Command, Content, ConversationId, McpAccess, McpTokenId, McpTokenInfo, Query, Target, Timestamp, TokenHash,
    UserActor, UserHandle, UserKind, limits,
};
use crate::store::records::{ConversationRow, McpTokenHashRow, McpTokenRow, MemberRow, UserRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// The tokens of a user, oldest first. There are never more than the limit.
pub(super) fn of_user(state: &impl Read, user: UserHandle) -> Result<Vec<(McpTokenId, Arc<McpTokenRow>)>, Fault> {
    let (first, last) = ((user, McpTokenId(0)), (user, McpTokenId(u64::MAX)));
    let rows = state.range::<McpTokenRow>(&first, &last, limits::MCP_TOKENS_MAX)?;
    Ok(rows.into_iter().map(|((_, token), row)| (token, row)).collect())
}

/// What a user sees of their tokens, through a session of theirs.
pub(super) fn list(state: &impl Read, now: Timestamp, by: &UserActor) -> Result<Vec<McpTokenInfo>, Stop> {
    let user = own(state, by)?;
    let shown = of_user(state, by.user)?.into_iter().map(|(token, row)| {
        let ended = is_over(&row, now) || row.credential != user.credential;
        Ok(McpTokenInfo {
            token,
            name: row.name.clone(),
            conversations: row.conversations.clone(),
            access: row.access,
            created: row.created,
            used: row.used,
            expires: row.expires,
            open: !ended && !is_revoked(state, row.created, (by.user, &user))?,
        })
    });
    Ok(shown.collect::<Result<_, Fault>>()?)
}

/// The user of a session. Tokens are made and seen by their user alone, and not by those who act in their name.
fn own(state: &impl Read, by: &UserActor) -> Result<Arc<UserRow>, Stop> {
    match super::caller::admit(state, by, apps::scope::READING)? {
        (Some(_), user) => Ok(user),
        (None, _) => refuse(Code::Forbidden, "A token for MCP is made by its user, through a session of their own."),
    }
}

/// Whether the time of a token is over.
fn is_over(row: &McpTokenRow, now: Timestamp) -> bool {
    row.expires.is_some_and(|expires| expires <= now)
}

/// Whether a token made at a time is refused with all those of its user, or of their app, that were made until then. Such a time is told
/// in whole seconds, and the whole second counts: whoever revokes now means what was made a moment ago as well.
fn is_revoked(state: &impl Read, made: Timestamp, (handle, user): (UserHandle, &UserRow)) -> Result<bool, Fault> {
    let from = apps::tokens::from(state, user.app, Some(handle))?;
    Ok(from > Timestamp(0) && made.0 / 1_000 <= from.0 / 1_000)
}

/// The token of a secret, with whose it is.
pub(super) fn find(state: &impl Read, hash: TokenHash) -> Result<(UserHandle, McpTokenId), Stop> {
    match state.get::<McpTokenHashRow>(&hash)? {
        Some(found) => Ok((found.user, found.token)),
        None => revoked(),
    }
}

fn revoked<T>() -> Result<T, Stop> {
    refuse(Code::SessionRevoked, "This token for MCP was revoked; its user makes another one.")
}

/// The token through which somebody acts, and its user, when it opens anything.
pub(super) fn admit(
    state: &impl Read,
    now: Timestamp,
    handle: UserHandle,
    token: McpTokenId,
) -> Result<(Arc<McpTokenRow>, Arc<UserRow>), Stop> {
    let Some(row) = state.get::<McpTokenRow>(&(handle, token))? else { return revoked() };
    let Some(user) = state.get::<UserRow>(&handle)?.filter(|user| !user.deleted) else { return revoked() };
    apps::check_active(state, user.app)?;
    if user.flags.suspended {
        return refuse(Code::Suspended, "Your account is suspended; ask an administrator.");
    }
    if user.kind != UserKind::Person || is_revoked(state, row.created, (handle, &user))? {
        return revoked();
    }
    if is_over(&row, now) {
        return refuse(Code::TokenExpired, "The time of this token for MCP is over; its user makes another one.");
    }
    if row.credential != user.credential {
        return refuse(
            Code::SessionRevoked,
            "The password was changed since this token for MCP was made; its user makes another one.",
        );
    }
    Ok((row, user))
}

/// The same for an actor, who is of the token's user or of nobody.
fn admit_actor(state: &impl Read, now: Timestamp, actor: &UserActor) -> Result<(Arc<McpTokenRow>, Arc<UserRow>), Stop> {
    let Some(token) = actor.session.mcp() else { return revoked() };
    let (row, user) = admit(state, now, actor.user, token)?;
    if user.app == actor.app { Ok((row, user)) } else { revoked() }
}

/// Whether somebody belongs to a conversation now.
fn belongs(state: &impl Read, user: UserHandle, conversation: ConversationId) -> Result<bool, Fault> {
    let member = state.get::<MemberRow>(&(conversation, user))?.is_some_and(|member| member.until.is_none());
    Ok(member && state.get::<ConversationRow>(&conversation)?.is_some())
}

/// What a token opens, of what its user belongs to now.
fn opened(state: &impl Read, user: UserHandle, row: &McpTokenRow) -> Result<Vec<ConversationId>, Fault> {
    let mut open = Vec::new();
    for conversation in &row.conversations {
        if belongs(state, user, *conversation)? {
            open.push(*conversation);
        }
    }
    Ok(open)
}

fn no_such_conversation<T>() -> Result<T, Stop> {
    refuse(
        Code::NotFound,
        "There is no such conversation among those of this token; `list_conversations` shows which there are.",
    )
}

/// The user of a token who gives a command, when the token opens it: a text into one of its conversations.
pub(super) fn admit_command(
    state: &impl Read,
    now: Timestamp,
    actor: &UserActor,
    command: &Command,
) -> Result<Arc<UserRow>, Stop> {
    let (row, user) = admit_actor(state, now, actor)?;
    let Command::Send { to: Target::Conversation(conversation), content: Content::Text(_) } = command else {
        return refuse(Code::Forbidden, "A token for MCP does not open this; use a session of the user.");
    };
    if !row.conversations.contains(conversation) || !belongs(state, actor.user, *conversation)? {
        return no_such_conversation();
    }
    match row.access {
        McpAccess::ReadAndSend => Ok(user),
        McpAccess::Read => refuse(Code::Forbidden, "This token may only read; its user makes one that may send, too."),
    }
}

/// What may be looked at when somebody asks with a token, when it opens the question at all: the conversations that it opens.
pub(super) fn admit_query(
    state: &impl Read,
    now: Timestamp,
    actor: &UserActor,
    query: &Query,
) -> Result<Vec<ConversationId>, Stop> {
    let named = match query {
        Query::Conversations { .. } => None,
        Query::Entries { conversation, .. } => Some(*conversation),
        _ => return refuse(Code::Forbidden, "A token for MCP does not open this; use a session of the user."),
    };
    scope(state, now, actor, named)
}

/// The conversations that a token opens: `only` that one, or all.
pub(super) fn scope(
    state: &impl Read,
    now: Timestamp,
    actor: &UserActor,
    only: Option<ConversationId>,
) -> Result<Vec<ConversationId>, Stop> {
    let (row, _) = admit_actor(state, now, actor)?;
    let mut open = opened(state, actor.user, &row)?;
    if let Some(only) = only {
        open.retain(|conversation| *conversation == only);
        if open.is_empty() {
            return no_such_conversation();
        }
    }
    Ok(open)
}

/// Takes the rows of a token away; nothing happens when it is not there.
fn remove(tables: &mut Tables<'_>, user: UserHandle, token: McpTokenId) -> Result<(), Fault> {
    if let Some(row) = tables.get::<McpTokenRow>(&(user, token))? {
        tables.remove::<McpTokenHashRow>(&row.hash)?;
        tables.remove::<McpTokenRow>(&(user, token))?;
    }
    Ok(())
}

/// Takes all tokens of a user away; how many there were.
pub(super) fn remove_all(tables: &mut Tables<'_>, user: UserHandle) -> Result<usize, Fault> {
    let tokens = of_user(tables, user)?;
    for (token, _) in &tokens {
        remove(tables, user, *token)?;
    }
    Ok(tokens.len())
}
