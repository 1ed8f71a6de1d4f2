//! What one webhook has on its hands, as a pure state machine: events in one lane for each conversation, at most one of a lane on its
//! way, and what is to be noted of them.
//!
//! A lane is *held* while events of its conversation are in the outbox: what comes from the log goes behind them, into the outbox as
//! well, and what is posted is loaded from there, a few at once. Everything that was read from the log is *unsettled* until it was
//! taken or its row was noted; below the first unsettled event all work is done.

use crate::model::{
    AppEvent, ConversationId, EventPosition, EventRef, Lsn, Timestamp, WebhookChange, limits::WEBHOOK_WHY_CHARS_MAX,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// An event that is to be posted.
#[derive(Clone, Debug)]
pub struct Item {
    /// How it is made again.
    pub event: EventRef,
    /// As it was made; none: nobody is left who could be told, or it is not wanted any more.
    pub made: Option<Arc<AppEvent>>,
    /// What its row in the outbox says, when it has one.
    pub stored: Option<Stored>,
}

/// What a row of the outbox says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How often it was tried.
    pub tries: u8,
    /// When first.
    pub first: Option<Timestamp>,
}

/// A try that failed.
pub struct Failure<'a> {
    /// When.
    pub now: Timestamp,
    /// What it came to.
    pub why: &'a str,
    /// How long to wait before the next try; none: it is given up.
    pub wait: Option<Duration>,
    /// There was nobody to take it.
    pub unreached: bool,
}

#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<Item>,
    flying: Option<Item>,
    /// When the first event of its rows in the outbox is due.
    held: Option<Timestamp>,
    /// It is held because nobody was there.
    unreached: bool,
}

impl Lane {
    fn is_over(&self) -> bool {
        self.queue.is_empty() && self.flying.is_none() && self.held.is_none()
    }
}

/// All lanes of one webhook.
#[derive(Debug, Default)]
pub struct Lanes {
    by_conversation: BTreeMap<ConversationId, Lane>,
    unsettled: BTreeSet<EventPosition>,
    changes: Vec<WebhookChange>,
    /// The lane that was started last, so that each has its turn.
    turn: ConversationId,
    queued: usize,
    /// A lane may be held because nobody was there.
    unreached: bool,
}

impl Lanes {
    /// Events in memory that are not on their way.
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// Changes that are to be noted.
    pub const fn changes(&self) -> usize {
        self.changes.len()
    }

    /// Takes an event that was read from the log.
    pub fn read(&mut self, event: EventRef, made: Arc<AppEvent>) {
        self.unsettled.insert(event.position);
        let lane = self.by_conversation.entry(event.conversation).or_default();
        if lane.held.is_some() {
            self.changes.push(behind(event));
        } else {
            lane.queue.push_back(Item { event, made: Some(made), stored: None });
            self.queued += 1;
        }
    }

    /// Says that a conversation has rows in the outbox, the first of which is due then.
    pub fn hold(&mut self, conversation: ConversationId, due: Timestamp) {
        let lane = self.by_conversation.entry(conversation).or_default();
        lane.held = Some(lane.held.map_or(due, |known| known.min(due)));
        // What is there from the log goes behind them.
        let (stored, read): (VecDeque<Item>, VecDeque<Item>) =
            std::mem::take(&mut lane.queue).into_iter().partition(|item| item.stored.is_some());
        self.queued -= read.len();
        self.changes.extend(read.into_iter().map(|item| behind(item.event)));
        lane.queue = stored;
    }

    /// A conversation whose rows are due, to be loaded.
    pub fn due(&self, now: Timestamp) -> Option<ConversationId> {
        let is_due =
            |lane: &Lane| lane.held.is_some_and(|due| due <= now) && lane.queue.is_empty() && lane.flying.is_none();
        self.by_conversation.iter().find(|(_, lane)| is_due(lane)).map(|(conversation, _)| *conversation)
    }

