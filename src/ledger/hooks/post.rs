//! Post what came through a webhook: as an entry of its own, or in place of the one of the same name, which is edited then.

use crate::ledger::place::{append, entry, rewrite};
use crate::ledger::read::size::stored_bytes;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps, groups};
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, HookId, Post, Seq, UserId, limits};
use crate::store::records::{AppRow, ConversationRow, IncomingGroupRow, IncomingRow, UserRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

struct Plan {
    hook: Arc<IncomingRow>,
    /// What the entry of the same name becomes, when there is one that can be changed.
    before: Option<Entry>,
    entry: Entry,
    group: Option<u64>,
    /// The oldest that it could still change, which makes room.
    evicted: Option<u64>,
    /// How many posts it may still change afterwards.
    open: u32,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    hook: HookId,
    post: &Post,
    (group, closes): (Option<&str>, bool),
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, hook, post, (group, closes))?;
    let (app, conversation, seq) = (plan.hook.app, plan.hook.conversation, plan.entry.seq);
    let shown = plan.before.as_ref().map_or(seq, |before| before.seq);
    if let Some(group) = plan.evicted {
        tables.remove::<IncomingGroupRow>(&(hook, group))?;
    }
    if let Some(group) = plan.group {
        if closes {
            tables.remove::<IncomingGroupRow>(&(hook, group))?;
        } else {
            tables.put(&(hook, group), IncomingGroupRow { seq: shown })?;
        }
    }
    if plan.open != plan.hook.open {
        tables.put(&hook, IncomingRow { open: plan.open, ..(*plan.hook).clone() })?;
    }
    match plan.before {
        Some(target) => Ok(rewrite(tables, app, conversation, target, plan.entry, effects)?),
        None => Ok(append(tables, app, conversation, plan.entry, effects)?),
    }
}

fn decide(
    state: &impl Read,
    order: &Order,
    hook: HookId,
    post: &Post,
    (group, closes): (Option<&str>, bool),
) -> Result<Plan, Stop> {
    let Some(row) = state.get::<IncomingRow>(&hook)? else {
        return refuse(Code::NotFound, "There is no such webhook; whoever manages the conversation has its address.");
    };
    apps::check_active(state, row.app)?;
    let conversation = state.get::<ConversationRow>(&row.conversation)?;
    let (Some(conversation), Some(app), Some(user)) =
        (conversation, state.get::<AppRow>(&row.app)?, state.get::<UserRow>(&row.user)?)
    else {
        return refuse(Code::NotFound, "The conversation of this webhook is not there any more.");
    };
    groups::check_open(&conversation)?;
    if user.flags.silenced || user.flags.suspended || user.deleted {
        return refuse(Code::Silenced, "This webhook may not post, by decision of an administrator.");
    }
    if post.is_empty() {
        return refuse(Code::Invalid, "There is nothing in this post; send some words.");
    }
    let most = app.settings.message_bytes_max as usize;
    if post.words().iter().map(|words| words.len()).sum::<usize>() > most {
        return refuse(Code::TooLarge, format!("The words of a post have at most {most} bytes here; send fewer."));
    }
    let named = group.map(|group| xxh3_64(group.as_bytes()));
    let there = match named {
        Some(group) => state.get::<IncomingGroupRow>(&(hook, group))?.map(|row| row.seq),
        None => None,
    };
    let target = match there {
        Some(seq) => changeable(state, row.conversation, seq, &user.id)?,
        None => None,
    };
    let body = Body::Post(post.clone());
    let head = state.head(row.conversation)?;
    let next = |body: Body| entry(&head, order, &user.id, body);
    let (before, entry) = match target {
        Some(before) => {
            let seq = before.seq;
            let target = Entry { body, changed: order.lsn, edited_at: Some(order.at), ..(*before).clone() };
            (Some(target), next(Body::Edited { target: seq }))
        }
        None => (None, next(body)),
    };
    if stored_bytes(before.as_ref().unwrap_or(&entry)) > limits::ENTRY_BYTES_MAX {
        let most = limits::ENTRY_BYTES_MAX;
        return refuse(
            Code::TooLarge,
            format!("A post has at most {most} bytes with all that stands beside its words."),
        );
    }
    // A name that is over is not kept. One too many takes the place of the oldest, which may never have been over.
    let (mut evicted, mut open) = (None, row.open);
    match (named.is_some() && !closes, there.is_some()) {
        (true, false) if row.open >= limits::HOOK_GROUPS_MAX => evicted = oldest(state, hook)?,
        (true, false) => open += 1,
        (false, true) => open = open.saturating_sub(1),
        (true, true) | (false, false) => {}
    }
    Ok(Plan { hook: row, before, entry, group: named, evicted, open })
}

/// What was posted first of all that a webhook may still change.
fn oldest(state: &impl Read, hook: HookId) -> Result<Option<u64>, Fault> {
    let rows = state.range::<IncomingGroupRow>(&(hook, 0), &(hook, u64::MAX), limits::HOOK_GROUPS_MAX as usize)?;
    Ok(rows.into_iter().min_by_key(|(_, row)| row.seq).map(|((_, group), _)| group))
}

/// The entry of a post that can still be changed: it is there, of this webhook, and was not recalled.
fn changeable(
    state: &impl Read,
    conversation: ConversationId,
    seq: Seq,
    author: &UserId,
) -> Result<Option<Arc<Entry>>, Stop> {
    let entry = state.entry(conversation, seq)?;
    Ok(entry.filter(|entry| entry.author == *author && entry.recalled_at.is_none()))
}
