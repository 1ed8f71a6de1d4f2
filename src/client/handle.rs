//! [`Client`]: the handle that programs hold.

use super::replica::Replica;
use super::state::{Event, Full, Moment, State, StateOptions};
use super::task::Task;
use super::token::{MemoryTokenStore, TokenStore};
use super::wire::{Endpoint, WireError};
use super::{BackoffOptions, ServerUrl, Trust};
use crate::model::{
    Answer, AppId, Clock, Command, Content, ConversationId, Device, EndReason, Key, Outcome, Query, Refusal, Secret,
    Seq, Target, UserId, clock,
};
use crate::protocol::Encoding;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// How a program proves who its user is.
pub struct Credentials {
    pub(super) login: Option<(AppId, UserId, Secret)>,
    pub(super) tokens: Box<dyn TokenStore>,
}

impl Credentials {
    /// A password of an account of the server's own app. The session token is kept in memory.
    pub fn password(user: UserId, password: Secret) -> Self {
        Self { login: Some((AppId::HOME, user, password)), tokens: Box::new(MemoryTokenStore::default()) }
    }

    /// The token of a session that is open already.
    pub fn token(token: Secret) -> Self {
        Self { login: None, tokens: Box::new(MemoryTokenStore::with(token)) }
    }

    /// Whatever token `tokens` holds, and no password.
    pub fn stored(tokens: impl TokenStore) -> Self {
        Self { login: None, tokens: Box::new(tokens) }
    }

    /// The same, with the session token kept in `tokens`. A token that is there is tried before the password.
    #[must_use]
    pub fn kept_in(mut self, tokens: impl TokenStore) -> Self {
        self.tokens = Box::new(tokens);
        self
    }
}

/// What happens to events that nobody takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The client stops reading until they are taken: nothing is missed, and whoever waits for an outcome must take events too.
    Wait,
    /// They are dropped, and [`Event::Missed`] says so.
    Drop,
}

/// How a client connects and behaves.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// What the state machine does.
    pub state: StateOptions,
    /// How frames are written.
    pub encoding: Encoding,
    /// Which certificates are believed.
    pub trust: Trust,
    /// The waits between attempts to connect.
    pub backoff: BackoffOptions,
    /// Events that wait to be taken.
    pub events_max: usize,
    /// What happens beyond that.
    pub overflow: Overflow,
    /// Gives up one attempt to connect after this time.
    pub connect_within: Duration,
    /// Connects from this address of this computer.
    pub source: Option<IpAddr>,
    /// The time.
    pub clock: Clock,
}

impl ClientOptions {
    /// The usual behaviour of a program that shows conversations on `device`.
    pub fn new(device: Device) -> Self {
        Self {
            state: StateOptions::new(device),
            encoding: Encoding::Postcard,
            trust: Trust::default(),
            backoff: BackoffOptions::default(),
            events_max: 4_096,
            overflow: Overflow::Drop,
            connect_within: Duration::from_secs(10),
            source: None,
            clock: Clock::system(),
        }
    }
}

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no connection; the words say why.
    #[error("{0}")]
    Offline(String),
    /// The session is over.
    #[error("the session is over ({})", .0.map_or_else(|| "it was closed".to_owned(), |reason| format!("{reason:?}")))]
    Over(Option<EndReason>),
    /// Too much is waiting already.
    #[error(transparent)]
    Full(#[from] Full),
    /// It took too long.
    #[error("the server did not answer in time")]
    TimedOut,
}

/// Events of a client, in order.
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    /// The next event; `None` once the client is closed.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

type Waiters<K, T> = BTreeMap<K, oneshot::Sender<Result<T, ClientError>>>;

/// What the handle and the task share.
pub(super) struct Shared {
    /// Guards the state and who waits for what of it. Held for one step at a time, never across an await.
    pub inner: Mutex<Inner>,
    /// Something was asked for: the task looks.
    pub asked: Notify,
    /// Something happened: whoever waits for a condition looks.
    pub happened: watch::Sender<u64>,
    /// The handle wants the end.
    pub closing: watch::Sender<bool>,
    clock: Clock,
    start: Instant,
}

