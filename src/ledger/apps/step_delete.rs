//! Deleting an app: its conversations go one after the other, then its users, then the app itself. Every step touches at most 256
//! rows. Files go when nothing refers to them any more, as all files do.

use super::{invites, keys, once};
use crate::ledger::groups;
use crate::ledger::messages::beside::Beside;
use crate::ledger::{Order, Stop, contacts, directory, hooks, links, mcp, media, webhooks};
use crate::model::{
    AppId, CommandResult, ConversationId, ConversationKind, GroupKind, LabelId, Seq, UserHandle, limits,
};
use crate::store::records::{
    AppJobRow, AppOriginsRow, AppRow, AppStateRow, AppTotalRow, AssistantRow, AssistantUseKey, AssistantUseRow,
    BeforeHookRow, BotRow, CardRow, ContactRow, ContactTotalRow, ConversationRow, DeletionRow, DirectRow, GroupCardRow,
    InboxRow, InviteKey, InviteListKey, InviteListRow, InviteRow, InviteTo, JoinRequestRow, LabelRow, MediaTotalRow,
    MemberRow, PresenceRow, RequestRow, RequestSentRow, SignedUserRow, UserIdKey, UserIdRow, UserRow,
};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Conversations of all apps that one step looks through.
const LOOKED_THROUGH: usize = 500;
/// Entries and rows beside them that one step deletes.
const ENTRY_ROWS_MAX: usize = 240;
/// Rows of one kind that one step deletes; each may have another one beside it.
const ROWS_AT_ONCE: usize = 48;
/// Users without anything left that one step deletes, each with some 25 rows; of the last one requests may go, with three rows each.
const USERS_AT_ONCE: usize = 4;
const LAST: &str = "\u{7f}";

/// How far a step got with what it found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Got {
    /// There is more of it.
    Some(u32),
    /// It is gone.
    All,
}

/// The next part of the conversations.
pub(super) fn conversations(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    next: ConversationId,
) -> Result<CommandResult, Stop> {
    let rows = tables.range::<ConversationRow>(&next, &ConversationId(u64::MAX), LOOKED_THROUGH)?;
    let (last, full) = (rows.last().map(|(id, _)| *id), rows.len() == LOOKED_THROUGH);
    let Some((id, row)) = rows.into_iter().find(|(_, row)| row.app == app) else {
        let job = match last.filter(|_| full) {
            Some(last) => AppJobRow::DeleteConversations { next: last.next() },
            None => AppJobRow::DeleteUsers,
        };
        tables.put(&app, job)?;
        return Ok(CommandResult::Removed { count: 0, more: true });
    };
    let (next, count) = match conversation(tables, order, id, &row)? {
        Got::Some(count) => (id, count),
        Got::All => (id.next(), 1),
    };
    tables.put(&app, AppJobRow::DeleteConversations { next })?;
    Ok(CommandResult::Removed { count, more: true })
}

/// The next part of one conversation: entries, then members, then those who asked to join, then links, then webhooks, then itself.
/// Each step takes of one kind alone.
fn conversation(
    tables: &mut Tables<'_>,
    order: &Order,
    id: ConversationId,
    row: &Arc<ConversationRow>,
) -> Result<Got, Fault> {
    let head = tables.head(id)?;
    if head.first <= head.seq {
        return entries(tables, order, id, row.app, head.first, head.seq);
    }
    let belongs = belonging_to(tables, id)?;
    if belongs > 0 {
        return Ok(Got::Some(belongs as u32));
    }
    if row.kind == ConversationKind::Group {
        let card = tables.get::<GroupCardRow>(&id)?.map(|row| (*row).clone()).unwrap_or_default();
        media::change_picture(tables, card.card.avatar, None, order.at)?;
        tables.remove::<GroupCardRow>(&id)?;
        // What is private is in no directory.
        let mut hidden = (**row).clone();
        if let Some(group) = &mut hidden.group {
            group.rules.kind = GroupKind::Private;
        }
        groups::directory::update(tables, id, &hidden)?;
    }
    if let Some(pair) = row.pair {
        tables.remove::<DirectRow>(&pair)?;
    }
    tables.remove::<ConversationRow>(&id)?;
    Ok(Got::All)
}

