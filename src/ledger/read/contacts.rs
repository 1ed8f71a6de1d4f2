//! Contacts, requests, labels and relations, as their owner sees them.

use super::super::contacts::labels_of;
use super::super::directory::{folded, phone, words};
use super::super::refuse::{no_such_user, refuse};
use super::super::{Stop, feed};
use super::page_limit;
use super::profiles::{extra_bytes, find_all, profile, profile_bytes};
use super::size::{PAGE_BYTES_MAX, escaped};
use crate::model::{
    Answer, Code, Contact, ContactRequest, Directory, Label, LabelId, Lsn, Relation, RequestState, UserActor,
    UserHandle, UserId,
};
use crate::store::records::{
    AppRow, ContactRow, DirectoryKey, DirectoryRow, Listed, RequestRow, RequestSentRow, UserIdKey, UserIdRow, UserRow,
};
use crate::store::{Fault, Read};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Contacts or requests in one page.
const PAGE_MAX: usize = 200;
/// Users in one page of the directory.
const FOUND_MAX: usize = 100;
/// Rows read at once.
const PIECE: usize = 500;
/// Rows of the directory that one search looks at; whoever has more hits names more letters.
const DIRECTORY_ROWS_MAX: usize = 2_000;
/// Longest text that is looked for, in bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Unread requests that are counted.
const UNREAD_MAX: u32 = 100;
/// Requests that are looked at for the count of unread ones.
const UNREAD_ROWS_MAX: usize = 5_000;
/// Field names and numbers of a contact or request in JSON, besides the profile.
const ROW_FRAME: usize = 320;

/// Every row that a user keeps of others, in the order of handles, until `each` says that it has enough.
pub(super) fn rows_of(
    state: &impl Read,
    owner: UserHandle,
    each: impl FnMut(UserHandle, Arc<ContactRow>) -> bool,
) -> Result<(), Fault> {
    rows_after(state, owner, UserHandle(0), each)
}

