//! Between the engine and the hub: effects to fan-out, outcomes to frames.

use crate::engine::{Engine, Published, ReplySink, Subscriber};
use crate::hub::{Hub, Outbox, Publisher, Window, refused};
use crate::ledger::Accepted;
use crate::model::{ConversationId, Refusal};
use crate::protocol::ServerFrame;
use crate::store::View;
use std::sync::Arc;

/// Carries what the engine publishes to the hub.
struct FanOut(Publisher);

/// What carries the engine's effects to the hub. Give it to [`Engine::open`].
pub fn subscriber(hub: &Hub) -> Box<dyn Subscriber> {
    Box::new(FanOut(hub.publisher()))
}

impl Subscriber for FanOut {
    fn publish(&mut self, view: &Arc<View>, published: &Published) {
        let load = |conversation| members(view, conversation);
        self.0.publish(published.lsn, published.origin, &published.effects, load);
    }

    fn flush(&mut self) {
        self.0.flush();
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
}
