//! The way of one command: tried out, asked about, carried out in its turn.
//!
//! Commands of one connection are asked about at the same time, and carried out one after the other. One that would be refused only
//! because those before it are not done yet is tried again when they are; one that becomes something else by them is asked about again.

use super::answer::{self, Answer};
use super::ask::{AppState, Failure, Full};
use super::{Counters, Inner};
use crate::engine::{Before, Engine, Gate, Passing, Place, Submission, Submitted};
use crate::ledger::Accepted;
use crate::model::{Actor, AnyCommand, AppId, Code, HookAction, OnFailure, Question, Refusal};
use crate::store::records::BeforeHookRow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a user is told when nobody could be asked.
const NOT_ASKED: &str =
    "The system that checks this first does not answer, so it was not done; try again a little later.";
/// What a user is told when something else was put in a place where nothing can be.
const NOT_SO: &str = "This was refused by the rules of this app: it cannot be done in this form.";

/// What a user is told when what they want becomes something else again and again while somebody is asked about it.
const CHANGES: &str =
    "What this is about changes faster than it can be checked, so it was not done; look at it and try again.";
/// So often somebody is asked about one command that becomes something else meanwhile.
const ROUNDS_MAX: u32 = 3;

type Outcome = Result<Accepted, Refusal>;

impl Gate for Inner {
    fn pass(self: Arc<Self>, engine: Engine, passing: Passing) -> Submitted {
        let Passing { hook, submission, place, bytes } = passing;
        let app = match &submission.actor {
            Actor::User(actor) => actor.app,
            Actor::App(_) | Actor::Operator | Actor::Server => AppId::HOME,
        };
        let state = self.app(app);
        let room = match state.room(bytes, &self.room) {
            Ok(room) => room,
            Err(full) => {
                return Submitted::Waits(Box::pin(async move {
                    self.crowded(&engine, hook, submission, place, full).await
                }));
            }
        };
        let tasks = self.tasks.clone();
        tasks.spawn("before-hook", async move {
            let _waiting = Waiting::new(&self.counters.waiting);
            self.carry(&engine, &state, hook, submission, place).await;
            drop(room);
        });
        Submitted::Done(Ok(()))
    }
}

/// Counts a command while it waits.
struct Waiting<'a>(&'a AtomicU64);

impl<'a> Waiting<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Takes a command all the way.
    async fn carry(
        &self,
        engine: &Engine,
        state: &AppState,
        hook: Option<Arc<BeforeHookRow>>,
        mut submission: Submission,
        mut place: Option<Place>,
    ) {
        let settled = match hook {
            Some(hook) => self.settle(engine, state, &hook, &mut submission, &mut place).await,
            None => None,
        };
        let mut held = turn(&mut place).await;
        if settled.is_none() && held.is_none() {
            // Those before it may have been told to come again after they had left.
            held = submission.reply.as_ref().and_then(|(sink, _)| sink.holds_back());
        }
        let outcome = match (settled, &held) {
            (Some(outcome), _) => Some(outcome),
            (None, Some(held)) => Some(Err(held.clone())),
            (None, None) => None,
        };
        let reply = submission.reply.clone();
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => match engine.submit(passed(submission)).await {
                Ok(()) => return,
                Err(refusal) => Err(refusal),
            },
        };
        let held = held.or_else(|| outcome.as_ref().err().filter(|refusal| refusal.retry_after_ms.is_some()).cloned());
        if let Some(reply) = reply {
            engine.tell(reply, outcome).await;
        }
        if let Some(place) = place {
            place.leave(held);
        }
    }

    /// Finds out what becomes of a command: its outcome when that is known, or else nothing, and it is carried out as it is now.
    ///
    /// What is asked is asked about the state as it is then. When those before it are done, or the answer has come, it is looked at
    /// again, and asked about again if it has become something else.
    async fn settle(
        &self,
        engine: &Engine,
        state: &AppState,
        hook: &BeforeHookRow,
        submission: &mut Submission,
        place: &mut Option<Place>,
    ) -> Option<Outcome> {
        let mut asked: Option<(Box<Question>, Result<Answer, Failure>)> = None;
        let (mut rounds, mut tries) = (0, true);
        loop {
            let seen = look(engine, submission, tries).await;
            // Those before it may change it.
            let waits = place.as_ref().is_some_and(Place::waits);
            tries = waits;
            match seen {
                Seen::Known(Err(_)) | Seen::Nothing if waits => {}
                Seen::Known(outcome) => return Some(outcome),
                Seen::Nothing => return None,
                Seen::Asks(question) => {
                    let before = asked.take_if(|(before, _)| is_same(before, &question));
                    let answer = match before {
                        Some((_, answer)) => return decided(hook, submission, answer),
                        None if rounds == ROUNDS_MAX => return Some(Err(Refusal::new(Code::Conflict, CHANGES))),
                        None => {
                            rounds += 1;
                            let action = of(submission)?;
                            self.ask(state, hook, action, &question).await
                        }
                    };
                    asked = Some((question, answer));
                }
            }
            if let Some(held) = turn(place).await {
                return Some(Err(held));
            }
        }
    }

    /// There is no room to wait in: the command takes its turn and is not asked about. Whose room is full decides what becomes of it.
    async fn crowded(
        &self,
        engine: &Engine,
        hook: Option<Arc<BeforeHookRow>>,
        submission: Submission,
        mut place: Option<Place>,
        full: Full,
    ) -> Result<(), Refusal> {
        if let Some(held) = turn(&mut place).await {
            return Err(held);
        }
        let Some(hook) = hook else { return engine.submit(passed(submission)).await };
        match look(engine, &submission, true).await {
            Seen::Known(Err(refusal)) => return Err(refusal),
            Seen::Known(Ok(known)) => {
                if let Some(reply) = submission.reply {
                    engine.tell(reply, Ok(known)).await;
                }
                return Ok(());
            }
            Seen::Nothing => return engine.submit(passed(submission)).await,
            Seen::Asks(_) => {}
        }
        Counters::add(&self.counters.asked);
        Counters::add(&self.counters.failed);
        tracing::debug!(failure = %Failure::Crowded, "a before-hook was not asked");
        let refused = match full {
            Full::OfApp => not_asked(&hook),
            Full::OfAll => Some(overloaded()),
        };
        match refused {
            Some(refusal) => Err(refusal),
            None => engine.submit(passed(submission)).await,
        }
    }
}

