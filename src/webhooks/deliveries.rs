//! What came of the last posts to each webhook, for those who set it up. In memory: it is a help, not a record.

use super::post::{Posted, Verdict};
use crate::model::{Timestamp, WebhookId};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Posts that are kept of one webhook, …
const KEPT: usize = 50;
/// … and webhooks of which some are kept.
const WEBHOOKS: usize = 4_096;

/// One post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// When it began.
    pub at: Timestamp,
    /// The id of the event.
    pub event: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The how-manieth try it was.
    pub attempt: u32,
    /// Whether it was taken.
    pub taken: bool,
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// What it came to.
    pub words: String,
}

impl Delivery {
    pub(super) fn of(at: Timestamp, event: &str, kind: &str, attempt: u32, posted: &Posted) -> Self {
        let Posted { status, ms, words, verdict } = posted.clone();
        let (event, kind, taken) = (event.to_owned(), kind.to_owned(), verdict == Verdict::Taken);
        Self { at, event, kind, attempt, taken, status, ms, words }
    }
}

/// The last posts.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Guards them, newest last.
    known: Mutex<BTreeMap<WebhookId, VecDeque<Delivery>>>,
}

impl Deliveries {
    /// Keeps one, and gives it back.
    pub fn note(&self, webhook: WebhookId, delivery: Delivery) -> Delivery {
        let mut known = self.known.lock();
        if known.len() >= WEBHOOKS && !known.contains_key(&webhook) {
            known.pop_first();
        }
        let list = known.entry(webhook).or_default();
        if list.len() >= KEPT {
            list.pop_front();
        }
        list.push_back(delivery.clone());
        delivery
    }

    /// Those of a webhook, newest first.
    pub fn of(&self, webhook: WebhookId) -> Vec<Delivery> {
        self.known.lock().get(&webhook).map(|list| list.iter().rev().cloned().collect()).unwrap_or_default()
    }

    /// Forgets those of a webhook that is gone.
    pub fn forget(&self, webhook: WebhookId) {
        self.known.lock().remove(&webhook);
    }
}
