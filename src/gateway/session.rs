//! The session of one connection as a pure state machine: frames and the time go in, what to do comes out. It knows no socket, no
//! clock and no task; TCP, TLS and WebSocket drive the same one.
//!
//! ```text
//!   before hello ──hello──► (the log-in runs; nothing is read) ──welcome──► live ──► closing
//! ```
//!
//! Times are milliseconds of the gateway's own monotonic time.

use super::rate::Rate;
use crate::engine::SyncState;
use crate::hub::{fatal, refused};
use crate::model::{Code, Command, ConversationId, Key, Lsn, Query, Refusal, Seq, Timestamp, UserId};
use crate::protocol::{ClientFrame, DecodeError, Hello, Resume, ServerFrame, Sync};

/// How much longer than it was told a client may take to send the first refused command again.
const GATE_GRACE_MS: u64 = 2_000;
/// The same typing state of the same conversation is passed on at most once in this time.
const TYPING_SAME_MS: u64 = 2_000;
/// Any typing is passed on at most once in this time.
const TYPING_ANY_MS: u64 = 100;
/// Users watched at once.
pub const WATCHED_MAX: usize = 100;
/// Longest watch, in seconds.
pub const WATCH_SECONDS_MAX: u32 = 3_600;
/// Conversations in one page of changes when the client cannot say (`hello.resume`).
const RESUME_LIMIT: u32 = 100;

/// What a session may do.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Submits in flight.
    pub window: u32,
    /// Says `hello` within this time.
    pub hello_timeout_ms: u64,
    /// Is closed after this long without a frame.
    pub silence_timeout_ms: u64,
}

/// The session of one connection.
#[derive(Debug)]
pub struct Session {
    limits: SessionLimits,
    state: State,
    /// When the connection was opened, and when it was last heard.
    opened_ms: u64,
    heard_ms: u64,
    rate: Rate,
    gate: Option<Box<Gate>>,
    sync: Option<Box<Paging>>,
    typing: Option<Typed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BeforeHello,
    Live,
    Closing,
}

/// After a refusal with a time to wait: later submits are refused the same way, so that order is kept when the client sends
/// everything again.
#[derive(Debug)]
struct Gate {
    /// Opens when this one comes again.
    first: Option<Key>,
    code: Code,
    message: std::borrow::Cow<'static, str>,
    retry_at_ms: u64,
    /// Opens by itself.
    until_ms: u64,
}

/// A sync between two of its pages.
#[derive(Debug)]
struct Paging {
    /// The next page starts here, if it is the next page.
    cursor: Lsn,
    state: SyncState,
}

#[derive(Clone, Copy, Debug)]
struct Typed {
    conversation: ConversationId,
    active: bool,
    at_ms: u64,
}

/// What to do about a frame.
#[derive(Debug)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Answer with this frame.
    Reply(ServerFrame),
    /// Answer with the time: a `pong`.
    Pong(u32),
    /// Say this last, and close.
    Fail(ServerFrame),
    /// Close without a word.
    Close,
    /// Find out who this is; then call [`Session::welcomed`].
    LogIn(Box<Hello>),
    /// Hand a command to the engine; call [`Session::held_back`] when it is refused with a time to wait.
    Submit {
        /// The client's number.
        request: u32,
        /// The key.
        key: Key,
        /// The command.
        command: Command,
    },
    /// Answer a query; nothing more is read until the answer is written.
    Query {
        /// The client's number.
        request: u32,
        /// The query.
        query: Query,
    },
    /// Answer with a page of changes, then call [`Session::paged`]; nothing more is read until it is written.
    Page(Page),
    /// Note that a cursor moved.
    Cursor {
        /// Where.
        conversation: ConversationId,
        /// A device has everything up to here.
        delivered: Option<Seq>,
        /// Everything up to here is read.
        read: Option<Seq>,
    },
    /// Tell others that this user types.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Typing or not.
        active: bool,
    },
    /// Tell the presence of these users.
    Watch {
        /// Whom.
        users: Vec<UserId>,
        /// For how long; 0: now only.
        seconds: u32,
    },
}

/// A page of changes that is asked for.
#[derive(Debug)]
pub struct Page {
    /// What is asked for.
    pub sync: Sync,
    /// The sync's state.
    pub state: SyncState,
}

