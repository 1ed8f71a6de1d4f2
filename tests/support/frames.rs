//! Frames to test with: one hand-written sample of everything that can stand on the wire, and random ones.

use super::frames_domain as domain;
use std::sync::Arc;
use tidings::model::growing::variants;
use tidings::model::{
    Answer, AppId, Body, Code, Command, CommandResult, Content, Conversation, ConversationId, ConversationKind, Cursor,
    Custom, Device, DeviceId, Emoji, EndReason, Entry, Epoch, GroupRules, Inbox, Key, Line, Lsn, Member, Name, Ordinal,
    Platform, Profile, Query, Reaction, Role, Secret, Seq, SessionId, SessionInfo, Target, Text, Timestamp, UserId,
};
use tidings::model::{PresenceOf, PresenceState, PushedData, PushedKind};
use tidings::protocol::{
    Auth, Changes, ClientFrame, Frame, Hello, Limits, Refused, Resume, ServerFrame, Sync, Welcome,
};

pub const PLATFORMS: [Platform; 7] = [
    Platform::Web,
    Platform::Ios,
    Platform::Android,
    Platform::Macos,
    Platform::Windows,
    Platform::Linux,
    Platform::Api,
];
pub const END_REASONS: [EndReason; 8] = [
    EndReason::LoggedOut,
    EndReason::Revoked,
    EndReason::ReplacedByDevice,
    EndReason::ReplacedBySameDevice,
    EndReason::PasswordChanged,
    EndReason::Suspended,
    EndReason::Expired,
    EndReason::AccountDeleted,
];
pub const PRESENCE_STATES: [PresenceState; 4] =
    [PresenceState::Offline, PresenceState::Online, PresenceState::Away, PresenceState::Busy];
pub const ROLES: [Role; 3] = [Role::Member, Role::Manager, Role::Owner];

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}
fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
fn key() -> Key {
    "0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f".parse().unwrap()
}
const AT: Timestamp = Timestamp(1_730_000_000_000);
const TALK: ConversationId = ConversationId(42);

fn device() -> Device {
    Device { id: DeviceId::new("5f0c6f7e-laptop").unwrap(), platform: Platform::Linux, name: name("Ada's laptop") }
}

/// An entry with this body; messages get the rest of what an entry can have.
fn entry(body: Body) -> Entry {
    let message = body.is_message();
    let recalled = matches!(body, Body::Recalled {});
    Entry {
        seq: Seq(7),
        lsn: Lsn(1_001),
        changed: if message { Lsn(1_004) } else { Lsn(1_001) },
        ordinal: Ordinal(6),
        at: AT,
        author: user("ada"),
        key: message.then(key),
        body,
        reactions: if message && !recalled {
            vec![Reaction { emoji: Emoji::new("👍🏽").unwrap(), users: vec![user("bob"), user("cy")] }]
        } else {
            vec![]
        },
        edited_at: (message && !recalled).then_some(Timestamp(AT.0 + 5_000)),
        recalled_at: recalled.then_some(Timestamp(AT.0 + 6_000)),
        origin: None,
    }
}

