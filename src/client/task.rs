//! The background task of a [`super::Client`]: the loop that connects, and the loop around one connection.

use super::handle::{ClientError, Credentials, Overflow, Shared};
use super::state::{Event, Link, Reply, Verdict};
use super::wire::{Connection, Endpoint, READ_BYTES};
use super::{Backoff, BackoffOptions};
use crate::model::{EndReason, Refusal};
use crate::protocol::{Auth, ServerFrame};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long the last words may take to leave.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) struct Task {
    shared: Arc<Shared>,
    endpoint: Endpoint,
    credentials: Credentials,
    backoff: Backoff,
    events: mpsc::Sender<Event>,
    overflow: Overflow,
    missed: bool,
    closing: watch::Receiver<bool>,
    kicked: Option<EndReason>,
    fatal: Option<Refusal>,
}

/// How a connection ended.
enum End {
    Reconnect { reason: String, after_ms: u64 },
    LogIn(Refusal),
    Over,
}

impl Task {
    pub(super) fn new(
        shared: Arc<Shared>,
        endpoint: Endpoint,
        credentials: Credentials,
        backoff: BackoffOptions,
        events: mpsc::Sender<Event>,
        overflow: Overflow,
    ) -> Self {
        let closing = shared.closing.subscribe();
        // The address of what is shared differs between clients of one program, the time between programs.
        let seed = shared.now().wall.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (Arc::as_ptr(&shared) as usize as u64);
        Self {
            shared,
            endpoint,
            credentials,
            backoff: Backoff::new(backoff, seed),
            events,
            overflow,
            missed: false,
            closing,
            kicked: None,
            fatal: None,
        }
    }

    /// Connects again and again until the handle closes or the session is over.
    pub(super) async fn run(mut self) {
        self.connect_for_ever().await;
        let over = self.fatal.take().map_or(ClientError::Over(self.kicked), ClientError::Refused);
        let waiters = {
            let mut inner = self.shared.inner.lock();
            inner.state.closed();
            inner.over = Some(over.clone());
            (std::mem::take(&mut inner.outcomes), std::mem::take(&mut inner.answers), std::mem::take(&mut inner.older))
        };
        fail(waiters.0, &over);
        fail(waiters.1, &over);
        fail(waiters.2, &over);
        self.shared.happened.send_modify(|count| *count += 1);
        // Nobody waits for this one; a full queue means that nobody listens.
        drop(self.events.try_send(Event::Link(Link::Over)));
    }

