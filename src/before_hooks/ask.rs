//! One question: signed, posted, answered within its time, or not.

use super::answer::{self, Answer};
use super::breaker::Breaker;
use super::{Counters, Inner, ROOM_UNIT};
use crate::auth::{BEFORE_HOOK, webhook, webhook::WebhookSecret};
use crate::model::clock::monotonic;
use crate::model::{AppId, HookAction, Key, Question, Sealed, Timestamp};
use crate::outbound::{Limits, OutboundError, Request, Trust, Wait};
use crate::store::records::BeforeHookRow;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Questions of one app on their way at the same time.
const AT_ONCE: usize = 64;
/// What the commands of one app that wait may take, in units of [`ROOM_UNIT`]: 16 MiB.
const ROOM_OF_APP: usize = 16 * 1_024;
/// What a command has of words and names is there so often while it waits: in the command, in the question, in what is posted.
const COPIES: usize = 3;
/// What each takes at least, so that there are never more than 1,024.
const ROOM_LEAST: usize = 16;
/// So much later the asking ends whatever it waits for; what it waits for has its own end before.
const GRACE: Duration = Duration::from_millis(100);
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// What is known of an app.
#[derive(Debug)]
pub(super) struct AppState {
    at_once: Semaphore,
    room: Arc<Semaphore>,
    breaker: Breaker,
    /// The setting whose secret could not be read, as the log has it already.
    unread: AtomicU64,
}

impl Default for AppState {
    fn default() -> Self {
        Self {
            at_once: Semaphore::new(AT_ONCE),
            room: Arc::new(Semaphore::new(ROOM_OF_APP)),
            breaker: Breaker::default(),
            unread: AtomicU64::new(0),
        }
    }
}

impl AppState {
    /// Room for a command that waits, of the app's and of everybody's; or whose is full.
    pub fn room(&self, bytes: usize, of_all: &Arc<Semaphore>) -> Result<[OwnedSemaphorePermit; 2], Full> {
        let units = u32::try_from((COPIES * bytes / ROOM_UNIT).max(ROOM_LEAST)).map_err(|_| Full::OfApp)?;
        let own = Arc::clone(&self.room).try_acquire_many_owned(units).map_err(|_| Full::OfApp)?;
        Ok([own, Arc::clone(of_all).try_acquire_many_owned(units).map_err(|_| Full::OfAll)?])
    }

    /// Whether it is not told yet that the secret of a setting cannot be read.
    fn is_news(&self, changed: Timestamp) -> bool {
        self.unread.swap(changed.0, Ordering::Relaxed) != changed.0
    }
}

/// Whose room is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The app's own: its hook is too slow for its users.
    OfApp,
    /// Everybody's: others' hooks may be the cause.
    OfAll,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It has failed too often of late.
    #[error("It failed several times in a row and is left alone for a few seconds.")]
    Rests,
    /// Too many questions wait for it already.
    #[error("Too many questions wait for an answer already.")]
    Crowded,
    /// Its secret cannot be read.
    #[error("Its secret cannot be read back; give it another one.")]
    Secret,
    /// It took too long.
    #[error("No answer came in time.")]
    Late,
    /// It could not be asked.
    #[error("{0}")]
    Unasked(#[from] OutboundError),
    /// It says that something is wrong.
    #[error("It answered with the status {0}; only 2xx is an answer.")]
    Status(u16),
    /// The answer cannot be understood.
    #[error("The answer cannot be understood: {0}.")]
    Unreadable(String),
}

impl Failure {
    /// A word for logs and metrics.
    const fn step(&self) -> &'static str {
        match self {
            Self::Rests => "rests",
            Self::Crowded => "crowded",
            Self::Secret => "secret",
            Self::Late => "time-out",
            Self::Unasked(error) => error.step(),
            Self::Status(_) => "status",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Whether there was no place among the questions of all apps: others' hooks may be the cause.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self, Self::Unasked(OutboundError::TimedOut(Wait::Turn)))
    }

    /// Whether the other side is to blame, so that asking it again at once would give the same.
    const fn is_theirs(&self) -> bool {
        match self {
            Self::Rests | Self::Crowded | Self::Secret | Self::Unasked(OutboundError::TimedOut(Wait::Turn)) => false,
            Self::Late | Self::Unasked(_) | Self::Status(_) | Self::Unreadable(_) => true,
        }
    }
}

/// What is posted.
#[derive(Serialize)]
struct Posted<'a> {
    #[serde(rename = "type")]
    kind: String,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    data: &'a Question,
}

