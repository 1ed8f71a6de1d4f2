//! Whom a message is pushed to: those who belong to the conversation, have not read it and have not silenced it.

use super::payload::{Kind, Payload, title, words};
use crate::engine::Engine;
use crate::ledger::read;
use crate::model::{ConversationId, ConversationKind, Entry, Seq, SessionId, Timestamp, UserHandle, UserId, limits};
use crate::store::records::{ContactRow, ConversationRow, InboxRow, MemberRow, PushRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, LogItem, LogKind, Read, View};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of groups with more members than this, only those who are named are told.
const MEMBERS_MAX: u32 = 1_000;
/// Whoever has more conversations than this gets no number of unread messages.
const COUNTED_MAX: usize = 200;
/// Member rows read at once.
const PIECE: usize = 500;
/// A message that is older than this is not pushed any more: 24 hours.
pub const OLD_MS: u64 = 24 * 3_600 * 1_000;

/// Something to push to a device.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Whose device.
    pub user: UserHandle,
    /// Its session.
    pub session: SessionId,
    /// Where.
    pub conversation: ConversationId,
    /// The newest message.
    pub seq: Seq,
    /// Where it is reached.
    pub device: Arc<PushRow>,
    /// What it is told.
    pub payload: Arc<[u8]>,
    /// Whether it is for them alone: a direct message, or one that names them.
    pub urgent: bool,
    /// How often it was tried.
    pub tries: u8,
}

/// Whether anybody can be reached at all. Blocks.
pub fn any(engine: &Engine) -> Result<bool, Fault> {
    let (first, last) = ((UserHandle(0), SessionId(0)), (UserHandle(u64::MAX), SessionId(u64::MAX)));
    Ok(!engine.view().range::<PushRow>(&first, &last, 1)?.is_empty())
}

/// What messages mean for devices, as of the newest state. Blocks.
pub fn find(engine: &Engine, items: &[LogItem]) -> Result<Vec<Delivery>, Fault> {
    let now = engine.clock().now();
    if !any(engine)? {
        return Ok(Vec::new());
    }
    let mut news: BTreeMap<ConversationId, BTreeSet<Seq>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.kind == LogKind::Appended) {
        news.entry(item.conversation).or_default().insert(item.seq);
    }
    let mut found = Vec::new();
    for (conversation, seqs) in news {
        found.extend(engine.fresh(|view| in_conversation(view, now, conversation, &seqs))?);
    }
    Ok(found)
}

/// What is still to tell a device of a message that could not be pushed to it. Blocks.
pub fn again(
    engine: &Engine,
    (user, session): (UserHandle, SessionId),
    conversation: ConversationId,
    seq: Seq,
) -> Result<Option<Delivery>, Fault> {
    let now = engine.clock().now();
    engine.fresh(|view| {
        let Some(told) = Told::open(view, now, conversation, &BTreeSet::from([seq]))? else { return Ok(None) };
        let Some(member) = view.get::<MemberRow>(&(conversation, user))? else { return Ok(None) };
        Ok(told.member(view, user, &member)?.into_iter().find(|delivery| delivery.session == session))
    })
}

