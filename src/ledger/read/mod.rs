//! What a person may read: answers to queries and pages of changes, from one committed state.

pub mod administration;
pub mod assistants;
mod bots;
mod contacts;
mod groups;
mod history;
mod media;
mod own;
mod pages;
mod presence;
mod profiles;
mod retention;
pub(in crate::ledger) mod scan;
pub mod search;
pub mod size;

pub(in crate::ledger) mod window;

pub(in crate::ledger) use own::other_side;
pub use presence::{Peer, Sight, peers, said, sight, sights};
pub use profiles::{ProfileNews, changed_profile, changed_profiles, profile_news};
pub use retention::{Expired, expired};
pub use scan::conversations_of;
pub use size::conversation_bytes;

use super::Stop;
use super::refuse::{no_such_conversation, refuse, unreadable};
use crate::model::{
    Answer, AppId, Code, Conversation, ConversationId, ConversationKind, HookId, HookInfo, Inbox, Lsn, McpAccess,
    McpTokenId, McpTokenInfo, Member, Query, Seq, Timestamp, TokenHash, UserActor, UserHandle, UserId, limits,
};
use crate::store::records::MemberRow;
use crate::store::{Fault, Read};
use own::{Own, cursor};
use pages::{Keep, Range};
use std::cmp::Reverse;

/// Users asked for at once.
const USERS_MAX: usize = 100;
/// Cursors in an answer to `receipts`.
const RECEIPTS_MAX: usize = 500;
/// Member rows read for an answer to `receipts`: those of the largest group there can be, and as many who have left.
const RECEIPTS_ROWS_MAX: usize = 200_000;

/// Answers a query of a user as of one state; `now` is needed for nothing but time-outs of what is shown.
pub fn answer(state: &impl Read, as_of: Lsn, now: Timestamp, actor: &UserActor, query: &Query) -> Result<Answer, Stop> {
    let scope = if actor.session.mcp().is_some() {
        Some(super::mcp::admit_query(state, now, actor, query)?)
    } else {
        super::caller::admit(state, actor, super::apps::scope::of_query(query))?;
        None
    };
    match query {
        Query::Conversations { skip, limit } => {
            conversations(state, (as_of, now), actor, scope.as_deref(), (*skip, *limit))
        }
        Query::Conversation { conversation } => {
            let own = own(state, actor, *conversation)?;
            let mut shown = own.show(state, limits::CHANGES_ENTRIES)?;
            end_mute(&mut shown, now);
            Ok(Answer::Conversation { conversation: Box::new(shown), as_of })
        }
        Query::Entries { conversation, from, to, limit } => {
            entries(state, as_of, &own(state, actor, *conversation)?, *from, *to, *limit)
        }
        Query::Members { conversation, after, limit } => {
            members_page(state, (as_of, now), &own(state, actor, *conversation)?, after.as_ref(), *limit)
        }
        Query::Receipts { conversation, seq } => receipts(state, as_of, &own(state, actor, *conversation)?, *seq),
        Query::Sessions {} => profiles::sessions(state, actor),
        Query::Users { users } => profiles::users(state, actor, users),
        Query::EntryAt { conversation, at } => history::entry_at(state, as_of, &own(state, actor, *conversation)?, *at),
        Query::Gallery { conversation, kinds, before, limit } => {
            history::gallery(state, as_of, &own(state, actor, *conversation)?, kinds, *before, *limit)
        }
        Query::Pins { conversation } => history::pins(state, as_of, &own(state, actor, *conversation)?),
        Query::Me {} => profiles::me(state, as_of, now, actor),
        Query::Contacts { after, limit, since, blocked } => {
            let wanted = contacts::Wanted { after: after.as_ref(), limit: *limit, since: *since, blocked: *blocked };
            contacts::contacts(state, as_of, actor, &wanted)
        }
        Query::Contact { user } => contacts::one(state, as_of, actor, user),
        Query::ContactRequests { sent, after, limit } => {
            contacts::requests(state, as_of, actor, *sent, after.as_ref(), *limit)
        }
        Query::Labels {} => contacts::labels(state, as_of, actor),
        Query::Relations { users } => contacts::relations(state, as_of, actor, users),
        Query::FindUsers { text, after, limit } => contacts::find(state, actor, text, after.as_ref(), *limit),
        Query::Presences { .. } => {
            refuse(Code::Unsupported, "Presence is not in the log; ask through a connection or the API.")
        }
        Query::FindGroups { text, after, limit } => groups::find(state, actor, text, *after, *limit),
        Query::GroupOfCode { code } => groups::of_code(state, now, actor, code),
        Query::Invites { conversation } => groups::invites_of(state, as_of, &own(state, actor, *conversation)?),
        Query::JoinRequests { conversation, after, limit } => {
            let own = own(state, actor, *conversation)?;
            groups::join_requests(state, as_of, actor, &own, after.as_ref(), *limit)
        }
        Query::Media { media } => media::media(state, actor, *media),
        Query::Assistants {} => assistants::usable(state, (as_of, now), actor),
        Query::Drafts { conversation } => assistants::drafts(state, as_of, &own(state, actor, *conversation)?),
        Query::BotCommands { conversation } => bots::commands(state, as_of, actor, &own(state, actor, *conversation)?),
        Query::Search(_) => refuse(Code::Unsupported, "There is no search here."),
        Query::Unreadable(what) => Err(unreadable("query", what)),
    }
}

