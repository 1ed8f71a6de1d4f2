//! Between the engine and the hub: effects to fan-out, outcomes to frames.

use crate::engine::{Engine, Published, ReplySink, Subscriber};
use crate::hub::{Hub, Outbox, Publisher, Window, refused};
use crate::ledger::Accepted;
use crate::model::{ConversationId, Effect, Refusal, UserHandle};
use crate::protocol::ServerFrame;
use crate::store::View;
use std::sync::Arc;

/// Carries what the engine publishes to the hub.
struct FanOut {
    publisher: Publisher,
    hub: Hub,
}

/// What carries the engine's effects to the hub. Give it to [`Engine::open`].
pub fn subscriber(hub: &Hub) -> Box<dyn Subscriber> {
    Box::new(FanOut { publisher: hub.publisher(), hub: hub.clone() })
}

impl Subscriber for FanOut {
    fn publish(&mut self, view: &Arc<View>, published: &Published) {
        let load = |conversation| members(view, conversation);
        self.publisher.publish(published.lsn, published.origin, &published.effects, load);
        for effect in &published.effects {
            if let Effect::Profile { user } = effect {
                self.profile(view, *user);
            }
        }
    }

    fn flush(&mut self) {
        self.publisher.flush();
    }
}

impl FanOut {
    /// Tells those who are there of a profile that changed. Whoever is not learns it with their next sync.
    fn profile(&mut self, view: &View, user: UserHandle) {
        match Engine::profile_news(view, user, |other| self.hub.is_online(other)) {
            Ok(Some(news)) => self.publisher.profile(user, news.own, news.shown, &news.others),
            Ok(None) => {}
            Err(fault) => tracing::error!(%fault, "a profile could not be read; its change was not pushed"),
        }
    }
}

/// The members of a conversation as of a View.
pub fn members(view: &View, conversation: ConversationId) -> Option<Vec<Window>> {
    match Engine::members(view, conversation) {
        Ok(members) => Some(
            members
                .into_iter()
                .map(|member| Window { user: member.user, from: member.from, until: member.until })
                .collect(),
        ),
        Err(fault) => {
            // Nobody loses anything: the next entry shows the hole, and clients fetch it.
            tracing::error!(%fault, %conversation, "the members of a conversation could not be read; an entry was not pushed");
            None
        }
    }
}

impl ReplySink for Outbox {
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>) {
        match outcome {
            Ok(Accepted { lsn, duplicate, result }) => {
                Self::complete(self, request, None, &ServerFrame::Outcome { request, lsn, duplicate, result });
            }
            Err(refusal) => {
                Self::complete(self, request, Some(&refusal), &refused(Some(request), refusal.clone(), false));
            }
        }
    }

    fn holds_back(&self) -> Option<Refusal> {
        self.last_held_back().and_then(super::connection::still_to_wait)
    }
}
