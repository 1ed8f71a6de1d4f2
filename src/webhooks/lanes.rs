//! What one webhook has on its hands, as a pure state machine: events in one lane for each conversation, at most one of a lane on its
//! way, and what is to be noted of them.
//!
//! A lane is *held* while events of its conversation are in the outbox: what comes from the log goes behind them, into the outbox as
//! well, and what is posted is loaded from there, a few at once. Everything that was read from the log is *unsettled* until it was
//! taken or its row was noted; below the first unsettled event all work is done.
//!
//! A lane that is not on its way stands in one line: of those that can be posted, of those whose rows can be loaded, or of those whose
//! time has not come. Whoever had its turn goes to the end, so a webhook that has thousands of held conversations looks at no more of
//! them than it posts of.

use crate::model::{
    AppEvent, ConversationId, EventPosition, EventRef, Lsn, Timestamp, WebhookChange, limits::WEBHOOK_WHY_CHARS_MAX,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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

/// Where a lane stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stand {
    /// In no line: one of it is on its way.
    #[default]
    Nowhere,
    /// Something can be posted; since when it stands there.
    Ready(u64),
    /// Its rows can be loaded.
    Due(u64),
    /// Its rows are due then.
    Waits(Timestamp),
}

/// Due at once.
const AT_ONCE: Timestamp = Timestamp(0);