impl Session {
    /// The session of a connection that was just opened.
    pub const fn new(limits: SessionLimits, now_ms: u64) -> Self {
        Self {
            limits,
            state: State::BeforeHello,
            opened_ms: now_ms,
            heard_ms: now_ms,
            rate: Rate { user: None, app: None },
            gate: None,
            sync: None,
            typing: None,
        }
    }

    /// A frame came, or what came is none. `in_flight` is the number of submits without an outcome.
    pub fn frame(&mut self, now_ms: u64, in_flight: u32, frame: Result<ClientFrame, DecodeError>) -> Action {
        self.heard_ms = now_ms;
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return self.unreadable(&error),
        };
        match self.state {
            State::BeforeHello => self.before_hello(frame),
            State::Live => self.live(now_ms, in_flight, frame),
            State::Closing => Action::Nothing,
        }
    }

    fn unreadable(&mut self, error: &DecodeError) -> Action {
        let code = match error {
            DecodeError::UnknownFrame(_) => {
                return Action::Reply(refused(None, Refusal::new(Code::UnknownFrame, sentence(error)), false));
            }
            DecodeError::Preface | DecodeError::Version(_) => Code::ProtocolVersion,
            DecodeError::Length { .. } | DecodeError::Frame(_) => Code::BadFrame,
        };
        self.fail(code, sentence(error))
    }

    fn before_hello(&mut self, frame: ClientFrame) -> Action {
        match frame {
            ClientFrame::Hello(hello) => Action::LogIn(Box::new(hello)),
            ClientFrame::Ping { nonce } => Action::Pong(nonce),
            ClientFrame::Submit { .. }
            | ClientFrame::Query { .. }
            | ClientFrame::Sync(_)
            | ClientFrame::Delivered { .. }
            | ClientFrame::Read { .. }
            | ClientFrame::Typing { .. }
            | ClientFrame::Watch { .. } => {
                self.fail(Code::Unauthenticated, "The first frame is `hello`; nothing but `ping` may come before it.")
            }
        }
    }

    fn live(&mut self, now_ms: u64, in_flight: u32, frame: ClientFrame) -> Action {
        match frame {
            ClientFrame::Hello(_) => {
                refuse(None, Code::Conflict, "This connection has said `hello` already; open another one.")
            }
            ClientFrame::Submit { request, key, command } => self.submit(now_ms, in_flight, request, key, command),
            ClientFrame::Query { request, query } => Action::Query { request, query },
            ClientFrame::Sync(sync) => Action::Page(self.page(sync)),
            ClientFrame::Delivered { conversation, seq } => {
                Action::Cursor { conversation, delivered: Some(seq), read: None }
            }
            ClientFrame::Read { conversation, seq } => {
                Action::Cursor { conversation, delivered: None, read: Some(seq) }
            }
            ClientFrame::Typing { conversation, active } => self.typing(now_ms, conversation, active),
            ClientFrame::Watch { users, seconds } => {
                if users.is_empty() || users.len() > WATCHED_MAX {
                    refuse(None, Code::Invalid, "`watch` names 1 to 100 users; ask in parts.")
                } else {
                    Action::Watch { users, seconds: seconds.min(WATCH_SECONDS_MAX) }
                }
            }
            ClientFrame::Ping { nonce } => Action::Pong(nonce),
        }
    }

    fn submit(&mut self, now_ms: u64, in_flight: u32, request: u32, key: Key, command: Command) -> Action {
        if let Some(gate) = &self.gate {
            if gate.first == Some(key) || now_ms >= gate.until_ms {
                self.gate = None;
            } else {
                let refusal = Refusal::new(gate.code, gate.message.clone())
                    .retry_after_ms(gate.retry_at_ms.saturating_sub(now_ms).max(1));
                return Action::Reply(refused(Some(request), refusal, false));
            }
        }
        if in_flight >= self.limits.window {
            return refuse(
                Some(request),
                Code::WindowExceeded,
                "More requests are in flight than the window of `welcome` allows; wait for their outcomes.",
            );
        }
        // Words are for REST, whose callers name the route with them.
        if key.is_word() {
            return refuse(
                Some(request),
                Code::Invalid,
                "The idempotency key must be a UUID of version 7; make a new key and send again.",
            );
        }
        if let Err(wait_ms) = self.rate.take(now_ms) {
            let refusal = Refusal::new(Code::RateLimited, "You are sending faster than this server allows; slow down.")
                .retry_after_ms(wait_ms);
            self.held_back(now_ms, Some(key), &refusal);
            return Action::Reply(refused(Some(request), refusal, false));
        }
        Action::Submit { request, key, command }
    }

    /// A submit was refused with a time to wait: later ones are refused the same way until it comes again. Without its key (it
    /// was refused late, others may be in flight) until that time has passed.
    pub fn held_back(&mut self, now_ms: u64, key: Option<Key>, refusal: &Refusal) {
        let Some(retry_ms) = refusal.retry_after_ms else { return };
        let retry_at_ms = now_ms.saturating_add(retry_ms);
        let until_ms = if key.is_some() { retry_at_ms.saturating_add(GATE_GRACE_MS) } else { retry_at_ms };
        self.gate = Some(Box::new(Gate {
            first: key,
            code: refusal.code,
            message: refusal.message.clone(),
            retry_at_ms,
            until_ms,
        }));
    }

    fn page(&mut self, sync: Sync) -> Page {
        // Whoever asks for anything but the next page starts anew.
        let paging = self.sync.take().filter(|paging| paging.cursor == sync.cursor);
        Page { sync, state: paging.map(|paging| paging.state).unwrap_or_default() }
    }

    /// A page was built; with `more`, the sync goes on from its cursor.
    pub fn paged(&mut self, cursor: Lsn, more: bool, state: SyncState) {
        self.sync = more.then(|| Box::new(Paging { cursor, state }));
    }

    fn typing(&mut self, now_ms: u64, conversation: ConversationId, active: bool) -> Action {
        if let Some(last) = self.typing {
            let same = last.conversation == conversation && last.active == active;
            let pause_ms = if same { TYPING_SAME_MS } else { TYPING_ANY_MS };
            if now_ms < last.at_ms + pause_ms {
                return Action::Nothing;
            }
        }
        self.typing = Some(Typed { conversation, active, at_ms: now_ms });
        Action::Typing { conversation, active }
    }

    /// The log-in succeeded. With `resume` the first page of changes is due.
    pub fn welcomed(&mut self, now_ms: u64, rate: Rate, resume: Option<Resume>) -> Option<Page> {
        self.state = State::Live;
        self.heard_ms = now_ms;
        self.rate = rate;
        let Resume { epoch, cursor } = resume?;
        Some(Page { sync: Sync { request: 0, epoch, cursor, limit: RESUME_LIMIT }, state: SyncState::default() })
    }

    /// The log-in was refused.
    pub fn turned_away(&mut self, refusal: Refusal) -> Action {
        self.state = State::Closing;
        Action::Fail(refused(None, refusal, true))
    }

    /// Bytes came that make no frame yet.
    pub const fn heard(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
    }

    /// When [`Session::tick`] is due.
    pub const fn deadline_ms(&self) -> u64 {
        match self.state {
            State::BeforeHello => self.opened_ms.saturating_add(self.limits.hello_timeout_ms),
            State::Live => self.heard_ms.saturating_add(self.limits.silence_timeout_ms),
            State::Closing => u64::MAX,
        }
    }

    /// The time has come.
    pub fn tick(&mut self, now_ms: u64) -> Action {
        if now_ms < self.deadline_ms() {
            return Action::Nothing;
        }
        match self.state {
            State::BeforeHello => {
                self.fail(Code::Unauthenticated, "`hello` did not come in time; connect again and say it first.")
            }
            State::Live | State::Closing => {
                self.state = State::Closing;
                Action::Close
            }
        }
    }

    fn fail(&mut self, code: Code, message: impl Into<std::borrow::Cow<'static, str>>) -> Action {
        self.state = State::Closing;
        Action::Fail(fatal(code, message))
    }
}

