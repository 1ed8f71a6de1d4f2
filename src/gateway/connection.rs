//! One connection: drives its session machine, and does what the machine says with the engine and the hub.

use super::login::{self, From, LoggedIn};
use super::session::{Action, Page, Session, SessionLimits, pong};
use super::{Admission, ForeignPage, Gateway, fanout, presence};
use crate::engine::{Before, Lane, ReplySink, Submission, Submitted};
use crate::hub::{Arrival, HeldBack, Outbox, refused};
use crate::model::clock::monotonic;
use crate::model::{
    Actor, Code, Command, ConversationId, CursorMove, Key, PresenceOf, Query, Refusal, Secret, Timestamp, UserActor,
    UserHandle, UserId,
};
use crate::protocol::{Changes, ClientFrame, DecodeError, Encoding, Hello, Limits, ServerFrame, VERSION, Welcome};
use crate::store::Read;
use crate::store::records::{ConversationRow, MemberRow};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Typing is told in conversations of at most this many members.
const TYPING_MEMBERS_MAX: u32 = 100;

/// One connection, from its first byte to its last.
pub struct Connection {
    gateway: Gateway,
    outbox: Arc<Outbox>,
    id: u64,
    peer: IpAddr,
    /// The session token of a browser whose page is our own.
    cookie: Option<Secret>,
    /// The page that has opened the connection, when it is not our own.
    page: Option<ForeignPage>,
    session: Session,
    /// The time as of the last read.
    now_ms: u64,
    /// Who it belongs to, once that is known.
    actor: Option<Box<UserActor>>,
    /// Keeps its commands in order while somebody is asked about some of them; made with the first of them.
    lane: Option<Arc<Lane>>,
    /// Nothing is handled before everything up to here is written.
    write_first: Option<u64>,
    /// Gives the place back when the connection is gone.
    _admission: Arc<Admission>,
}

/// What a frame asks for and takes a while.
pub struct Later(Work);

enum Work {
    LogIn(Box<Hello>),
    Submit { request: u32, key: Key, taken: Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>> },
    Query { request: u32, query: Query },
    Page(Page),
    Watch { users: Vec<UserId>, seconds: u32 },
}

impl Connection {
    pub(super) fn new(gateway: Gateway, peer: IpAddr, admission: Arc<Admission>) -> Self {
        let options = gateway.options();
        let limits = SessionLimits {
            window: options.window,
            hello_timeout_ms: options.hello_timeout_ms,
            silence_timeout_ms: options.silence_timeout_ms,
        };
        let now_ms = gateway.now_ms();
        let session = Session::new(limits, now_ms);
        let outbox = gateway.hub().outbox(options.queue_bytes);
        outbox.set_deadline_ms(session.deadline_ms());
        let id = gateway.enlist(&outbox);
        Self {
            gateway,
            outbox,
            id,
            peer,
            cookie: None,
            page: None,
            session,
            now_ms,
            actor: None,
            lane: None,
            write_first: None,
            _admission: admission,
        }
    }

    /// What waits to be written.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The gateway it belongs to.
    pub const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Sets how frames are written.
    pub fn set_encoding(&self, encoding: Encoding) {
        self.outbox.set_encoding(encoding);
    }

    /// Sets the session token of a browser whose page is our own; `hello` with `cookie` then logs in with it.
    pub fn set_cookie(&mut self, token: Secret) {
        self.cookie = Some(token);
    }

    /// Sets the page of another system that has opened the connection; only its own app's users log in then.
    pub fn set_page(&mut self, page: ForeignPage) {
        self.page = Some(page);
    }

    /// Whether the next frame can be handled: an answer to the last one is written.
    pub fn is_ready(&mut self) -> bool {
        if self.write_first.is_some_and(|mark| !self.outbox.is_written(mark)) {
            return false;
        }
        self.write_first = None;
        true
    }