#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<Item>,
    flying: Option<Item>,
    /// When the first event of its rows in the outbox is due.
    held: Option<Timestamp>,
    stand: Stand,
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
    /// Lanes of which something can be posted, whoever had no turn for the longest time first.
    ready: BTreeMap<u64, ConversationId>,
    /// Lanes whose rows can be loaded, in the same order.
    due: BTreeMap<u64, ConversationId>,
    /// Lanes whose rows are due later.
    waits: BTreeSet<(Timestamp, ConversationId)>,
    /// Lanes that are held because nobody was there.
    unreached: BTreeSet<ConversationId>,
    /// Numbers the lines' places.
    places: u64,
    unsettled: BTreeSet<EventPosition>,
    changes: Vec<WebhookChange>,
    queued: usize,
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
            self.stand(event.conversation);
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
        self.stand(conversation);
    }

    /// A conversation whose rows are due, to be loaded; the same one until it is [`Lanes::loaded`].
    pub fn due(&mut self, now: Timestamp) -> Option<ConversationId> {
        while let Some((_, conversation)) = self.waits.first().copied().filter(|(at, _)| *at <= now) {
            if let Some(lane) = self.by_conversation.get_mut(&conversation) {
                lane.held = Some(AT_ONCE);
            }
            self.stand(conversation);
        }
        self.due.first_key_value().map(|(_, conversation)| *conversation)
    }

    /// When the next one will be due.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.due.is_empty() { self.waits.first().map(|(at, _)| *at) } else { Some(AT_ONCE) }
    }

    /// Takes the first rows of a conversation; when there is none the lane is held no longer.
    pub fn loaded(&mut self, conversation: ConversationId, items: Vec<Item>) {
        let Some(lane) = self.by_conversation.get_mut(&conversation) else { return };
        if items.is_empty() {
            lane.held = None;
        }
        self.queued += items.len();
        lane.queue.extend(items);
        self.stand(conversation);
    }

    /// The next event that can be posted now; it is on its way then.
    pub fn start(&mut self) -> Option<Item> {
        let (_, conversation) = self.ready.first_key_value()?;
        let conversation = *conversation;
        let lane = self.by_conversation.get_mut(&conversation)?;
        let item = lane.queue.pop_front()?;
        lane.flying = Some(item.clone());
        self.queued -= 1;
        self.stand(conversation);
        Some(item)
    }

    /// What was on its way was taken, or is not wanted.
    pub fn taken(&mut self, conversation: ConversationId) {
        let Some(lane) = self.by_conversation.get_mut(&conversation) else { return };
        let Some(item) = lane.flying.take() else { return };
        if item.stored.is_some() {
            self.changes.push(WebhookChange::Done { conversation, position: item.event.position });
            // There may be more rows, and they may be posted at once.
            lane.held = Some(AT_ONCE);
        } else {
            self.unsettled.remove(&item.event.position);
        }
        self.stand(conversation);
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
            lane.held = lane.held.map(|_| AT_ONCE);
            self.stand(conversation);
            return Some(first);
        };
        let at = Timestamp(failure.now.0.saturating_add(wait.as_millis() as u64));
        self.changes.push(WebhookChange::Waits { event: item.event, tries, first: Some(first), at: Some(at) });
        lane.held = Some(at);
        // What comes after it waits behind it; what has a row already is in its place.
        self.queued -= lane.queue.len();
        let rest = std::mem::take(&mut lane.queue).into_iter().filter(|item| item.stored.is_none());
        self.changes.extend(rest.map(|item| behind(item.event)));
        self.stand(conversation);
        if failure.unreached {
            self.unreached.insert(conversation);
        } else {
            self.unreached.remove(&conversation);
        }
        None
    }

    /// How often what is on its way was tried before.
    pub fn tries(&self, conversation: ConversationId) -> u8 {
        let flying = self.by_conversation.get(&conversation).and_then(|lane| lane.flying.as_ref());
        flying.and_then(|item| item.stored).map_or(0, |stored| stored.tries)
    }

    /// Somebody is there again: what waits only because nobody was is due at once.
    pub fn reached(&mut self) {
        for conversation in std::mem::take(&mut self.unreached) {
            if let Some(lane) = self.by_conversation.get_mut(&conversation) {
                lane.held = lane.held.map(|_| AT_ONCE);
                self.stand(conversation);
            }
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

    /// Puts a lane where it belongs by now; one that has nothing left goes.
    fn stand(&mut self, conversation: ConversationId) {
        let Some(lane) = self.by_conversation.get_mut(&conversation) else { return };
        let stand = match (lane.stand, lane.held) {
            _ if lane.flying.is_some() => Stand::Nowhere,
            (Stand::Ready(place), _) if !lane.queue.is_empty() => Stand::Ready(place),
            _ if !lane.queue.is_empty() => Stand::Ready(self.places),
            (Stand::Due(place), Some(AT_ONCE)) => Stand::Due(place),
            (_, Some(AT_ONCE)) => Stand::Due(self.places),
            (_, Some(at)) => Stand::Waits(at),
            (_, None) => Stand::Nowhere,
        };
        self.places += 1;
        let before = std::mem::replace(&mut lane.stand, stand);
        if lane.is_over() {
            self.by_conversation.remove(&conversation);
            self.unreached.remove(&conversation);
        }
        if stand == before {
            return;
        }
        match before {
            Stand::Nowhere => {}
            Stand::Ready(place) => drop(self.ready.remove(&place)),
            Stand::Due(place) => drop(self.due.remove(&place)),
            Stand::Waits(at) => drop(self.waits.remove(&(at, conversation))),
        }
        match stand {
            Stand::Nowhere => {}
            Stand::Ready(place) => drop(self.ready.insert(place, conversation)),
            Stand::Due(place) => drop(self.due.insert(place, conversation)),
            Stand::Waits(at) => drop(self.waits.insert((at, conversation))),
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
        assert_eq!(started(&mut lanes), [5, 2], "whose turn has come first");
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
    fn every_conversation_has_its_turn_before_one_has_another() {
        let mut lanes = lanes(&[(1, 9), (2, 9), (3, 9), (4, 7), (5, 7), (6, 8)]);
        // One post at a time.
        let order = std::iter::from_fn(|| {
            let item = lanes.start()?;
            lanes.taken(item.event.conversation);
            Some(item.event.position.lsn.0)
        });
        assert_eq!(order.collect::<Vec<_>>(), [1, 4, 6, 2, 5, 3]);
        assert!(lanes.by_conversation.is_empty());
    }

    #[test]
    fn held_conversations_are_loaded_in_the_order_of_their_time_and_none_is_passed_over() {
        let mut lanes = Lanes::default();
        for (conversation, due) in [(1, 0), (2, 7_000), (3, 5_000), (4, 6_000)] {
            lanes.hold(ConversationId(conversation), Timestamp(due));
        }
        assert_eq!((lanes.due(Timestamp(10)), lanes.next_due()), (Some(ConversationId(1)), Some(Timestamp(0))));
        assert_eq!(lanes.due(Timestamp(5_500)), Some(ConversationId(1)), "the same until it is loaded");
        // The first one always has more, and yet goes behind those that have become due meanwhile.
        let mut order = Vec::new();
        for lsn in 1..=6 {
            let Some(conversation) = lanes.due(Timestamp(9_000)) else { break };
            order.push(conversation.0);
            let more = if conversation.0 == 1 { vec![stored(lsn, 1, 0)] } else { Vec::new() };
            lanes.loaded(conversation, more);
            if conversation.0 == 1 {
                assert_eq!(started(&mut lanes), [lsn]);
                lanes.taken(conversation);
            }
        }
        assert_eq!(order, [1, 3, 4, 2, 1, 1]);
        assert_eq!((lanes.waits.len(), lanes.due.len(), lanes.ready.len()), (0, 1, 0));
    }

    /// Steps of a webhook with many held conversations that are looked at in a time in which going through all of them each time would
    /// not be done: 20,000 conversations, each loaded, posted and taken.
    #[test]
    fn thousands_of_held_conversations_are_no_work_while_they_wait() {
        const HELD: u64 = 20_000;
        let mut lanes = Lanes::default();
        for conversation in 1..=HELD {
            lanes.hold(ConversationId(conversation), Timestamp(conversation));
        }
        let mut last = 0;
        for now in 1..=HELD {
            let conversation = lanes.due(Timestamp(now)).unwrap();
            assert_eq!(conversation, ConversationId(now));
            lanes.loaded(conversation, vec![stored(now, conversation.0, 1)]);
            let item = lanes.start().unwrap();
            last = item.event.position.lsn.0;
            assert!(lanes.start().is_none());
            lanes.taken(conversation);
            assert_eq!(lanes.due(Timestamp(now)), Some(conversation));
            lanes.loaded(conversation, Vec::new());
            lanes.take_changes(Lsn(HELD), 64);
            let next = (now < HELD).then(|| Timestamp(now + 1));
            assert_eq!(lanes.next_due(), next);
        }
        assert_eq!(last, HELD);
        assert!(lanes.by_conversation.is_empty() && lanes.waits.is_empty() && lanes.due.is_empty());
    }

    /// Whatever happens to lanes in whatever order, each stands where it belongs.
    #[test]
    fn a_lane_stands_in_one_line_at_most() {
        let mut lanes = Lanes::default();
        // A small generator of numbers, the same each time.
        let mut seed = 7u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for lsn in 1..5_000 {
            let conversation = ConversationId(next(12));
            let flies = lanes.by_conversation.get(&conversation).is_some_and(|lane| lane.flying.is_some());
            match next(8) {
                0 | 1 => {
                    let event = event(lsn, conversation.0);
                    lanes.read(event, made(event));
                }
                2 => lanes.hold(conversation, Timestamp(next(3) * 1_000)),
                3 => drop(lanes.start()),
                4 if flies => lanes.taken(conversation),
                5 if flies => {
                    let failed = Failure { unreached: next(2) == 0, ..failure(next(3)) };
                    lanes.failed(conversation, &failed);
                }
                6 => lanes.reached(),
                7 => {
                    if let Some(due) = lanes.due(Timestamp(1_500)) {
                        let items = (0..next(3)).map(|_| stored(lsn, due.0, 1)).collect();
                        lanes.loaded(due, items);
                    }
                }
                _ => drop(lanes.take_changes(Lsn(lsn), 64)),
            }
            let mut stand = BTreeMap::new();
            for (place, conversation) in &lanes.ready {
                assert!(stand.insert(*conversation, Stand::Ready(*place)).is_none());
            }
            for (place, conversation) in &lanes.due {
                assert!(stand.insert(*conversation, Stand::Due(*place)).is_none());
            }
            for (at, conversation) in &lanes.waits {
                assert!(stand.insert(*conversation, Stand::Waits(*at)).is_none());
            }
            for (conversation, lane) in &lanes.by_conversation {
                assert!(!lane.is_over());
                assert_eq!(stand.remove(conversation).unwrap_or_default(), lane.stand);
                let expected = match (&lane.flying, lane.queue.is_empty(), lane.held) {
                    (Some(_), _, _) => matches!(lane.stand, Stand::Nowhere),
                    (None, false, _) => matches!(lane.stand, Stand::Ready(_)),
                    (None, true, Some(AT_ONCE)) => matches!(lane.stand, Stand::Due(_)),
                    (None, true, held) => held.is_some_and(|at| lane.stand == Stand::Waits(at)),
                };
                assert!(expected, "{lane:?}");
            }
            assert!(stand.is_empty(), "{stand:?}");
            assert_eq!(lanes.queued, lanes.by_conversation.values().map(|lane| lane.queue.len()).sum::<usize>());
        }
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