/// The webhooks of a conversation, for those who manage them.
pub fn hooks(
    state: &impl Read,
    now: Timestamp,
    actor: &UserActor,
    conversation: ConversationId,
) -> Result<Vec<HookInfo>, Stop> {
    super::hooks::list(state, now, actor, conversation)
}

/// Which webhook a secret opens now, and of which app it is.
pub fn hook_opened(state: &impl Read, now: Timestamp, token: &TokenHash) -> Result<Option<(HookId, AppId)>, Fault> {
    Ok(super::hooks::opened(state, now, token)?.map(|(hook, row)| (hook, row.app)))
}

/// The tokens for MCP of the user of a session.
pub fn mcp_tokens(state: &impl Read, now: Timestamp, actor: &UserActor) -> Result<Vec<McpTokenInfo>, Stop> {
    super::mcp::list(state, now, actor)
}

/// Whose token for MCP has this hash, when it opens anything now.
pub fn mcp_opened(state: &impl Read, now: Timestamp, hash: TokenHash) -> Result<McpOpened, Stop> {
    let (user, token) = super::mcp::find(state, hash)?;
    let (row, account) = super::mcp::admit(state, now, user, token)?;
    Ok(McpOpened { app: account.app, user, id: account.id.clone(), token, access: row.access })
}

/// A token for MCP that opens something.
#[derive(Clone, Debug)]
pub struct McpOpened {
    /// The app of its user.
    pub app: AppId,
    /// Its user.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// Its number.
    pub token: McpTokenId,
    /// What it lets its program do.
    pub access: McpAccess,
}

/// One of the caller's conversations; others do not exist for them.
fn own(state: &impl Read, actor: &UserActor, conversation: ConversationId) -> Result<Own, Stop> {
    match Own::find(state, actor.user, conversation)? {
        Some(own) if own.row.app == actor.app => Ok(own),
        Some(_) | None => no_such_conversation(),
    }
}

/// A silence that is over is not shown.
fn end_mute(shown: &mut Conversation, now: Timestamp) {
    shown.inbox.muted_until = shown.inbox.muted_until.filter(|until| *until > now);
    if let Some(group) = &mut shown.group {
        group.silenced_until = group.silenced_until.filter(|until| *until > now);
    }
}

fn page_limit(limit: u32, most: usize) -> usize {
    (limit as usize).clamp(1, most)
}

/// The list: pinned first, then by newest entry; those hidden are left out. Of a `scope` all are in it.
fn conversations(
    state: &impl Read,
    (as_of, now): (Lsn, Timestamp),
    actor: &UserActor,
    scope: Option<&[ConversationId]>,
    (skip, limit): (u32, u32),
) -> Result<Answer, Stop> {
    let mut list = Vec::new();
    let all = scope.map_or_else(|| scan::conversations_of(state, actor.user), |scope| Ok(scope.to_vec()))?;
    for id in all {
        let Some(own) = Own::find(state, actor.user, id)? else { continue };
        if own.row.kind != ConversationKind::Feed && (scope.is_some() || !own.hidden()) {
            list.push((Reverse(own.inbox.pinned), Reverse(own.at(state)?), Reverse(own.window().lsn), id));
        }
    }
    list.sort();
    let limit = page_limit(limit, limits::CHANGES_CONVERSATIONS_MAX);
    let (mut shown, mut bytes, mut more) = (Vec::new(), 0, false);
    for (_, _, _, id) in list.into_iter().skip(skip as usize) {
        if shown.len() == limit {
            more = true;
            break;
        }
        let Some(mut conversation) = conversation(state, actor.user, id, 1)? else { continue };
        bytes += conversation_bytes(&conversation);
        if bytes > size::PAGE_BYTES_MAX && !shown.is_empty() {
            more = true;
            break;
        }
        end_mute(&mut conversation, now);
        shown.push(conversation);
    }
    Ok(Answer::Conversations { conversations: shown, more, as_of })
}

