//! The client as a pure state machine: frames and time go in, frames and events come out. No sockets, no clock, no tasks.
//!
//! The driver (`task`) calls [`State::opened`] with a new connection, [`State::frame`] for each frame, [`State::tick`] when
//! [`State::deadline_ms`] has come and [`State::closed`] when the connection is gone; after each call it writes what
//! [`State::next_frame`] gives, hands on [`State::next_event`] and [`State::next_reply`], and obeys [`State::verdict`].

mod copy;
mod events;
mod options;
mod outcomes;
mod queries;
mod sending;
mod sync;

pub use events::{Event, Full, Link, Reply, Verdict};
pub use options::{Backlog, StateOptions};

use super::outbox::Outbox;
use super::replica::{Local, Missing, Replica};
use crate::model::{Command, ConversationId, Epoch, Key, Lsn, Outcome, Query, Seq, SessionId, Timestamp, UserId};
use crate::protocol::{Auth, ClientFrame, Hello, Limits, Resume, ServerFrame};
use sending::{QUERIES_IN_FLIGHT_MAX, note};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A notice and the entry it rewrote come together; this long (in milliseconds) passes before the entry is fetched instead.
const STALE_WAIT_MS: u64 = 100;
/// How long to wait before asking again when the server said "not now" without a time, in milliseconds.
const AGAIN_MS: u64 = 1_000;
/// The request number of the sync that `hello` begins.
const HELLO_SYNC: u32 = 0;

/// Now: by the clock on the wall, and on a clock that only moves forward.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Time of day.
    pub wall: Timestamp,
    /// Milliseconds since some moment.
    pub ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Offline,
    Greeting { since_ms: u64 },
    Live,
}

#[derive(Clone, Debug)]
enum Purpose {
    Caller(u64),
    Older(u64, ConversationId),
    Fetch(ConversationId, Missing),
    /// The answer is of no use any more.
    Forgotten,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    seq: Seq,
    entries: u64,
    at_ms: u64,
}

/// The client without its sockets.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent facts about one sync, told apart by their comments"
)]
pub struct State {
    options: StateOptions,
    phase: Phase,
    epoch: Option<Epoch>,
    cursor: Lsn,
    syncing: bool,
    sync_request: Option<u32>,
    /// Ask for the next page at this time.
    sync_at_ms: Option<u64>,
    /// Pushes were dropped during a sync; another one starts from here.
    sync_again: Option<Lsn>,
    /// What the first page of this sync reflects, and one more. What changed after it comes as pushes, which a later page may
    /// overtake; so the cursor does not pass it before the sync is over.
    sync_base: Option<Lsn>,
    /// The sync began because pushes were dropped, and more are dropped until its last page.
    sync_lagged: bool,
    /// The connection is new: a `read` told on the last one may be lost, on its way or with the server.
    reads_unsure: bool,
    synced_once: bool,
    caught_up: bool,
    session: Option<SessionId>,
    server: String,
    limits: Limits,
    /// Server time minus own time, in milliseconds.
    offset_ms: i64,
    replica: Replica,
    outbox: Outbox,
    asks: VecDeque<(Query, Purpose)>,
    asked: BTreeMap<u32, (Query, Purpose)>,
    /// Conversations of which something is missing, and when to fetch it.
    needs: BTreeMap<ConversationId, u64>,
    fetching: BTreeSet<ConversationId>,
    delivered: BTreeMap<ConversationId, Due>,
    read: BTreeMap<ConversationId, Due>,
    watched: Option<(Vec<UserId>, u64)>,
    next_request: u32,
    next_ticket: u64,
    last_sent_ms: u64,
    last_heard_ms: u64,
    last_ping_ms: u64,
    frames: VecDeque<ClientFrame>,
    events: VecDeque<Event>,
    replies: VecDeque<Reply>,
    token: Option<crate::model::Secret>,
    verdict: Option<Verdict>,
}

impl State {
    /// A client that has nothing yet.
    pub fn new(options: StateOptions) -> Self {
        Self {
            options,
            phase: Phase::Offline,
            epoch: None,
            cursor: Lsn(0),
            syncing: false,
            sync_request: None,
            sync_at_ms: None,
            sync_again: None,
            sync_base: None,
            sync_lagged: false,
            reads_unsure: false,
            synced_once: false,
            caught_up: false,
            session: None,
            server: String::new(),
            limits: Limits { max_frame: 0, window: 1, rate: 0 },
            offset_ms: 0,
            replica: Replica::default(),
            outbox: Outbox::default(),
            asks: VecDeque::new(),
            asked: BTreeMap::new(),
            needs: BTreeMap::new(),
            fetching: BTreeSet::new(),
            delivered: BTreeMap::new(),
            read: BTreeMap::new(),
            watched: None,
            next_request: HELLO_SYNC,
            next_ticket: 0,
            last_sent_ms: 0,
            last_heard_ms: 0,
            last_ping_ms: 0,
            frames: VecDeque::new(),
            events: VecDeque::new(),
            replies: VecDeque::new(),
            token: None,
            verdict: None,
        }
    }

