//! The state machine against a small server that keeps everything in memory and whose answers, pushes and connections come and
//! go in any order that the protocol allows. However it went: in the end every device has the same log, and it is the server's.

use super::sending::CURSOR_WAIT_MS;
use super::*;
use crate::client::Local;
use crate::model::{
    Answer, Body, Code, CommandResult, Content, Conversation, ConversationKind, Device, DeviceId, Emoji, EndReason,
    Entry, Inbox, Name, Ordinal, Platform, Reaction, Role, Target, Text,
};
use crate::protocol::{Changes, Refused, Sync, Welcome};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

const START_MS: u64 = 1_700_000_000_000;
/// Who belongs to which conversation.
const MEMBERS: [(u64, &[&str]); 3] = [(1, &["ada", "bob"]), (2, &["ada", "bob", "cy"]), (3, &["ada", "cy"])];
/// The devices of the test: two of ada, one of bob.
const DEVICES: [&str; 3] = ["ada", "ada", "bob"];

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn device(n: usize) -> Device {
    Device {
        id: DeviceId::new(format!("device-{n}")).unwrap(),
        platform: Platform::Linux,
        name: Name::new("test").unwrap(),
    }
}

/// One conversation as the server has it.
struct Log {
    id: ConversationId,
    members: &'static [&'static str],
    entries: Vec<Entry>,
    title: Option<Name>,
    changed: Lsn,
    /// By user: read up to, and the lsn at which that changed.
    read: HashMap<&'static str, (Seq, Lsn)>,
}

impl Log {
    fn unread(&self, of: &str) -> u64 {
        let read = self.read[of].0;
        self.entries.iter().filter(|e| e.seq > read && e.body.is_message() && e.author.as_str() != of).count() as u64
    }

    fn head(&self) -> Seq {
        Seq(self.entries.len() as u64)
    }

    fn changed_for(&self, of: &str) -> Lsn {
        self.changed.max(self.read[of].1)
    }

    fn inbox(&self, of: &str) -> Inbox {
        Inbox {
            conversation: self.id,
            lsn: self.read[of].1,
            read: self.read[of].0,
            unread: self.unread(of),
            mentions: 0,
            pinned: false,
            muted_until: None,
            hidden: false,
            marked_unread: false,
            floor: Seq(1),
            gone: false,
        }
    }

    fn seen_by(&self, of: &str, newest: usize) -> Conversation {
        let first = self.entries.len().saturating_sub(newest);
        let targets: BTreeSet<_> = self.entries[first..].iter().filter_map(|e| e.body.target()).collect();
        let targets = targets.into_iter().map(|seq| seq.0 as usize - 1).filter(|at| *at < first);
        Conversation {
            id: self.id,
            kind: if self.members.len() == 2 { ConversationKind::Direct } else { ConversationKind::Group },
            title: self.title.clone(),
            peer: None,
            group: None,
            role: Role::Member,
            members: self.members.len() as u32,
            head: self.head(),
            head_ordinal: self.entries.last().map_or(Ordinal(0), |e| e.ordinal),
            at: Timestamp(START_MS),
            changed: self.changed_for(of),
            inbox: self.inbox(of),
            cursors: Vec::new(),
            entries: targets.chain(first..self.entries.len()).map(|at| self.entries[at].clone()).collect(),
        }
    }
}

/// The server's end of one device's connection. Pushes and answers leave the server independently of each other.
#[derive(Default)]
struct Session {
    connected: bool,
    pushes: VecDeque<ServerFrame>,
    answers: VecDeque<ServerFrame>,
    down: VecDeque<ServerFrame>,
    lagging: bool,
    sync: Option<VecDeque<ConversationId>>,
    refusing: Option<Key>,
}

