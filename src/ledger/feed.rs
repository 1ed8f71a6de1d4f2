//! Feeds: one conversation for each user, with them as its only member, in which stands what happens to their account and their
//! contacts. It has notices only, by whoever caused them. It is synchronised and pushed like any conversation, but nobody writes
//! there, and it is in no list of conversations.

use super::caller::{Caller, appended};
use crate::model::{
    AppId, Body, CommandResult, ConversationId, ConversationKind, Effect, Entry, Lsn, Role, Seq, Timestamp, UserHandle,
    UserId,
};
use crate::store::records::{ConversationRow, Counter, InboxRow, Mark, MemberRow, UserRow};
use crate::store::{Fault, Read, Tables};

/// Writes the feed of a user who is being made.
pub(super) fn found(
    tables: &mut Tables<'_>,
    app: AppId,
    user: UserHandle,
    id: &UserId,
    (lsn, at): (Lsn, Timestamp),
) -> Result<ConversationId, Fault> {
    let feed = ConversationId(tables.next_id(Counter::Conversation)?);
    let row = ConversationRow {
        app,
        kind: ConversationKind::Feed,
        title: None,
        pair: None,
        members: 1,
        group: None,
        retention: None,
        created: at,
        created_lsn: lsn,
        changed: lsn,
    };
    let member = MemberRow {
        id: id.clone(),
        role: Role::Member,
        from: Mark::default(),
        until: None,
        read: Mark::default(),
        delivered: Seq(0),
        alias: None,
        silenced_until: None,
        joined: at,
        changed: lsn,
    };
    tables.put(&feed, row)?;
    tables.put(&(feed, user), member)?;
    tables.put(&(user, feed), InboxRow { changed: lsn, ..InboxRow::default() })?;
    Ok(feed)
}

/// The seq that the next entry of a user's feed will have.
pub(super) fn next_seq(state: &impl Read, user: &UserRow) -> Result<Seq, Fault> {
    Ok(state.head(user.feed)?.seq.next())
}

/// Appends a notice of the caller's to the feed of a user, their own or another's; at most one for each user in a command.
pub(super) fn tell(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    user: &UserRow,
    body: Body,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Fault> {
    tell_as(tables, caller, caller.id(), user, body, effects)
}

/// The same in the name of another: what their policy answered.
pub(super) fn tell_as(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    author: &UserId,
    user: &UserRow,
    body: Body,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Fault> {
    let head = tables.head(user.feed)?;
    // The key is for the devices of who caused it, so it stands in their own feed alone.
    let key = (user.feed == caller.user.feed).then_some(caller.key);
    let entry = Entry { author: author.clone(), key, ..caller.entry(&head, body) };
    let result = appended(user.feed, &entry);
    let entry = tables.append(user.feed, entry)?;
    effects.push(Effect::Entry { app: user.app, conversation: user.feed, entry });
    Ok(result)
}

/// How far a user has read their feed.
pub(super) fn read(state: &impl Read, user: UserHandle) -> Result<Seq, Fault> {
    let Some(row) = state.get::<UserRow>(&user)? else { return Ok(Seq(0)) };
    Ok(state.get::<MemberRow>(&(row.feed, user))?.map_or(Seq(0), |member| member.read.seq))
}