fn rows_after(
    state: &impl Read,
    owner: UserHandle,
    mut from: UserHandle,
    mut each: impl FnMut(UserHandle, Arc<ContactRow>) -> bool,
) -> Result<(), Fault> {
    loop {
        let piece = state.range::<ContactRow>(&(owner, from), &(owner, UserHandle(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        for ((_, other), row) in piece {
            from = other.next();
            if !each(other, row) {
                return Ok(());
            }
        }
        if last {
            return Ok(());
        }
    }
}

/// The handle after which a page starts.
fn start(state: &impl Read, actor: &UserActor, after: Option<&UserId>) -> Result<UserHandle, Stop> {
    let Some(id) = after else { return Ok(UserHandle(0)) };
    match state.get::<UserIdRow>(&UserIdKey::new(actor.app, id))? {
        Some(row) => Ok(row.user.next()),
        None => no_such_user(id),
    }
}

/// Which contacts are asked for.
pub(super) struct Wanted<'a> {
    pub after: Option<&'a UserId>,
    pub limit: u32,
    pub since: Option<Lsn>,
    pub blocked: bool,
}

/// A page of the caller's contacts.
pub(super) fn contacts(state: &impl Read, as_of: Lsn, actor: &UserActor, wanted: &Wanted<'_>) -> Result<Answer, Stop> {
    let limit = page_limit(wanted.limit, PAGE_MAX);
    let is_wanted = |row: &ContactRow| match (wanted.since, wanted.blocked) {
        (Some(since), false) => row.changed >= since,
        (since, true) => row.blocked && since.is_none_or(|since| row.changed >= since),
        (None, false) => row.since.is_some(),
    };
    let mut rows = Vec::new();
    rows_after(state, actor.user, start(state, actor, wanted.after)?, |other, row| {
        if is_wanted(&row) {
            rows.push((other, row));
        }
        rows.len() <= limit
    })?;
    let mut more = rows.len() > limit;
    rows.truncate(limit);
    let labels = label_set(state, actor.user)?;
    let (mut contacts, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for (other, row) in rows {
        let Some((contact, size)) = contact(state, actor.user, other, &row, &labels)? else { continue };
        bytes += size;
        if bytes > PAGE_BYTES_MAX && !contacts.is_empty() {
            more = true;
            break;
        }
        contacts.push(contact);
    }
    Ok(Answer::Contacts { contacts, more, as_of })
}

/// One row of the caller; none when they keep nothing of that user.
pub(super) fn one(state: &impl Read, as_of: Lsn, actor: &UserActor, id: &UserId) -> Result<Answer, Stop> {
    let Some(found) = state.get::<UserIdRow>(&UserIdKey::new(actor.app, id))? else { return no_such_user(id) };
    let mut contacts = Vec::new();
    if let Some(row) = state.get::<ContactRow>(&(actor.user, found.user))? {
        let labels = label_set(state, actor.user)?;
        contacts.extend(contact(state, actor.user, found.user, &row, &labels)?.map(|(contact, _)| contact));
    }
    Ok(Answer::Contacts { contacts, more: false, as_of })
}

fn label_set(state: &impl Read, owner: UserHandle) -> Result<BTreeSet<LabelId>, Fault> {
    Ok(labels_of(state, owner)?.into_iter().map(|(label, _)| label).collect())
}

/// A row as it is shown, with its bytes; labels that were deleted are left out.
fn contact(
    state: &impl Read,
    owner: UserHandle,
    other: UserHandle,
    row: &ContactRow,
    labels: &BTreeSet<LabelId>,
) -> Result<Option<(Contact, usize)>, Fault> {
    let Some(profile) = profile(state, owner, other)? else { return Ok(None) };
    let contact = Contact {
        user: profile.user.clone(),
        contact: row.since.is_some(),
        blocked: row.blocked,
        remark: row.remark.clone(),
        labels: row.labels.iter().copied().filter(|label| labels.contains(label)).collect(),
        extra: row.extra.clone(),
        since: row.since,
        changed: row.changed,
        profile,
    };
    let remark = contact.remark.as_ref().map_or(0, |remark| escaped(remark.as_str()));
    let own = remark + 20 * contact.labels.len() + extra_bytes(&contact.extra);
    let bytes = ROW_FRAME + profile_bytes(&contact.profile) + contact.user.as_str().len() + own;
    Ok(Some((contact, bytes)))
}

/// The caller's labels.
pub(super) fn labels(state: &impl Read, as_of: Lsn, actor: &UserActor) -> Result<Answer, Stop> {
    let labels = labels_of(state, actor.user)?;
    let labels = labels.into_iter().map(|(label, row)| Label { label, name: row.name.clone() }).collect();
    Ok(Answer::Labels { labels, as_of })
}

/// A page of the requests to the caller, or by them.
pub(super) fn requests(
    state: &impl Read,
    as_of: Lsn,
    actor: &UserActor,
    sent: bool,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Answer, Stop> {
    let limit = page_limit(limit, PAGE_MAX);
    let me = actor.user;
    let (from, to) = ((me, start(state, actor, after)?), (me, UserHandle(u64::MAX)));
    let others: Vec<UserHandle> = if sent {
        state.range::<RequestSentRow>(&from, &to, limit + 1)?.into_iter().map(|((_, other), _)| other).collect()
    } else {
        state.range::<RequestRow>(&from, &to, limit + 1)?.into_iter().map(|((_, other), _)| other).collect()
    };
    let mut more = others.len() > limit;
    let read = feed::read(state, me)?;
    let (mut requests, mut bytes) = (Vec::new(), 0);
    for other in others.into_iter().take(limit) {
        let key = if sent { (other, me) } else { (me, other) };
        let Some(row) = state.get::<RequestRow>(&key)? else { continue };
        let Some(profile) = profile(state, me, other)? else { continue };
        let (from, to) =
            if sent { (actor.id.clone(), profile.user.clone()) } else { (profile.user.clone(), actor.id.clone()) };
        let words = [&row.greeting, &row.source].into_iter().flatten().map(|line| escaped(line.as_str()));
        bytes += ROW_FRAME + profile_bytes(&profile) + words.sum::<usize>();
        if bytes > PAGE_BYTES_MAX && !requests.is_empty() {
            more = true;
            break;
        }
        requests.push(ContactRequest {
            from,
            to,
            profile,
            state: row.state,
            greeting: row.greeting.clone(),
            source: row.source.clone(),
            asked: row.asked,
            answered: row.answered,
            unread: !sent && is_unread(&row, read),
        });
    }
    Ok(Answer::ContactRequests { requests, more, unread: unread(state, me, read)?, as_of })
}

/// The asked side has not looked yet: the place in their feed is not read.
fn is_unread(row: &RequestRow, read: crate::model::Seq) -> bool {
    row.state == RequestState::Pending && row.seq > read
}

fn unread(state: &impl Read, user: UserHandle, read: crate::model::Seq) -> Result<u32, Fault> {
    let (mut count, mut seen, mut from) = (0, 0, UserHandle(0));
    while seen < UNREAD_ROWS_MAX {
        let piece = state.range::<RequestRow>(&(user, from), &(user, UserHandle(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        for ((_, other), row) in piece {
            from = other.next();
            seen += 1;
            count += u32::from(is_unread(&row, read));
            if count == UNREAD_MAX {
                return Ok(count);
            }
        }
        if last {
            break;
        }
    }
    Ok(count)
}

/// How users and the caller are related.
pub(super) fn relations(state: &impl Read, as_of: Lsn, actor: &UserActor, ids: &[UserId]) -> Result<Answer, Stop> {
    let mut relations = Vec::with_capacity(ids.len());
    for other in find_all(state, actor, ids)? {
        let Some(user) = state.get::<UserRow>(&other)? else { continue };
        let mine = state.get::<ContactRow>(&(actor.user, other))?;
        let theirs = state.get::<ContactRow>(&(other, actor.user))?;
        let is_contact = |row: &Option<Arc<ContactRow>>| row.as_ref().is_some_and(|row| row.since.is_some());
        let is_blocked = |row: &Option<Arc<ContactRow>>| row.as_ref().is_some_and(|row| row.blocked);
        relations.push(Relation {
            user: user.id.clone(),
            contact: is_contact(&mine),
            contact_of: is_contact(&theirs),
            blocked: is_blocked(&mine),
            blocked_by: is_blocked(&theirs),
        });
    }
    Ok(Answer::Relations { relations, as_of })
}

/// Users whom a text leads to, by id. Those who are suspended or gone, and those who have blocked the caller, are not found.
pub(super) fn find(
    state: &impl Read,
    actor: &UserActor,
    text: &str,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Answer, Stop> {
    let Some(app) = state.get::<AppRow>(&actor.app)? else {
        return refuse(Code::NotFound, "Your app is not there any more; ask its operator.");
    };
    let text = folded(text);
    if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        return refuse(Code::Invalid, format!("`text` has 1 to {TEXT_BYTES_MAX} bytes; say what to look for."));
    }
    let handles = match app.settings.directory {
        Directory::Off => return refuse(Code::Forbidden, "There is no directory here; ask users for their ids."),
        Directory::Exact => exactly(state, actor, &text)?,
        Directory::Open => {
            let mut found = exactly(state, actor, &text)?;
            found.extend(by_beginning(state, actor, &text)?);
            found
        }
    };
    let after = after.map(UserId::folded);
    let mut users = BTreeMap::new();
    for handle in handles {
        let Some(user) = state.get::<UserRow>(&handle)? else { continue };
        let id = user.id.folded();
        if user.deleted || user.flags.suspended || after.as_ref().is_some_and(|after| id <= *after) {
            continue;
        }
        if !state.get::<ContactRow>(&(handle, actor.user))?.is_some_and(|row| row.blocked) {
            users.insert(id, handle);
        }
    }
    let limit = page_limit(limit, FOUND_MAX);
    let mut more = users.len() > limit;
    let (mut shown, mut bytes) = (Vec::new(), 0);
    for handle in users.into_values().take(limit) {
        let Some(profile) = profile(state, actor.user, handle)? else { continue };
        bytes += profile_bytes(&profile);
        if bytes > PAGE_BYTES_MAX && !shown.is_empty() {
            more = true;
            break;
        }
        shown.push(profile);
    }
    Ok(Answer::FoundUsers { users: shown, more })
}

/// Those whose whole id, phone number or e-mail address it is.
fn exactly(state: &impl Read, actor: &UserActor, text: &str) -> Result<BTreeSet<UserHandle>, Stop> {
    let mut found = BTreeSet::new();
    if let Ok(id) = UserId::new(text) {
        found.extend(state.get::<UserIdRow>(&UserIdKey::new(actor.app, &id))?.map(|row| row.user));
    }
    for term in BTreeSet::from([text.to_owned(), phone(text)]) {
        if term.is_empty() {
            continue;
        }
        let key = |user| DirectoryKey::new(actor.app, &term, Listed::UserExactly(UserHandle(user)));
        let rows = state.range::<DirectoryRow>(&key(0), &key(u64::MAX), FOUND_MAX)?;
        found.extend(rows.iter().filter_map(|(key, _)| user(key)));
    }
    Ok(found)
}

/// Those with an id or with words in their name that begin so, one for each word of the text.
fn by_beginning(state: &impl Read, actor: &UserActor, text: &str) -> Result<BTreeSet<UserHandle>, Stop> {
    let mut found = beginning(state, actor, text)?;
    let mut words = words(text).into_iter();
    if let Some(first) = words.next() {
        let mut all = beginning(state, actor, &first)?;
        for word in words {
            let with = beginning(state, actor, &word)?;
            all.retain(|user| with.contains(user));
        }
        found.extend(all);
    }
    Ok(found)
}

fn beginning(state: &impl Read, actor: &UserActor, word: &str) -> Result<BTreeSet<UserHandle>, Stop> {
    let first = DirectoryKey::new(actor.app, word, Listed::User(UserHandle(0)));
    // No character stands behind this one.
    let last = DirectoryKey { term: format!("{}\u{10FFFF}", first.term), id: u64::MAX, ..first.clone() };
    let rows = state.range::<DirectoryRow>(&first, &last, DIRECTORY_ROWS_MAX)?;
    Ok(rows.iter().filter_map(|(key, _)| user(key)).collect())
}

const fn user(key: &DirectoryKey) -> Option<UserHandle> {
    match key.listed() {
        Some(Listed::User(user) | Listed::UserExactly(user)) => Some(user),
        Some(Listed::Group(_)) | None => None,
    }
}
