//! The client as a pure state machine: frames and time go in, frames and events come out. No sockets, no clock, no tasks.
//!
//! The driver (`task`) calls [`State::opened`] with a new connection, [`State::frame`] for each frame, [`State::tick`] when
//! [`State::deadline_ms`] has come and [`State::closed`] when the connection is gone; after each call it writes what
//! [`State::next_frame`] gives, hands on [`State::next_event`] and [`State::next_reply`], and obeys [`State::verdict`].

use super::outbox::{Item, Outbox, Refused as RefusedAs};
use super::replica::{Change, Local, Missing, Replica};
use crate::model::PresenceOf;
use crate::model::limits::{CHANGES_CONVERSATIONS_MAX, PAGE_ENTRIES_MAX};
use crate::model::{
    Answer, Body, Code, Command, CommandResult, Content, Conversation, ConversationId, Cursor, Device, EndReason,
    Entry, Epoch, Inbox, Key, Lsn, Name, Outcome, Profile, PushedData, PushedKind, Query, Refusal, Seq, SessionId,
    Timestamp, UserId,
};
use crate::protocol::{Auth, Changes, ClientFrame, Hello, Limits, Refused, Resume, ServerFrame, Sync, Welcome};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Cursor moves are told after so many entries …
const CURSOR_ENTRIES: u64 = 32;
/// … or this long after the first one, in milliseconds.
const CURSOR_WAIT_MS: u64 = 50;
/// A notice and the entry it rewrote come together; this long (in milliseconds) passes before the entry is fetched instead.
const STALE_WAIT_MS: u64 = 100;
/// How long to wait before asking again when the server said "not now" without a time, in milliseconds.
const AGAIN_MS: u64 = 1_000;
/// Queries in flight. The server answers one at a time; a few more keep the line busy.
const QUERIES_IN_FLIGHT_MAX: usize = 4;
/// The request number of the sync that `hello` begins.
const HELLO_SYNC: u32 = 0;

/// How much of a conversation's past a device fetches when it sees the conversation for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// The newest entries; older ones on request.
    Newest,
    /// Everything that is not read.
    Unread,
    /// All of it.
    Everything,
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct StateOptions {
    /// The device it runs on.
    pub device: Device,
    /// Name and version of the program, for the server's operator.
    pub client: String,
    /// What is kept up to date: `None` follows nothing (for a program that only sends).
    pub follow: Option<Backlog>,
    /// Entries kept of each conversation, besides older ones that were loaded on request.
    pub entries_kept: usize,
    /// The longest hole that is fetched; beyond it the device goes on with the newest entries.
    pub hole_max: u64,
    /// Commands that may wait for their outcome.
    pub outbox_max: usize,
    /// Queries that may wait for their answer.
    pub queries_max: usize,
    /// Whether the other side of direct chats is told what arrived here.
    pub tell_delivered: bool,
    /// A `ping` is sent after this much silence, in milliseconds.
    pub ping_ms: u64,
    /// The connection counts as dead after this much silence of the server, in milliseconds.
    pub dead_ms: u64,
    /// How long the server may take to answer `hello`, in milliseconds.
    pub hello_ms: u64,
}

impl StateOptions {
    /// The usual behaviour of a program that shows conversations on `device`.
    pub fn new(device: Device) -> Self {
        Self {
            device,
            client: concat!("tidings/", env!("CARGO_PKG_VERSION")).to_owned(),
            follow: Some(Backlog::Newest),
            entries_kept: 1_000,
            hole_max: 1_000,
            outbox_max: 10_000,
            queries_max: 1_000,
            tell_delivered: true,
            ping_ms: 30_000,
            dead_ms: 75_000,
            hello_ms: 30_000,
        }
    }
}

/// Now: by the clock on the wall, and on a clock that only moves forward.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Time of day.
    pub wall: Timestamp,
    /// Milliseconds since some moment.
    pub ms: u64,
}