    // What a caller may look at.

    /// The local copy.
    pub const fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Everything with a lower lsn is processed.
    pub const fn cursor(&self) -> Lsn {
        self.cursor
    }

    /// Which data the local copy is of.
    pub const fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// The session, once logged in.
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// The server's name, once logged in.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether a connection is logged in.
    pub fn is_online(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Whether everything that the server is known to have is here and everything that was asked for is decided.
    pub fn is_settled(&self) -> bool {
        self.is_synced() && self.outbox.len() == 0 && self.read.is_empty() && self.delivered.is_empty()
    }

    /// Whether everything that the server is known to have is here.
    pub fn is_synced(&self) -> bool {
        self.is_online() && self.synced_once && !self.syncing && self.needs.is_empty() && self.fetching.is_empty()
    }

    /// Commands that are not decided yet, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = (Key, &Command)> {
        self.outbox.iter().map(|item| (item.key, &item.command))
    }

    /// The server's time, as far as it is known here: what keys are made with.
    pub fn server_time(&self, wall: Timestamp) -> Timestamp {
        Timestamp(wall.0.saturating_add_signed(self.offset_ms))
    }

    // What a caller may ask for.

    /// Puts a command in the outbox. The outcome comes as a [`Reply`] and as an [`Event`].
    pub fn submit(&mut self, now: Moment, key: Key, command: Command) -> Result<(), Full> {
        if self.outbox.len() >= self.options.outbox_max || self.outbox.contains(key) {
            return Err(Full);
        }
        self.outbox.put(key, command);
        self.pump(now);
        Ok(())
    }

    /// Asks a question. It is asked again on the next connection if this one breaks. Gives the ticket of the [`Reply`].
    pub fn query(&mut self, now: Moment, query: Query) -> Result<u64, Full> {
        self.ask(now, query, Purpose::Caller)
    }

    /// Loads entries older than those that are kept. Gives the ticket of the [`Reply`].
    pub fn load_older(&mut self, now: Moment, conversation: ConversationId, limit: u32) -> Result<u64, Full> {
        let lowest = self.replica.get(conversation).map_or(Seq(0), Local::lowest);
        let query = Query::Entries { conversation, from: None, to: Some(Seq(lowest.0.saturating_sub(1))), limit };
        self.ask(now, query, |ticket| Purpose::Older(ticket, conversation))
    }

    /// The user has read everything up to `seq`.
    pub fn read(&mut self, now: Moment, conversation: ConversationId, seq: Seq) {
        if let Some(local) = self.replica.get_mut(conversation) {
            local.mark_read(seq);
            self.events.push_back(Event::Conversation(conversation));
        }
        note(&mut self.read, conversation, seq, 1, now.ms);
        self.pump(now);
    }

    /// The user is typing or has stopped; said only while there is a connection.
    pub fn typing(&mut self, now: Moment, conversation: ConversationId, active: bool) {
        if self.is_online() {
            self.send(now, ClientFrame::Typing { conversation, active });
        }
    }

    /// Tells the presence of these users, now and for a time on change; goes on after a reconnect.
    pub fn watch(&mut self, now: Moment, users: Vec<UserId>, seconds: u32) {
        self.watched = Some((users, now.ms + u64::from(seconds) * 1_000));
        self.send_watch(now);
    }

    // What the driver does.

    /// The next frame to write.
    pub fn next_frame(&mut self) -> Option<ClientFrame> {
        self.frames.pop_front()
    }

    /// The next event to hand on.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next answer to hand back.
    pub fn next_reply(&mut self) -> Option<Reply> {
        self.replies.pop_front()
    }

    /// A token to keep, when there is a new one.
    pub fn take_token(&mut self) -> Option<crate::model::Secret> {
        self.token.take()
    }

    /// What is to happen with the connection, if anything.
    pub const fn verdict(&mut self) -> Option<Verdict> {
        self.verdict.take()
    }

    /// Says that something happened to the connection that only the driver sees.
    pub fn tell_link(&mut self, link: Link) {
        self.events.push_back(Event::Link(link));
    }