struct World {
    logs: Vec<Log>,
    lsn: Lsn,
    epoch: Epoch,
    done: HashMap<(&'static str, Key), Outcome>,
    sessions: Vec<Session>,
    states: Vec<State>,
    up: Vec<VecDeque<ClientFrame>>,
    now_ms: u64,
    refuse_next: bool,
}

impl World {
    fn new(options: impl Fn(StateOptions) -> StateOptions) -> Self {
        let log = |(id, members): (u64, &'static [&'static str])| Log {
            id: ConversationId(id),
            members,
            entries: Vec::new(),
            title: None,
            changed: Lsn(0),
            read: members.iter().map(|m| (*m, (Seq(0), Lsn(0)))).collect(),
        };
        Self {
            logs: MEMBERS.into_iter().map(log).collect(),
            lsn: Lsn(0),
            epoch: Epoch(1),
            done: HashMap::new(),
            sessions: DEVICES.iter().map(|_| Session::default()).collect(),
            states: (0..DEVICES.len()).map(|n| State::new(options(StateOptions::new(device(n))))).collect(),
            up: DEVICES.iter().map(|_| VecDeque::new()).collect(),
            now_ms: 0,
            refuse_next: false,
        }
    }

    fn moment(&self) -> Moment {
        Moment { wall: Timestamp(START_MS + self.now_ms), ms: self.now_ms }
    }

    // The server.

    fn commit(&mut self) -> Lsn {
        self.lsn = self.lsn.next();
        self.lsn
    }

    fn push(&mut self, log: usize, frame: &ServerFrame, origin: Option<usize>, only: Option<&str>) {
        for (n, session) in self.sessions.iter_mut().enumerate() {
            let member = self.logs[log].members.contains(&DEVICES[n]) && only.is_none_or(|only| only == DEVICES[n]);
            if session.connected && !session.lagging && member && origin != Some(n) {
                session.pushes.push_back(frame.clone());
            }
        }
    }

    /// Appends an entry, rewrites its target, and tells everybody.
    fn append(
        &mut self,
        log: usize,
        author: &'static str,
        body: Body,
        key: Option<Key>,
        origin: Option<usize>,
    ) -> Entry {
        let lsn = self.commit();
        let conversation = self.logs[log].id;
        if let Some(target) = body.target() {
            let target = &mut self.logs[log].entries[target.0 as usize - 1];
            target.changed = lsn;
            match &body {
                Body::RecalledEntry { .. } => target.body = Body::Recalled {},
                Body::Reacted { emoji, .. } => {
                    target.reactions = vec![Reaction { emoji: emoji.clone(), users: vec![user(author)] }];
                }
                _ => {}
            }
            let frame = ServerFrame::Entry { conversation, entry: Arc::new(target.clone()) };
            self.push(log, &frame, None, None);
        }
        let at = &mut self.logs[log];
        let before = at.entries.last().map_or(0, |e| e.ordinal.0);
        let entry = Entry {
            seq: at.head().next(),
            lsn,
            changed: lsn,
            ordinal: Ordinal(before + u64::from(body.is_message())),
            at: Timestamp(START_MS + self.now_ms),
            author: user(author),
            key,
            body,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            origin: None,
        };
        if let Body::Renamed { title } = &entry.body {
            at.title = Some(title.clone());
        }
        if entry.body.is_message() {
            at.read.insert(author, (entry.seq, lsn));
        }
        at.changed = lsn;
        at.entries.push(entry.clone());
        let frame = ServerFrame::Entry { conversation, entry: Arc::new(entry.clone()) };
        self.push(log, &frame, origin, None);
        entry
    }

    fn append_something(&mut self, log: usize, author: usize, kind: u8, pick: usize) {
        let log = log % self.logs.len();
        let members = self.logs[log].members;
        let author = members[author % members.len()];
        // Only messages are recalled or reacted to.
        let messages: Vec<_> = self.logs[log].entries.iter().filter(|e| e.body.is_message()).map(|e| e.seq).collect();
        let target = messages.get(pick % messages.len().max(1)).copied();
        let body = match (kind % 6, target) {
            (0, Some(target)) => Body::RecalledEntry { target },
            (1, Some(target)) => Body::Reacted { target, emoji: Emoji::new("👍").unwrap(), on: true },
            (2, _) => Body::Renamed { title: Name::new(format!("title {pick}")).unwrap() },
            _ => Body::Text(Text::plain(format!("{author} says {pick}"))),
        };
        self.append(log, author, body, None, None);
    }