/// How the client stands to its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// An attempt to connect is under way.
    Connecting,
    /// Logged in; what happened meanwhile is being fetched.
    Online,
    /// Everything that the server has is here.
    Synced,
    /// No connection; the next attempt comes by itself.
    Offline {
        /// What happened, in words.
        reason: String,
        /// When the next attempt comes.
        retry_in_ms: u64,
    },
    /// No connection, and none will come.
    Over,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection changed.
    Link(Link),
    /// An entry was added to a conversation or replaced by a newer version of itself.
    Entry {
        /// Where.
        conversation: ConversationId,
        /// The entry as it is now.
        entry: Arc<Entry>,
        /// Replaced, not added.
        rewritten: bool,
    },
    /// Title, members or this user's own side of a conversation changed.
    Conversation(ConversationId),
    /// Members have received or read more.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Who, and up to where.
        moved: Vec<Cursor>,
    },
    /// Somebody is typing or has stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// Typing or not.
        active: bool,
    },
    /// Whether somebody is there.
    Presence(PresenceOf),
    /// A contact changed their profile.
    User(Profile),
    /// A piece of what an assistant is writing.
    Draft {
        /// Where.
        conversation: ConversationId,
        /// The assistant.
        author: UserId,
        /// Which draft.
        draft: u64,
        /// Where `text` belongs, in bytes.
        offset: u32,
        /// The piece.
        text: String,
        /// Whether the draft is complete.
        done: bool,
    },
    /// An event of the app's own, told by its backend. It is not kept: what comes while there is no connection is lost.
    Pushed {
        /// What kind of event.
        kind: PushedKind,
        /// What it carries.
        data: PushedData,
    },
    /// A command of the outbox is done.
    Done {
        /// Its key.
        key: Key,
        /// What it gave.
        outcome: Outcome,
    },
    /// A command of the outbox was refused. With the code `key_expired` it may be sent again under a new key.
    Refused {
        /// Its key.
        key: Key,
        /// Why.
        refusal: Refusal,
    },
    /// Everything that the server was known to have is here now, and every event of it came before this one.
    CaughtUp,
    /// The server's data is another one: the local copy was dropped and is fetched anew.
    Reset,
    /// The session is over.
    Kicked {
        /// Why.
        reason: EndReason,
        /// The device that caused it.
        by: Option<Name>,
    },
    /// The server does not let this client in.
    Fatal(Refusal),
    /// Events were dropped because nobody took them; look at the local copy.
    Missed,
}

/// The answer to something that a caller asked for.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`State::submit`].
    Outcome(Key, Result<Outcome, Refusal>),
    /// To [`State::query`].
    Answer(u64, Result<Answer, Refusal>),
    /// To [`State::load_older`]: how many entries were added.
    Older(u64, Result<usize, Refusal>),
}

/// What is to happen with the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Close it and come back, not before this many milliseconds have passed.
    Reconnect {
        /// Why, in words.
        reason: String,
        /// The shortest wait.
        after_ms: u64,
    },
    /// The token or password is not accepted (any more).
    LogIn(Refusal),
    /// Close it and do not come back.
    Over,
}

