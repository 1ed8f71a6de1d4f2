//! Commands on their way to the writer: taken, charged to the queue, and answered.

use super::Engine;
use super::before::{self, Before, Lane, Passing};
use super::writer::{Job, QueuedCommand};
use crate::ledger::Accepted;
use crate::model::{
    Actor, AnyCommand, BotCommand, ButtonRow, Code, Command, Content, CursorMove, Key, Refusal, SystemCommand, UserId,
};
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that the submit queue holds. Each command charges its size, and [`COMMAND_BYTES_MIN`] at least, so this bounds the number
/// of commands as well (16,384).
pub const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// What a small command charges.
pub const COMMAND_BYTES_MIN: usize = 4 * 1024;
/// The unit in which bytes are charged.
pub const CHARGE_BYTES: usize = 256;
/// How long a caller waits for room in the queue before it is told `overloaded`.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// Where the outcome of a command goes. Called once, on the publisher thread, after the commit, in the log's order.
pub trait ReplySink: Send + Sync {
    /// The command with the caller's number `request` was decided.
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>);

    /// The refusal of an earlier command of the same caller who was told to come again and has not waited so long yet: what they
    /// sent after it comes again, too.
    fn holds_back(&self) -> Option<Refusal> {
        None
    }
}

/// A command on its way.
pub struct Submission {
    /// Who acts.
    pub actor: Actor,
    /// The caller's idempotency key.
    pub key: Option<Key>,
    /// What is asked for.
    pub command: AnyCommand,
    /// Where the outcome goes, and the caller's number for it.
    pub reply: Option<(Arc<dyn ReplySink>, u32)>,
    /// Whether somebody is asked first.
    pub before: Before,
}

impl Submission {
    /// What its caller sent, in a number: the same key with another one is refused.
    pub fn hash(&self) -> u64 {
        match (&self.before, &self.key, &self.command) {
            (Before::Passed(Some(sent)), ..) => *sent,
            (_, Some(_), AnyCommand::User(command)) => {
                postcard::to_allocvec(command).map_or(0, |bytes| xxh3_64(&bytes))
            }
            (_, Some(_), AnyCommand::System(_)) | (_, None, _) => 0,
        }
    }
}

/// Whether a command was taken, or will be.
pub enum Submitted {
    /// It was taken or refused.
    Done(Result<(), Refusal>),
    /// It waits for room in the queue.
    Waits(Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>),
}

impl Engine {
    /// Takes a command. Waits while the queue is full, at most 2 s: then it is refused with `overloaded` and was not taken. The
    /// outcome of a command that was taken goes to its `reply`.
    pub async fn submit(&self, submission: Submission) -> Result<(), Refusal> {
        match self.submit_now(submission) {
            Submitted::Done(taken) => taken,
            Submitted::Waits(taken) => taken.await,
        }
    }

    /// The same for callers that keep thousands of futures: only a command that has to wait for room takes memory for it.
    pub fn submit_now(&self, submission: Submission) -> Submitted {
        let Before::Ask(lane) = &submission.before else { return self.take(charge(submission)) };
        let hook = before::hook_for(&self.0.shared.hooks.load(), &submission);
        if hook.is_none() && lane.as_ref().is_none_or(|lane| !lane.is_busy()) {
            return self.take(charge(submission));
        }
        let Some(gate) = self.0.gate.lock().as_ref().and_then(Weak::upgrade) else {
            return Submitted::Done(Err(stopped()));
        };
        let (place, bytes) = (lane.as_ref().map(Lane::enter), bytes_of(&submission.command));
        gate.pass(self.clone(), Passing { hook, submission, place, bytes })
    }

    /// Takes a command about which nobody is asked.
    pub(super) fn take(&self, queued: QueuedCommand) -> Submitted {
        if let Ok(permit) = self.0.shared.budget.try_acquire_many(queued.cost) {
            permit.forget();
            return Submitted::Done(self.enqueue(queued));
        }
        let engine = self.clone();
        Submitted::Waits(Box::pin(async move {
            match tokio::time::timeout(QUEUE_WAIT, engine.0.shared.budget.acquire_many(queued.cost)).await {
                Ok(Ok(permit)) => permit.forget(),
                Ok(Err(_)) | Err(_) => return Err(overloaded()),
            }
            engine.enqueue(queued)
        }))
    }

    fn enqueue(&self, queued: QueuedCommand) -> Result<(), Refusal> {
        if self.0.shared.closed.load(Ordering::SeqCst) || self.0.queue.send(Job::Command(queued)).is_err() {
            return Err(stopped());
        }
        Ok(())
    }