fn in_conversation(
    view: &View,
    now: Timestamp,
    conversation: ConversationId,
    seqs: &BTreeSet<Seq>,
) -> Result<Vec<Delivery>, Fault> {
    let Some(told) = Told::open(view, now, conversation, seqs)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    if told.row.members > MEMBERS_MAX {
        for id in told.named() {
            let Some(user) = told.find(view, id)? else { continue };
            let Some(member) = view.get::<MemberRow>(&(conversation, user))? else { continue };
            found.extend(told.member(view, user, &member)?);
        }
        return Ok(found);
    }
    let mut from = UserHandle(0);
    loop {
        let piece = view.range::<MemberRow>(&(conversation, from), &(conversation, UserHandle(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        for ((_, user), member) in piece {
            from = user.next();
            found.extend(told.member(view, user, &member)?);
        }
        if last {
            return Ok(found);
        }
    }
}

/// Messages of one conversation that somebody may have to be told of.
struct Told {
    id: ConversationId,
    row: Arc<ConversationRow>,
    now: Timestamp,
    /// Oldest first; never empty.
    messages: Vec<Arc<Entry>>,
}

impl Told {
    /// None when there is nothing to tell.
    fn open(view: &View, now: Timestamp, id: ConversationId, seqs: &BTreeSet<Seq>) -> Result<Option<Self>, Fault> {
        let Some(row) = view.get::<ConversationRow>(&id)? else { return Ok(None) };
        if row.kind == ConversationKind::Feed {
            return Ok(None);
        }
        let mut messages = Vec::new();
        for seq in seqs {
            let Some(entry) = view.entry(id, *seq)? else { continue };
            let new = now.since_ms(entry.at) <= OLD_MS;
            if new && entry.body.is_message() && entry.recalled_at.is_none() {
                messages.push(entry);
            }
        }
        Ok((!messages.is_empty()).then_some(Self { id, row, now, messages }))
    }

    /// Everybody whom the messages name.
    fn named(&self) -> BTreeSet<&UserId> {
        self.messages.iter().filter_map(|entry| entry.body.text()).flat_map(|text| &text.mentions).collect()
    }

    fn find(&self, view: &View, id: &UserId) -> Result<Option<UserHandle>, Fault> {
        Ok(view.get::<UserIdRow>(&UserIdKey::new(self.row.app, id))?.map(|row| row.user))
    }

    /// What it means for the devices of a member.
    fn member(&self, view: &View, user: UserHandle, member: &MemberRow) -> Result<Vec<Delivery>, Fault> {
        let unread = |entry: &&Arc<Entry>| {
            entry.seq > member.read.seq && entry.seq > member.from.seq && entry.author.folded() != member.id.folded()
        };
        let mut unread: Vec<&Arc<Entry>> = self.messages.iter().filter(unread).collect();
        if member.until.is_some() || unread.is_empty() {
            return Ok(Vec::new());
        }
        let (first, last) = ((user, SessionId(0)), (user, SessionId(u64::MAX)));
        let devices = view.range::<PushRow>(&first, &last, limits::SESSIONS_PER_USER_MAX)?;
        if devices.is_empty() {
            return Ok(Vec::new());
        }
        let inbox = view.get::<InboxRow>(&(user, self.id))?.unwrap_or_default();
        if inbox.muted_until.is_some_and(|until| until > self.now) {
            unread.retain(|entry| names(entry, &member.id));
        }
        let (mut count, mut newest) = (0, None);
        for entry in unread {
            let author = Author::of(self, view, user, &entry.author)?;
            if !author.blocked {
                count += 1;
                newest = Some((entry, author));
            }
        }
        let Some((entry, author)) = newest else { return Ok(Vec::new()) };
        let mention = names(entry, &member.id);
        let direct = self.row.kind == ConversationKind::Direct;
        let said = words(&entry.body).unwrap_or_default();
        let full = Payload {
            v: 1,
            kind: if mention { Kind::Mention } else { Kind::Message },
            conversation: Some(self.id),
            seq: Some(entry.seq),
            count,
            title: title(self.row.title.as_ref().filter(|_| !direct).map_or(&author.name, |title| title.as_str())),
            body: Some(if direct { said } else { format!("{}: {said}", author.name) }),
            badge: badge(view, self.now, user)?,
        };
        let silent = Payload { body: None, ..full.clone() };
        let (full, silent): (Arc<[u8]>, Arc<[u8]>) = (full.bytes().into(), silent.bytes().into());
        let deliveries = devices.into_iter().map(|((_, session), device)| Delivery {
            user,
            session,
            conversation: self.id,
            seq: entry.seq,
            payload: Arc::clone(if device.subscription.show_text { &full } else { &silent }),
            device,
            urgent: direct || mention,
            tries: 0,
        });
        Ok(deliveries.collect())
    }
}

/// Whether a message names a user.
fn names(entry: &Entry, user: &UserId) -> bool {
    entry.body.text().is_some_and(|text| text.mentions.iter().any(|named| named.folded() == user.folded()))
}

/// The author of a message, as a reader knows them.
struct Author {
    name: String,
    blocked: bool,
}

impl Author {
    fn of(told: &Told, view: &View, reader: UserHandle, id: &UserId) -> Result<Self, Fault> {
        let Some(handle) = told.find(view, id)? else { return Ok(Self { name: id.to_string(), blocked: false }) };
        let contact = view.get::<ContactRow>(&(reader, handle))?;
        let blocked = contact.as_ref().is_some_and(|contact| contact.blocked);
        let remark = contact.and_then(|contact| contact.remark.clone());
        let name = match remark {
            Some(remark) => remark.to_string(),
            None => view.get::<UserRow>(&handle)?.map_or_else(|| id.to_string(), |row| row.name.to_string()),
        };
        Ok(Self { name: title(&name), blocked })
    }
}

/// Unread messages of a user in all that is not silenced; none when they are too many to count.
fn badge(view: &View, now: Timestamp, user: UserHandle) -> Result<Option<u64>, Fault> {
    let (first, last) = ((user, ConversationId(0)), (user, ConversationId(u64::MAX)));
    let rows = view.range::<InboxRow>(&first, &last, COUNTED_MAX + 1)?;
    if rows.len() > COUNTED_MAX {
        return Ok(None);
    }
    let mut unread = 0;
    for ((_, conversation), _) in rows {
        if view.get::<ConversationRow>(&conversation)?.is_none_or(|row| row.kind == ConversationKind::Feed) {
            continue;
        }
        let Some(inbox) = read::inbox(view, user, conversation)? else { continue };
        if !inbox.gone && inbox.muted_until.is_none_or(|until| until <= now) {
            unread += inbox.unread;
        }
    }
    Ok(Some(unread))
}