pub(super) struct Inner {
    pub state: State,
    pub outcomes: Waiters<Key, Outcome>,
    pub answers: Waiters<u64, Answer>,
    pub older: Waiters<u64, usize>,
    /// Why the client will not connect any more.
    pub over: Option<ClientError>,
    /// Why it is not connected now.
    pub trouble: Option<String>,
}

impl Shared {
    pub(super) fn now(&self) -> Moment {
        Moment { wall: self.clock.now(), ms: clock::monotonic().duration_since(self.start).as_millis() as u64 }
    }
}

/// A user's device at a server: connects, resumes, keeps a local copy and an outbox, comes back after every break.
///
/// One background task does the work; [`Client::close`] waits for it, dropping the handle ends it at once.
pub struct Client {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Client {
    /// Starts connecting and returns at once; [`Client::ready`] waits.
    pub fn start(
        url: &ServerUrl,
        credentials: Credentials,
        options: ClientOptions,
    ) -> Result<(Self, Events), WireError> {
        let mut endpoint = Endpoint::new(url, options.encoding, &options.trust)?.within(options.connect_within);
        if let Some(source) = options.source {
            endpoint = endpoint.from_address(source);
        }
        let (events, receiver) = mpsc::channel(options.events_max.max(1));
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner {
                state: State::new(options.state),
                outcomes: BTreeMap::new(),
                answers: BTreeMap::new(),
                older: BTreeMap::new(),
                over: None,
                trouble: None,
            }),
            asked: Notify::new(),
            happened: watch::Sender::new(0),
            closing: watch::Sender::new(false),
            clock: options.clock,
            start: clock::monotonic(),
        });
        let task = Task::new(Arc::clone(&shared), endpoint, credentials, options.backoff, events, options.overflow);
        let mut tasks = JoinSet::new();
        tasks.spawn(task.run());
        Ok((Self { shared, tasks }, Events(receiver)))
    }

    /// Connects and logs in; fails when the first attempt fails.
    pub async fn connect(
        url: &ServerUrl,
        credentials: Credentials,
        options: ClientOptions,
    ) -> Result<(Self, Events), ClientError> {
        let (client, events) =
            Self::start(url, credentials, options).map_err(|error| ClientError::Offline(error.to_string()))?;
        client.first_attempt().await?;
        Ok((client, events))
    }

    /// Waits until the first attempt to connect has come to something.
    async fn first_attempt(&self) -> Result<(), ClientError> {
        self.until(|inner| match (&inner.over, &inner.trouble) {
            (Some(over), _) => Some(Err(over.clone())),
            _ if inner.state.is_online() => Some(Ok(())),
            (None, Some(trouble)) => Some(Err(ClientError::Offline(trouble.clone()))),
            (None, None) => None,
        })
        .await
    }

    /// Waits until the client is logged in; fails when it never will be.
    pub async fn ready(&self) -> Result<(), ClientError> {
        self.until(|inner| match &inner.over {
            Some(over) => Some(Err(over.clone())),
            None => inner.state.is_online().then_some(Ok(())),
        })
        .await
    }

    /// Waits until everything that the server has is here.
    pub async fn synced(&self) -> Result<(), ClientError> {
        self.until(|inner| match &inner.over {
            Some(over) => Some(Err(over.clone())),
            None => inner.state.is_synced().then_some(Ok(())),
        })
        .await
    }

    /// Waits until everything that the server has is here and everything that was asked for is decided.
    pub async fn settled(&self) -> Result<(), ClientError> {
        self.until(|inner| match &inner.over {
            Some(over) => Some(Err(over.clone())),
            None => inner.state.is_settled().then_some(Ok(())),
        })
        .await
    }

    /// Waits until `look` finds what it looks for in the local copy; fails when the session is over before.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> Result<T, ClientError> {
        self.until(|inner| match look(&inner.state) {
            Some(found) => Some(Ok(found)),
            None => inner.over.clone().map(Err),
        })
        .await
    }

    async fn until<T>(
        &self,
        mut check: impl FnMut(&Inner) -> Option<Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let mut happened = self.shared.happened.subscribe();
        loop {
            happened.mark_unchanged();
            if let Some(result) = check(&self.shared.inner.lock()) {
                return result;
            }
            if happened.changed().await.is_err() {
                return Err(ClientError::Over(None));
            }
        }
    }

    /// Looks at the local copy. `look` runs under the client's lock: it should be quick.
    pub fn look<T>(&self, look: impl FnOnce(&Replica) -> T) -> T {
        look(self.shared.inner.lock().state.replica())
    }

    /// Looks at the whole state.
    pub fn look_at_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.inner.lock().state)
    }

    /// A new idempotency key, made with the server's time.
    pub fn new_key(&self) -> Key {
        let now = self.shared.now();
        Key::new(self.shared.inner.lock().state.server_time(now.wall))
    }

    /// Puts a message in the outbox. What becomes of it comes as [`Event::Done`] or [`Event::Refused`] with the key.
    pub fn send(&self, to: Target, content: Content) -> Result<Key, ClientError> {
        self.submit(Command::Send { to, content })
    }

    /// Puts a command in the outbox. What becomes of it comes as [`Event::Done`] or [`Event::Refused`] with the key.
    pub fn submit(&self, command: Command) -> Result<Key, ClientError> {
        let key = self.new_key();
        self.with(|inner, now| inner.state.submit(now, key, command).map_err(ClientError::from)).map(|()| key)
    }

    /// Puts a command in the outbox and waits for its outcome, across as many connections as it takes.
    pub async fn execute(&self, command: Command) -> Result<Outcome, ClientError> {
        self.execute_with_key(self.new_key(), command).await
    }

    /// The same under a key of the caller's own.
    pub async fn execute_with_key(&self, key: Key, command: Command) -> Result<Outcome, ClientError> {
        let (sender, receiver) = oneshot::channel();
        self.with(|inner, now| {
            if let Some(over) = &inner.over {
                return Err(over.clone());
            }
            inner.state.submit(now, key, command)?;
            inner.outcomes.insert(key, sender);
            Ok(())
        })?;
        receiver.await.unwrap_or(Err(ClientError::Over(None)))
    }

    /// Asks a question and waits for the answer, across as many connections as it takes.
    pub async fn query(&self, query: Query) -> Result<Answer, ClientError> {
        let (sender, receiver) = oneshot::channel();
        self.with(|inner, now| {
            if let Some(over) = &inner.over {
                return Err(over.clone());
            }
            let ticket = inner.state.query(now, query)?;
            inner.answers.insert(ticket, sender);
            Ok(())
        })?;
        receiver.await.unwrap_or(Err(ClientError::Over(None)))
    }

    /// Loads entries older than those in the local copy; gives how many came.
    pub async fn load_older(&self, conversation: ConversationId, limit: u32) -> Result<usize, ClientError> {
        let (sender, receiver) = oneshot::channel();
        self.with(|inner, now| {
            if let Some(over) = &inner.over {
                return Err(over.clone());
            }
            let ticket = inner.state.load_older(now, conversation, limit)?;
            inner.older.insert(ticket, sender);
            Ok(())
        })?;
        receiver.await.unwrap_or(Err(ClientError::Over(None)))
    }

    /// The user has read everything up to `seq`.
    pub fn read(&self, conversation: ConversationId, seq: Seq) {
        self.with(|inner, now| inner.state.read(now, conversation, seq));
    }

    /// The user is typing or has stopped.
    pub fn typing(&self, conversation: ConversationId, active: bool) {
        self.with(|inner, now| inner.state.typing(now, conversation, active));
    }

    /// Tells the presence of these users, now and for some seconds on change.
    pub fn watch(&self, users: Vec<UserId>, seconds: u32) {
        self.with(|inner, now| inner.state.watch(now, users, seconds));
    }

    /// The user, once logged in.
    pub fn me(&self) -> Option<UserId> {
        self.look(|replica| replica.me().cloned())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner, Moment) -> T) -> T {
        let now = self.shared.now();
        let result = act(&mut self.shared.inner.lock(), now);
        self.shared.asked.notify_one();
        result
    }

    /// Closes the connection and waits for the end. What is in the outbox is given up.
    pub async fn close(mut self) {
        self.shared.closing.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}