    /// Takes a command and waits for its outcome.
    pub async fn execute(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        self.execute_after(Before::Ask(None), actor, key, command).await
    }

    /// The same for what an app itself does in the name of its users: nobody is asked about it.
    pub async fn execute_own(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        self.execute_after(Before::OWN, actor, key, command).await
    }

    async fn execute_after(
        &self,
        before: Before,
        actor: Actor,
        key: Option<Key>,
        command: AnyCommand,
    ) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        self.submit(Submission { actor, key, command, reply: Some((sink, 0)), before }).await?;
        outcome.await.map_err(|_| stopped())?
    }

    /// The same for callers without async: the command line on a data folder of its own. Never call it from a task.
    pub fn execute_blocking(&self, actor: Actor, key: Option<Key>, command: AnyCommand) -> Result<Accepted, Refusal> {
        let (sink, outcome) = OneReply::new();
        let queued = charge(Submission { actor, key, command, reply: Some((sink, 0)), before: Before::OWN });
        while self.0.shared.budget.try_acquire_many(queued.cost).map(tokio::sync::SemaphorePermit::forget).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.enqueue(queued)?;
        outcome.blocking_recv().map_err(|_| stopped())?
    }

    /// Notes that a user's cursor moved. Merged, and submitted as `Cursors` at most four times a second.
    pub fn note_cursor(&self, moved: CursorMove) {
        if self.0.shared.cursors.note(moved) {
            // When the queue is full the writer is awake anyway.
            drop(self.0.queue.try_send(Job::Cursors));
        }
    }
}

/// What a command charges to the queue, and the hash of what its caller sent.
pub(super) fn charge(submission: Submission) -> QueuedCommand {
    let (bytes, hash) = (bytes_of(&submission.command), submission.hash());
    let replaced = matches!(submission.before, Before::Passed(Some(_)));
    let Submission { actor, key, command, reply, before: _ } = submission;
    let cost = ((bytes + COMMAND_BYTES_MIN) / CHARGE_BYTES) as u32;
    QueuedCommand { actor, key, hash, command, reply, cost, bytes, trial: false, replaced }
}

/// The bytes of a command's words.
fn bytes_of(command: &AnyCommand) -> usize {
    match command {
        AnyCommand::User(Command::Send { content: Content::Text(text), .. }) => text.text.len(),
        AnyCommand::User(Command::Send { content: Content::Custom(custom), .. }) => custom.json.len(),
        AnyCommand::User(Command::Send { content: Content::Media(attach), .. }) => attach.caption.text.len(),
        AnyCommand::User(Command::Edit { text, .. }) => text.len(),
        AnyCommand::User(Command::Send { content: Content::Buttons(buttons), .. }) => buttons.bytes(),
        AnyCommand::User(Command::EditButtons { text, rows, .. }) => {
            text.len() + rows.iter().map(ButtonRow::bytes).sum::<usize>()
        }
        AnyCommand::User(Command::AddMembers { users, .. } | Command::CreateGroup { members: users, .. }) => {
            users.iter().map(|user| user.as_str().len() + size_of::<UserId>()).sum()
        }
        AnyCommand::User(Command::SetCommands { commands }) => commands.iter().map(BotCommand::bytes).sum(),
        AnyCommand::System(SystemCommand::FinishAnswer { answer: Some(answer), .. }) => answer.text.len(),
        AnyCommand::System(SystemCommand::Post { post, .. }) => post.words().iter().map(|words| words.len()).sum(),
        AnyCommand::User(_) | AnyCommand::System(_) => 0,
    }
}

pub(super) fn overloaded() -> Refusal {
    Refusal::new(
        Code::Overloaded,
        "The server has more work than it can take now; send it again a little later, in order.",
    )
    .retry_after_ms(1_000)
}

pub(super) fn stopped() -> Refusal {
    Refusal::new(Code::Unavailable, "The server is stopping; connect again and send it again with the same key.")
        .retry_after_ms(1_000)
}

/// A reply that one caller waits for.
pub(super) struct OneReply(Mutex<Option<oneshot::Sender<Result<Accepted, Refusal>>>>);

impl OneReply {
    pub(super) fn new() -> (Arc<Self>, oneshot::Receiver<Result<Accepted, Refusal>>) {
        let (sender, receiver) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Some(sender)))), receiver)
    }
}

impl ReplySink for OneReply {
    fn complete(&self, _: u32, outcome: Result<Accepted, Refusal>) {
        if let Some(sender) = self.0.lock().take() {
            // Whoever asked may have gone meanwhile.
            drop(sender.send(outcome));
        }
    }
}
