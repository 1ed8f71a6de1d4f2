//! The last calls of each webhook, kept in memory for those who look why nothing comes, and how many there may be.

use crate::gateway::Bucket;
use crate::model::clock::monotonic;
use crate::model::{Code, HookId, Refusal, Timestamp};
use lru::LruCache;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Instant;

/// Webhooks whose calls are remembered; the longest unused are forgotten first.
const HOOKS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Calls that are remembered of one.
const CALLS_MAX: usize = 20;
/// Calls of one webhook a second on average, and at once.
const PER_SECOND: u32 = 2;
const BURST: u32 = 60;

/// One call of a webhook.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// Its dialect: `slack`, `grafana`, `alertmanager`, `forge`, `push`, `gotify`, `plain`, or `unknown`.
    pub dialect: &'static str,
    /// How many posts came of it; 0 when it said nothing.
    pub posts: u32,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<String>,
}

/// The calls of all webhooks.
#[derive(Debug)]
pub struct Calls {
    started: Instant,
    /// Guards what is remembered.
    hooks: Mutex<LruCache<HookId, (Bucket, VecDeque<Call>)>>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { started: monotonic(), hooks: Mutex::new(LruCache::new(HOOKS_MAX)) }
    }
}

impl Calls {
    fn now_ms(&self) -> u64 {
        monotonic().duration_since(self.started).as_millis() as u64
    }

    /// Counts a call; refused when there are too many.
    pub fn count(&self, hook: HookId) -> Result<(), Refusal> {
        let now_ms = self.now_ms();
        let mut hooks = self.hooks.lock();
        let (bucket, _) = hooks.get_or_insert_mut(hook, || (Bucket::new(PER_SECOND, BURST, now_ms), VecDeque::new()));
        bucket.take(now_ms).map_err(|wait_ms| {
            Refusal::new(Code::RateLimited, "This webhook is called faster than this server allows; slow down.")
                .retry_after_ms(wait_ms)
        })
    }

    /// Remembers a call.
    pub fn note(&self, hook: HookId, call: Call) {
        let now_ms = self.now_ms();
        let mut hooks = self.hooks.lock();
        let (_, calls) = hooks.get_or_insert_mut(hook, || (Bucket::new(PER_SECOND, BURST, now_ms), VecDeque::new()));
        calls.push_back(call);
        while calls.len() > CALLS_MAX {
            calls.pop_front();
        }
    }

    /// The last calls of a webhook, newest first.
    pub fn of(&self, hook: HookId) -> Vec<Call> {
        self.hooks.lock().peek(&hook).map(|(_, calls)| calls.iter().rev().cloned().collect()).unwrap_or_default()
    }
}