/// What a command is as things are now.
enum Seen {
    /// What becomes of it is known.
    Known(Outcome),
    /// It would be accepted, and nothing is asked about it.
    Nothing,
    /// It would be accepted, and this is asked about it.
    Asks(Box<Question>),
}

/// Looks at a command as things are now: behind everything that was submitted before, if it is tried out for that.
async fn look(engine: &Engine, submission: &Submission, tries: bool) -> Seen {
    if tries {
        match engine.try_out(submission).await {
            Ok(accepted) if !accepted.duplicate => {}
            known => return Seen::Known(known),
        }
    }
    let (Actor::User(actor), AnyCommand::User(command), Some(key)) =
        (&submission.actor, &submission.command, submission.key)
    else {
        return Seen::Nothing;
    };
    match engine.question(actor.clone(), key, command.clone()).await {
        Ok(Some(question)) => Seen::Asks(Box::new(question)),
        Ok(None) => Seen::Nothing,
        Err(refusal) => Seen::Known(Err(refusal)),
    }
}

/// What becomes of a command by its answer.
fn decided(hook: &BeforeHookRow, submission: &mut Submission, answer: Result<Answer, Failure>) -> Option<Outcome> {
    match answer {
        Ok(Answer::Allow) => None,
        Ok(Answer::Refuse(reason)) => Some(Err(Refusal::new(Code::HookRefused, reason))),
        Ok(Answer::Replace(replacement)) => {
            let AnyCommand::User(command) = &submission.command else { return None };
            let Some(command) = answer::replaced(command, &replacement) else {
                return Some(Err(Refusal::new(Code::HookRefused, NOT_SO)));
            };
            // Whoever sends the same again sends what they sent before.
            submission.before = Before::Passed(Some(submission.hash()));
            submission.command = command.into();
            None
        }
        Err(failure) if failure.is_ours() => Some(Err(overloaded())),
        Err(_) => not_asked(hook).map(Err),
    }
}

/// Whether an answer to one question answers another. A direct chat that has come to be meanwhile makes no other of it.
fn is_same(asked: &Question, now: &Question) -> bool {
    if asked.place.is_none() && asked.peer.is_some() {
        return *asked == Question { place: None, conversation: None, ..now.clone() };
    }
    asked == now
}

/// What a command is to whoever is asked.
fn of(submission: &Submission) -> Option<HookAction> {
    let AnyCommand::User(command) = &submission.command else { return None };
    HookAction::of(command)
}

/// Waits for a command's turn; the refusal when those before it have to come again.
async fn turn(place: &mut Option<Place>) -> Option<Refusal> {
    match place {
        Some(place) => place.turn().await,
        None => None,
    }
}

/// What becomes of a command when nobody could be asked.
fn not_asked(hook: &BeforeHookRow) -> Option<Refusal> {
    match hook.hook.on_failure {
        OnFailure::Open => None,
        OnFailure::Closed => Some(Refusal::new(Code::HookRefused, NOT_ASKED)),
    }
}

/// What a user is told when the questions of all apps together are too many: that is no failure of the app's hook, so it is not the
/// app's to say that the command is done unasked.
fn overloaded() -> Refusal {
    Refusal::new(
        Code::Overloaded,
        "Too many commands of this server wait to be checked; send it again a little later, in order.",
    )
    .retry_after_ms(1_000)
}

/// A command about which nobody is asked any more.
fn passed(mut submission: Submission) -> Submission {
    if let Before::Ask(_) = submission.before {
        submission.before = Before::OWN;
    }
    submission
}