    async fn connect_for_ever(&mut self) {
        loop {
            self.tell(Link::Connecting).await;
            let connected = tokio::select! {
                connected = self.endpoint.connect() => connected,
                () = closed(&mut self.closing) => return,
            };
            let (used_token, end) = match connected {
                Ok(connection) => match self.auth() {
                    Ok((auth, used_token)) => (used_token, self.serve(connection, auth).await),
                    Err(reason) => (false, End::Reconnect { reason, after_ms: 0 }),
                },
                Err(error) => (false, End::Reconnect { reason: error.to_string(), after_ms: 0 }),
            };
            self.shared.inner.lock().state.closed();
            match end {
                End::Over => return,
                End::LogIn(_) if used_token && self.credentials.login.is_some() => {
                    // The session is gone, but there is a password to open another with.
                    if let Err(error) = self.credentials.tokens.forget() {
                        tracing::warn!(%error, "the old session token could not be removed");
                    }
                }
                End::LogIn(refusal) => {
                    self.fatal = Some(refusal.clone());
                    self.emit(Event::Fatal(refusal)).await;
                    return;
                }
                End::Reconnect { reason, after_ms } => {
                    let wait = self.backoff.next_wait().max(Duration::from_millis(after_ms));
                    self.shared.inner.lock().trouble = Some(reason.clone());
                    self.tell(Link::Offline { reason, retry_in_ms: wait.as_millis() as u64 }).await;
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = closed(&mut self.closing) => return,
                    }
                }
            }
        }
    }

    /// How to say who this is: with the token if there is one, else with the password.
    fn auth(&mut self) -> Result<(Auth, bool), String> {
        match self.credentials.tokens.load() {
            Ok(Some(token)) => return Ok((Auth::Token(token), true)),
            Ok(None) => {}
            Err(error) if self.credentials.login.is_none() => {
                return Err(format!("the session token cannot be read: {error}"));
            }
            Err(error) => tracing::warn!(%error, "the session token cannot be read; logging in with the password"),
        }
        match &self.credentials.login {
            Some((app, user, password)) => {
                Ok((Auth::Password { app: *app, user: user.clone(), password: password.clone() }, false))
            }
            None => Err("there is neither a session token nor a password".to_owned()),
        }
    }

    /// One connection, from hello to its end.
    async fn serve(&mut self, mut connection: Connection, auth: Auth) -> End {
        {
            let now = self.shared.now();
            self.shared.inner.lock().state.opened(now, auth);
        }
        let mut scratch = vec![0; READ_BYTES];
        let mut frames = VecDeque::new();
        loop {
            let (deadline_ms, verdict) = self.hand_out(&mut connection).await;
            if let Some(verdict) = verdict {
                drop(tokio::time::timeout(LAST_WORDS, connection.flush()).await);
                return match verdict {
                    Verdict::Reconnect { reason, after_ms } => End::Reconnect { reason, after_ms },
                    Verdict::LogIn(refusal) => End::LogIn(refusal),
                    Verdict::Over => End::Over,
                };
            }
            let wait = deadline_ms.map(|at_ms| Duration::from_millis(at_ms.saturating_sub(self.shared.now().ms)));
            let broken = tokio::select! {
                biased;
                turned = connection.receive_into(&mut scratch, &mut frames) => turned.err(),
                () = self.shared.asked.notified() => None,
                () = sleep(wait) => None,
                () = closed(&mut self.closing) => {
                    // A server that does not close its side is not waited for.
                    drop(tokio::time::timeout(LAST_WORDS, connection.finish()).await);
                    return End::Over;
                }
            };
            self.take_in(&mut frames);
            if let Some(error) = broken {
                // What came just before the end may say why it ended.
                let (_, verdict) = self.hand_out(&mut connection).await;
                return match verdict {
                    Some(Verdict::Over) => End::Over,
                    Some(Verdict::LogIn(refusal)) => End::LogIn(refusal),
                    Some(Verdict::Reconnect { reason, after_ms }) => End::Reconnect { reason, after_ms },
                    None => End::Reconnect { reason: error.to_string(), after_ms: 0 },
                };
            }
        }
    }

    fn take_in(&mut self, frames: &mut VecDeque<ServerFrame>) {
        let now = self.shared.now();
        let mut inner = self.shared.inner.lock();
        for frame in frames.drain(..) {
            if matches!(frame, ServerFrame::Welcome(_)) {
                self.backoff.reset();
                inner.trouble = None;
            }
            inner.state.frame(now, frame);
        }
        inner.state.tick(now);
    }

    /// Takes what the state has for the socket, the callers and the listener.
    async fn hand_out(&mut self, connection: &mut Connection) -> (Option<u64>, Option<Verdict>) {
        let now = self.shared.now();
        let mut events = Vec::new();
        let (deadline_ms, verdict, token) = {
            let mut guard = self.shared.inner.lock();
            let inner = &mut *guard;
            while let Some(frame) = inner.state.next_frame() {
                connection.push(&frame);
            }
            while let Some(reply) = inner.state.next_reply() {
                // A caller that has gone away does not want its answer any more.
                match reply {
                    Reply::Outcome(key, result) => answer(inner.outcomes.remove(&key), result),
                    Reply::Answer(ticket, result) => answer(inner.answers.remove(&ticket), result),
                    Reply::Older(ticket, result) => answer(inner.older.remove(&ticket), result),
                }
            }
            while let Some(event) = inner.state.next_event() {
                events.push(event);
            }
            (inner.state.deadline_ms(now.ms), inner.state.verdict(), inner.state.take_token())
        };
        if let Some(token) = token
            && let Err(error) = self.credentials.tokens.save(&token)
        {
            tracing::warn!(%error, "the session token cannot be kept; the next start needs the password again");
        }
        self.shared.happened.send_modify(|count| *count += 1);
        for event in events {
            match &event {
                Event::Kicked { reason, .. } => self.kicked = Some(*reason),
                Event::Fatal(refusal) => self.fatal = Some(refusal.clone()),
                _ => {}
            }
            self.emit(event).await;
        }
        (deadline_ms, verdict)
    }

    async fn tell(&mut self, link: Link) {
        self.shared.happened.send_modify(|count| *count += 1);
        self.emit(Event::Link(link)).await;
    }

    async fn emit(&mut self, event: Event) {
        match self.overflow {
            Overflow::Wait => tokio::select! {
                // A listener that is gone wants nothing.
                sent = self.events.send(event) => drop(sent),
                () = closed(&mut self.closing) => {}
            },
            Overflow::Drop => {
                if self.missed && self.events.try_send(Event::Missed).is_ok() {
                    self.missed = false;
                }
                if self.missed || self.events.try_send(event).is_err() {
                    self.missed = true;
                }
            }
        }
    }
}

/// Waits until the handle wants the end, or is gone.
async fn closed(closing: &mut watch::Receiver<bool>) {
    drop(closing.wait_for(|closing| *closing).await);
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

fn answer<T>(waiter: Option<tokio::sync::oneshot::Sender<Result<T, ClientError>>>, result: Result<T, Refusal>) {
    if let Some(waiter) = waiter {
        drop(waiter.send(result.map_err(ClientError::Refused)));
    }
}

fn fail<K, T>(
    waiters: std::collections::BTreeMap<K, tokio::sync::oneshot::Sender<Result<T, ClientError>>>,
    over: &ClientError,
) {
    for (_, waiter) in waiters {
        drop(waiter.send(Err(over.clone())));
    }
}