/// The sample of a kind, where there is no random one.
fn sample<T>(samples: Vec<(&'static str, T)>, kind: &str) -> T {
    let found = samples.into_iter().find(|(name, _)| *name == kind);
    found.unwrap_or_else(|| panic!("no sample of `{kind}` yet")).1
}

fn member(id: &str, role: Role) -> Member {
    let manager = role == Role::Manager;
    Member {
        user: user(id),
        role,
        alias: manager.then(|| name("The cook")),
        silenced_until: manager.then_some(AT),
        joined: AT,
    }
}

pub fn plain_entry(seq: u64, text: &str) -> Entry {
    Entry {
        seq: Seq(seq),
        lsn: Lsn(1_000 + seq),
        changed: Lsn(1_000 + seq),
        ordinal: Ordinal(seq),
        at: AT,
        author: user("ada"),
        key: Some(key()),
        body: Body::Text(Text::plain(text)),
        reactions: vec![],
        edited_at: None,
        recalled_at: None,
        origin: None,
    }
}

fn inbox() -> Inbox {
    Inbox {
        conversation: TALK,
        lsn: Lsn(1_005),
        read: Seq(5),
        unread: 2,
        mentions: 1,
        pinned: true,
        muted_until: Some(Timestamp(AT.0 + 3_600_000)),
        hidden: false,
        marked_unread: false,
        floor: Seq(1),
        gone: false,
    }
}

fn direct() -> Conversation {
    Conversation {
        id: TALK,
        kind: ConversationKind::Direct,
        title: None,
        peer: Some(user("bob")),
        group: None,
        role: Role::Member,
        members: 2,
        head: Seq(7),
        head_ordinal: Ordinal(7),
        at: AT,
        changed: Lsn(1_007),
        inbox: inbox(),
        cursors: vec![Cursor { user: user("bob"), delivered: Some(Seq(7)), read: Seq(6) }],
        entries: vec![plain_entry(6, "Are you there?"), plain_entry(7, "I am.")],
    }
}

fn group() -> Conversation {
    Conversation {
        id: ConversationId(43),
        kind: ConversationKind::Group,
        title: Some(name("Kitchen")),
        peer: None,
        group: Some(Box::new(domain::group_view())),
        role: Role::Owner,
        members: 3,
        head: Seq(1),
        head_ordinal: Ordinal(0),
        cursors: vec![Cursor { user: user("cy"), delivered: None, read: Seq(1) }],
        entries: vec![],
        ..direct()
    }
}

fn feed() -> Conversation {
    Conversation {
        id: ConversationId(5),
        kind: ConversationKind::Feed,
        peer: None,
        members: 1,
        cursors: vec![],
        entries: vec![],
        ..direct()
    }
}

fn assistant() -> Conversation {
    Conversation {
        id: ConversationId(6),
        kind: ConversationKind::Assistant,
        title: Some(Name::new("Soups").unwrap()),
        peer: Some(user("assistant")),
        cursors: vec![],
        entries: vec![],
        ..direct()
    }
}

fn text() -> Text {
    Text {
        text: "*Hello*, @bob — 你好 👋".to_owned(),
        markdown: true,
        reply_to: Some(Seq(3)),
        mentions: vec![user("bob")],
        mention_all: true,
    }
}

fn custom() -> Custom {
    Custom { kind: "order.shipped".to_owned(), json: r#"{"order":17}"#.to_owned(), reply_to: None }
}

fn bodies() -> Vec<(&'static str, Body)> {
    let mut samples = vec![
        ("text", Body::Text(text())),
        ("custom", Body::Custom(custom())),
        ("recalled", Body::Recalled {}),
        ("edited", Body::Edited { target: Seq(3) }),
        ("recalled_entry", Body::RecalledEntry { target: Seq(3) }),
        ("reacted", Body::Reacted { target: Seq(3), emoji: Emoji::new("❤️").unwrap(), on: true }),
        ("group_created", Body::GroupCreated { title: name("Kitchen"), members: vec![user("ada"), user("bob")] }),
        ("members_added", Body::MembersAdded { users: vec![user("cy")] }),
        ("member_removed", Body::MemberRemoved { user: user("bob") }),
        ("member_left", Body::MemberLeft {}),
        ("renamed", Body::Renamed { title: name("Küche") }),
    ];
    samples.extend(domain::bodies());
    samples
}

fn commands() -> Vec<(&'static str, Command)> {
    let conversation = TALK;
    let mut samples = vec![
        (
            "send to a user",
            Command::Send { to: Target::User(user("bob")), content: Content::Text(Text::plain("hello")) },
        ),
        (
            "send to a conversation",
            Command::Send { to: Target::Conversation(conversation), content: Content::Text(text()) },
        ),
        ("send custom", Command::Send { to: Target::Conversation(conversation), content: Content::Custom(custom()) }),
        ("edit", Command::Edit { conversation, seq: Seq(7), text: "hello again".to_owned() }),
        ("recall", Command::Recall { conversation, seq: Seq(7) }),
        ("react", Command::React { conversation, seq: Seq(7), emoji: Emoji::new("👍").unwrap(), on: true }),
        ("open_direct", Command::OpenDirect { user: user("bob") }),
        (
            "create_group",
            Command::CreateGroup {
                title: name("Kitchen"),
                members: vec![user("bob"), user("cy")],
                rules: GroupRules::default(),
            },
        ),
        ("add_members", Command::AddMembers { conversation, users: vec![user("dora")] }),
        ("remove_member", Command::RemoveMember { conversation, user: user("bob") }),
        ("leave", Command::Leave { conversation }),
        ("rename", Command::Rename { conversation, title: name("Küche") }),
        ("pin", Command::Pin { conversation, pinned: true }),
        ("mute", Command::Mute { conversation, until: Some(AT) }),
        ("unmute", Command::Mute { conversation, until: None }),
        ("hide", Command::Hide { conversation, hidden: true }),
        ("mark_unread", Command::MarkUnread { conversation }),
        ("end_session", Command::EndSession { session: SessionId(9) }),
        ("log_out", Command::LogOut {}),
    ];
    samples.extend(domain::commands());
    samples
}

fn queries() -> Vec<(&'static str, Query)> {
    let conversation = TALK;
    let mut samples = vec![
        ("conversations", Query::Conversations { skip: 0, limit: 50 }),
        ("conversation", Query::Conversation { conversation }),
        ("entries", Query::Entries { conversation, from: Some(Seq(3)), to: Some(Seq(5)), limit: 200 }),
        ("newest entries", Query::Entries { conversation, from: None, to: None, limit: 50 }),
        ("members", Query::Members { conversation, after: Some(user("bob")), limit: 500 }),
        ("receipts", Query::Receipts { conversation, seq: Seq(7) }),
        ("sessions", Query::Sessions {}),
        ("users", Query::Users { users: vec![user("ada"), user("bob")] }),
    ];
    samples.extend(domain::queries());
    samples
}

fn results() -> Vec<(&'static str, CommandResult)> {
    let mut samples = vec![
        ("done", CommandResult::Done {}),
        ("appended", CommandResult::Appended { conversation: TALK, seq: Seq(7), ordinal: Ordinal(6), at: AT }),
        ("conversation", CommandResult::Conversation { conversation: TALK }),
        ("app", CommandResult::App { app: AppId(2) }),
        ("user", CommandResult::User { user: tidings::model::UserHandle(5) }),
        ("session", CommandResult::Session { session: SessionId(9) }),
    ];
    samples.extend(domain::results());
    samples
}

fn answers() -> Vec<(&'static str, Answer)> {
    let as_of = Lsn(1_007);
    let mut samples = vec![
        ("conversations", Answer::Conversations { conversations: vec![direct(), group()], more: false, as_of }),
        ("conversation", Answer::Conversation { conversation: Box::new(direct()), as_of }),
        (
            "entries",
            Answer::Entries {
                conversation: TALK,
                entries: vec![plain_entry(3, "three"), plain_entry(4, "four")],
                floor: Seq(1),
                head: Seq(7),
                as_of,
            },
        ),
        (
            "members",
            Answer::Members {
                members: vec![member("ada", Role::Owner), member("bob", Role::Manager), member("cy", Role::Member)],
                more: false,
                as_of,
            },
        ),
        (
            "receipts",
            Answer::Receipts {
                cursors: vec![Cursor { user: user("bob"), delivered: Some(Seq(7)), read: Seq(7) }],
                read: 1,
                as_of,
            },
        ),
        (
            "sessions",
            Answer::Sessions {
                sessions: vec![SessionInfo {
                    session: SessionId(9),
                    device: device(),
                    created: AT,
                    seen: AT,
                    address: "192.0.2.7".to_owned(),
                    current: true,
                }],
            },
        ),
        ("users", Answer::Users { users: vec![domain::profile("ada")] }),
    ];
    samples.extend(domain::answers());
    samples
}

/// One of every frame a client can say, with a name each.
pub fn client_samples() -> Vec<(String, ClientFrame)> {
    let hello = |auth: Auth, resume| {
        ClientFrame::Hello(Hello { auth, device: device(), resume, client: "example 1.0".to_owned() })
    };
    let password = Auth::Password { app: AppId::HOME, user: user("ada"), password: Secret::new("correct horse") };
    let resume = Resume { epoch: Epoch(5_577_006_791_947_779), cursor: Lsn(1_000) };
    let mut samples = vec![
        ("hello password".to_owned(), hello(password, None)),
        ("hello token".to_owned(), hello(Auth::Token(Secret::new("tds_token")), Some(resume))),
        ("hello signed".to_owned(), hello(Auth::Signed(Secret::new("header.claims.signature")), None)),
        ("hello cookie".to_owned(), hello(Auth::Cookie {}, None)),
    ];
    for (number, platform) in PLATFORMS.into_iter().enumerate() {
        let mut frame = hello(Auth::Token(Secret::new("tds_token")), None);
        if let ClientFrame::Hello(hello) = &mut frame {
            hello.device.platform = platform;
        }
        samples.push((format!("hello from platform {number}"), frame));
    }
    samples.extend(
        commands().into_iter().map(|(name, command)| {
            (format!("submit {name}"), ClientFrame::Submit { request: 17, key: key(), command })
        }),
    );
    samples.extend(
        queries().into_iter().map(|(name, query)| (format!("query {name}"), ClientFrame::Query { request: 18, query })),
    );
    let sync = Sync { request: 19, epoch: resume.epoch, cursor: Lsn(0), limit: 100 };
    samples.extend([
        ("sync".to_owned(), ClientFrame::Sync(sync)),
        ("delivered".to_owned(), ClientFrame::Delivered { conversation: TALK, seq: Seq(7) }),
        ("read".to_owned(), ClientFrame::Read { conversation: TALK, seq: Seq(7) }),
        ("typing".to_owned(), ClientFrame::Typing { conversation: TALK, active: true }),
        ("watch".to_owned(), ClientFrame::Watch { users: vec![user("bob"), user("cy")], seconds: 600 }),
        ("ping".to_owned(), ClientFrame::Ping { nonce: 70_000 }),
    ]);
    samples
}

/// One of every frame a server can say, with a name each.
pub fn server_samples() -> Vec<(String, ServerFrame)> {
    let welcome = |token| {
        ServerFrame::Welcome(Box::new(Welcome {
            protocol: 1,
            server: "tidings.example".to_owned(),
            time: AT,
            epoch: Epoch(5_577_006_791_947_779),
            cursor: Lsn(1_008),
            app: AppId::HOME,
            user: user("ada"),
            session: SessionId(9),
            token,
            limits: Limits { max_frame: 1_048_576, window: 64, rate: 50 },
        }))
    };
    let mut samples = vec![
        ("welcome after a password".to_owned(), welcome(Some(Secret::new("tds_token")))),
        ("welcome after a token".to_owned(), welcome(None)),
    ];
    samples.extend(results().into_iter().map(|(name, result)| {
        (format!("outcome {name}"), ServerFrame::Outcome { request: 17, lsn: Lsn(1_001), duplicate: false, result })
    }));
    samples.push((
        "outcome again".to_owned(),
        ServerFrame::Outcome { request: 18, lsn: Lsn(1_001), duplicate: true, result: results()[1].1.clone() },
    ));
    for code in Code::ALL {
        let fatal = matches!(code, Code::BadFrame | Code::ProtocolVersion | Code::Unauthenticated);
        let again = matches!(code, Code::RateLimited | Code::Overloaded);
        samples.push((
            format!("refused {code}"),
            ServerFrame::Refused(Refused {
                request: (!fatal).then_some(17),
                code: *code,
                message: "A sentence for people.".into(),
                retry_after_ms: again.then_some(1_500),
                fatal,
            }),
        ));
    }
    samples.extend(
        answers()
            .into_iter()
            .map(|(name, answer)| (format!("answer {name}"), ServerFrame::Answer { request: 18, answer })),
    );
    samples.push((
        "changes".to_owned(),
        ServerFrame::Changes(Changes {
            request: 19,
            conversations: vec![direct(), group(), feed(), assistant()],
            users: vec![domain::profile("bob")],
            cursor: Lsn(1_008),
            more: true,
            as_of: Lsn(1_007),
        }),
    ));
    samples.extend(bodies().into_iter().map(|(name, body)| {
        (format!("entry {name}"), ServerFrame::Entry { conversation: TALK, entry: Arc::new(entry(body)) })
    }));
    samples.push((
        "receipt".to_owned(),
        ServerFrame::Receipt {
            conversation: TALK,
            lsn: Lsn(1_005),
            moved: vec![
                Cursor { user: user("ada"), delivered: Some(Seq(7)), read: Seq(5) },
                Cursor { user: user("bob"), delivered: None, read: Seq(7) },
            ],
        },
    ));
    samples.push(("inbox".to_owned(), ServerFrame::Inbox(inbox())));
    samples.push((
        "inbox of one who left".to_owned(),
        ServerFrame::Inbox(Inbox { muted_until: None, pinned: false, hidden: true, gone: true, ..inbox() }),
    ));
    samples.push(("user".to_owned(), ServerFrame::User(domain::profile("bob"))));
    for (number, state) in PRESENCE_STATES.into_iter().enumerate() {
        let there = state != PresenceState::Offline;
        samples.push((
            format!("presence {number}"),
            ServerFrame::Presence(PresenceOf {
                user: user("bob"),
                state,
                text: there.then(|| Line::new("in a meeting").unwrap()),
                emoji: there.then(|| Emoji::new("📅").unwrap()),
                until: there.then_some(Timestamp(AT.0 + 3_600_000)),
                platforms: if there { vec![Platform::Ios, Platform::Web] } else { vec![] },
                last_seen: (!there).then_some(AT),
            }),
        ));
    }
    samples.push(("typing".to_owned(), ServerFrame::Typing { conversation: TALK, user: user("bob"), active: true }));
    samples.push((
        "draft".to_owned(),
        ServerFrame::Draft {
            conversation: TALK,
            author: user("assistant"),
            draft: 3,
            offset: 12,
            text: "and so".to_owned(),
            done: false,
        },
    ));
    samples.push(("lagging".to_owned(), ServerFrame::Lagging {}));
    samples.push(("restart".to_owned(), ServerFrame::Restart { epoch: Epoch(8_674_665_223_082_153) }));
    for (number, reason) in END_REASONS.into_iter().enumerate() {
        let by = matches!(reason, EndReason::ReplacedByDevice).then(|| name("Ada's phone"));
        samples.push((format!("kicked {number}"), ServerFrame::Kicked { reason, by }));
    }
    samples.push((
        "closing".to_owned(),
        ServerFrame::Closing { reason: "The server is being restarted.".to_owned(), retry_after_ms: 2_000 },
    ));
    samples.push(("pong".to_owned(), ServerFrame::Pong { nonce: 70_000, time: AT }));
    samples.push(("pushed".to_owned(), pushed("order.shipped", r#"[4711,["é",1.50],true,{"kind":null}]"#)));
    samples.push(("pushed nothing".to_owned(), pushed("Refresh_All-1", "null")));
    samples
}

fn pushed(kind: &str, data: &str) -> ServerFrame {
    let data = PushedData::compact(serde_json::from_str(data).unwrap()).unwrap_or_else(|_| PushedData::null());
    ServerFrame::Pushed { kind: PushedKind::new(kind).unwrap(), data }
}

/// A source of random choices, the same for the same seed (`SplitMix64`, Steele, Lea and Flood 2014).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// 0 … `end` − 1.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
    /// A number of any size, the edges of the encoding among them.
    fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.next() % 200,
            1 => *self.pick(&[0, 1, 127, 128, 16_383, 16_384, (1 << 53) - 1, u64::MAX]),
            _ => self.next() >> self.below(64),
        }
    }
    fn small(&mut self) -> u32 {
        self.number() as u32
    }
    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.chance(2) { Some(make(self)) } else { None }
    }
    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }
    fn words(&mut self) -> String {
        const PIECES: [&str; 14] =
            ["a", "\"", "\\", "\n", "\0", "é", "你好", "👩‍👩‍👧", "\u{202e}", "e\u{301}", "{", "/", " ", "\u{ffff}"];
        (0..self.below(20)).map(|_| *self.pick(&PIECES)).collect()
    }
    fn user(&mut self) -> UserId {
        const LETTERS: &[u8] = b"ABCXYZabcxyz0189_.@-";
        let length = 1 + self.below(64);
        UserId::new((0..length).map(|_| char::from(*self.pick(LETTERS))).collect::<String>()).unwrap()
    }
    fn name(&mut self) -> Name {
        let tail = self.words().replace(char::is_control, "");
        Name::new(format!("N{}", if tail.len() > 200 { "" } else { &tail })).unwrap()
    }
    fn emoji(&mut self) -> Emoji {
        Emoji::new(self.pick(&["👍", "❤️", "👩‍👩‍👧", "x"])).unwrap()
    }
    fn key(&mut self) -> Key {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes());
        Key(bytes)
    }
    fn device(&mut self) -> Device {
        Device {
            id: DeviceId::new(format!("d-{}", self.next())).unwrap(),
            platform: *self.pick(&PLATFORMS),
            name: self.name(),
        }
    }
    fn seq(&mut self) -> Seq {
        Seq(self.number())
    }
    fn time(&mut self) -> Timestamp {
        Timestamp(self.number())
    }
    fn talk(&mut self) -> ConversationId {
        ConversationId(self.number())
    }
    fn text(&mut self) -> Text {
        Text {
            text: self.words(),
            markdown: self.chance(2),
            reply_to: self.maybe(Self::seq),
            mentions: self.list(Self::user),
            mention_all: self.chance(2),
        }
    }
    fn custom(&mut self) -> Custom {
        Custom { kind: self.words(), json: self.words(), reply_to: self.maybe(Self::seq) }
    }

    pub fn body(&mut self) -> Body {
        match *self.pick(variants::<Body>()) {
            "text" => Body::Text(self.text()),
            "custom" => Body::Custom(self.custom()),
            "recalled" => Body::Recalled {},
            "edited" => Body::Edited { target: self.seq() },
            "recalled_entry" => Body::RecalledEntry { target: self.seq() },
            "reacted" => Body::Reacted { target: self.seq(), emoji: self.emoji(), on: self.chance(2) },
            "group_created" => Body::GroupCreated { title: self.name(), members: self.list(Self::user) },
            "members_added" => Body::MembersAdded { users: self.list(Self::user) },
            "member_removed" => Body::MemberRemoved { user: self.user() },
            "member_left" => Body::MemberLeft {},
            "renamed" => Body::Renamed { title: self.name() },
            other => sample(domain::bodies(), other),
        }
    }

    fn entry(&mut self) -> Entry {
        Entry {
            seq: self.seq(),
            lsn: Lsn(self.number()),
            changed: Lsn(self.number()),
            ordinal: Ordinal(self.number()),
            at: self.time(),
            author: self.user(),
            key: self.maybe(Self::key),
            body: self.body(),
            reactions: self.list(|dice| Reaction { emoji: dice.emoji(), users: dice.list(Self::user) }),
            edited_at: self.maybe(Self::time),
            recalled_at: self.maybe(Self::time),
            origin: None,
        }
    }

    fn inbox(&mut self) -> Inbox {
        Inbox {
            conversation: self.talk(),
            lsn: Lsn(self.number()),
            read: self.seq(),
            unread: self.number(),
            mentions: self.small(),
            pinned: self.chance(2),
            muted_until: self.maybe(Self::time),
            hidden: self.chance(2),
            marked_unread: self.chance(2),
            floor: self.seq(),
            gone: self.chance(2),
        }
    }

    fn cursor(&mut self) -> Cursor {
        Cursor { user: self.user(), delivered: self.maybe(Self::seq), read: self.seq() }
    }

    fn conversation(&mut self) -> Conversation {
        Conversation {
            id: self.talk(),
            kind: *self.pick(&[
                ConversationKind::Direct,
                ConversationKind::Group,
                ConversationKind::Feed,
                ConversationKind::Assistant,
            ]),
            title: self.maybe(Self::name),
            peer: self.maybe(Self::user),
            group: None,
            role: *self.pick(&ROLES),
            members: self.small(),
            head: self.seq(),
            head_ordinal: Ordinal(self.number()),
            at: self.time(),
            changed: Lsn(self.number()),
            inbox: self.inbox(),
            cursors: self.list(Self::cursor),
            entries: self.list(Self::entry),
        }
    }

    fn profile(&mut self) -> Profile {
        Profile { user: self.user(), name: self.name(), ..domain::profile(if self.chance(2) { "ada" } else { "bob" }) }
    }

    pub fn command(&mut self) -> Command {
        match *self.pick(variants::<Command>()) {
            "send" => Command::Send {
                to: if self.chance(2) { Target::User(self.user()) } else { Target::Conversation(self.talk()) },
                content: if self.chance(2) { Content::Text(self.text()) } else { Content::Custom(self.custom()) },
            },
            "edit" => Command::Edit { conversation: self.talk(), seq: self.seq(), text: self.words() },
            "recall" => Command::Recall { conversation: self.talk(), seq: self.seq() },
            "react" => {
                Command::React { conversation: self.talk(), seq: self.seq(), emoji: self.emoji(), on: self.chance(2) }
            }
            "open_direct" => Command::OpenDirect { user: self.user() },
            "create_group" => Command::CreateGroup {
                title: self.name(),
                members: self.list(Self::user),
                rules: GroupRules::default(),
            },
            "add_members" => Command::AddMembers { conversation: self.talk(), users: self.list(Self::user) },
            "remove_member" => Command::RemoveMember { conversation: self.talk(), user: self.user() },
            "leave" => Command::Leave { conversation: self.talk() },
            "rename" => Command::Rename { conversation: self.talk(), title: self.name() },
            "pin" => Command::Pin { conversation: self.talk(), pinned: self.chance(2) },
            "mute" => Command::Mute { conversation: self.talk(), until: self.maybe(Self::time) },
            "hide" => Command::Hide { conversation: self.talk(), hidden: self.chance(2) },
            "mark_unread" => Command::MarkUnread { conversation: self.talk() },
            "end_session" => Command::EndSession { session: SessionId(self.number()) },
            "log_out" => Command::LogOut {},
            other => sample(domain::commands(), other),
        }
    }

    fn query(&mut self) -> Query {
        match *self.pick(variants::<Query>()) {
            "conversations" => Query::Conversations { skip: self.small(), limit: self.small() },
            "conversation" => Query::Conversation { conversation: self.talk() },
            "entries" => Query::Entries {
                conversation: self.talk(),
                from: self.maybe(Self::seq),
                to: self.maybe(Self::seq),
                limit: self.small(),
            },
            "members" => {
                Query::Members { conversation: self.talk(), after: self.maybe(Self::user), limit: self.small() }
            }
            "receipts" => Query::Receipts { conversation: self.talk(), seq: self.seq() },
            "sessions" => Query::Sessions {},
            "users" => Query::Users { users: self.list(Self::user) },
            other => sample(domain::queries(), other),
        }
    }

    fn result(&mut self) -> CommandResult {
        match *self.pick(variants::<CommandResult>()) {
            "done" => CommandResult::Done {},
            "appended" => CommandResult::Appended {
                conversation: self.talk(),
                seq: self.seq(),
                ordinal: Ordinal(self.number()),
                at: self.time(),
            },
            "conversation" => CommandResult::Conversation { conversation: self.talk() },
            "app" => CommandResult::App { app: AppId(self.small()) },
            "user" => CommandResult::User { user: tidings::model::UserHandle(self.number()) },
            "session" => CommandResult::Session { session: SessionId(self.number()) },
            other => sample(domain::results(), other),
        }
    }

    fn answer(&mut self) -> Answer {
        let as_of = Lsn(self.number());
        match *self.pick(variants::<Answer>()) {
            "conversations" => {
                Answer::Conversations { conversations: self.list(Self::conversation), more: self.chance(2), as_of }
            }
            "conversation" => Answer::Conversation { conversation: Box::new(self.conversation()), as_of },
            "entries" => Answer::Entries {
                conversation: self.talk(),
                entries: self.list(Self::entry),
                floor: self.seq(),
                head: self.seq(),
                as_of,
            },
            "members" => Answer::Members {
                members: self.list(|dice| Member {
                    user: dice.user(),
                    alias: dice.maybe(Self::name),
                    ..member("x", *dice.pick(&ROLES))
                }),
                more: self.chance(2),
                as_of,
            },
            "receipts" => Answer::Receipts { cursors: self.list(Self::cursor), read: self.next() as u32, as_of },
            "sessions" => Answer::Sessions {
                sessions: self.list(|dice| SessionInfo {
                    session: SessionId(dice.number()),
                    device: dice.device(),
                    created: dice.time(),
                    seen: dice.time(),
                    address: dice.words(),
                    current: dice.chance(2),
                }),
            },
            "users" => Answer::Users { users: self.list(Self::profile) },
            other => sample(domain::answers(), other),
        }
    }

    pub fn client_frame(&mut self) -> ClientFrame {
        match *self.pick(ClientFrame::kinds()) {
            "hello" => ClientFrame::Hello(Hello {
                auth: match self.below(4) {
                    0 => Auth::Token(Secret::new(self.words())),
                    1 => Auth::Signed(Secret::new(self.words())),
                    2 => Auth::Cookie {},
                    _ => Auth::Password {
                        app: AppId(self.small()),
                        user: self.user(),
                        password: Secret::new(self.words()),
                    },
                },
                device: self.device(),
                resume: self.maybe(|dice| Resume { epoch: Epoch(dice.number()), cursor: Lsn(dice.number()) }),
                client: self.words(),
            }),
            "submit" => ClientFrame::Submit { request: self.small(), key: self.key(), command: self.command() },
            "query" => ClientFrame::Query { request: self.small(), query: self.query() },
            "sync" => ClientFrame::Sync(Sync {
                request: self.small(),
                epoch: Epoch(self.number()),
                cursor: Lsn(self.number()),
                limit: self.small(),
            }),
            "delivered" => ClientFrame::Delivered { conversation: self.talk(), seq: self.seq() },
            "read" => ClientFrame::Read { conversation: self.talk(), seq: self.seq() },
            "typing" => ClientFrame::Typing { conversation: self.talk(), active: self.chance(2) },
            "watch" => ClientFrame::Watch { users: self.list(Self::user), seconds: self.small() },
            "ping" => ClientFrame::Ping { nonce: self.small() },
            other => panic!("no random client frame `{other}` yet"),
        }
    }

    pub fn server_frame(&mut self) -> ServerFrame {
        match *self.pick(ServerFrame::kinds()) {
            "welcome" => ServerFrame::Welcome(Box::new(Welcome {
                protocol: self.small() as u16,
                server: self.words(),
                time: self.time(),
                epoch: Epoch(self.number()),
                cursor: Lsn(self.number()),
                app: AppId(self.small()),
                user: self.user(),
                session: SessionId(self.number()),
                token: self.maybe(|dice| Secret::new(dice.words())),
                limits: Limits { max_frame: self.small(), window: self.small(), rate: self.small() },
            })),
            "outcome" => ServerFrame::Outcome {
                request: self.small(),
                lsn: Lsn(self.number()),
                duplicate: self.chance(2),
                result: self.result(),
            },
            "refused" => ServerFrame::Refused(Refused {
                request: self.maybe(Self::small),
                code: *self.pick(Code::ALL),
                message: self.words().into(),
                retry_after_ms: self.maybe(Self::number),
                fatal: self.chance(2),
            }),
            "answer" => ServerFrame::Answer { request: self.small(), answer: self.answer() },
            "changes" => ServerFrame::Changes(Changes {
                request: self.small(),
                conversations: self.list(Self::conversation),
                users: self.list(Self::profile),
                cursor: Lsn(self.number()),
                more: self.chance(2),
                as_of: Lsn(self.number()),
            }),
            "entry" => ServerFrame::Entry { conversation: self.talk(), entry: Arc::new(self.entry()) },
            "receipt" => ServerFrame::Receipt {
                conversation: self.talk(),
                lsn: Lsn(self.number()),
                moved: self.list(Self::cursor),
            },
            "inbox" => ServerFrame::Inbox(self.inbox()),
            "user" => ServerFrame::User(self.profile()),
            "presence" => ServerFrame::Presence(PresenceOf {
                user: self.user(),
                state: *self.pick(&PRESENCE_STATES),
                text: self.maybe(|dice| Line::new(dice.name().as_str()).unwrap()),
                emoji: self.maybe(Self::emoji),
                until: self.maybe(Self::time),
                platforms: self.list(|dice| *dice.pick(&PLATFORMS)),
                last_seen: self.maybe(Self::time),
            }),
            "typing" => ServerFrame::Typing { conversation: self.talk(), user: self.user(), active: self.chance(2) },
            "draft" => ServerFrame::Draft {
                conversation: self.talk(),
                author: self.user(),
                draft: self.number(),
                offset: self.small(),
                text: self.words(),
                done: self.chance(2),
            },
            "lagging" => ServerFrame::Lagging {},
            "restart" => ServerFrame::Restart { epoch: Epoch(self.number()) },
            "kicked" => ServerFrame::Kicked { reason: *self.pick(&END_REASONS), by: self.maybe(Self::name) },
            "closing" => ServerFrame::Closing { reason: self.words(), retry_after_ms: self.number() },
            "pong" => ServerFrame::Pong { nonce: self.small(), time: self.time() },
            "pushed" => {
                let data = serde_json::json!([self.words(), self.number(), {"deep": [self.chance(2), null]}]);
                pushed(if self.chance(2) { "order.shipped" } else { "b" }, &data.to_string())
            }
            other => panic!("no random server frame `{other}` yet"),
        }
    }
}