impl Inner {
    /// Asks, and counts what came of it.
    pub(super) async fn ask(
        &self,
        state: &AppState,
        row: &BeforeHookRow,
        action: HookAction,
        question: &Question,
    ) -> Result<Answer, Failure> {
        let counters = &self.counters;
        Counters::add(&counters.asked);
        let answer = if state.breaker.lets(row.changed, self.now_ms()) {
            self.post(state, question.app, row, (action, false), question).await
        } else {
            Err(Failure::Rests)
        };
        match &answer {
            Ok(said) => {
                state.breaker.succeeded(row.changed);
                Counters::add(match said {
                    Answer::Allow => &counters.allowed,
                    Answer::Refuse(_) => &counters.refused,
                    Answer::Replace(_) => &counters.replaced,
                });
            }
            Err(failure) => {
                Counters::add(&counters.failed);
                tracing::debug!(app = %question.app, step = failure.step(), "a before-hook did not answer");
                if matches!(failure, Failure::Secret) && state.is_news(row.changed) {
                    tracing::warn!(
                        app = %question.app,
                        "the secret of a before-hook cannot be read, so it is never asked; is secrets.key of the data folder \
                         another one? Give the hook another secret (POST .../before-hook/rotation)"
                    );
                }
                if failure.is_theirs() && state.breaker.failed(row.changed, self.now_ms()) {
                    tracing::warn!(
                        app = %question.app,
                        step = failure.step(),
                        "a before-hook failed several times in a row and is left alone for a few seconds"
                    );
                }
            }
        }
        answer
    }

    /// Asks, within the time that the hook has for all of it.
    pub(super) async fn post(
        &self,
        state: &AppState,
        app: AppId,
        row: &BeforeHookRow,
        (action, test): (HookAction, bool),
        question: &Question,
    ) -> Result<Answer, Failure> {
        let time = Duration::from_millis(u64::from(row.hook.timeout_ms));
        let until = tokio::time::Instant::from_std(monotonic()) + time;
        let secrets = self.secrets(app, row).ok_or(Failure::Secret)?;
        let asking = async {
            let place = tokio::time::timeout_at(until, state.at_once.acquire()).await;
            let Ok(Ok(_place)) = place else { return Err(Failure::Crowded) };
            let now = self.clock.now();
            let kind = format!("before.{}", action.name());
            let posted = Posted { kind, timestamp: now, test, data: question };
            let body = serde_json::to_vec(&posted).map_err(|error| Failure::Unreadable(error.to_string()))?;
            let id = Key::new(now).to_string();
            // What is left of the time, so that it is known what it was waited for when it is over.
            let total = until.duration_since(tokio::time::Instant::from_std(monotonic()));
            let limits = Limits { first_byte: time, silence: time, total, body_bytes_max: ANSWER_BYTES_MAX };
            let signed = webhook::headers(&secrets, &id, now, &body);
            let mut request = Request::post(Trust::Tenant, row.hook.url.clone(), body)
                .header("content-type", "application/json")
                .limits(limits);
            request.headers.extend(signed);
            let reply = self.outbound.send(request).await.map_err(|error| match error {
                OutboundError::TimedOut(Wait::FirstByte | Wait::Silence | Wait::Total) => Failure::Late,
                error => Failure::Unasked(error),
            })?;
            if !reply.is_success() {
                return Err(Failure::Status(reply.status));
            }
            if !reply.complete {
                return Err(OutboundError::TooLarge(ANSWER_BYTES_MAX).into());
            }
            answer::read(&reply.body).map_err(Failure::Unreadable)
        };
        tokio::time::timeout_at(until + GRACE, asking).await.unwrap_or(Err(Failure::Late))
    }

    /// What a question is signed with: the secret, and for a time the one before it.
    fn secrets(&self, app: AppId, row: &BeforeHookRow) -> Option<Vec<WebhookSecret>> {
        let read = |sealed: &Sealed| {
            let secret = self.vault.open_sealed(app, BEFORE_HOOK, sealed)?;
            WebhookSecret::parse(secret.reveal())
        };
        let mut secrets = vec![read(&row.secret)?];
        if let Some(old) = row.old.as_ref().filter(|old| old.until > self.clock.now()) {
            secrets.extend(read(&old.secret));
        }
        Some(secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_is_full_says_whose_it_is() {
        let (state, of_all) = (AppState::default(), Arc::new(Semaphore::new(2 * ROOM_OF_APP)));
        let mut places = Vec::new();
        let full = loop {
            match state.room(1_000_000, &of_all) {
                Ok(room) => places.push(room),
                Err(full) => break full,
            }
        };
        assert_eq!(full, Full::OfApp);
        assert!(!places.is_empty());
        let taken = of_all.available_permits();
        let _others = Arc::clone(&of_all).try_acquire_many_owned(u32::try_from(taken).unwrap()).unwrap();
        assert_eq!(AppState::default().room(1, &of_all).unwrap_err(), Full::OfAll);
    }

    #[test]
    fn a_place_among_all_questions_that_is_missing_is_no_failure_of_the_hook() {
        let failure = Failure::Unasked(OutboundError::TimedOut(Wait::Turn));
        assert!(failure.is_ours() && !failure.is_theirs());
        for failure in [Failure::Late, Failure::Crowded, Failure::Rests, Failure::Status(500)] {
            assert!(!failure.is_ours());
        }
    }
}
