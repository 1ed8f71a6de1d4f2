//! What is read of groups: by their members, by those who look for one, and by those who hold an invite link.

use super::own::Own;
use super::{check_not_gone, page_limit};
use crate::ledger::Stop;
use crate::ledger::groups::permissions::{self, Action, allows};
use crate::ledger::groups::{Group, directory, invites};
use crate::ledger::refuse::{no_such_user, refuse};
use crate::model::{
    Answer, Code, ConversationId, Directory, GroupPreview, Invite, InviteCode, JoinRequest, Lsn, Timestamp, UserActor,
    UserHandle, UserId, limits,
};
use crate::store::Read;
use crate::store::records::{AppRow, GroupCardRow, GroupRow, InviteRow, JoinRequestRow, UserIdKey, UserIdRow};

/// Groups in one answer.
const GROUPS_MAX: usize = 100;
/// Directory rows read for one answer.
const DIRECTORY_ROWS_MAX: usize = 10_000;
/// Requests to join in one answer.
const JOIN_REQUESTS_PAGE_MAX: usize = 200;

/// Public groups that have every word of `text` at the beginning of a word of their title, by id.
pub(super) fn find(
    state: &impl Read,
    actor: &UserActor,
    text: &str,
    after: Option<ConversationId>,
    limit: u32,
) -> Result<Answer, Stop> {
    if state.get::<AppRow>(&actor.app)?.is_some_and(|app| app.settings.directory == Directory::Off) {
        return refuse(Code::Forbidden, "There is no directory here; ask for an invite link.");
    }
    let words = directory::words(text);
    let longest = words.iter().max_by_key(|word| word.len()).map_or("", String::as_str);
    let limit = page_limit(limit, GROUPS_MAX);
    let (mut groups, mut more) = (Vec::new(), false);
    for id in directory::find(state, actor.app, longest, DIRECTORY_ROWS_MAX)? {
        if after.is_some_and(|after| id <= after) {
            continue;
        }
        let Some(group) = Group::find(state, actor.app, id)? else { continue };
        let terms = group.row.title.as_ref().map(directory::terms).unwrap_or_default();
        if !words.iter().all(|word| terms.iter().any(|term| term.starts_with(word.as_str()))) {
            continue;
        }
        if groups.len() == limit {
            more = true;
            break;
        }
        groups.extend(preview(state, actor, &group)?);
    }
    Ok(Answer::Groups { groups, more })
}

/// The group behind an invite code.
pub(super) fn of_code(state: &impl Read, now: Timestamp, actor: &UserActor, code: &InviteCode) -> Result<Answer, Stop> {
    let (row, group) = invites::find(state, actor.app, code)?;
    invites::check_usable(&row, &group, now)?;
    Ok(Answer::Groups { groups: preview(state, actor, &group)?.into_iter().collect(), more: false })
}

/// A group as somebody sees it who may not be in it.
fn preview(state: &impl Read, actor: &UserActor, group: &Group) -> Result<Option<GroupPreview>, Stop> {
    let Some(title) = group.row.title.clone() else { return Ok(None) };
    let card = state.get::<GroupCardRow>(&group.id)?.map(|row| row.card.clone()).unwrap_or_default();
    let joined = group.has(state, actor.user)?;
    let asked = !joined && state.get::<JoinRequestRow>(&(group.id, actor.user))?.is_some();
    Ok(Some(GroupPreview {
        conversation: group.id,
        title,
        avatar: card.avatar,
        introduction: card.introduction,
        members: group.row.members,
        join: group.group.rules.join,
        joined,
        asked,
    }))
}

/// The rules of a group that the reader belongs to.
fn rules(own: &Own) -> Result<&GroupRow, Stop> {
    check_not_gone(own)?;
    own.row.group.as_ref().map_or_else(|| refuse(Code::Invalid, "This is no group; name a group."), Ok)
}

/// Invite links, oldest first: all of them for the owner and managers, own ones for others who may make some.
pub(super) fn invites_of(state: &impl Read, as_of: Lsn, own: &Own) -> Result<Answer, Stop> {
    let rules = &rules(own)?.rules;
    let role = own.member.role;
    let all = allows(Action::ManageInvites, role, rules);
    if !all {
        permissions::check(Action::Invite, role, rules)?;
    }
    let invite = |(code, row): (InviteCode, std::sync::Arc<InviteRow>)| {
        let InviteRow { by, created, expires, uses_max, uses, .. } = (*row).clone();
        Invite { code, by, created, expires, uses_max, uses }
    };
    let mut invites: Vec<Invite> = invites::of_group(state, own.id)?.into_iter().map(invite).collect();
    invites.retain(|invite| all || invite.by.as_ref() == Some(&own.member.id));
    invites.sort_by(|left, right| (left.created, left.code.as_str()).cmp(&(right.created, right.code.as_str())));
    Ok(Answer::Invites { invites, as_of })
}

/// Those who asked to join and are not in it.
pub(super) fn join_requests(
    state: &impl Read,
    as_of: Lsn,
    actor: &UserActor,
    own: &Own,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Answer, Stop> {
    permissions::check(Action::AnswerJoin, own.member.role, &rules(own)?.rules)?;
    let first = match after {
        None => UserHandle(0),
        Some(id) => match state.get::<UserIdRow>(&UserIdKey::new(actor.app, id))? {
            Some(row) => row.user.next(),
            None => return no_such_user(id),
        },
    };
    let limit = page_limit(limit, JOIN_REQUESTS_PAGE_MAX);
    let rows =
        state.range::<JoinRequestRow>(&(own.id, first), &(own.id, UserHandle(u64::MAX)), limits::JOIN_REQUESTS_MAX)?;
    let mut requests = Vec::new();
    for ((_, user), row) in rows {
        let member = state.get::<crate::store::records::MemberRow>(&(own.id, user))?;
        if member.is_none_or(|member| member.until.is_some()) {
            requests.push(JoinRequest { user: row.id.clone(), greeting: row.greeting.clone(), asked: row.asked });
        }
    }
    let more = requests.len() > limit;
    requests.truncate(limit);
    Ok(Answer::JoinRequests { requests, more, as_of })
}