/// Something cannot be taken on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more requests are waiting for the server than this client keeps; wait for some of them")]
pub struct Full;

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

    // Logging in and synchronising.

    fn welcome(&mut self, now: Moment, welcome: Welcome) {
        self.phase = Phase::Live;
        self.set_time(now, welcome.time);
        self.replica.set_me(welcome.user);
        self.session = Some(welcome.session);
        self.server = welcome.server;
        self.limits = welcome.limits;
        if welcome.token.is_some() {
            self.token = welcome.token;
        }
        self.tell_link(Link::Online);
        if self.options.follow.is_none() {
            self.finish_sync(now);
        } else if self.sync_request.is_none() {
            self.epoch = Some(welcome.epoch);
            self.ask_page(now);
        }
        self.send_watch(now);
    }

    fn set_time(&mut self, now: Moment, time: Timestamp) {
        self.offset_ms = time.0.cast_signed().saturating_sub(now.wall.0.cast_signed());
    }

    fn ask_page(&mut self, now: Moment) {
        let Some(epoch) = self.epoch else { return };
        let request = self.request();
        self.syncing = true;
        self.sync_request = Some(request);
        self.sync_at_ms = None;
        let limit = CHANGES_CONVERSATIONS_MAX as u32;
        self.send(now, ClientFrame::Sync(Sync { request, epoch, cursor: self.cursor, limit }));
    }

    fn changes(&mut self, now: Moment, changes: Changes) {
        if self.sync_request != Some(changes.request) {
            return;
        }
        self.sync_request = None;
        for conversation in changes.conversations {
            self.snapshot(now, conversation, changes.as_of);
        }
        for profile in changes.users {
            self.events.push_back(Event::User(profile));
        }
        let base = self.sync_base.unwrap_or(changes.as_of.next());
        self.sync_base = Some(base);
        self.cursor = changes.cursor.min(base).max(self.cursor);
        if changes.more {
            self.ask_page(now);
            return;
        }
        let lagging = self.sync_again.is_some();
        if std::mem::replace(&mut self.sync_lagged, lagging) && base <= changes.as_of {
            // Pushes were dropped until this page: what changed since the first one may be missing.
            self.sync_again = Some(self.sync_again.map_or(base, |cursor| cursor.min(base)));
        }
        self.sync_base = None;
        if let Some(cursor) = self.sync_again.take() {
            self.cursor = self.cursor.min(cursor);
            self.ask_page(now);
        } else {
            self.finish_sync(now);
        }
    }

    fn finish_sync(&mut self, now: Moment) {
        self.syncing = false;
        self.synced_once = true;
        if std::mem::take(&mut self.reads_unsure) {
            // The server merges moves of cursors and may be gone before it keeps them; nothing in a sync tells that one is lost
            // when nothing else has changed.
            for local in self.replica.iter() {
                let wanted = local.read_wanted();
                if wanted > Seq(0) && local.inbox().is_some_and(|inbox| inbox.read <= wanted && !inbox.gone) {
                    note(&mut self.read, local.id(), wanted, 1, now.ms);
                }
            }
        }
        self.tell_link(Link::Synced);
    }

    fn lagging(&mut self, now: Moment) {
        if self.options.follow.is_none() {
            return;
        }
        if self.syncing {
            let from = self.sync_again.map_or(self.cursor, |cursor| cursor.min(self.cursor));
            self.sync_again = Some(from);
        } else {
            self.sync_lagged = true;
            self.ask_page(now);
        }
    }

    fn restart(&mut self, now: Moment, epoch: Epoch) {
        self.epoch = Some(epoch);
        self.cursor = Lsn(0);
        self.sync_lagged |= self.sync_again.take().is_some();
        self.sync_base = None;
        self.replica.clear();
        self.needs.clear();
        self.fetching.clear();
        self.delivered.clear();
        self.read.clear();
        for (_, purpose) in self.asked.values_mut() {
            if matches!(purpose, Purpose::Fetch(..)) {
                *purpose = Purpose::Forgotten;
            }
        }
        self.events.push_back(Event::Reset);
        if self.options.follow.is_some() {
            self.ask_page(now);
        }
    }

    fn move_cursor(&mut self, lsn: Lsn) {
        if !self.syncing && self.is_online() {
            self.cursor = self.cursor.max(lsn);
        }
    }

    // The local copy.

    fn snapshot(&mut self, now: Moment, conversation: Conversation, as_of: Lsn) {
        let Some(backlog) = self.options.follow else { return };
        let (id, inbox_read) = (conversation.id, conversation.inbox.read);
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        let local = self.replica.get_or_insert(id);
        local.snapshot(me.as_ref(), conversation, as_of, backlog, self.options.entries_kept, &mut changes);
        let wanted = local.read_wanted();
        if wanted > inbox_read {
            note(&mut self.read, id, wanted, 1, now.ms);
        }
        self.events.push_back(Event::Conversation(id));
        self.changed(now, id, changes);
    }

    fn entry(&mut self, now: Moment, conversation: ConversationId, entry: Arc<Entry>) {
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        self.replica.get_or_insert(conversation).offer(me.as_ref(), entry, &mut changes);
        self.changed(now, conversation, changes);
    }

    /// Tells what changed in a conversation and notes what is missing there now.
    fn changed(&mut self, now: Moment, id: ConversationId, changes: Vec<Change>) {
        let Some(local) = self.replica.get_mut(id) else { return };
        let mut received = None;
        for change in changes {
            let (entry, rewritten) = match change {
                Change::Appended(entry) => (entry, false),
                Change::Rewritten(entry) => (entry, true),
            };
            if !rewritten && local.is_direct() && self.options.tell_delivered {
                received = Some((entry.seq, received.map_or(1, |(_, entries)| entries + 1)));
            }
            self.events.push_back(Event::Entry { conversation: id, entry, rewritten });
        }
        let wait_ms = match local.missing() {
            None => None,
            Some(Missing::Conversation | Missing::Hole { .. }) => Some(0),
            Some(Missing::Stale { .. }) => Some(STALE_WAIT_MS),
        };
        match wait_ms {
            None => {
                self.needs.remove(&id);
            }
            Some(wait_ms) if !self.fetching.contains(&id) => {
                let at = self.needs.entry(id).or_insert(now.ms + wait_ms);
                *at = (*at).min(now.ms + wait_ms);
            }
            Some(_) => {}
        }
        if let Some((seq, entries)) = received
            && self.is_news(id, seq)
        {
            note(&mut self.delivered, id, seq, entries, now.ms);
        }
    }

    /// Whether the server does not know yet that entry `seq` was delivered to this user.
    fn is_news(&self, id: ConversationId, seq: Seq) -> bool {
        let Some(local) = self.replica.get(id) else { return false };
        let from_others = local.entry(seq).is_some_and(|entry| !self.replica.is_me(&entry.author));
        let known = local.about().and_then(|about| {
            about.cursors.iter().find(|cursor| self.replica.is_me(&cursor.user)).and_then(|cursor| cursor.delivered)
        });
        from_others && known.is_none_or(|known| known < seq)
    }

    fn inbox(&mut self, now: Moment, inbox: Inbox) {
        if self.options.follow.is_none() {
            return;
        }
        let (id, lsn) = (inbox.conversation, inbox.lsn);
        let me = self.replica.me().cloned();
        self.replica.get_or_insert(id).take_inbox(me.as_ref(), inbox);
        self.events.push_back(Event::Conversation(id));
        self.changed(now, id, Vec::new());
        self.move_cursor(lsn);
    }

    // The outbox.

    fn outcome(&mut self, now: Moment, request: u32, outcome: Outcome) {
        let Some(item) = self.outbox.accepted(request) else { return };
        let key = item.key;
        if self.options.follow.is_some() {
            self.apply_own(now, item, &outcome);
            if !outcome.duplicate {
                self.move_cursor(outcome.lsn);
            }
        }
        self.settle(key, Ok(outcome));
    }

    /// The server sends a device the outcome of its own command instead of the entry: make the entry from what was asked for, or
    /// note that it is there to be fetched.
    fn apply_own(&mut self, now: Moment, item: Item, outcome: &Outcome) {
        match outcome.result {
            CommandResult::Appended { conversation, seq, ordinal, at } => {
                let me = self.replica.me().cloned();
                let body = if outcome.duplicate { None } else { own_body(item.command) };
                if let (Some(author), Some(body)) = (me, body) {
                    let (lsn, key) = (outcome.lsn, Some(item.key));
                    let entry = Entry {
                        seq,
                        lsn,
                        changed: lsn,
                        ordinal,
                        at,
                        author,
                        key,
                        body,
                        reactions: Vec::new(),
                        edited_at: None,
                        recalled_at: None,
                        origin: None,
                    };
                    self.entry(now, conversation, Arc::new(entry));
                } else {
                    self.replica.get_or_insert(conversation).exists(seq, outcome.lsn);
                    self.changed(now, conversation, Vec::new());
                }
            }
            CommandResult::Conversation { conversation } => {
                self.replica.get_or_insert(conversation);
                self.changed(now, conversation, Vec::new());
            }
            CommandResult::Done {} => self.apply_done(&item.command),
            CommandResult::App { .. }
            | CommandResult::User { .. }
            | CommandResult::Session { .. }
            | CommandResult::Label { .. }
            | CommandResult::Removed { .. }
            | CommandResult::Unreadable(_) => {}
        }
    }

    /// The server does not tell a device of its own changes to its side of a conversation.
    fn apply_done(&mut self, command: &Command) {
        let (Command::Pin { conversation: id, .. }
        | Command::Mute { conversation: id, .. }
        | Command::Hide { conversation: id, .. }
        | Command::MarkUnread { conversation: id }) = *command
        else {
            return;
        };
        let Some(local) = self.replica.get_mut(id) else { return };
        local.change_inbox(|inbox| match *command {
            Command::Pin { pinned, .. } => inbox.pinned = pinned,
            Command::Mute { until, .. } => inbox.muted_until = until,
            Command::Hide { hidden, .. } => inbox.hidden = hidden,
            _ => inbox.marked_unread = true,
        });
        self.events.push_back(Event::Conversation(id));
    }

    fn settle(&mut self, key: Key, result: Result<Outcome, Refusal>) {
        self.events.push_back(match &result {
            Ok(outcome) => Event::Done { key, outcome: outcome.clone() },
            Err(refusal) => Event::Refused { key, refusal: refusal.clone() },
        });
        self.replies.push_back(Reply::Outcome(key, result));
    }

    fn refused(&mut self, now: Moment, refused: Refused) {
        let Refused { request, code, message, retry_after_ms, fatal } = refused;
        let refusal = Refusal { code, message, retry_after_ms };
        if fatal {
            self.fatal(refusal);
            return;
        }
        let Some(request) = request else { return };
        match self.outbox.refused(request, &refusal, now.ms) {
            Some(RefusedAs::Later | RefusedAs::Expired) => return,
            Some(RefusedAs::Final(item)) => {
                self.settle(item.key, Err(refusal));
                return;
            }
            None => {}
        }
        if self.sync_request == Some(request) {
            self.sync_request = None;
            self.sync_at_ms = Some(now.ms + refusal.retry_after_ms.unwrap_or(AGAIN_MS));
            return;
        }
        let Some((_, purpose)) = self.asked.remove(&request) else { return };
        match purpose {
            Purpose::Caller(ticket) => self.replies.push_back(Reply::Answer(ticket, Err(refusal))),
            Purpose::Older(ticket, _) => self.replies.push_back(Reply::Older(ticket, Err(refusal))),
            Purpose::Fetch(id, missing) => self.fetch_refused(now, id, missing, &refusal),
            Purpose::Forgotten => {}
        }
    }

    fn fatal(&mut self, refusal: Refusal) {
        self.verdict = Some(match refusal.code {
            Code::Unauthenticated | Code::TokenExpired | Code::SessionRevoked => Verdict::LogIn(refusal),
            _ if refusal.retry_after_ms.is_some()
                || matches!(refusal.code, Code::Overloaded | Code::RateLimited | Code::Unavailable) =>
            {
                let after_ms = refusal.retry_after_ms.unwrap_or(0);
                Verdict::Reconnect { reason: refusal.message.into_owned(), after_ms }
            }
            _ => {
                self.events.push_back(Event::Fatal(refusal));
                Verdict::Over
            }
        });
    }

    /// What became of commands whose key is too old shows in the log once it is complete: an own entry carries its key.
    fn settle_expired(&mut self) {
        if !self.is_synced() && self.options.follow.is_some() {
            return;
        }
        for item in self.outbox.take_expired() {
            let found = self.replica.iter().find_map(|local| {
                let entry = local.entries().rev().find(|entry| entry.key == Some(item.key))?;
                let result = CommandResult::Appended {
                    conversation: local.id(),
                    seq: entry.seq,
                    ordinal: entry.ordinal,
                    at: entry.at,
                };
                Some(Outcome { lsn: entry.lsn, duplicate: true, result })
            });
            let result = found.ok_or_else(|| {
                Refusal::new(
                    Code::KeyExpired,
                    "this waited for too long and did not arrive; send it again if it still matters",
                )
            });
            self.settle(item.key, result);
        }
    }

    // Queries.

    fn ask(&mut self, now: Moment, query: Query, purpose: impl FnOnce(u64) -> Purpose) -> Result<u64, Full> {
        if self.asks.len() >= self.options.queries_max {
            return Err(Full);
        }
        self.next_ticket += 1;
        self.asks.push_back((query, purpose(self.next_ticket)));
        self.pump(now);
        Ok(self.next_ticket)
    }

    fn answer(&mut self, now: Moment, request: u32, answer: Answer) {
        let Some((_, purpose)) = self.asked.remove(&request) else { return };
        match purpose {
            Purpose::Caller(ticket) => self.replies.push_back(Reply::Answer(ticket, Ok(answer))),
            Purpose::Older(ticket, id) => {
                let mut added = 0;
                if let (Answer::Entries { entries, floor, as_of, .. }, Some(local)) = (answer, self.replica.get_mut(id))
                {
                    added = local.take_older(entries, (floor, as_of));
                }
                self.changed(now, id, Vec::new());
                self.events.push_back(Event::Conversation(id));
                self.replies.push_back(Reply::Older(ticket, Ok(added)));
            }
            Purpose::Fetch(id, missing) => {
                self.fetching.remove(&id);
                match answer {
                    Answer::Conversation { conversation, as_of } => self.snapshot(now, *conversation, as_of),
                    Answer::Entries { entries, floor, head, as_of, .. } => {
                        let me = self.replica.me().cloned();
                        let mut changes = Vec::new();
                        if let Some(local) = self.replica.get_mut(id) {
                            local.take_answer(me.as_ref(), missing, entries, (floor, head, as_of), &mut changes);
                        }
                        self.changed(now, id, changes);
                    }
                    Answer::Conversations { .. }
                    | Answer::Members { .. }
                    | Answer::Receipts { .. }
                    | Answer::Sessions { .. }
                    | Answer::Users { .. }
                    | Answer::Place { .. }
                    | Answer::Me { .. }
                    | Answer::Contacts { .. }
                    | Answer::ContactRequests { .. }
                    | Answer::Labels { .. }
                    | Answer::Relations { .. }
                    | Answer::FoundUsers { .. }
                    | Answer::Groups { .. }
                    | Answer::Invites { .. }
                    | Answer::JoinRequests { .. }
                    | Answer::Presences { .. }
                    | Answer::Media { .. }
                    | Answer::Found { .. }
                    | Answer::Assistants { .. }
                    | Answer::Drafts { .. }
                    | Answer::BotCommands { .. }
                    | Answer::Unreadable(_) => {
                        self.needs.insert(id, now.ms + AGAIN_MS);
                    }
                }
            }
            Purpose::Forgotten => {}
        }
    }

    fn fetch_refused(&mut self, now: Moment, id: ConversationId, missing: Missing, refusal: &Refusal) {
        self.fetching.remove(&id);
        let gone = matches!(refusal.code, Code::NotFound | Code::Forbidden | Code::NotMember);
        if !gone {
            self.needs.insert(id, now.ms + refusal.retry_after_ms.unwrap_or(AGAIN_MS));
            return;
        }
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        match (missing, self.replica.get_mut(id)) {
            (Missing::Conversation, _) | (_, None) => self.replica.remove(id),
            (Missing::Hole { to, .. }, Some(local)) => local.leave_hole(me.as_ref(), to, &mut changes),
            (Missing::Stale { from, to }, Some(local)) => local.forget_stale(from, to),
        }
        self.changed(now, id, changes);
        if self.replica.get(id).is_none() {
            self.needs.remove(&id);
        }
    }

    fn next_need_ms(&self) -> Option<u64> {
        self.needs.values().copied().min()
    }

    /// Fetches what is missing.
    fn fetch(&mut self, now: Moment) {
        while self.asked.len() < QUERIES_IN_FLIGHT_MAX {
            let Some(id) = self.needs.iter().find(|(_, at_ms)| **at_ms <= now.ms).map(|(id, _)| *id) else { return };
            self.needs.remove(&id);
            let me = self.replica.me().cloned();
            let mut changes = Vec::new();
            let Some(local) = self.replica.get_mut(id) else { continue };
            if let Some(Missing::Hole { from, .. }) = local.missing()
                && local.known_head().0.saturating_sub(from.0) >= self.options.hole_max
            {
                local.skip_to_newest(me.as_ref(), &mut changes);
            }
            let missing = local.missing();
            if !changes.is_empty() {
                self.changed(now, id, changes);
                self.needs.remove(&id);
            }
            let Some(missing) = missing else { continue };
            let limit = PAGE_ENTRIES_MAX as u32;
            let query = match missing {
                Missing::Conversation => Query::Conversation { conversation: id },
                Missing::Hole { from, to } | Missing::Stale { from, to } => {
                    Query::Entries { conversation: id, from: Some(from), to: Some(to), limit }
                }
            };
            self.fetching.insert(id);
            self.send_query(now, query, Purpose::Fetch(id, missing));
        }
    }

    // Sending.

    fn request(&mut self) -> u32 {
        self.next_request = self.next_request.checked_add(1).unwrap_or(1);
        self.next_request
    }

    fn send(&mut self, now: Moment, frame: ClientFrame) {
        self.last_sent_ms = now.ms;
        self.frames.push_back(frame);
    }

    fn send_query(&mut self, now: Moment, query: Query, purpose: Purpose) {
        let request = self.request();
        self.asked.insert(request, (query.clone(), purpose));
        self.send(now, ClientFrame::Query { request, query });
    }

    fn send_watch(&mut self, now: Moment) {
        if let Some((users, until_ms)) = &self.watched
            && self.is_online()
            && *until_ms >= now.ms
        {
            let frame = ClientFrame::Watch { users: users.clone(), seconds: ((until_ms - now.ms) / 1_000) as u32 };
            self.send(now, frame);
        }
    }

    fn ping_at_ms(&self) -> u64 {
        self.last_sent_ms.min(self.last_heard_ms).max(self.last_ping_ms) + self.options.ping_ms
    }

    /// Sends whatever may go now.
    fn pump(&mut self, now: Moment) {
        if !self.is_online() {
            self.caught_up = false;
            return;
        }
        self.settle_expired();
        if self.sync_at_ms.is_some_and(|at_ms| at_ms <= now.ms) {
            self.ask_page(now);
        }
        let window = (self.limits.window as usize).max(1);
        loop {
            let request = self.next_request.checked_add(1).unwrap_or(1);
            let Some(item) = self.outbox.send_next(now.ms, window, request) else { break };
            let frame = ClientFrame::Submit { request, key: item.key, command: item.command.clone() };
            self.next_request = request;
            self.send(now, frame);
        }
        while self.asked.len() < QUERIES_IN_FLIGHT_MAX {
            let Some((query, purpose)) = self.asks.pop_front() else { break };
            self.send_query(now, query, purpose);
        }
        self.fetch(now);
        for (conversation, seq) in take_due(&mut self.delivered, now.ms) {
            self.send(now, ClientFrame::Delivered { conversation, seq });
        }
        for (conversation, seq) in take_due(&mut self.read, now.ms) {
            self.send(now, ClientFrame::Read { conversation, seq });
        }
        let caught_up = self.is_synced();
        if caught_up && !self.caught_up {
            self.events.push_back(Event::CaughtUp);
        }
        self.caught_up = caught_up;
    }
}

