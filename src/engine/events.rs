//! Events of one app: the log, filtered and with the entries that its items name, as of one View.

use crate::ledger::read::size::stored_bytes;
use crate::model::{
    AppEvent, AppEvents, AppId, ConversationId, EventPlace, EventPosition, EventRef, EventUser, Lsn, UserHandle,
};
use crate::store::records::{ConversationRow, MemberRow, UserRow};
use crate::store::{Fault, LogItem, LogKind, Read, View};
use std::collections::BTreeMap;

/// Items of all apps that are looked through for one answer.
const LOOKED_THROUGH: usize = 5_000;
/// Bytes of entries in one answer; one event is always in it.
const BYTES_MAX: usize = 512 * 1024;

/// What happened in an app after `after`, at least `limit` events when there are so many within reach, and the rest of the last
/// one's command.
pub fn of_app(view: &View, app: AppId, after: Lsn, limit: usize) -> Result<AppEvents, Fault> {
    let Found { events, upto, gap } = found(view, app, after, limit, LOOKED_THROUGH)?;
    Ok(AppEvents { events: events.into_iter().map(|(_, event)| event).collect(), upto, gap })
}

/// The same with what is needed to make each event again.
pub struct Found {
    /// In the one order.
    pub events: Vec<(EventRef, AppEvent)>,
    /// Everything up to here is in it, or was nothing of the app.
    pub upto: Lsn,
    /// Events that came right after the place asked for are not kept any more.
    pub gap: bool,
}

/// The same with what is needed to make each event again; of all apps about `looked` items are looked through, no more at once than
/// it takes.
pub fn found(view: &View, app: AppId, after: Lsn, limit: usize, looked: usize) -> Result<Found, Fault> {
    let mut found = Found { events: Vec::new(), upto: after, gap: false };
    let mut finding = Finding { view, app, limit, places: BTreeMap::new(), bytes: 0 };
    let (mut left, mut piece) = (looked, limit.clamp(1, looked));
    loop {
        let batch = view.log_after(found.upto, piece)?;
        found.gap |= batch.gap;
        found.upto = batch.upto;
        left = left.saturating_sub(piece);
        let full = finding.take(&batch.items, &mut found)?;
        if full || found.upto >= view.lsn() || left == 0 || found.events.len() >= limit {
            return Ok(found);
        }
        piece = piece.saturating_mul(2).min(left);
    }
}

struct Finding<'a> {
    view: &'a View,
    app: AppId,
    limit: usize,
    places: BTreeMap<ConversationId, Option<EventPlace>>,
    bytes: usize,
}

impl Finding<'_> {
    /// Makes the events of some items. True when there are enough of them; `upto` says then how far they reach.
    fn take(&mut self, items: &[LogItem], found: &mut Found) -> Result<bool, Fault> {
        let mut nth = 0;
        for item in items.iter().filter(|item| item.app == self.app) {
            let last = found.events.last().map(|(_, event): &(EventRef, AppEvent)| event.lsn);
            if last == Some(item.lsn) {
                nth += 1;
            } else {
                if let Some(last) = last
                    && (found.events.len() >= self.limit || self.bytes >= BYTES_MAX)
                {
                    found.upto = last;
                    return Ok(true);
                }
                nth = 0;
            }
            let place = if let Some(place) = self.places.get(&item.conversation) {
                place.clone()
            } else {
                let place = place(self.view, item.conversation)?;
                self.places.insert(item.conversation, place.clone());
                place
            };
            // Of a conversation that went with its app nobody is left who could be told.
            let Some(place) = place else { continue };
            let position = EventPosition { lsn: item.lsn, nth };
            let event = event(self.view, item, nth, place)?;
            self.bytes += event.entry.as_ref().map_or(64, |entry| stored_bytes(entry));
            let (conversation, seq, kind) = (item.conversation, item.seq, item.kind);
            found.events.push((EventRef { position, conversation, seq, kind }, event));
        }
        Ok(false)
    }
}

/// An event made again, as things are now; none when its conversation went with its app.
pub fn again(view: &View, app: AppId, event: EventRef) -> Result<Option<AppEvent>, Fault> {
    let EventRef { position: EventPosition { lsn, nth }, conversation, seq, kind } = event;
    let Some(place) = place(view, conversation)? else { return Ok(None) };
    self::event(view, &LogItem { lsn, app, conversation, seq, kind }, nth, place).map(Some)
}

fn event(view: &View, item: &LogItem, nth: u32, place: EventPlace) -> Result<AppEvent, Fault> {
    let entry = match item.kind {
        LogKind::Trimmed | LogKind::UserCreated | LogKind::UserChanged | LogKind::UserDeleted => None,
        LogKind::Appended | LogKind::Rewritten => view.entry(item.conversation, item.seq)?,
    };
    let kind = match (item.kind, &entry) {
        (LogKind::Trimmed, _) => "entries.trimmed".to_owned(),
        (LogKind::UserCreated, _) => "user.created".to_owned(),
        (LogKind::UserChanged, _) => "user.changed".to_owned(),
        (LogKind::UserDeleted, _) => "user.deleted".to_owned(),
        (_, None) => "entry.gone".to_owned(),
        (LogKind::Rewritten, Some(_)) => "entry.changed".to_owned(),
        (LogKind::Appended, Some(entry)) => format!("entry.{}", entry.body.kind()),
    };
    Ok(AppEvent {
        id: format!("{}.{}.{nth}", view.epoch(), item.lsn),
        kind,
        lsn: item.lsn,
        app: item.app,
        conversation: place,
        entry,
        first: (item.kind == LogKind::Trimmed).then_some(item.seq),
        user: match item.kind {
            LogKind::UserCreated | LogKind::UserChanged | LogKind::UserDeleted => user(view, item.conversation)?,
            LogKind::Appended | LogKind::Rewritten | LogKind::Trimmed => None,
        },
    })
}

/// The user whose feed it is.
fn user(view: &View, feed: ConversationId) -> Result<Option<EventUser>, Fault> {
    let (from, to) = ((feed, UserHandle(0)), (feed, UserHandle(u64::MAX)));
    let Some(((_, handle), _)) = view.range::<MemberRow>(&from, &to, 1)?.into_iter().next() else { return Ok(None) };
    Ok(view.get::<UserRow>(&handle)?.map(|row| EventUser {
        user: row.id.clone(),
        name: row.name.clone(),
        kind: row.kind,
        flags: row.flags,
        deleted: row.deleted,
    }))
}

pub(super) fn place(view: &View, id: ConversationId) -> Result<Option<EventPlace>, Fault> {
    let Some(row) = view.get::<ConversationRow>(&id)? else { return Ok(None) };
    let mut users = Vec::new();
    if row.group.is_none() {
        let (from, to) = ((id, UserHandle(0)), (id, UserHandle(u64::MAX)));
        users.extend(view.range::<MemberRow>(&from, &to, 2)?.into_iter().map(|(_, member)| member.id.clone()));
    }
    Ok(Some(EventPlace { id, kind: row.kind, title: row.title.clone(), users }))
}