    fn serve(&mut self, n: usize) {
        let Some(frame) = self.up[n].pop_front() else { return };
        let name = DEVICES[n];
        match frame {
            ClientFrame::Hello(hello) => {
                self.sessions[n].connected = true;
                let welcome = Welcome {
                    protocol: 1,
                    server: "test".to_owned(),
                    time: Timestamp(START_MS + self.now_ms),
                    epoch: self.epoch,
                    cursor: self.lsn,
                    app: crate::model::AppId::HOME,
                    user: user(name),
                    session: SessionId(n as u64),
                    token: None,
                    limits: Limits { max_frame: 1 << 20, window: 4, rate: 0 },
                };
                self.sessions[n].answers.push_back(ServerFrame::Welcome(Box::new(welcome)));
                if let Some(Resume { epoch, cursor }) = hello.resume {
                    self.page(n, Sync { request: 0, epoch, cursor, limit: 2 });
                }
            }
            ClientFrame::Sync(sync) => self.page(n, sync),
            ClientFrame::Query { request, query } => self.query(n, request, query),
            ClientFrame::Submit { request, key, command } => self.submitted(n, request, key, command),
            ClientFrame::Read { conversation, seq } => {
                let lsn = self.commit();
                let log = conversation.0 as usize - 1;
                let seq = seq.min(self.logs[log].head());
                let read = self.logs[log].read.get_mut(name).unwrap();
                if seq > read.0 {
                    *read = (seq, lsn);
                    let inbox = self.logs[log].inbox(name);
                    self.push(log, &ServerFrame::Inbox(inbox), Some(n), Some(name));
                }
            }
            ClientFrame::Ping { nonce } => {
                let time = Timestamp(START_MS + self.now_ms);
                self.sessions[n].answers.push_back(ServerFrame::Pong { nonce, time });
            }
            ClientFrame::Delivered { .. } | ClientFrame::Typing { .. } | ClientFrame::Watch { .. } => {}
        }
    }

    fn page(&mut self, n: usize, sync: Sync) {
        let name = DEVICES[n];
        if sync.epoch != self.epoch || sync.cursor.0 > self.lsn.0 + 1 {
            self.sessions[n].sync = None;
            self.sessions[n].answers.push_back(ServerFrame::Restart { epoch: self.epoch });
            return;
        }
        let pending = self.sessions[n].sync.get_or_insert_with(|| {
            let mut changed: Vec<_> = self
                .logs
                .iter()
                .filter(|log| log.members.contains(&name) && log.changed_for(name) >= sync.cursor)
                .map(|log| (log.changed_for(name), log.id))
                .collect();
            changed.sort_unstable();
            changed.into_iter().map(|(_, id)| id).collect()
        });
        // One conversation a page, so that there are several.
        let ids: Vec<_> = pending.pop_front().into_iter().collect();
        let more = !pending.is_empty();
        if !more {
            self.sessions[n].sync = None;
            self.sessions[n].lagging = false;
        }
        let conversations: Vec<_> = ids.iter().map(|id| self.logs[id.0 as usize - 1].seen_by(name, 4)).collect();
        let last = conversations.last().map_or(self.lsn, |c| c.changed);
        let changes = Changes {
            request: sync.request,
            conversations,
            users: Vec::new(),
            // What changed again meanwhile is behind the cursor of the page; a page in the middle must not pass it.
            cursor: if more { last.min(sync.cursor.max(Lsn(1))) } else { self.lsn.next() },
            more,
            as_of: self.lsn,
        };
        self.sessions[n].answers.push_back(ServerFrame::Changes(changes));
    }

    fn query(&mut self, n: usize, request: u32, query: Query) {
        let answer = match query {
            Query::Conversation { conversation } => Answer::Conversation {
                conversation: Box::new(self.logs[conversation.0 as usize - 1].seen_by(DEVICES[n], 4)),
                as_of: self.lsn,
            },
            Query::Entries { conversation, from, to, limit: _ } => {
                // Pages of three, so that a hole takes several.
                let log = &self.logs[conversation.0 as usize - 1];
                let range = from.unwrap_or(Seq(1))..=to.unwrap_or(log.head());
                let mut seqs: Vec<_> = log.entries.iter().map(|e| e.seq).filter(|seq| range.contains(seq)).collect();
                if from.is_some() {
                    seqs.truncate(3);
                } else {
                    seqs = seqs.split_off(seqs.len().saturating_sub(3));
                }
                Answer::Entries {
                    conversation,
                    entries: seqs.iter().map(|seq| log.entries[seq.0 as usize - 1].clone()).collect(),
                    floor: Seq(1),
                    head: log.head(),
                    as_of: self.lsn,
                }
            }
            other => panic!("the client asked for {other:?}"),
        };
        self.sessions[n].answers.push_back(ServerFrame::Answer { request, answer });
    }