/// Notes that a cursor moved and is to be told soon.
fn note(due: &mut BTreeMap<ConversationId, Due>, id: ConversationId, seq: Seq, entries: u64, now_ms: u64) {
    let due = due.entry(id).or_insert(Due { seq, entries: 0, at_ms: now_ms + CURSOR_WAIT_MS });
    due.seq = due.seq.max(seq);
    due.entries += entries;
    if due.entries >= CURSOR_ENTRIES {
        due.at_ms = now_ms;
    }
}

fn take_due(due: &mut BTreeMap<ConversationId, Due>, now_ms: u64) -> Vec<(ConversationId, Seq)> {
    if due.values().all(|due| due.at_ms > now_ms) {
        return Vec::new();
    }
    let taken = due.iter().filter(|(_, due)| due.at_ms <= now_ms).map(|(id, due)| (*id, due.seq)).collect();
    due.retain(|_, due| due.at_ms > now_ms);
    taken
}

/// The body of the entry that an own command made, where it is certain what the server made of it.
fn own_body(command: Command) -> Option<Body> {
    match command {
        // The server may write the names of mentioned users differently.
        Command::Send { content: Content::Text(text), .. } if !text.mentions.is_empty() => None,
        Command::Send { content, .. } => content.body(),
        Command::Edit { seq, .. } | Command::EditButtons { seq, .. } => Some(Body::Edited { target: seq }),
        Command::Recall { seq, .. } => Some(Body::RecalledEntry { target: seq }),
        Command::React { seq, emoji, on, .. } => Some(Body::Reacted { target: seq, emoji, on }),
        Command::OpenDirect { .. }
        | Command::CreateGroup { .. }
        | Command::AddMembers { .. }
        | Command::RemoveMember { .. }
        | Command::Leave { .. }
        | Command::Rename { .. }
        | Command::Pin { .. }
        | Command::Mute { .. }
        | Command::Hide { .. }
        | Command::MarkUnread { .. }
        | Command::EndSession { .. }
        | Command::LogOut {}
        | Command::Forward { .. }
        | Command::PinEntry { .. }
        | Command::ClearHistory { .. }
        | Command::SetProfile { .. }
        | Command::SetSettings { .. }
        | Command::SetPresence { .. }
        | Command::RequestContact { .. }
        | Command::AnswerContact { .. }
        | Command::SetContact { .. }
        | Command::DeleteContacts { .. }
        | Command::DeleteAllContacts {}
        | Command::Block { .. }
        | Command::CreateLabel { .. }
        | Command::RenameLabel { .. }
        | Command::DeleteLabel { .. }
        | Command::LabelContacts { .. }
        | Command::SetGroupRules { .. }
        | Command::SetGroupCard { .. }
        | Command::Join { .. }
        | Command::JoinByCode { .. }
        | Command::AnswerJoin { .. }
        | Command::CreateInvite { .. }
        | Command::RevokeInvite { .. }
        | Command::SetManager { .. }
        | Command::Transfer { .. }
        | Command::Dissolve { .. }
        | Command::MuteGroup { .. }
        | Command::SilenceMember { .. }
        | Command::SetAlias { .. }
        | Command::SetPush { .. }
        | Command::OpenAssistant { .. }
        | Command::StopAnswer { .. }
        | Command::Regenerate { .. }
        | Command::SetCommands { .. }
        | Command::Press { .. }
        | Command::Unreadable(_) => None,
    }
}

#[cfg(test)]
mod tests;