    /// When the next one will be due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let waits = self.by_conversation.values().filter(|lane| lane.queue.is_empty() && lane.flying.is_none());
        waits.filter_map(|lane| lane.held).min()
    }

    /// Takes the first rows of a conversation; when there is none the lane is held no longer.
    pub fn loaded(&mut self, conversation: ConversationId, items: Vec<Item>) {
        let Some(lane) = self.by_conversation.get_mut(&conversation) else { return };
        if items.is_empty() {
            lane.held = None;
        }
        self.queued += items.len();
        lane.queue.extend(items);
        self.tidy(conversation);
    }

    /// The next event that can be posted now; it is on its way then.
    pub fn start(&mut self) -> Option<Item> {
        let after = (Bound::Excluded(self.turn), Bound::Unbounded);
        let ready = |(_, lane): &(&ConversationId, &mut Lane)| lane.flying.is_none() && !lane.queue.is_empty();
        let turn = match self.by_conversation.range_mut(after).find(ready) {
            Some((conversation, _)) => *conversation,
            None => *self.by_conversation.iter_mut().find(ready)?.0,
        };
        let lane = self.by_conversation.get_mut(&turn)?;
        let item = lane.queue.pop_front()?;
        lane.flying = Some(item.clone());
        self.turn = turn;
        self.queued -= 1;
        Some(item)
    }

    /// What was on its way was taken, or is not wanted.
    pub fn taken(&mut self, conversation: ConversationId) {
        let Some(lane) = self.by_conversation.get_mut(&conversation) else { return };
        let Some(item) = lane.flying.take() else { return };
        if item.stored.is_some() {
            self.changes.push(WebhookChange::Done { conversation, position: item.event.position });
            // There may be more rows, and they may be posted at once.
            lane.held = Some(Timestamp(0));
        } else {
            self.unsettled.remove(&item.event.position);
        }
        self.tidy(conversation);
    }

    /// What was on its way was not taken. Gives since when it was tried, once it is given up.
    pub fn failed(&mut self, conversation: ConversationId, failure: &Failure<'_>) -> Option<Timestamp> {
        let lane = self.by_conversation.get_mut(&conversation)?;
        let item = lane.flying.take()?;
        let Stored { tries, first } = item.stored.unwrap_or_default();
        let (tries, first) = (tries.saturating_add(1), first.unwrap_or(failure.now));
        let Some(wait) = failure.wait else {
            let why = failure.why.chars().take(WEBHOOK_WHY_CHARS_MAX).collect();
            self.changes.push(WebhookChange::Dead { event: item.event, tries, why });
            if lane.held.is_some() {
                lane.held = Some(Timestamp(0));
            }
            self.tidy(conversation);
            return Some(first);
        };
        let at = Timestamp(failure.now.0.saturating_add(wait.as_millis() as u64));
        self.changes.push(WebhookChange::Waits { event: item.event, tries, first: Some(first), at: Some(at) });
        (lane.held, lane.unreached) = (Some(at), failure.unreached);
        self.unreached |= failure.unreached;
        // What comes after it waits behind it; what has a row already is in its place.
        self.queued -= lane.queue.len();
        let rest = std::mem::take(&mut lane.queue).into_iter().filter(|item| item.stored.is_none());
        self.changes.extend(rest.map(|item| behind(item.event)));
        None
    }

    /// How often what is on its way was tried before.
    pub fn tries(&self, conversation: ConversationId) -> u8 {
        let flying = self.by_conversation.get(&conversation).and_then(|lane| lane.flying.as_ref());
        flying.and_then(|item| item.stored).map_or(0, |stored| stored.tries)
    }

    /// Somebody is there again: what waits only because nobody was is due at once.
    pub fn reached(&mut self) {
        if !std::mem::take(&mut self.unreached) {
            return;
        }
        for lane in self.by_conversation.values_mut().filter(|lane| lane.unreached) {
            lane.unreached = false;
            lane.held = lane.held.map(|_| Timestamp(0));
        }
    }

    /// Some changes that are to be noted, and what is done below once they are.
    pub fn take_changes(&mut self, read: Lsn, most: usize) -> (Vec<WebhookChange>, Lsn) {
        let rest = self.changes.split_off(self.changes.len().min(most));
        let changes = std::mem::replace(&mut self.changes, rest);
        for change in &changes {
            if let WebhookChange::Waits { event, .. } | WebhookChange::Dead { event, .. } = change {
                self.unsettled.remove(&event.position);
            }
        }
        (changes, self.upto(read))
    }

    /// Below here everything is taken, or noted; `read` is how far the log was read.
    pub fn upto(&self, read: Lsn) -> Lsn {
        self.unsettled.first().map_or(read, |first| Lsn(first.lsn.0.saturating_sub(1)))
    }

    fn tidy(&mut self, conversation: ConversationId) {
        if self.by_conversation.get(&conversation).is_some_and(Lane::is_over) {
            self.by_conversation.remove(&conversation);
        }
    }
}

