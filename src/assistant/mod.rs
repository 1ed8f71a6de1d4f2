//! Assistants: what carries their turns out. The rules (who may ask, what is open, where an answer stands) are the ledger's; what is
//! open stands in rows. This asks the provider, shows the answer while it is being written, and hands the end to the ledger.
//!
//! It promises: a provider that is slow, wrong or gone costs those who talk to each other nothing; a question ends with an entry that
//! says how, whatever happens, a restart included; a model is given only what whoever asks may see; a key is in no log line and no
//! answer.
//!
//! In reading order: [`wire`], [`sse`] and `thoughts` (the provider's language, pure), `key`, `problem` (every "no" in words), [`provider`] (one
//! question to it), [`context`] (what it is given), `worker` (which turns begin and end), `answering` (one of them), `check` (the test
//! of an assistant), [`tasks`] (what is done for one device alone), this file (the door).

mod answering;
mod check;
pub mod context;
mod key;
mod problem;
pub mod provider;
pub mod sse;
pub mod tasks;
mod thoughts;
pub mod wire;
mod worker;

pub use crate::hub::DraftId;
pub use problem::Problem;
pub use provider::Times;
pub use tasks::{Task, TaskEvent};

use crate::engine::{Engine, Published, Subscriber};
use crate::hub::Hub;
use crate::media::Media;
use crate::model::{AnswerEnd, AssistantCheck, AssistantSettings, ConversationId, Effect};
use crate::outbound::Outbound;
use crate::shutdown::Tasks;
use crate::store::View;
use key::Keys;
use parking_lot::Mutex;
use provider::Provider;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, Semaphore};

/// Tasks for single devices at the same time.
const TASKS_MAX: usize = 16;
/// Conversations that are remembered as changed; what is beyond is found by retention.
const TOUCHED_MAX: usize = 10_000;

/// What assistants are told at start.
#[derive(Clone, Debug)]
pub struct AssistantOptions {
    /// The data folder.
    pub data: PathBuf,
    /// Answers that are written at the same time, of all assistants together.
    pub at_once: usize,
    /// Times of an answer.
    pub times: Times,
}

impl AssistantOptions {
    /// The defaults for a data folder.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), at_once: 32, times: Times::default() }
    }
}

/// Wakes whoever carries turns out; made before the engine, which tells it.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Waking>);

#[derive(Debug, Default)]
struct Waking {
    notify: Notify,
    /// Guards the conversations in which turns changed since the last look.
    touched: Mutex<BTreeSet<ConversationId>>,
}

impl Wake {
    /// What hears of effects. Give it to [`Engine::open`].
    pub fn subscriber(&self) -> Box<dyn Subscriber> {
        Box::new(self.clone())
    }

    fn wake(&self) {
        self.0.notify.notify_one();
    }

    async fn wait(&self) {
        self.0.notify.notified().await;
    }

    fn touched(&self) -> BTreeSet<ConversationId> {
        std::mem::take(&mut *self.0.touched.lock())
    }
}

impl Subscriber for Wake {
    fn publish(&mut self, _: &Arc<View>, published: &Published) {
        for effect in &published.effects {
            if let Effect::Turns { conversation } = effect {
                let mut touched = self.0.touched.lock();
                if touched.len() < TOUCHED_MAX {
                    touched.insert(*conversation);
                }
                drop(touched);
                self.0.notify.notify_one();
            }
        }
    }

    fn flush(&mut self) {}
}

/// Assistants; cheap to clone.
#[derive(Clone)]
pub struct Assistants(Arc<Inner>);

struct Inner {
    engine: Engine,
    hub: Hub,
    media: Media,
    provider: Provider,
    wake: Wake,
    tasks: Tasks,
    options: AssistantOptions,
    task_places: Arc<Semaphore>,
    counters: Counters,
    waiting: AtomicU64,
    running: AtomicU64,
}

#[derive(Debug, Default)]
struct Counters {
    questions: AtomicU64,
    complete: AtomicU64,
    stopped: AtomicU64,
    limit: AtomicU64,
    failed: AtomicU64,
    tokens: AtomicU64,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssistantStats {
    /// Questions that were begun, tasks for single devices included.
    pub questions: u64,
    /// Those that ended well.
    pub complete: u64,
    /// Those that somebody stopped.
    pub stopped: u64,
    /// Those whose answer was cut.
    pub limit: u64,
    /// Those that failed.
    pub failed: u64,
    /// Tokens, estimated where the provider does not say.
    pub tokens: u64,
    /// Questions that are open.
    pub open: u64,
    /// Answers that are being written.
    pub running: u64,
}

impl Assistants {
    /// For an engine whose effects `wake` hears of.
    pub fn new(
        engine: Engine,
        hub: Hub,
        media: Media,
        outbound: Outbound,
        wake: Wake,
        tasks: Tasks,
        options: AssistantOptions,
    ) -> Self {
        let provider = Provider { outbound, keys: Keys::new(&options.data), times: options.times };
        Self(Arc::new(Inner {
            engine,
            hub,
            media,
            provider,
            wake,
            tasks,
            options,
            task_places: Arc::new(Semaphore::new(TASKS_MAX)),
            counters: Counters::default(),
            waiting: AtomicU64::new(0),
            running: AtomicU64::new(0),
        }))
    }

    /// Tests how an assistant is, or would be.
    pub async fn check(&self, settings: &AssistantSettings) -> AssistantCheck {
        self.0.provider.check(settings).await
    }

    /// What was counted since the start.
    pub fn stats(&self) -> AssistantStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.0.counters;
        AssistantStats {
            questions: count(&counters.questions),
            complete: count(&counters.complete),
            stopped: count(&counters.stopped),
            limit: count(&counters.limit),
            failed: count(&counters.failed),
            tokens: count(&counters.tokens),
            open: count(&self.0.waiting),
            running: count(&self.0.running),
        }
    }

    fn count_question(&self) {
        self.0.counters.questions.fetch_add(1, Ordering::Relaxed);
    }

    fn count_end(&self, end: AnswerEnd) {
        let counters = &self.0.counters;
        let counter = match end {
            AnswerEnd::Complete => &counters.complete,
            AnswerEnd::Stopped => &counters.stopped,
            AnswerEnd::Limit => &counters.limit,
            AnswerEnd::Failed => &counters.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn count_tokens(&self, tokens: u64) {
        self.0.counters.tokens.fetch_add(tokens, Ordering::Relaxed);
    }

    fn note_running(&self, running: usize) {
        self.0.running.store(running as u64, Ordering::Relaxed);
    }
}

/// Tests settings without a server: for the command line on a data folder of its own.
pub async fn check_alone(
    outbound: Outbound,
    options: &AssistantOptions,
    settings: &AssistantSettings,
) -> AssistantCheck {
    Provider { outbound, keys: Keys::new(&options.data), times: options.times }.check(settings).await
}