    fn submitted(&mut self, n: usize, request: u32, key: Key, command: Command) {
        let name = DEVICES[n];
        let refused = |code| {
            let retry_after_ms = Some(20);
            ServerFrame::Refused(Refused {
                request: Some(request),
                code,
                message: "".into(),
                retry_after_ms,
                fatal: false,
            })
        };
        if self.sessions[n].refusing.is_some_and(|first| first != key) || std::mem::take(&mut self.refuse_next) {
            self.sessions[n].refusing.get_or_insert(key);
            self.sessions[n].pushes.push_back(refused(Code::RateLimited));
            return;
        }
        self.sessions[n].refusing = None;
        let outcome = if let Some(first) = self.done.get(&(name, key)) {
            Outcome { duplicate: true, ..first.clone() }
        } else {
            let Command::Send { to: Target::Conversation(conversation), content } = command else {
                panic!("the client asked for {command:?}")
            };
            let entry = self.append(conversation.0 as usize - 1, name, content.body().unwrap(), Some(key), Some(n));
            let result = CommandResult::Appended { conversation, seq: entry.seq, ordinal: entry.ordinal, at: entry.at };
            let outcome = Outcome { lsn: entry.lsn, duplicate: false, result };
            self.done.insert((name, key), outcome.clone());
            outcome
        };
        let Outcome { lsn, duplicate, result } = outcome;
        self.sessions[n].pushes.push_back(ServerFrame::Outcome { request, lsn, duplicate, result });
    }

    // The wires.

    fn connect(&mut self, n: usize) {
        if self.states[n].phase == Phase::Offline {
            let now = self.moment();
            self.states[n].opened(now, Auth::Cookie {});
            self.collect(n);
        }
    }

    fn disconnect(&mut self, n: usize) {
        self.states[n].closed();
        self.sessions[n] = Session::default();
        self.up[n].clear();
    }

    /// The device reads too slowly: pushes on their way are dropped.
    fn lag(&mut self, n: usize) {
        let session = &mut self.sessions[n];
        if session.connected && session.pushes.iter().all(|frame| matches!(frame, ServerFrame::Entry { .. })) {
            session.pushes.clear();
            session.lagging = true;
            session.pushes.push_back(ServerFrame::Lagging {});
        }
    }

    fn collect(&mut self, n: usize) {
        while let Some(frame) = self.states[n].next_frame() {
            self.up[n].push_back(frame);
        }
        assert_eq!(self.states[n].verdict(), None);
    }

    fn deliver(&mut self, n: usize) {
        if let Some(frame) = self.sessions[n].down.pop_front() {
            let now = self.moment();
            self.states[n].frame(now, frame);
            self.collect(n);
        }
    }

    fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
        for n in 0..DEVICES.len() {
            let now = self.moment();
            self.states[n].tick(now);
            self.collect(n);
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Append { log, author, kind, pick } => self.append_something(log, author, kind, pick),
            Step::Send { n, log } => {
                let logs: Vec<_> = self.logs.iter().filter(|l| l.members.contains(&DEVICES[n])).map(|l| l.id).collect();
                let to = Target::Conversation(logs[log % logs.len()]);
                let now = self.moment();
                let text = format!("device {n} at {}", self.states[n].outbox.len());
                let command = Command::Send { to, content: Content::Text(Text::plain(text)) };
                self.states[n].submit(now, Key::new(now.wall), command).unwrap();
                self.collect(n);
            }
            Step::Read { n, log } => {
                let Some((id, head)) =
                    self.states[n].replica.get(ConversationId(log as u64 % 3 + 1)).map(|l| (l.id(), l.head()))
                else {
                    return;
                };
                let now = self.moment();
                self.states[n].read(now, id, head);
                self.collect(n);
            }
            Step::Serve(n) => self.serve(n),
            Step::Push(n) => {
                if let Some(frame) = self.sessions[n].pushes.pop_front() {
                    self.sessions[n].down.push_back(frame);
                }
            }
            Step::Answer(n) => {
                if let Some(frame) = self.sessions[n].answers.pop_front() {
                    self.sessions[n].down.push_back(frame);
                }
            }
            Step::Deliver(n) => self.deliver(n),
            Step::Connect(n) => self.connect(n),
            Step::Disconnect(n) => self.disconnect(n),
            Step::Lag(n) => self.lag(n),
            Step::RefuseNext => self.refuse_next = true,
            Step::Advance(ms) => self.advance(ms),
            Step::OtherData => {
                self.epoch = self.epoch.next();
                for n in 0..DEVICES.len() {
                    self.disconnect(n);
                }
            }
        }
    }

    /// Everybody comes back, and everything on its way arrives.
    fn settle(&mut self) {
        self.refuse_next = false;
        for round in 0.. {
            assert!(round < 2_000, "it does not come to rest");
            let mut moved = false;
            for n in 0..DEVICES.len() {
                self.connect(n);
                while !self.up[n].is_empty() {
                    self.serve(n);
                }
                // A welcome comes before everything else.
                let session = &mut self.sessions[n];
                session.down.append(&mut session.answers);
                session.down.append(&mut session.pushes);
                while !self.sessions[n].down.is_empty() {
                    moved = true;
                    self.deliver(n);
                }
            }
            if !moved && self.states.iter().all(State::is_settled) {
                return;
            }
            self.advance(30);
        }
    }

    fn check(&self) {
        for (n, state) in self.states.iter().enumerate() {
            let name = DEVICES[n];
            for log in self.logs.iter().filter(|log| log.members.contains(&name)) {
                let local = state.replica.get(log.id);
                let entries: Vec<Entry> = local.into_iter().flat_map(Local::entries).map(|e| Entry::clone(e)).collect();
                let short = |entries: &[Entry]| entries.iter().map(|e| (e.seq.0, e.changed.0)).collect::<Vec<_>>();
                assert_eq!(short(&entries), short(&log.entries), "device {n} ({name}), conversation {}", log.id);
                assert_eq!(entries, log.entries, "device {n} ({name}), conversation {}", log.id);
                if let Some(local) = local {
                    assert_eq!(local.unread(), log.unread(name), "unread of {name} on device {n} in {}", log.id);
                    assert_eq!(local.about().and_then(|about| about.title.clone()), log.title, "title on device {n}");
                }
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append { log: usize, author: usize, kind: u8, pick: usize },
    Send { n: usize, log: usize },
    Read { n: usize, log: usize },
    Serve(usize),
    Push(usize),
    Answer(usize),
    Deliver(usize),
    Connect(usize),
    Disconnect(usize),
    Lag(usize),
    RefuseNext,
    Advance(u64),
    OtherData,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = || 0..DEVICES.len();
    let step = prop_oneof![
        8 => (0..3usize, 0..3usize, any::<u8>(), 0..50usize)
            .prop_map(|(log, author, kind, pick)| Step::Append { log, author, kind, pick }),
        3 => (n(), 0..3usize).prop_map(|(n, log)| Step::Send { n, log }),
        2 => (n(), 0..3usize).prop_map(|(n, log)| Step::Read { n, log }),
        8 => n().prop_map(Step::Serve),
        8 => n().prop_map(Step::Push),
        8 => n().prop_map(Step::Answer),
        12 => n().prop_map(Step::Deliver),
        3 => n().prop_map(Step::Connect),
        1 => n().prop_map(Step::Disconnect),
        1 => n().prop_map(Step::Lag),
        1 => Just(Step::RefuseNext),
        2 => (1..150u64).prop_map(Step::Advance),
    ];
    // Rarely, so that most histories are of one data.
    let other = prop_oneof![30 => Just(None), 1 => Just(Some(Step::OtherData))];
    (proptest::collection::vec(step, 1..200), other).prop_map(|(mut steps, other)| {
        let middle = steps.len() / 2;
        steps.splice(middle..middle, other);
        steps
    })
}

fn everything(mut options: StateOptions) -> StateOptions {
    options.follow = Some(Backlog::Everything);
    options.hole_max = u64::MAX;
    options.entries_kept = usize::MAX;
    options
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_order_frames_come_in_and_however_often_the_connection_breaks_every_device_ends_with_the_servers_log(
        steps in steps(),
    ) {
        let mut world = World::new(everything);
        for step in &steps {
            world.step(step);
        }
        world.settle();
        world.check();
        // Every message of the outbox is there once, and in the order in which its device sent it.
        for (n, name) in DEVICES.iter().enumerate() {
            prop_assert_eq!(world.states[n].outbox.len(), 0);
            let keys: Vec<_> = world.logs.iter().flat_map(|log| &log.entries).filter_map(|e| e.key).collect();
            let unique: BTreeSet<_> = keys.iter().collect();
            prop_assert_eq!(keys.len(), unique.len(), "{} has a duplicate", name);
        }
    }

    #[test]
    fn a_device_that_keeps_only_the_newest_has_a_piece_of_the_log_without_holes(steps in steps()) {
        let mut world = World::new(|mut options| {
            options.entries_kept = 8;
            options.hole_max = 5;
            options
        });
        for step in &steps {
            world.step(step);
        }
        world.settle();
        for (n, state) in world.states.iter().enumerate() {
            for local in state.replica.iter() {
                let log = &world.logs[local.id().0 as usize - 1];
                prop_assert_eq!(local.head(), log.head());
                let lowest = local.lowest().0 as usize - 1;
                prop_assert!(local.is_complete());
                let kept: Vec<Entry> = local.entries().map(|e| Entry::clone(e)).collect();
                prop_assert_eq!(&kept[..], &log.entries[lowest..], "device {}, conversation {}", n, log.id);
                prop_assert_eq!(local.unread(), log.unread(DEVICES[n]));
            }
        }
    }
}

/// One device of ada that is connected and in step, and nothing waiting.
fn one_device() -> World {
    let mut world = World::new(everything);
    world.settle();
    world
}

fn frames(world: &World) -> Vec<&ClientFrame> {
    world.up[0].iter().collect()
}

#[test]
fn delivered_is_told_after_fifty_milliseconds_or_thirty_two_entries_and_once_each() {
    let mut world = one_device();
    for pick in 0..3 {
        world.append_something(0, 1, 5, pick);
    }
    for _ in 0..3 {
        world.step(&Step::Push(0));
        world.step(&Step::Deliver(0));
    }
    assert!(frames(&world).is_empty(), "it waits for more");
    world.advance(CURSOR_WAIT_MS);
    assert_eq!(frames(&world), [&ClientFrame::Delivered { conversation: ConversationId(1), seq: Seq(3) }]);
    world.up[0].clear();
    for pick in 0..32 {
        world.append_something(0, 1, 5, pick);
        world.step(&Step::Push(0));
        world.step(&Step::Deliver(0));
    }
    assert_eq!(frames(&world), [&ClientFrame::Delivered { conversation: ConversationId(1), seq: Seq(35) }]);
}

#[test]
fn a_read_that_may_be_lost_is_told_again_on_the_next_connection() {
    let mut world = one_device();
    world.append_something(0, 1, 5, 0);
    world.settle();
    let now = world.moment();
    world.states[0].read(now, ConversationId(1), Seq(1));
    world.advance(CURSOR_WAIT_MS);
    assert_eq!(frames(&world), [&ClientFrame::Read { conversation: ConversationId(1), seq: Seq(1) }]);
    // The server never sees it, and nothing else happens in the conversation.
    world.disconnect(0);
    world.settle();
    assert_eq!(world.logs[0].unread("ada"), 0);
    world.check();
}

#[test]
fn whoever_comes_back_to_a_group_asks_what_it_is_now() {
    let mut world = one_device();
    world.append_something(1, 1, 5, 0);
    world.settle();
    let (now, id) = (world.moment(), world.logs[1].id);
    let mut inbox = world.logs[1].inbox("ada");
    for gone in [true, false] {
        inbox.gone = gone;
        inbox.lsn = world.commit();
        world.states[0].frame(now, ServerFrame::Inbox(inbox.clone()));
        world.collect(0);
    }
    let asks = |frame: &&ClientFrame| matches!(frame, ClientFrame::Query { query: Query::Conversation { conversation }, .. } if *conversation == id);
    assert_eq!(frames(&world).into_iter().filter(asks).count(), 1);
    assert!(!world.states[0].is_synced());
    world.settle();
    world.check();
}

#[test]
fn a_ping_breaks_thirty_seconds_of_silence_and_a_silent_server_is_left() {
    let mut world = one_device();
    let (start_ms, now) = (world.now_ms, world.moment());
    let deadline_ms = world.states[0].deadline_ms(now.ms).unwrap();
    assert!(deadline_ms <= start_ms + 30_000, "{deadline_ms}");
    world.now_ms = deadline_ms;
    let now = world.moment();
    world.states[0].tick(now);
    assert!(matches!(world.states[0].next_frame(), Some(ClientFrame::Ping { .. })));
    world.now_ms += 75_000;
    let now = world.moment();
    world.states[0].tick(now);
    assert!(matches!(world.states[0].verdict(), Some(Verdict::Reconnect { .. })));
}

#[test]
fn keys_are_made_with_the_servers_time() {
    let mut world = one_device();
    let now = Moment { wall: Timestamp(5_000), ms: world.now_ms };
    world.states[0].frame(now, ServerFrame::Pong { nonce: 0, time: Timestamp(90_000) });
    assert_eq!(world.states[0].server_time(Timestamp(5_001)), Timestamp(90_001));
}

#[test]
fn a_message_whose_key_has_expired_is_found_in_the_log_or_handed_back() {
    let mut world = one_device();
    let to = Target::Conversation(ConversationId(1));
    let send = |text: &str| Command::Send { to: to.clone(), content: Content::Text(Text::plain(text)) };
    let (arrived, lost) = (Key::new(Timestamp(1)), Key::new(Timestamp(2)));
    let now = world.moment();
    world.states[0].submit(now, arrived, send("arrived")).unwrap();
    world.states[0].submit(now, lost, send("lost")).unwrap();
    // The first one took effect, but the outcome never came.
    world.append(0, "ada", Body::Text(Text::plain("arrived")), Some(arrived), None);
    world.step(&Step::Push(0));
    world.step(&Step::Deliver(0));
    for frame in std::mem::take(&mut world.up[0]).into_iter().chain(std::iter::from_fn(|| world.states[0].next_frame()))
    {
        if let ClientFrame::Submit { request, .. } = frame {
            let (code, message) = (Code::KeyExpired, "".into());
            let refused = Refused { request: Some(request), code, message, retry_after_ms: None, fatal: false };
            world.sessions[0].down.push_back(ServerFrame::Refused(refused));
        }
    }
    world.settle();
    let replies: Vec<_> = std::iter::from_fn(|| world.states[0].next_reply()).collect();
    assert!(matches!(&replies[0], Reply::Outcome(key, Ok(outcome)) if *key == arrived && outcome.duplicate));
    assert!(matches!(&replies[1], Reply::Outcome(key, Err(no)) if *key == lost && no.code == Code::KeyExpired));
}

#[test]
fn a_session_that_is_over_is_not_opened_again_and_a_closing_server_is_given_its_time() {
    let mut world = one_device();
    let now = world.moment();
    world.states[0].frame(now, ServerFrame::Closing { reason: "maintenance".to_owned(), retry_after_ms: 7_000 });
    let later = Verdict::Reconnect { reason: "maintenance".to_owned(), after_ms: 7_000 };
    assert_eq!(world.states[0].verdict(), Some(later));
    world.states[0].frame(now, ServerFrame::Kicked { reason: EndReason::Revoked, by: None });
    assert_eq!(world.states[0].verdict(), Some(Verdict::Over));
}

#[test]
fn older_entries_come_on_request_and_know_later_rewrites() {
    let mut world = World::new(|mut options| {
        options.entries_kept = 4;
        options
    });
    for pick in 0..20 {
        world.append_something(1, 2, 5, pick);
    }
    world.settle();
    let id = ConversationId(2);
    assert_eq!(world.states[0].replica.get(id).unwrap().lowest(), Seq(17));
    let now = world.moment();
    world.states[0].load_older(now, id, 3).unwrap();
    world.collect(0);
    world.step(&Step::Serve(0));
    // Rewritten after the answer was made, told before it arrives.
    world.append(1, "cy", Body::RecalledEntry { target: Seq(15) }, None, None);
    world.settle();
    let local = world.states[0].replica.get(id).unwrap();
    assert_eq!(local.lowest(), Seq(15), "seven are kept now, and one more came");
    assert_eq!(local.entry(Seq(15)).unwrap().body, Body::Recalled {});
}