/// What `welcome` and `pong` call now.
pub const fn pong(nonce: u32, time: Timestamp) -> ServerFrame {
    ServerFrame::Pong { nonce, time }
}

fn refuse(request: Option<u32>, code: Code, message: &'static str) -> Action {
    Action::Reply(refused(request, Refusal::new(code, message), false))
}

/// An error as a sentence: upper case, full stop.
fn sentence(error: &DecodeError) -> String {
    let words = error.to_string();
    let mut letters = words.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Device, Epoch, Name, Platform, Secret, text::DeviceId};
    use crate::protocol::{Auth, Refused};

    const LIMITS: SessionLimits = SessionLimits { window: 3, hello_timeout_ms: 10_000, silence_timeout_ms: 90_000 };

    fn hello() -> ClientFrame {
        ClientFrame::Hello(Hello {
            auth: Auth::Token(Secret::new("t")),
            device: Device {
                id: DeviceId::new("d").unwrap(),
                platform: Platform::Linux,
                name: Name::new("laptop").unwrap(),
            },
            resume: None,
            client: "test".to_owned(),
        })
    }

    fn live() -> Session {
        let mut session = Session::new(LIMITS, 0);
        assert!(matches!(session.frame(0, 0, Ok(hello())), Action::LogIn(_)));
        assert!(session.welcomed(0, Rate::default(), None).is_none());
        session
    }

    fn key(n: u8) -> Key {
        Key([n; 16])
    }

    #[allow(clippy::unnecessary_wraps, reason = "what the machine takes")]
    fn submit(n: u8) -> Result<ClientFrame, DecodeError> {
        Ok(ClientFrame::Submit { request: u32::from(n), key: key(n), command: Command::LogOut {} })
    }

    fn code(action: Action) -> (Code, bool) {
        match action {
            Action::Reply(ServerFrame::Refused(Refused { code, fatal, .. }))
            | Action::Fail(ServerFrame::Refused(Refused { code, fatal, .. })) => (code, fatal),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_but_hello_and_ping_before_welcome() {
        let mut session = Session::new(LIMITS, 0);
        assert!(matches!(session.frame(1, 0, Ok(ClientFrame::Ping { nonce: 7 })), Action::Pong(7)));
        assert_eq!(code(session.frame(1, 0, submit(1))), (Code::Unauthenticated, true));
        assert!(matches!(session.frame(1, 0, Ok(hello())), Action::Nothing), "closing");
    }

    #[test]
    fn hello_must_come_in_time_and_pings_do_not_help() {
        let mut session = Session::new(LIMITS, 100);
        session.frame(9_000, 0, Ok(ClientFrame::Ping { nonce: 7 }));
        assert_eq!(session.deadline_ms(), 10_100);
        assert!(matches!(session.tick(10_099), Action::Nothing));
        assert_eq!(code(session.tick(10_100)), (Code::Unauthenticated, true));
    }

    #[test]
    fn silence_closes() {
        let mut session = live();
        session.heard(500);
        session.frame(1_000, 0, Ok(ClientFrame::Ping { nonce: 7 }));
        assert!(matches!(session.tick(90_999), Action::Nothing));
        assert!(matches!(session.tick(91_000), Action::Close));
    }

    #[test]
    fn an_unknown_frame_is_refused_and_the_session_goes_on_but_a_bad_one_ends_it() {
        let mut session = live();
        let unknown = Err(DecodeError::UnknownFrame("later".to_owned()));
        assert_eq!(code(session.frame(1, 0, unknown)), (Code::UnknownFrame, false));
        assert!(matches!(session.frame(1, 0, submit(1)), Action::Submit { .. }));
        for (error, expected) in [
            (DecodeError::Frame("x".to_owned()), Code::BadFrame),
            (DecodeError::Length { length: 0, max: 9 }, Code::BadFrame),
            (DecodeError::Preface, Code::ProtocolVersion),
            (DecodeError::Version(9), Code::ProtocolVersion),
        ] {
            assert_eq!(code(live().frame(1, 0, Err(error))), (expected, true));
        }
    }

    #[test]
    fn the_window_is_kept() {
        let mut session = live();
        assert!(matches!(session.frame(1, 2, submit(1)), Action::Submit { .. }));
        assert_eq!(code(session.frame(1, 3, submit(2))), (Code::WindowExceeded, false));
    }

    #[test]
    fn after_a_refusal_with_a_time_later_submits_wait_for_the_first_to_come_again() {
        let mut session = live();
        let bucket = crate::gateway::Bucket::new(10, 1, 0);
        session.rate = Rate { user: Some(std::sync::Arc::new(bucket)), app: None };
        assert!(matches!(session.frame(0, 0, submit(1)), Action::Submit { .. }));
        assert_eq!(code(session.frame(0, 0, submit(2))).0, Code::RateLimited);
        assert_eq!(code(session.frame(150, 0, submit(3))).0, Code::RateLimited, "although there is a token again");
        assert!(matches!(session.frame(150, 0, submit(2)), Action::Submit { .. }));
        assert_eq!(code(session.frame(150, 0, submit(3))).0, Code::RateLimited, "on its own account");
        assert!(matches!(session.frame(250, 0, submit(3)), Action::Submit { .. }));
    }

    #[test]
    fn the_gate_opens_by_itself_in_the_end() {
        let mut session = live();
        let refusal = Refusal::new(Code::Overloaded, "later").retry_after_ms(1_000);
        session.held_back(0, Some(key(1)), &refusal);
        let Action::Reply(ServerFrame::Refused(refused)) = session.frame(400, 0, submit(2)) else { panic!() };
        assert_eq!((refused.code, refused.retry_after_ms, refused.request), (Code::Overloaded, Some(600), Some(2)));
        assert_eq!(code(session.frame(2_999, 0, submit(2))).0, Code::Overloaded);
        assert!(matches!(session.frame(3_000, 0, submit(2)), Action::Submit { .. }));
        session.held_back(3_000, None, &refusal);
        assert_eq!(code(session.frame(3_999, 0, submit(3))).0, Code::Overloaded);
        assert!(matches!(session.frame(4_000, 0, submit(3)), Action::Submit { .. }));
        session.held_back(0, Some(key(9)), &Refusal::new(Code::NotFound, "no time to wait"));
        assert!(matches!(session.frame(4_000, 0, submit(4)), Action::Submit { .. }));
    }

    #[test]
    fn a_sync_goes_on_only_from_its_own_cursor() {
        let mut session = live();
        let sync = |cursor| Ok(ClientFrame::Sync(Sync { request: 1, epoch: Epoch(1), cursor: Lsn(cursor), limit: 5 }));
        assert!(matches!(session.frame(1, 0, sync(0)), Action::Page(_)));
        session.paged(Lsn(10), true, SyncState::default());
        assert!(session.sync.is_some());
        assert!(matches!(session.frame(1, 0, sync(10)), Action::Page(_)));
        session.paged(Lsn(20), true, SyncState::default());
        session.frame(1, 0, sync(15));
        assert!(session.sync.is_none());
        session.paged(Lsn(20), false, SyncState::default());
        assert!(session.sync.is_none());
    }

    #[test]
    fn resuming_is_the_first_sync() {
        let mut session = Session::new(LIMITS, 0);
        let page = session.welcomed(0, Rate::default(), Some(Resume { epoch: Epoch(3), cursor: Lsn(4) })).unwrap();
        assert_eq!((page.sync.request, page.sync.epoch, page.sync.cursor), (0, Epoch(3), Lsn(4)));
    }

    #[test]
    fn typing_is_throttled() {
        let mut session = live();
        let mut typing = |now_ms, conversation, active| {
            let frame = ClientFrame::Typing { conversation: ConversationId(conversation), active };
            matches!(session.frame(now_ms, 0, Ok(frame)), Action::Typing { .. })
        };
        assert!(typing(0, 1, true));
        assert!(!typing(1_999, 1, true));
        assert!(typing(2_000, 1, true));
        assert!(!typing(2_050, 1, false));
        assert!(typing(2_100, 1, false));
        assert!(typing(2_200, 2, true));
    }

    #[test]
    fn watching_nobody_or_too_many_is_refused() {
        let mut session = live();
        let ada = UserId::new("ada").unwrap();
        let mut watch =
            |count, seconds| session.frame(0, 0, Ok(ClientFrame::Watch { users: vec![ada.clone(); count], seconds }));
        assert_eq!(code(watch(0, 1)), (Code::Invalid, false));
        assert_eq!(code(watch(101, 1)), (Code::Invalid, false));
        assert!(matches!(watch(100, 9_999), Action::Watch { seconds: 3_600, .. }));
    }

    #[test]
    fn a_second_hello_changes_nothing() {
        assert_eq!(code(live().frame(0, 0, Ok(hello()))), (Code::Conflict, false));
    }
}
