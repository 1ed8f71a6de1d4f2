//! Queries and what is missing: asked, answered and fetched.

use super::events::{Event, Full, Reply};
use super::sending::QUERIES_IN_FLIGHT_MAX;
use super::{AGAIN_MS, Moment, Purpose, State};
use crate::client::replica::Missing;
use crate::model::limits::PAGE_ENTRIES_MAX;
use crate::model::{Answer, Code, ConversationId, Query, Refusal};

impl State {
    pub(super) fn ask(&mut self, now: Moment, query: Query, purpose: impl FnOnce(u64) -> Purpose) -> Result<u64, Full> {
        if self.asks.len() >= self.options.queries_max {
            return Err(Full);
        }
        self.next_ticket += 1;
        self.asks.push_back((query, purpose(self.next_ticket)));
        self.pump(now);
        Ok(self.next_ticket)
    }

    pub(super) fn answer(&mut self, now: Moment, request: u32, answer: Answer) {
        let Some((_, purpose)) = self.asked.remove(&request) else { return };
        match purpose {
            Purpose::Caller(ticket) => self.replies.push_back(Reply::Answer(ticket, Ok(answer))),
            Purpose::Older(ticket, id) => {
                let mut added = 0;
                if let (Answer::Entries { entries, floor, as_of, .. }, Some(local)) = (answer, self.replica.get_mut(id))
                {
                    added = local.take_older(entries, (floor, as_of));
                }
                self.changed(now, id, Vec::new());
                self.events.push_back(Event::Conversation(id));
                self.replies.push_back(Reply::Older(ticket, Ok(added)));
            }
            Purpose::Fetch(id, missing) => {
                self.fetching.remove(&id);
                match answer {
                    Answer::Conversation { conversation, as_of } => self.snapshot(now, *conversation, as_of),
                    Answer::Entries { entries, floor, head, as_of, .. } => {
                        let me = self.replica.me().cloned();
                        let mut changes = Vec::new();
                        if let Some(local) = self.replica.get_mut(id) {
                            local.take_answer(me.as_ref(), missing, entries, (floor, head, as_of), &mut changes);
                        }
                        self.changed(now, id, changes);
                    }
                    Answer::Conversations { .. }
                    | Answer::Members { .. }
                    | Answer::Receipts { .. }
                    | Answer::Sessions { .. }
                    | Answer::Users { .. }
                    | Answer::Place { .. }
                    | Answer::Me { .. }
                    | Answer::Contacts { .. }
                    | Answer::ContactRequests { .. }
                    | Answer::Labels { .. }
                    | Answer::Relations { .. }
                    | Answer::FoundUsers { .. }
                    | Answer::Groups { .. }
                    | Answer::Invites { .. }
                    | Answer::JoinRequests { .. }
                    | Answer::Presences { .. }
                    | Answer::Media { .. }
                    | Answer::Found { .. }
                    | Answer::Assistants { .. }
                    | Answer::Drafts { .. }
                    | Answer::BotCommands { .. }
                    | Answer::Unreadable(_) => {
                        self.needs.insert(id, now.ms + AGAIN_MS);
                    }
                }
            }
            Purpose::Forgotten => {}
        }
    }

    pub(super) fn fetch_refused(&mut self, now: Moment, id: ConversationId, missing: Missing, refusal: &Refusal) {
        self.fetching.remove(&id);
        let gone = matches!(refusal.code, Code::NotFound | Code::Forbidden | Code::NotMember);
        if !gone {
            self.needs.insert(id, now.ms + refusal.retry_after_ms.unwrap_or(AGAIN_MS));
            return;
        }
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        match (missing, self.replica.get_mut(id)) {
            (Missing::Conversation, _) | (_, None) => self.replica.remove(id),
            (Missing::Hole { to, .. }, Some(local)) => local.leave_hole(me.as_ref(), to, &mut changes),
            (Missing::Stale { from, to }, Some(local)) => local.forget_stale(from, to),
        }
        self.changed(now, id, changes);
        if self.replica.get(id).is_none() {
            self.needs.remove(&id);
        }
    }

    pub(super) fn next_need_ms(&self) -> Option<u64> {
        self.needs.values().copied().min()
    }

    /// Fetches what is missing.
    pub(super) fn fetch(&mut self, now: Moment) {
        while self.asked.len() < QUERIES_IN_FLIGHT_MAX {
            let Some(id) = self.needs.iter().find(|(_, at_ms)| **at_ms <= now.ms).map(|(id, _)| *id) else { return };
            self.needs.remove(&id);
            let me = self.replica.me().cloned();
            let mut changes = Vec::new();
            let Some(local) = self.replica.get_mut(id) else { continue };
            if let Some(Missing::Hole { from, .. }) = local.missing()
                && local.known_head().0.saturating_sub(from.0) >= self.options.hole_max
            {
                local.skip_to_newest(me.as_ref(), &mut changes);
            }
            let missing = local.missing();
            if !changes.is_empty() {
                self.changed(now, id, changes);
                self.needs.remove(&id);
            }
            let Some(missing) = missing else { continue };
            let limit = PAGE_ENTRIES_MAX as u32;
            let query = match missing {
                Missing::Conversation => Query::Conversation { conversation: id },
                Missing::Hole { from, to } | Missing::Stale { from, to } => {
                    Query::Entries { conversation: id, from: Some(from), to: Some(to), limit }
                }
            };
            self.fetching.insert(id);
            self.send_query(now, query, Purpose::Fetch(id, missing));
        }
    }
}