fn entries(
    state: &impl Read,
    as_of: Lsn,
    own: &Own,
    from: Option<Seq>,
    to: Option<Seq>,
    limit: u32,
) -> Result<Answer, Stop> {
    let window = own.window();
    let range = Range {
        from: from.unwrap_or(Seq(0)),
        to: to.unwrap_or(Seq(u64::MAX)),
        limit: page_limit(limit, limits::PAGE_ENTRIES_MAX),
        bytes: size::PAGE_BYTES_MAX,
        keep: if from.is_some() { Keep::Lowest } else { Keep::Highest },
    };
    let entries = pages::entries(state, own.id, &window, &range)?;
    Ok(Answer::Entries { conversation: own.id, entries, floor: window.floor, head: window.head, as_of })
}

/// Who has left is told nothing of the others any more.
fn check_not_gone(own: &Own) -> Result<(), Stop> {
    if own.member.until.is_some() {
        return refuse(Code::NotMember, "You have left this group; only its history up to then is there for you.");
    }
    Ok(())
}

/// A member as they are told.
fn member(row: &MemberRow, now: Timestamp) -> Member {
    Member {
        user: row.id.clone(),
        role: row.role,
        alias: row.alias.clone(),
        silenced_until: row.silenced_until.filter(|until| *until > now),
        joined: row.joined,
    }
}

/// Members in the order of their ids, without regard to case. Rows are kept in the order of handles, so all are read.
fn members_page(
    state: &impl Read,
    (as_of, now): (Lsn, Timestamp),
    own: &Own,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Answer, Stop> {
    check_not_gone(own)?;
    let after = after.map(UserId::folded);
    let mut found = Vec::new();
    scan::members_of(state, own.id, |_, member| {
        let folded = member.id.folded();
        if member.until.is_none() && after.as_ref().is_none_or(|after| folded > *after) {
            found.push((folded, member));
        }
        true
    })?;
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    let limit = page_limit(limit, limits::PAGE_MEMBERS_MAX);
    let more = found.len() > limit;
    let members = found.into_iter().take(limit).map(|(_, row)| member(&row, now)).collect();
    Ok(Answer::Members { members, more, as_of })
}

fn receipts(state: &impl Read, as_of: Lsn, own: &Own, seq: Seq) -> Result<Answer, Stop> {
    check_not_gone(own)?;
    if !own.window().holds(seq) {
        return refuse(Code::NotFound, format!("There is no entry with seq {seq} here that you can see."));
    }
    let direct = own.row.kind == ConversationKind::Direct;
    let (mut cursors, mut read, mut rows) = (Vec::new(), 0, 0);
    scan::members_of(state, own.id, |_, member| {
        rows += 1;
        let has_read = member.read.seq >= seq;
        if member.until.is_none() && (has_read || direct && member.delivered >= seq) {
            read += u32::from(has_read);
            if cursors.len() < RECEIPTS_MAX {
                cursors.push(cursor(&member, direct));
            }
        }
        rows < RECEIPTS_ROWS_MAX
    })?;
    Ok(Answer::Receipts { cursors, read, as_of })
}

/// Every conversation of a user that changed at or after `cursor`, by the lsn of the change: what a sync walks through.
pub fn changed_since(state: &impl Read, user: UserHandle, cursor: Lsn) -> Result<Vec<(Lsn, ConversationId)>, Fault> {
    let mut changed = Vec::new();
    for id in scan::conversations_of(state, user)? {
        let Some(own) = Own::find(state, user, id)? else { continue };
        let lsn = own.changed();
        if lsn >= cursor {
            changed.push((lsn, id));
        }
    }
    changed.sort_unstable();
    Ok(changed)
}

/// A conversation as a user sees it, with at most `entries` of its newest entries (and what notices among them rewrote).
/// `None` when the user has nothing to see there.
pub fn conversation(
    state: &impl Read,
    user: UserHandle,
    conversation: ConversationId,
    entries: usize,
) -> Result<Option<Conversation>, Fault> {
    Own::find(state, user, conversation)?.map(|own| own.show(state, entries)).transpose()
}

/// A user's own side of a conversation; `None` when they never belonged to it.
pub fn inbox(state: &impl Read, user: UserHandle, conversation: ConversationId) -> Result<Option<Inbox>, Fault> {
    Own::find(state, user, conversation)?.map(|own| own.side(state)).transpose()
}

/// A member and the entries they may see: those with `from` < seq ≤ `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberWindow {
    /// Who.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// They see what is above this.
    pub from: Seq,
    /// And nothing above this, when they have left.
    pub until: Option<Seq>,
}

/// Everybody who is or was in a conversation, for fan-out.
pub fn members(state: &impl Read, conversation: ConversationId) -> Result<Vec<MemberWindow>, Fault> {
    let mut found = Vec::new();
    scan::members_of(state, conversation, |user, member| {
        let until = member.until.map(|until| until.seq);
        found.push(MemberWindow { user, id: member.id.clone(), from: member.from.seq, until });
        true
    })?;
    Ok(found)
}
