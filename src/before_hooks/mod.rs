//! Before-hooks: an app's own system is asked before a command of one of its users is carried out, and allows it, refuses it with a
//! reason, or puts something else in its place.
//!
//! It promises: nobody is asked about what would be refused anyway, nor about what was done already under the same key; the command
//! is decided again, whatever the answer was; the commands of one connection are carried out in the order in which they were sent;
//! an app whose hook hangs holds up nobody but its own users, each connection for itself; everything that waits is bounded.
//!
//! In reading order: `pass` (the way of one command), `ask` (one question), `answer` (what came back, pure), `breaker` (a hook that
//! fails is left alone for a while), this file (what they share, and the test of a hook).

mod answer;
mod ask;
mod breaker;
mod pass;

pub use answer::Answer;
pub use ask::Failure;

use crate::auth::Vault;
use crate::engine::{Engine, Gate};
use crate::model::clock::monotonic;
use crate::model::{AppId, Body, Clock, Code, HookAction, Name, Question, Refusal, Text, UserId};
use crate::outbound::{Outbound, Trust};
use crate::shutdown::Tasks;
use crate::store::Read;
use crate::store::records::BeforeHookRow;
use ask::AppState;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;
use tokio::sync::Semaphore;

/// The unit in which the memory of commands that wait is counted, in bytes.
const ROOM_UNIT: usize = 1_024;
/// What the commands of all apps that wait may take, in those units: 128 MiB.
const ROOM_OF_ALL: usize = 128 * 1_024;

/// What was counted.
#[derive(Debug, Default)]
struct Counters {
    asked: AtomicU64,
    allowed: AtomicU64,
    refused: AtomicU64,
    replaced: AtomicU64,
    failed: AtomicU64,
    waiting: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What was counted, as of a moment.
#[derive(Clone, Copy, Debug)]
pub struct BeforeHookStats {
    /// Questions that were asked, or could not be.
    pub asked: u64,
    /// Answers that allowed.
    pub allowed: u64,
    /// Answers that refused.
    pub refused: u64,
    /// Answers that put something else in its place.
    pub replaced: u64,
    /// Questions without an answer that could be understood.
    pub failed: u64,
    /// Commands that wait now.
    pub waiting: u64,
}

struct Inner {
    outbound: Outbound,
    vault: Vault,
    clock: Clock,
    tasks: Tasks,
    started: Instant,
    counters: Counters,
    /// Room for the commands of all apps that wait.
    room: Arc<Semaphore>,
    /// Guards what is known of apps; there are never more than apps.
    apps: Mutex<BTreeMap<AppId, Arc<AppState>>>,
}

/// Asks before-hooks; cheap to clone.
#[derive(Clone)]
pub struct BeforeHooks(Arc<Inner>, Engine);

impl std::fmt::Debug for BeforeHooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BeforeHooks").finish_non_exhaustive()
    }
}

/// What became of a test.
#[derive(Debug)]
pub struct Tested {
    /// The answer, or why there was none.
    pub answer: Result<Answer, Failure>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

impl BeforeHooks {
    /// Stands before an engine. `outbound` is for these questions alone, so that hooks that hang hold up nothing else.
    pub fn new(engine: &Engine, outbound: Outbound, vault: Vault, tasks: Tasks) -> Self {
        let inner = Arc::new(Inner {
            outbound,
            vault,
            clock: engine.clock().clone(),
            tasks,
            started: monotonic(),
            counters: Counters::default(),
            room: Arc::new(Semaphore::new(ROOM_OF_ALL)),
            apps: Mutex::default(),
        });
        let gate: Weak<dyn Gate> = Arc::downgrade(&(Arc::clone(&inner) as Arc<dyn Gate>));
        engine.set_gate(gate);
        Self(inner, engine.clone())
    }

    /// Whether this server would ask at an address.
    pub fn check(&self, url: &str) -> Result<(), Refusal> {
        self.0
            .outbound
            .check(Trust::Tenant, url)
            .map_err(|refused| Refusal::new(Code::Invalid, format!("`url` cannot be asked by this server. {refused}")))
    }

    /// Asks an app's hook about something made up, and says what came back. It counts for nothing.
    pub async fn test(&self, app: AppId) -> Result<Tested, Refusal> {
        let row = self.1.view().get::<BeforeHookRow>(&app).map_err(|_| unread())?;
        let Some(row) = row else {
            return Err(Refusal::new(Code::NotFound, "This app has no before-hook; set one first."));
        };
        let action = row.hook.actions.first().copied().unwrap_or(HookAction::MessageSend);
        let user = |id: &str| UserId::new(id).map_err(|_| unread());
        let question = match action {
            HookAction::MessageSend => {
                let body = Some(Body::Text(Text::plain("This is a test of the before-hook.")));
                Question { peer: Some(user("test-peer")?), body, ..Question::new(app, user("test")?, "send") }
            }
            HookAction::ContactRequest => {
                Question { peer: Some(user("test-peer")?), ..Question::new(app, user("test")?, "request_contact") }
            }
            HookAction::MemberAdd => {
                let (title, users) = (Name::new("Test").ok(), vec![user("test-peer")?]);
                Question { users, title, ..Question::new(app, user("test")?, "create_group") }
            }
        };
        let began = monotonic();
        let state = self.0.app(app);
        let answer = self.0.post(&state, app, &row, (action, true), &question).await;
        Ok(Tested { answer, ms: monotonic().duration_since(began).as_millis() as u64 })
    }

    /// What was counted.
    pub fn stats(&self) -> BeforeHookStats {
        let counters = &self.0.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BeforeHookStats {
            asked: get(&counters.asked),
            allowed: get(&counters.allowed),
            refused: get(&counters.refused),
            replaced: get(&counters.replaced),
            failed: get(&counters.failed),
            waiting: get(&counters.waiting),
        }
    }
}

impl Inner {
    /// What is known of an app.
    fn app(&self, app: AppId) -> Arc<AppState> {
        Arc::clone(self.apps.lock().entry(app).or_default())
    }

    fn now_ms(&self) -> u64 {
        monotonic().duration_since(self.started).as_millis() as u64
    }
}

fn unread() -> Refusal {
    Refusal::new(Code::Unavailable, "The storage could not be read; try again.").retry_after_ms(1_000)
}