    /// A connection is open: say hello.
    pub fn opened(&mut self, now: Moment, auth: Auth) {
        self.phase = Phase::Greeting { since_ms: now.ms };
        self.verdict = None;
        self.frames.clear();
        self.last_heard_ms = now.ms;
        self.last_ping_ms = now.ms;
        let resume = self.options.follow.and(self.epoch).map(|epoch| Resume { epoch, cursor: self.cursor });
        self.syncing = true;
        self.sync_request = resume.map(|_| HELLO_SYNC);
        self.sync_at_ms = None;
        self.sync_again = None;
        self.sync_base = None;
        self.sync_lagged = false;
        self.reads_unsure = true;
        let hello = Hello { auth, device: self.options.device.clone(), resume, client: self.options.client.clone() };
        self.send(now, ClientFrame::Hello(hello));
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.phase = Phase::Offline;
        self.frames.clear();
        self.outbox.lost();
        self.syncing = false;
        self.sync_request = None;
        for (_, (query, purpose)) in std::mem::take(&mut self.asked).into_iter().rev() {
            match purpose {
                Purpose::Caller(_) | Purpose::Older(..) => self.asks.push_front((query, purpose)),
                Purpose::Fetch(conversation, _) => {
                    self.fetching.remove(&conversation);
                    self.needs.insert(conversation, 0);
                }
                Purpose::Forgotten => {}
            }
        }
        // A `read` on its way may be lost; it is told again after the next sync. `delivered` is told anew for what comes.
    }

    /// When [`State::tick`] has something to do, if nothing comes before.
    pub fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let first_due = |due: &BTreeMap<ConversationId, Due>| due.values().map(|due| due.at_ms).min();
        match self.phase {
            Phase::Offline => None,
            Phase::Greeting { since_ms } => Some(since_ms + self.options.hello_ms),
            Phase::Live => [
                self.outbox.deadline_ms(now_ms),
                self.sync_at_ms,
                (self.asked.len() < QUERIES_IN_FLIGHT_MAX).then(|| self.next_need_ms()).flatten(),
                first_due(&self.delivered),
                first_due(&self.read),
                Some(self.ping_at_ms()),
                Some(self.last_heard_ms + self.options.dead_ms),
            ]
            .into_iter()
            .flatten()
            .min(),
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Moment) {
        let too_long = |reason: &str| Verdict::Reconnect { reason: reason.to_owned(), after_ms: 0 };
        match self.phase {
            Phase::Offline => {}
            Phase::Greeting { since_ms } => {
                if now.ms >= since_ms + self.options.hello_ms {
                    self.verdict = Some(too_long("the server did not answer the greeting"));
                }
            }
            Phase::Live => {
                if now.ms >= self.last_heard_ms + self.options.dead_ms {
                    self.verdict = Some(too_long("the server has been silent for too long"));
                } else if now.ms >= self.ping_at_ms() {
                    self.last_ping_ms = now.ms;
                    self.send(now, ClientFrame::Ping { nonce: now.ms as u32 });
                }
                self.pump(now);
            }
        }
    }

    /// The server said something.
    pub fn frame(&mut self, now: Moment, frame: ServerFrame) {
        self.last_heard_ms = now.ms;
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(now, *welcome),
            ServerFrame::Outcome { request, lsn, duplicate, result } => {
                self.outcome(now, request, Outcome { lsn, duplicate, result });
            }
            ServerFrame::Refused(refused) => self.refused(now, refused),
            ServerFrame::Answer { request, answer } => self.answer(now, request, answer),
            ServerFrame::Changes(changes) => self.changes(now, changes),
            ServerFrame::Entry { conversation, entry } => {
                if self.options.follow.is_some() {
                    let lsn = entry.changed;
                    self.entry(now, conversation, entry);
                    self.move_cursor(lsn);
                }
            }
            ServerFrame::Receipt { conversation, lsn, moved } => {
                if let Some(local) = self.replica.get_mut(conversation) {
                    local.take_cursors(&moved);
                }
                self.events.push_back(Event::Receipt { conversation, moved });
                self.move_cursor(lsn);
            }
            ServerFrame::Inbox(inbox) => self.inbox(now, inbox),
            ServerFrame::User(profile) => self.events.push_back(Event::User(profile)),
            ServerFrame::Presence(presence) => self.events.push_back(Event::Presence(presence)),
            ServerFrame::Typing { conversation, user, active } => {
                self.events.push_back(Event::Typing { conversation, user, active });
            }
            ServerFrame::Draft { conversation, author, draft, offset, text, done } => {
                self.events.push_back(Event::Draft { conversation, author, draft, offset, text, done });
            }
            ServerFrame::Lagging {} => self.lagging(now),
            ServerFrame::Restart { epoch } => self.restart(now, epoch),
            ServerFrame::Kicked { reason, by } => {
                self.events.push_back(Event::Kicked { reason, by });
                self.verdict = Some(Verdict::Over);
            }
            ServerFrame::Closing { reason, retry_after_ms } => {
                self.verdict = Some(Verdict::Reconnect { reason, after_ms: retry_after_ms });
            }
            ServerFrame::Pong { nonce: _, time } => self.set_time(now, time),
            ServerFrame::Pushed { kind, data } => self.events.push_back(Event::Pushed { kind, data }),
        }
        self.pump(now);
    }
}

#[cfg(test)]
mod tests;