/// Takes away some of what belongs to a conversation, of the first kind that there is; how much.
fn belonging_to(tables: &mut Tables<'_>, id: ConversationId) -> Result<usize, Fault> {
    let (from, to) = ((id, UserHandle(0)), (id, UserHandle(u64::MAX)));
    let members = tables.range::<MemberRow>(&from, &to, ROWS_AT_ONCE)?;
    for ((_, user), _) in &members {
        tables.remove::<MemberRow>(&(id, *user))?;
        tables.remove::<InboxRow>(&(*user, id))?;
    }
    if !members.is_empty() {
        return Ok(members.len());
    }
    let asked = tables.range::<JoinRequestRow>(&from, &to, ROWS_AT_ONCE)?;
    for ((_, user), _) in &asked {
        tables.remove::<JoinRequestRow>(&(id, *user))?;
    }
    if !asked.is_empty() {
        return Ok(asked.len());
    }
    let links = remove_invites(tables, InviteTo::Group(id))?;
    if links > 0 {
        return Ok(links);
    }
    let Some(hook) = hooks::of_conversation(tables, id)?.first().copied() else { return Ok(0) };
    let groups = hooks::delete::remove_groups(tables, hook, ROWS_AT_ONCE)?;
    if groups > 0 {
        return Ok(groups);
    }
    hooks::delete::remove(tables, hook)?;
    Ok(1)
}

fn entries(
    tables: &mut Tables<'_>,
    order: &Order,
    id: ConversationId,
    app: AppId,
    first: Seq,
    last: Seq,
) -> Result<Got, Fault> {
    let (mut next, mut rows, mut beside) = (first, 0, Vec::new());
    for entry in tables.entries(id, first, last, limits::TRIM_ENTRIES_MAX)? {
        let found = Beside::find(tables, app, id, &entry)?;
        rows += 1 + found.rows();
        if rows > ENTRY_ROWS_MAX && next > first {
            break;
        }
        beside.push(found);
        next = entry.seq.next();
    }
    for found in beside {
        found.remove(tables, order.at)?;
    }
    tables.trim(id, next, order.lsn)?;
    Ok(Got::Some((next.0 - first.0) as u32))
}

/// Takes away some invite links that lead to something; how many.
fn remove_invites(tables: &mut Tables<'_>, to: InviteTo) -> Result<usize, Fault> {
    let codes = invites::codes(tables, to, ROWS_AT_ONCE)?;
    for code in &codes {
        tables.remove::<InviteRow>(&InviteKey(code.clone()))?;
        tables.remove::<InviteListRow>(&InviteListKey { to, code: Some(code.clone()) })?;
    }
    Ok(codes.len())
}

/// The next part of the users; when none is left, the app.
pub(super) fn users(tables: &mut Tables<'_>, order: &Order, app: AppId) -> Result<CommandResult, Stop> {
    let (from, to) = (UserIdKey { app, folded: String::new() }, UserIdKey { app, folded: LAST.to_owned() });
    let found = tables.range::<UserIdRow>(&from, &to, USERS_AT_ONCE)?;
    if found.is_empty() {
        return app_itself(tables, app);
    }
    let mut count = 0;
    for (key, row) in found {
        if let Got::Some(rows) = belongings(tables, row.user)? {
            return Ok(CommandResult::Removed { count: count + rows, more: true });
        }
        user(tables, order, &key, row.user)?;
        count += 1;
    }
    Ok(CommandResult::Removed { count, more: true })
}