    /// Bytes came.
    pub fn heard(&mut self, frames: usize) {
        self.now_ms = self.gateway.now_ms();
        self.session.heard(self.now_ms);
        self.gateway.counters().frames.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// The frames that came are handled: sets when to look again if nothing comes.
    pub fn rest(&self) {
        self.outbox.set_deadline_ms(self.session.deadline_ms());
    }

    /// A deadline may have passed.
    pub fn tick(&mut self) {
        let action = self.session.tick(self.gateway.now_ms());
        if !matches!(action, Action::Nothing) {
            self.gateway.counters().timeouts.fetch_add(1, Ordering::Relaxed);
        }
        match action {
            Action::Fail(farewell) => self.outbox.end(Some(&farewell)),
            Action::Close => self.outbox.end(None),
            _ => self.rest(),
        }
    }

    /// Handles one frame, or what came instead of one. What cannot be done at once is given back for [`Connection::finish`].
    pub fn handle(&mut self, frame: Result<ClientFrame, DecodeError>) -> Option<Later> {
        match self.session.frame(self.now_ms, self.outbox.in_flight(), frame) {
            Action::Nothing => {}
            Action::Reply(frame) => self.outbox.reply(&frame),
            Action::Pong(nonce) => self.outbox.reply(&pong(nonce, self.now())),
            Action::Fail(farewell) => self.fail(&farewell),
            Action::Close => self.outbox.end(None),
            Action::LogIn(hello) => return Some(Later(Work::LogIn(hello))),
            Action::Submit { request, key, command } => return self.submit(request, key, command),
            Action::Query { request, query } => return Some(Later(Work::Query { request, query })),
            Action::Page(page) => return Some(Later(Work::Page(page))),
            Action::Cursor { conversation, delivered, read } => {
                if let Some(actor) = &self.actor {
                    let (user, session) = (actor.user, actor.session);
                    self.gateway.engine().note_cursor(CursorMove {
                        user,
                        session: Some(session),
                        conversation,
                        delivered,
                        read,
                    });
                }
            }
            Action::Typing { conversation, active } => self.typing(conversation, active),
            Action::Watch { users, seconds } => return Some(Later(Work::Watch { users, seconds })),
        }
        None
    }

    /// Does what takes a while. Nothing else is handled meanwhile.
    pub async fn finish(&mut self, later: Later) {
        match later.0 {
            Work::LogIn(hello) => self.log_in(*hello).await,
            Work::Submit { request, key, taken } => {
                let taken = taken.await;
                self.submitted(request, key, taken);
            }
            Work::Query { request, query } => self.query(request, query).await,
            Work::Page(page) => self.page(page).await,
            Work::Watch { users, seconds } => self.watch(users, seconds).await,
        }
        self.now_ms = self.gateway.now_ms();
    }

    fn now(&self) -> Timestamp {
        self.gateway.engine().clock().now()
    }

    fn fail(&self, farewell: &ServerFrame) {
        self.gateway.counters().protocol_errors.fetch_add(1, Ordering::Relaxed);
        self.outbox.end(Some(farewell));
    }

    fn submit(&mut self, request: u32, key: Key, command: Command) -> Option<Later> {
        let actor = self.actor.as_ref()?;
        // A refusal that came late (from the engine, not from here) holds back this one too.
        if let Some(refusal) = self.outbox.take_held_back().and_then(still_to_wait) {
            self.session.held_back(self.now_ms, None, &refusal);
            self.outbox.reply(&refused(Some(request), refusal, false));
            return None;
        }
        // From the first command on, whether there is a before-hook or not: one that is set at this very moment finds it there.
        let lane = Arc::clone(self.lane.get_or_insert_default());
        let reply: Arc<dyn ReplySink> = Arc::clone(&self.outbox) as Arc<dyn ReplySink>;
        let submission = Submission {
            actor: Actor::User((**actor).clone()),
            key: Some(key),
            command: command.into(),
            reply: Some((reply, request)),
            before: Before::Ask(Some(lane)),
        };
        self.outbox.started();
        match self.gateway.engine().submit_now(submission) {
            Submitted::Done(taken) => self.submitted(request, key, taken),
            Submitted::Waits(taken) => return Some(Later(Work::Submit { request, key, taken })),
        }
        None
    }

    /// The engine has taken a command, or has not.
    fn submitted(&mut self, request: u32, key: Key, taken: Result<(), Refusal>) {
        if let Err(refusal) = taken {
            self.now_ms = self.gateway.now_ms();
            self.session.held_back(self.now_ms, Some(key), &refusal);
            self.outbox.complete(request, None, &refused(Some(request), refusal, false));
        }
    }

    async fn query(&mut self, request: u32, query: Query) {
        let Some(actor) = &self.actor else { return };
        let frame = match self.gateway.query(actor, query).await {
            Ok(answer) => ServerFrame::Answer { request, answer },
            Err(refusal) => refused(Some(request), refusal, false),
        };
        self.outbox.reply(&frame);
        self.write_first = Some(self.outbox.mark());
    }

    async fn page(&mut self, page: Page) {
        let Some(actor) = &self.actor else { return };
        let Page { sync, state } = page;
        let engine = self.gateway.engine();
        let view = engine.view();
        let (epoch, beyond) = (view.epoch(), view.lsn().next());
        drop(view);
        if sync.epoch != epoch || sync.cursor > beyond {
            self.outbox.reply(&ServerFrame::Restart { epoch });
            return;
        }
        let outbox = Arc::clone(&self.outbox);
        let before_last = Box::new(move || outbox.resume_pushes());
        match engine.changes((**actor).clone(), sync.cursor, sync.limit, state, before_last).await {
            Ok((changes, state)) => {
                let Changes { cursor, more, .. } = changes;
                self.session.paged(cursor, more, state);
                self.outbox.reply_page(&ServerFrame::Changes(Changes { request: sync.request, ..changes }), !more);
            }
            Err(refusal) => self.outbox.reply(&refused(Some(sync.request), refusal, false)),
        }
        self.write_first = Some(self.outbox.mark());
    }

    async fn log_in(&mut self, hello: Hello) {
        let resume = hello.resume;
        // While the password is checked the peer is not silent.
        self.outbox.set_deadline_ms(u64::MAX);
        let (engine, auth) = (self.gateway.engine(), self.gateway.auth());
        let server = self.gateway.options().server_name.as_str();
        let from = From { peer: self.peer, page: self.page.as_ref(), cookie: self.cookie.as_ref(), server, key: None };
        let logged_in = login::log_in(engine, auth, (hello.auth, hello.device), from).await;
        let welcome = logged_in.and_then(|logged_in| self.enter(logged_in));
        match welcome {
            Ok(welcome) => {
                self.gateway.counters().logins.fetch_add(1, Ordering::Relaxed);
                self.outbox.welcome(&ServerFrame::Welcome(Box::new(welcome)));
                let bucket = self.actor.as_ref().map(|actor| self.gateway.rate(actor)).unwrap_or_default();
                if let Some(page) = self.session.welcomed(self.gateway.now_ms(), bucket, resume) {
                    self.page(page).await;
                }
            }
            Err(refusal) => {
                self.gateway.counters().logins_refused.fetch_add(1, Ordering::Relaxed);
                if let Action::Fail(farewell) = self.session.turned_away(refusal) {
                    self.outbox.turn_away(&farewell);
                }
            }
        }
    }

    /// Connects the session: from here on it gets pushes. The View is taken afterwards, so that what is not in it is pushed.
    fn enter(&mut self, logged_in: LoggedIn) -> Result<Welcome, Refusal> {
        let LoggedIn { actor, platform, administrator: _, token } = logged_in;
        let arrival = Arrival { user: actor.user, id: actor.id.clone(), session: actor.session, platform };
        let (app, user, session) = (actor.app, actor.id.clone(), actor.session);
        self.gateway.hub().arrive(&arrival, &self.outbox);
        self.actor = Some(Box::new(actor));
        let engine = self.gateway.engine();
        let view = engine.view();
        if !login::is_there(engine, session)? {
            return Err(Refusal::new(Code::SessionRevoked, "This session was ended; log in again."));
        }
        let options = self.gateway.options();
        Ok(Welcome {
            protocol: u16::from(VERSION),
            server: options.server_name.clone(),
            time: engine.clock().now(),
            epoch: view.epoch(),
            cursor: view.lsn().next(),
            app,
            user,
            session,
            token,
            limits: Limits {
                max_frame: u32::try_from(options.max_frame).unwrap_or(u32::MAX),
                window: options.window,
                rate: options.rate_per_second,
            },
        })
    }

    fn typing(&self, conversation: ConversationId, active: bool) {
        let Some(actor) = &self.actor else { return };
        let view = self.gateway.engine().view();
        // What cannot be read is not told; typing may be lost at any time.
        let Ok(Some(member)) = view.get::<MemberRow>(&(conversation, actor.user)) else { return };
        let Ok(Some(row)) = view.get::<ConversationRow>(&conversation) else { return };
        if member.until.is_some() || row.members > TYPING_MEMBERS_MAX {
            return;
        }
        let hub = self.gateway.hub();
        let load = |conversation| fanout::members(&self.gateway.engine().view(), conversation);
        let Some(windows) = hub.members(conversation, load) else { return };
        let others = windows.iter().filter(|window| window.until.is_none() && window.user != actor.user);
        hub.tell(
            others.map(|window| window.user),
            &ServerFrame::Typing { conversation, user: actor.id.clone(), active },
        );
    }

    async fn watch(&mut self, users: Vec<UserId>, seconds: u32) {
        let Some(actor) = &self.actor else { return };
        let sights = match self.gateway.engine().sights((**actor).clone(), users.clone()).await {
            Ok(sights) => sights,
            Err(refusal) => {
                self.outbox.reply(&refused(None, refusal, false));
                return;
            }
        };
        // In the order asked for; nobody looks like somebody who may not be seen.
        let mut sights = sights.into_iter().peekable();
        let mut seen: Vec<UserHandle> = Vec::new();
        for id in users {
            let presence = match sights.next_if(|sight| sight.id.folded() == id.folded()) {
                Some(sight) => {
                    seen.extend(sight.seen.then_some(sight.user));
                    PresenceOf { user: id, ..self.gateway.seen(sight) }
                }
                None => presence::hidden(id),
            };
            self.outbox.reply(&ServerFrame::Presence(presence));
        }
        if seconds > 0 {
            let until = Timestamp(self.now().0 + u64::from(seconds) * 1_000);
            self.gateway.hub().watch((actor.user, actor.session), &self.outbox, &seen, until);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(actor) = &self.actor {
            self.gateway.hub().depart(actor.session, &self.outbox);
        }
        self.gateway.delist(self.id);
        self.outbox.end(None);
    }
}

/// A late refusal with what is left of its time to wait; none when that has passed.
pub(super) fn still_to_wait(late: HeldBack) -> Option<Refusal> {
    let waited_ms = monotonic().duration_since(late.at).as_millis() as u64;
    let left_ms = late.refusal.retry_after_ms?.checked_sub(waited_ms).filter(|ms| *ms > 0)?;
    Some(late.refusal.retry_after_ms(left_ms))
}