/// An event that waits until the one before it is done.
const fn behind(event: EventRef) -> WebhookChange {
    WebhookChange::Waits { event, tries: 0, first: None, at: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AppId, ConversationKind, EventPlace, LogKind, Seq};

    fn event(lsn: u64, conversation: u64) -> EventRef {
        EventRef {
            position: EventPosition { lsn: Lsn(lsn), nth: 0 },
            conversation: ConversationId(conversation),
            seq: Seq(lsn),
            kind: LogKind::Appended,
        }
    }

    fn made(event: EventRef) -> Arc<AppEvent> {
        let (id, kind) = (event.conversation, ConversationKind::Group);
        Arc::new(AppEvent {
            id: String::new(),
            kind: "entry.text".into(),
            lsn: event.position.lsn,
            app: AppId(2),
            conversation: EventPlace { id, kind, title: None, users: Vec::new() },
            entry: None,
            first: None,
            user: None,
        })
    }

    fn lanes(events: &[(u64, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (lsn, conversation) in events {
            let event = event(*lsn, *conversation);
            lanes.read(event, made(event));
        }
        lanes
    }

    fn started(lanes: &mut Lanes) -> Vec<u64> {
        std::iter::from_fn(|| lanes.start().map(|item| item.event.position.lsn.0)).collect()
    }

    fn failure(wait_s: u64) -> Failure<'static> {
        let wait = (wait_s > 0).then(|| Duration::from_secs(wait_s));
        Failure { now: Timestamp(1_000), why: "no", wait, unreached: false }
    }

    fn stored(lsn: u64, conversation: u64, tries: u8) -> Item {
        let event = event(lsn, conversation);
        let first = Some(Timestamp(500)).filter(|_| tries > 0);
        Item { event, made: Some(made(event)), stored: Some(Stored { tries, first }) }
    }

    #[test]
    fn one_of_each_conversation_is_on_its_way_in_order() {
        let mut lanes = lanes(&[(1, 7), (2, 7), (3, 8), (4, 9), (5, 8)]);
        assert_eq!(started(&mut lanes), [1, 3, 4]);
        assert_eq!(lanes.upto(Lsn(5)), Lsn(0));
        lanes.taken(ConversationId(8));
        lanes.taken(ConversationId(7));
        assert_eq!(lanes.upto(Lsn(5)), Lsn(1));
        assert_eq!(started(&mut lanes), [2, 5]);
        for conversation in [7, 8, 9] {
            lanes.taken(ConversationId(conversation));
        }
        assert_eq!((lanes.upto(Lsn(9)), lanes.queued(), lanes.changes()), (Lsn(9), 0, 0));
        assert!(lanes.by_conversation.is_empty());
    }

    #[test]
    fn what_fails_holds_its_conversation_and_no_other() {
        let mut lanes = lanes(&[(1, 7), (2, 7), (3, 8)]);
        assert_eq!(started(&mut lanes), [1, 3]);
        assert_eq!(lanes.failed(ConversationId(7), &failure(5)), None);
        let later = event(4, 7);
        lanes.read(later, made(later));
        lanes.taken(ConversationId(8));
        assert_eq!(lanes.upto(Lsn(4)), Lsn(0), "not noted yet");
        let (changes, upto) = lanes.take_changes(Lsn(4), 64);
        assert_eq!(upto, Lsn(4));
        let waits = |lsn, tries, first, at| WebhookChange::Waits { event: event(lsn, 7), tries, first, at };
        let (first, at) = (Some(Timestamp(1_000)), Some(Timestamp(6_000)));
        assert_eq!(changes, [waits(1, 1, first, at), waits(2, 0, None, None), waits(4, 0, None, None)]);
        assert_eq!((lanes.due(Timestamp(5_999)), lanes.next_due()), (None, at));
        assert_eq!(lanes.due(Timestamp(6_000)), Some(ConversationId(7)));
        assert!(started(&mut lanes).is_empty());
    }

    #[test]
    fn rows_are_posted_in_order_until_none_is_left() {
        let mut lanes = Lanes::default();
        lanes.hold(ConversationId(7), Timestamp(0));
        assert_eq!(lanes.due(Timestamp(0)), Some(ConversationId(7)));
        lanes.loaded(ConversationId(7), vec![stored(1, 7, 1), stored(2, 7, 0)]);
        assert_eq!(started(&mut lanes), [1]);
        lanes.taken(ConversationId(7));
        assert_eq!(started(&mut lanes), [2]);
        assert_eq!(lanes.due(Timestamp(9)), None, "one is on its way");
        lanes.taken(ConversationId(7));
        assert_eq!(lanes.take_changes(Lsn(3), 1).0.len(), 1);
        assert_eq!(lanes.changes(), 1);
        lanes.take_changes(Lsn(3), 64);
        assert_eq!(lanes.due(Timestamp(0)), Some(ConversationId(7)));
        lanes.loaded(ConversationId(7), Vec::new());
        assert!(lanes.by_conversation.is_empty());
    }

    #[test]
    fn a_row_that_fails_again_keeps_when_it_was_first_tried_and_is_given_up_at_last() {
        let mut lanes = Lanes::default();
        lanes.hold(ConversationId(7), Timestamp(0));
        lanes.loaded(ConversationId(7), vec![stored(1, 7, 1), stored(2, 7, 0)]);
        assert_eq!(started(&mut lanes), [1]);
        assert_eq!(lanes.failed(ConversationId(7), &failure(5)), None);
        let (first, at) = (Some(Timestamp(500)), Some(Timestamp(6_000)));
        let again = WebhookChange::Waits { event: event(1, 7), tries: 2, first, at };
        assert_eq!(lanes.take_changes(Lsn(3), 64).0, [again], "the second has its row");
        lanes.loaded(ConversationId(7), vec![stored(1, 7, 2), stored(2, 7, 0)]);
        assert_eq!(started(&mut lanes), [1]);
        assert_eq!(lanes.failed(ConversationId(7), &failure(0)), Some(Timestamp(500)));
        assert_eq!(started(&mut lanes), [2], "the next one has its turn");
        let dead = WebhookChange::Dead { event: event(1, 7), tries: 3, why: "no".into() };
        assert_eq!(lanes.take_changes(Lsn(3), 64).0, [dead]);
    }

    #[test]
    fn what_waits_because_nobody_answered_is_due_when_somebody_does() {
        let mut lanes = lanes(&[(1, 7), (2, 8), (3, 9)]);
        assert_eq!(started(&mut lanes), [1, 2, 3]);
        assert_eq!(lanes.failed(ConversationId(7), &Failure { unreached: true, ..failure(3_600) }), None);
        assert_eq!(lanes.failed(ConversationId(8), &failure(3_600)), None);
        lanes.taken(ConversationId(9));
        lanes.reached();
        assert_eq!((lanes.due(Timestamp(0)), lanes.next_due()), (Some(ConversationId(7)), Some(Timestamp(0))));
        lanes.loaded(ConversationId(7), Vec::new());
        assert_eq!(lanes.next_due(), Some(Timestamp(3_601_000)), "the other keeps its time");
    }

    #[test]
    fn what_was_replayed_comes_before_what_was_read() {
        let mut lanes = lanes(&[(5, 7), (6, 7)]);
        assert_eq!(started(&mut lanes), [5]);
        lanes.hold(ConversationId(7), Timestamp(0));
        assert_eq!(lanes.queued(), 0);
        lanes.taken(ConversationId(7));
        assert_eq!(lanes.due(Timestamp(0)), Some(ConversationId(7)));
        let (changes, upto) = lanes.take_changes(Lsn(6), 64);
        assert_eq!((changes.len(), upto), (1, Lsn(6)));
    }
}