/// What a user has that may be much: some of the first kind that there is.
fn belongings(tables: &mut Tables<'_>, user: UserHandle) -> Result<Got, Fault> {
    let (from, to) = ((user, UserHandle(0)), (user, UserHandle(u64::MAX)));
    let contacts = tables.range::<ContactRow>(&from, &to, ROWS_AT_ONCE)?;
    for ((_, other), _) in &contacts {
        tables.remove::<ContactRow>(&(user, *other))?;
    }
    if !contacts.is_empty() {
        return Ok(Got::Some(contacts.len() as u32));
    }
    let asked_by = tables.range::<RequestRow>(&from, &to, ROWS_AT_ONCE)?;
    for ((_, other), _) in &asked_by {
        contacts::forget_request(tables, user, *other)?;
    }
    if !asked_by.is_empty() {
        return Ok(Got::Some(asked_by.len() as u32));
    }
    // Those whom the user asked are of the same app, so their rows go here or there.
    let asked = tables.range::<RequestSentRow>(&from, &to, ROWS_AT_ONCE)?;
    for ((_, other), _) in &asked {
        contacts::forget_request(tables, *other, user)?;
    }
    if !asked.is_empty() {
        return Ok(Got::Some(asked.len() as u32));
    }
    let labels = tables.range::<LabelRow>(&(user, LabelId(0)), &(user, LabelId(u64::MAX)), ROWS_AT_ONCE)?;
    for ((_, label), _) in &labels {
        tables.remove::<LabelRow>(&(user, *label))?;
    }
    if !labels.is_empty() {
        return Ok(Got::Some(labels.len() as u32));
    }
    let tokens = mcp::remove_all(tables, user)?;
    if tokens > 0 {
        return Ok(Got::Some(tokens as u32));
    }
    // How much an assistant was asked, by users who are all of the same app.
    let first = AssistantUseKey { assistant: user, user: UserHandle(0), day: 0 };
    let last = AssistantUseKey { assistant: user, user: UserHandle(u64::MAX), day: u32::MAX };
    let uses = tables.range::<AssistantUseRow>(&first, &last, ROWS_AT_ONCE)?;
    for (key, _) in &uses {
        tables.remove::<AssistantUseRow>(key)?;
    }
    Ok(if uses.is_empty() { Got::All } else { Got::Some(uses.len() as u32) })
}

/// A user of whom nothing else is left.
fn user(tables: &mut Tables<'_>, order: &Order, key: &UserIdKey, user: UserHandle) -> Result<(), Fault> {
    let card = tables.get::<CardRow>(&user)?.map(|row| (*row).clone()).unwrap_or_default();
    if let Some(row) = tables.get::<UserRow>(&user)? {
        if !row.deleted {
            directory::rewrite(tables, user, Some((&row, &card)), None)?;
        }
        media::change_picture(tables, card.card.avatar, None, order.at)?;
    }
    links::forget(tables, user)?;
    tables.remove::<CardRow>(&user)?;
    tables.remove::<PresenceRow>(&user)?;
    tables.remove::<ContactTotalRow>(&user)?;
    tables.remove::<MediaTotalRow>(&user)?;
    tables.remove::<DeletionRow>(&user)?;
    tables.remove::<SignedUserRow>(&user)?;
    tables.remove::<AssistantRow>(&(key.app, user))?;
    tables.remove::<BotRow>(&(key.app, user))?;
    tables.remove::<UserRow>(&user)?;
    tables.remove::<UserIdRow>(key)
}

/// The app of which nothing else is left.
fn app_itself(tables: &mut Tables<'_>, app: AppId) -> Result<CommandResult, Stop> {
    let links = remove_invites(tables, InviteTo::App(app))?;
    if links > 0 {
        return Ok(CommandResult::Removed { count: links as u32, more: true });
    }
    let webhooks = webhooks::delete::some_of_app(tables, app)?;
    if webhooks > 0 {
        return Ok(CommandResult::Removed { count: webhooks, more: true });
    }
    let exchanged = once::forget_some(tables, app, ROWS_AT_ONCE)?;
    if exchanged > 0 {
        return Ok(CommandResult::Removed { count: exchanged as u32, more: true });
    }
    for (key, _) in keys::of_app(tables, app)? {
        keys::remove(tables, app, key)?;
    }
    tables.remove::<BeforeHookRow>(&app)?;
    tables.remove::<AppStateRow>(&app)?;
    tables.remove::<AppTotalRow>(&app)?;
    tables.remove::<AppOriginsRow>(&app)?;
    tables.remove::<AppJobRow>(&app)?;
    tables.remove::<AppRow>(&app)?;
    Ok(CommandResult::Removed { count: 1, more: false })
}
