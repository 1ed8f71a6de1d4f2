//! What goes out: frames, marks, pings.

use super::events::Event;
use super::{Due, Moment, Purpose, State};
use crate::model::{ConversationId, Query, Seq};
use crate::protocol::ClientFrame;
use std::collections::BTreeMap;

/// Cursor moves are told after so many entries …
const CURSOR_ENTRIES: u64 = 32;
/// … or this long after the first one, in milliseconds.
pub(super) const CURSOR_WAIT_MS: u64 = 50;
/// Queries in flight. The server answers one at a time; a few more keep the line busy.
pub(super) const QUERIES_IN_FLIGHT_MAX: usize = 4;

impl State {
    pub(super) fn request(&mut self) -> u32 {
        self.next_request = self.next_request.checked_add(1).unwrap_or(1);
        self.next_request
    }

    pub(super) fn send(&mut self, now: Moment, frame: ClientFrame) {
        self.last_sent_ms = now.ms;
        self.frames.push_back(frame);
    }

    pub(super) fn send_query(&mut self, now: Moment, query: Query, purpose: Purpose) {
        let request = self.request();
        self.asked.insert(request, (query.clone(), purpose));
        self.send(now, ClientFrame::Query { request, query });
    }

    pub(super) fn send_watch(&mut self, now: Moment) {
        if let Some((users, until_ms)) = &self.watched
            && self.is_online()
            && *until_ms >= now.ms
        {
            let frame = ClientFrame::Watch { users: users.clone(), seconds: ((until_ms - now.ms) / 1_000) as u32 };
            self.send(now, frame);
        }
    }

    pub(super) fn ping_at_ms(&self) -> u64 {
        self.last_sent_ms.min(self.last_heard_ms).max(self.last_ping_ms) + self.options.ping_ms
    }

    /// Sends whatever may go now.
    pub(super) fn pump(&mut self, now: Moment) {
        if !self.is_online() {
            self.caught_up = false;
            return;
        }
        self.settle_expired();
        if self.sync_at_ms.is_some_and(|at_ms| at_ms <= now.ms) {
            self.ask_page(now);
        }
        let window = (self.limits.window as usize).max(1);
        loop {
            let request = self.next_request.checked_add(1).unwrap_or(1);
            let Some(item) = self.outbox.send_next(now.ms, window, request) else { break };
            let frame = ClientFrame::Submit { request, key: item.key, command: item.command.clone() };
            self.next_request = request;
            self.send(now, frame);
        }
        while self.asked.len() < QUERIES_IN_FLIGHT_MAX {
            let Some((query, purpose)) = self.asks.pop_front() else { break };
            self.send_query(now, query, purpose);
        }
        self.fetch(now);
        for (conversation, seq) in take_due(&mut self.delivered, now.ms) {
            self.send(now, ClientFrame::Delivered { conversation, seq });
        }
        for (conversation, seq) in take_due(&mut self.read, now.ms) {
            self.send(now, ClientFrame::Read { conversation, seq });
        }
        let caught_up = self.is_synced();
        if caught_up && !self.caught_up {
            self.events.push_back(Event::CaughtUp);
        }
        self.caught_up = caught_up;
    }
}

/// Notes that a cursor moved and is to be told soon.
pub(super) fn note(due: &mut BTreeMap<ConversationId, Due>, id: ConversationId, seq: Seq, entries: u64, now_ms: u64) {
    let due = due.entry(id).or_insert(Due { seq, entries: 0, at_ms: now_ms + CURSOR_WAIT_MS });
    due.seq = due.seq.max(seq);
    due.entries += entries;
    if due.entries >= CURSOR_ENTRIES {
        due.at_ms = now_ms;
    }
}

fn take_due(due: &mut BTreeMap<ConversationId, Due>, now_ms: u64) -> Vec<(ConversationId, Seq)> {
    if due.values().all(|due| due.at_ms > now_ms) {
        return Vec::new();
    }
    let taken = due.iter().filter(|(_, due)| due.at_ms <= now_ms).map(|(id, due)| (*id, due.seq)).collect();
    due.retain(|_, due| due.at_ms > now_ms);
    taken
}
