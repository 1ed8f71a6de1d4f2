//! Before-hooks as the engine knows them: which app has one, who does the asking, and the lane that keeps the commands of one
//! connection in order while some of them wait for an answer. Nobody is asked in this room, and never on the writer.
//!
//! An app without a before-hook pays one look at a map in memory for each command.

use super::submit::{CHARGE_BYTES, COMMAND_BYTES_MIN, OneReply, charge, stopped};
use super::writer::{Item, Job, QueuedCommand};
use super::{Engine, ReplySink, Submission, Submitted, events};
use crate::ledger::{Accepted, Stop, before_hooks};
use crate::model::{Actor, AnyCommand, AppId, Command, HookAction, Key, Question, Refusal, SystemCommand, UserActor};
use crate::store::records::BeforeHookRow;
use crate::store::{Fault, Read, Tables, View};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use tokio::sync::oneshot;

/// The before-hooks of all apps.
pub type Hooks = BTreeMap<AppId, Arc<BeforeHookRow>>;

/// Whether somebody is asked before a command is carried out.
#[derive(Clone, Debug)]
pub enum Before {
    /// The app's before-hook is asked, if it has one for this. Commands of one lane keep their order.
    Ask(Option<Arc<Lane>>),
    /// Nobody is asked: it is the app's own doing, or somebody was asked already. With the hash of what the caller sent, when that
    /// is not what is carried out.
    Passed(Option<u64>),
}

impl Before {
    /// Nobody is asked.
    pub const OWN: Self = Self::Passed(None);
}

/// A command that does not go to the writer at once: somebody is asked about it first, or it comes after one of its lane that waits.
pub struct Passing {
    /// What is asked; none: it only keeps its turn.
    pub hook: Option<Arc<BeforeHookRow>>,
    /// The command.
    pub submission: Submission,
    /// Its place in its lane.
    pub place: Option<Place>,
    /// What it takes in memory, about.
    pub bytes: usize,
}

/// Who asks. The engine knows nobody to ask; it hands these commands on, so that all of them go through one door.
pub trait Gate: Send + Sync {
    /// Takes a command, to hand it to [`Engine::submit`] as [`Before::Passed`] or to tell its outcome with [`Engine::tell`].
    fn pass(self: Arc<Self>, engine: Engine, passing: Passing) -> Submitted;
}

/// The commands of one connection that wait, in their order.
#[derive(Debug, Default)]
pub struct Lane {
    /// How many have not left.
    waiting: AtomicUsize,
    /// Guards what the next one waits for: the last one leaving.
    last: Mutex<Option<oneshot::Receiver<Option<Refusal>>>>,
}

/// A place in a lane. Dropping it lets the next one go on.
#[derive(Debug)]
pub struct Place {
    lane: Arc<Lane>,
    before: Option<oneshot::Receiver<Option<Refusal>>>,
    after: Option<oneshot::Sender<Option<Refusal>>>,
}

impl Lane {
    /// Whether a command of it waits.
    pub fn is_busy(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Takes the next place. Called by the one who submits, in the order of the commands.
    pub fn enter(self: &Arc<Self>) -> Place {
        let busy = self.waiting.fetch_add(1, Ordering::AcqRel) > 0;
        let (after, next) = oneshot::channel();
        // When all have left, what the last one said concerns nobody any more.
        let before = self.last.lock().replace(next).filter(|_| busy);
        Place { lane: Arc::clone(self), before, after: Some(after) }
    }
}

impl Place {
    /// Waits until those before it have left. With a refusal when they were told to come again later: then so is this one, and
    /// order is kept.
    pub async fn turn(&mut self) -> Option<Refusal> {
        // Whoever vanished without a word holds nobody back.
        self.before.take()?.await.unwrap_or_default()
    }

    /// Whether it was not waited for yet that those before it leave.
    pub const fn waits(&self) -> bool {
        self.before.is_some()
    }

    /// Lets the next one go on, or refuses it as this one was.
    pub fn leave(mut self, held: Option<Refusal>) {
        if let Some(after) = self.after.take() {
            // Perhaps there is no next one.
            drop(after.send(held));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The next one learns of it before anybody sees that the lane is free.
        drop(self.after.take());
        self.lane.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is asked before a command is carried out.
pub(super) fn hook_for(hooks: &Hooks, submission: &Submission) -> Option<Arc<BeforeHookRow>> {
    let (Actor::User(actor), AnyCommand::User(command)) = (&submission.actor, &submission.command) else { return None };
    let row = hooks.get(&actor.app)?;
    let action = HookAction::of(command)?;
    row.hook.actions.contains(&action).then(|| Arc::clone(row))
}

/// Whether a command may change what is asked of an app.
pub(super) const fn changes(command: &AnyCommand) -> Option<AppId> {
    match command {
        AnyCommand::System(
            SystemCommand::SetBeforeHook { app, .. }
            | SystemCommand::RotateBeforeHook { app, .. }
            | SystemCommand::RemoveBeforeHook { app }
            | SystemCommand::AppStep { app }
            | SystemCommand::Reseal { app, .. },
        ) => Some(*app),
        AnyCommand::System(_) | AnyCommand::User(_) => None,
    }
}

/// The before-hooks of a state.
pub(super) fn all(view: &View) -> Result<Hooks, Fault> {
    Ok(before_hooks::all(view)?.into_iter().collect())
}

/// The before-hook of one app as a batch leaves it.
pub(super) fn of(tables: &Tables<'_>, app: AppId) -> Result<Option<Arc<BeforeHookRow>>, Fault> {
    tables.get::<BeforeHookRow>(&app)
}

impl Engine {
    /// What executing a user's command would give, decided in its place in the one order, with nothing changed: its refusal, the
    /// outcome of the same key before, or `done` in place of its result.
    pub async fn try_out(&self, submission: &Submission) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        let Submission { actor, key, command, before, .. } = submission;
        let (actor, command, before) = (actor.clone(), command.clone(), before.clone());
        let trial = Submission { actor, key: *key, command, reply: Some((sink, 0)), before };
        let queued = QueuedCommand { trial: true, ..charge(trial) };
        match self.take(queued) {
            Submitted::Done(taken) => taken?,
            Submitted::Waits(taken) => taken.await?,
        }
        outcome.await.map_err(|_| stopped())?
    }

    /// What is asked about a user's command that would be accepted; none: nothing, although others of its kind are.
    pub async fn question(&self, actor: UserActor, key: Key, command: Command) -> Result<Option<Question>, Refusal> {
        self.read_fresh(move |shared, view| {
            let mut question = before_hooks::question(view, shared.clock.now(), (&actor, key), &command)?;
            if let Some(question) = &mut question
                && let Some(place) = question.place
            {
                question.conversation = events::place(view, place)?;
            }
            Ok::<_, Stop>(question)
        })
        .await
    }

    /// Tells the outcome of a command that did not come as far as the writer, as all outcomes are told: on the publisher thread.
    /// Returns when it is told.
    pub async fn tell(&self, (sink, request): (Arc<dyn ReplySink>, u32), outcome: Result<Accepted, Refusal>) {
        let cost = (COMMAND_BYTES_MIN / CHARGE_BYTES) as u32;
        if let Ok(permit) = self.0.shared.budget.acquire_many(cost).await {
            permit.forget();
        }
        let (told, done) = oneshot::channel();
        let sink: Arc<dyn ReplySink> = Arc::new(Told { sink, told: Mutex::new(Some(told)) });
        let item = Item { outcome, reply: Some((sink, request)), published: None, effects_first: false };
        if self.0.shared.closed.load(Ordering::SeqCst) || self.0.queue.send(Job::Tell { item, cost }).is_err() {
            // Whoever still waits learns that the server stops by its connection being closed.
            return;
        }
        drop(done.await);
    }

    /// Says who is asked before commands are carried out from now on, as long as it is there.
    pub fn set_gate(&self, gate: Weak<dyn Gate>) {
        *self.0.gate.lock() = Some(gate);
    }

    /// Whether anybody is asked about commands of an app.
    pub fn has_before_hook(&self, app: AppId) -> bool {
        self.0.shared.hooks.load().contains_key(&app)
    }
}

/// A reply that says when it was told.
struct Told {
    sink: Arc<dyn ReplySink>,
    /// Guards whom to tell of it.
    told: Mutex<Option<oneshot::Sender<()>>>,
}

impl ReplySink for Told {
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>) {
        self.sink.complete(request, outcome);
        if let Some(told) = self.told.lock().take() {
            told.send(()).ok();
        }
    }
}
