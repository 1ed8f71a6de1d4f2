//! Random histories: small steps over a handful of people, made into commands when they are played, so that they name what is there
//! (and now and then what is not).

#[path = "model_contact_steps.rs"]
mod contacts;
#[path = "model_group_steps.rs"]
mod groups;
#[path = "model_message_steps.rs"]
mod messages;

use super::rules::{Chat, Doer, World};
use contacts::ContactAsk;
use groups::{GroupAsk, group_ask};
use messages::{MessageAsk, MessageServer, message_ask, message_server};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::fmt;
use tidings::model::limits::KEY_AHEAD_MS;
use tidings::model::text::DeviceId;
use tidings::model::{
    AppId, AppSettings, Command, Content, ConversationId, CursorMove, Custom, Device, Emoji, GroupRules, Key,
    LoginPolicy, Name, PasswordHash, Platform, Seq, SessionId, Strangers, SystemCommand, Target, Text, Timestamp,
    TokenHash, UserFlags, UserHandle, UserId, UserKind,
};

/// When every history begins.
pub const START: u64 = 1_750_000_000_000;
/// The longest message of the app `home`, so that it is soon exceeded.
pub const BYTES_MAX: u32 = 40;

/// A history. Its `Debug` is one step a line.
#[derive(Clone)]
pub struct History(pub Vec<Step>);

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "History(vec![")?;
        for step in &self.0 {
            // `step` is printed in one line even where the whole is asked for with `{:#?}`.
            writeln!(f, "    {},", format_args!("{}", format!("{step:?}")))?;
        }
        write!(f, "])")
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    /// Somebody asks for something.
    Do { who: u8, session: u8, key: KeyKind, ask: Ask },
    /// What was asked so many steps ago is asked again under the same key.
    Again { back: u8, twist: Twist },
    /// The server does something.
    Server(Server),
    /// The server does just this.
    Exactly(SystemCommand),
    /// Time goes by, after everything was answered.
    Pass(u64),
    /// Everything is answered before the next step is asked.
    Pause,
    /// The server is stopped and started.
    Restart,
}

#[derive(Clone, Copy, Debug)]
pub enum KeyKind {
    Fresh,
    TooOld,
    TooNew,
    NotVersion7,
    None,
}

#[derive(Clone, Copy, Debug)]
pub enum Twist {
    Same,
    OtherSession,
    OtherContent,
    OtherUser,
}

#[derive(Clone, Debug)]
pub enum Words {
    Plain(u8),
    Reply(u8),
    Mention(Vec<u8>),
    Empty,
    Long(u8),
    Custom(bool),
}

#[derive(Clone, Debug)]
pub enum Ask {
    SendTo(u8, Words),
    SendIn(u8, Words),
    Edit(u8, u8, Words),
    Recall(u8, u8),
    React(u8, u8, u8, bool),
    OpenDirect(u8),
    CreateGroup(Vec<u8>),
    AddMembers(u8, Vec<u8>),
    RemoveMember(u8, u8),
    Leave(u8),
    Rename(u8),
    Pin(u8, bool),
    Mute(u8, Option<u8>),
    Hide(u8, bool),
    MarkUnread(u8),
    EndSession(u8),
    LogOut,
    Group(GroupAsk),
    Message(MessageAsk),
    Contact(ContactAsk),
}

/// Who, through which session, where; delivered and read up to where.
pub type Moved = (u8, u8, u8, Option<u8>, Option<u8>);

#[derive(Clone, Debug)]
pub enum Server {
    AddUser { app: u8, name: u8, administrator: bool },
    LogIn { who: u8, device: u8, platform: u8, stale: bool },
    SetPassword(u8),
    SetFlags { who: u8, suspended: bool, silenced: bool, contacts_disabled: bool },
    SetPolicy { app: u8, policy: u8 },
    EndSessions(u8),
    TouchSession(u8),
    CreateApp(u8),
    Cursors(Vec<Moved>),
    Message(MessageServer),
}

pub fn history(steps: usize) -> impl Strategy<Value = History> {
    vec(step(), 1..steps).prop_map(History)
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop_oneof![
        120 => Just(KeyKind::Fresh),
        1 => Just(KeyKind::TooOld),
        1 => Just(KeyKind::TooNew),
        1 => Just(KeyKind::NotVersion7),
        1 => Just(KeyKind::None),
    ];
    let twist = prop_oneof![
        4 => Just(Twist::Same),
        2 => Just(Twist::OtherSession),
        2 => Just(Twist::OtherContent),
        1 => Just(Twist::OtherUser),
    ];
    let pass = prop_oneof![Just(1_000), Just(50_000), Just(100_000), Just(3_600_000), Just(4 * 86_400_000)];
    prop_oneof![
        40 => (any::<u8>(), any::<u8>(), key, ask()).prop_map(|(who, session, key, ask)| Step::Do { who, session, key, ask }),
        3 => (0..12u8, twist).prop_map(|(back, twist)| Step::Again { back, twist }),
        10 => server().prop_map(Step::Server),
        3 => pass.prop_map(Step::Pass),
        6 => Just(Step::Pause),
        1 => Just(Step::Restart),
    ]
}

fn words() -> impl Strategy<Value = Words> {
    prop_oneof![
        8 => any::<u8>().prop_map(Words::Plain),
        2 => any::<u8>().prop_map(Words::Reply),
        2 => vec(any::<u8>(), 1..4).prop_map(Words::Mention),
        1 => Just(Words::Empty),
        1 => (0..3u8).prop_map(Words::Long),
        2 => any::<bool>().prop_map(Words::Custom),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let (chat, seq, user) = (any::<u8>, any::<u8>, any::<u8>);
    let on = || prop::bool::weighted(0.7);
    let parting = prop_oneof![any::<u8>().prop_map(Ask::EndSession), Just(Ask::LogOut)];
    prop_oneof![
        1 => parting,
        6 => (user(), words()).prop_map(|(user, words)| Ask::SendTo(user, words)),
        12 => (chat(), words()).prop_map(|(chat, words)| Ask::SendIn(chat, words)),
        3 => (chat(), seq(), words()).prop_map(|(chat, seq, words)| Ask::Edit(chat, seq, words)),
        4 => (chat(), seq()).prop_map(|(chat, seq)| Ask::Recall(chat, seq)),
        4 => (chat(), seq(), 0..3u8, on()).prop_map(|(chat, seq, emoji, on)| Ask::React(chat, seq, emoji, on)),
        1 => user().prop_map(Ask::OpenDirect),
        3 => vec(user(), 0..4).prop_map(Ask::CreateGroup),
        4 => (chat(), vec(user(), 0..3)).prop_map(|(chat, users)| Ask::AddMembers(chat, users)),
        3 => (chat(), user()).prop_map(|(chat, user)| Ask::RemoveMember(chat, user)),
        2 => chat().prop_map(Ask::Leave),
        1 => chat().prop_map(Ask::Rename),
        2 => (chat(), on()).prop_map(|(chat, on)| Ask::Pin(chat, on)),
        1 => (chat(), option::of(0..5u8)).prop_map(|(chat, until)| Ask::Mute(chat, until)),
        3 => (chat(), on()).prop_map(|(chat, on)| Ask::Hide(chat, on)),
        2 => chat().prop_map(Ask::MarkUnread),
        24 => group_ask().prop_map(Ask::Group),
        18 => message_ask().prop_map(Ask::Message),
        14 => contacts::asks().prop_map(Ask::Contact),
    ]
}

fn server() -> impl Strategy<Value = Server> {
    let who = any::<u8>;
    let moved = (who(), any::<u8>(), any::<u8>(), option::of(any::<u8>()), option::of(any::<u8>()));
    prop_oneof![
        12 => vec(moved, 1..5).prop_map(Server::Cursors),
        10 => message_server().prop_map(Server::Message),
        5 => (who(), 0..4u8, 0..7u8, prop::bool::weighted(0.1))
            .prop_map(|(who, device, platform, stale)| Server::LogIn { who, device, platform, stale }),
        1 => (0..4u8, 0..6u8, any::<bool>())
            .prop_map(|(app, name, administrator)| Server::AddUser { app, name, administrator }),
        1 => who().prop_map(Server::SetPassword),
        2 => (who(), prop::bool::weighted(0.2), prop::bool::weighted(0.3), prop::bool::weighted(0.2))
            .prop_map(|(who, suspended, silenced, contacts_disabled)| {
                Server::SetFlags { who, suspended, silenced, contacts_disabled }
            }),
        1 => (0..4u8, 0..8u8).prop_map(|(app, policy)| Server::SetPolicy { app, policy }),
        1 => who().prop_map(Server::EndSessions),
        1 => any::<u8>().prop_map(Server::TouchSession),
        1 => (0..2u8).prop_map(Server::CreateApp),
    ]
}

// --- making commands of steps ---

/// Settings under which limits are soon reached.
pub fn settings(policy: LoginPolicy) -> AppSettings {
    AppSettings {
        login_policy: policy,
        message_bytes_max: BYTES_MAX,
        group_members_max: 4,
        edit_window_ms: 3_000_000,
        ..AppSettings::default()
    }
}

/// What everything begins with: two apps with people of the same names, each with a session, and some conversations.
pub fn beginning() -> Vec<Step> {
    let mut steps: Vec<_> = founding().into_iter().map(Step::Exactly).collect();
    let first = |who, ask| Step::Do { who, session: 1, key: KeyKind::Fresh, ask };
    steps.extend([
        first(0, Ask::CreateGroup(vec![1, 2])),
        first(1, Ask::SendTo(0, Words::Plain(1))),
        first(2, Ask::CreateGroup(vec![0, 3])),
        first(1, Ask::SendIn(1, Words::Mention(vec![0, 2]))),
        Step::Pause,
    ]);
    steps.extend(messages::beginning());
    steps
}

fn founding() -> Vec<SystemCommand> {
    let mut commands = vec![
        SystemCommand::SetApp { app: AppId::HOME, settings: settings(LoginPolicy::All) },
        SystemCommand::CreateApp { name: name("elsewhere"), settings: settings(LoginPolicy::All) },
    ];
    let people = [(1, "cyd"), (1, "ada"), (1, "bob"), (1, "Eve"), (1, "dan"), (2, "Ada"), (2, "bob")];
    for (app, id) in people {
        let (name, password) = (None, None);
        commands.push(SystemCommand::AddUser {
            app: AppId(app),
            id: user(id),
            name,
            password,
            administrator: false,
            kind: UserKind::Person,
        });
    }
    for number in 1..=people.len() as u64 {
        commands.push(log_in(number, 1, 0, Platform::Web, number));
    }
    commands
}

fn log_in(user: u64, credential: u32, device: u8, platform: Platform, token: u64) -> SystemCommand {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&token.to_be_bytes());
    SystemCommand::LogIn {
        user: UserHandle(user),
        credential,
        device: Device {
            id: DeviceId::new(format!("device-{user}-{device}")).unwrap(),
            platform,
            name: name(&format!("device {device}")),
        },
        token: TokenHash(hash),
        address: "192.0.2.7".to_owned(),
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// A key of version 7 that no other step has.
pub fn key(ms: u64, step: usize) -> Key {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[7] = (step % 7) as u8;
    bytes[8] = 0x80;
    bytes[8..].copy_from_slice(&(step as u64 | 1 << 63).to_be_bytes());
    Key(bytes)
}

/// Makes commands of steps, looking at the world as it is by then.
pub struct Maker<'a> {
    pub world: &'a World,
    pub step: usize,
}

impl Maker<'_> {
    pub fn doer(&self, who: u8, session: u8, kind: KeyKind) -> Doer {
        let person = self.person(who);
        let now = self.world.now;
        let key = match kind {
            KeyKind::Fresh => Some(key(now, self.step)),
            KeyKind::TooOld => Some(key(now - 8 * 86_400_000, self.step)),
            KeyKind::TooNew => Some(key(now + KEY_AHEAD_MS + 1, self.step)),
            KeyKind::NotVersion7 => {
                let mut key = key(now, self.step);
                key.0[6] = 0x40;
                Some(key)
            }
            KeyKind::None => None,
        };
        Doer { step: self.step, person, session: self.session(person, session), key }
    }

    /// Mostly one of the first three, so that they meet.
    fn person(&self, choice: u8) -> usize {
        let among = if choice < 160 { 3 } else { self.world.users.len() };
        usize::from(choice) % among
    }

    /// Mostly one of the person's own sessions, now and then one that was ended or is another's.
    pub fn session(&self, person: usize, choice: u8) -> SessionId {
        let own = self.world.sessions_of(person);
        if choice.is_multiple_of(64) || own.is_empty() {
            return SessionId(u64::from(choice) % (self.world.sessions_made + 1));
        }
        own[usize::from(choice) % own.len()]
    }

    /// A user's id, now and then in another case, or nobody's.
    fn user(&self, choice: u8) -> UserId {
        let users = &self.world.users;
        let among = if choice.is_multiple_of(5) { users.len() + 1 } else { 5 };
        match usize::from(choice) % among {
            number if number == users.len() => user("nobody"),
            number if choice > 200 => user(&users[number].id.as_str().to_uppercase()),
            number => users[number].id.clone(),
        }
    }

    /// Mostly a member of a conversation.
    fn member(&self, chat: ConversationId, choice: u8) -> UserId {
        let members = self.world.chats.get((chat.0 as usize).wrapping_sub(1)).map_or(Vec::new(), Chat::members);
        if choice.is_multiple_of(8) || members.is_empty() {
            return self.user(choice / 8);
        }
        self.world.users[members[usize::from(choice) % members.len()]].id.clone()
    }

    fn users(&self, choices: &[u8]) -> Vec<UserId> {
        choices.iter().map(|choice| self.user(*choice)).collect()
    }

    /// Mostly a conversation of the person's, now and then another's, or none at all.
    fn chat(&self, person: usize, choice: u8) -> ConversationId {
        let own = self.world.chats_of(person);
        if choice.is_multiple_of(16) || own.is_empty() {
            return ConversationId(u64::from(choice / 16) % (self.world.chats.len() as u64 + 2));
        }
        own[usize::from(choice) % own.len()]
    }

    /// A seq of a conversation, now and then one beside it.
    fn seq(&self, chat: ConversationId, choice: u8) -> Seq {
        let head = self.world.chats.get((chat.0 as usize).wrapping_sub(1)).map_or(0, Chat::length);
        if choice.is_multiple_of(8) || head == 0 {
            return Seq(u64::from(choice / 8) % (head as u64 + 2));
        }
        Seq(1 + u64::from(choice) % head as u64)
    }

    fn content(&self, words: &Words, chat: ConversationId) -> Content {
        match words {
            Words::Reply(seq) => {
                let reply_to = Some(self.seq(chat, *seq));
                Content::Text(Text { reply_to, ..Text::plain(format!("reply {seq}")) })
            }
            Words::Mention(users) => Content::Text(Text { mentions: self.users(users), ..Text::plain("you there") }),
            Words::Custom(valid) => {
                let json = if *valid { r#"{"n":1}"# } else { r#"{"n":"# };
                Content::Custom(Custom { kind: "order.new".to_owned(), json: json.to_owned(), reply_to: None })
            }
            Words::Plain(_) | Words::Empty | Words::Long(_) => Content::Text(Text::plain(self.text(words))),
        }
    }

    fn text(&self, words: &Words) -> String {
        match words {
            Words::Plain(number) | Words::Reply(number) => format!("words {number} of step {}", self.step),
            Words::Mention(_) | Words::Custom(_) => "other words".to_owned(),
            Words::Empty => String::new(),
            // One less than allowed, as many as allowed, one more.
            Words::Long(extra) => "l".repeat(BYTES_MAX as usize - 1 + usize::from(*extra)),
        }
    }

    pub fn command(&self, person: usize, ask: &Ask) -> Command {
        let chat = |choice: &u8| self.chat(person, *choice);
        match ask {
            Ask::SendTo(user, words) => {
                let content = self.content(words, ConversationId(1));
                Command::Send { to: Target::User(self.user(*user)), content }
            }
            Ask::SendIn(choice, words) => {
                let chat = chat(choice);
                Command::Send { to: Target::Conversation(chat), content: self.content(words, chat) }
            }
            Ask::Edit(choice, seq, words) => {
                let conversation = chat(choice);
                Command::Edit { conversation, seq: self.seq(conversation, *seq), text: self.text(words) }
            }
            Ask::Recall(choice, seq) => {
                let conversation = chat(choice);
                Command::Recall { conversation, seq: self.seq(conversation, *seq) }
            }
            Ask::React(choice, seq, emoji, on) => {
                let conversation = chat(choice);
                let emoji = Emoji::new(["👍", "🎉", "❤️"][usize::from(*emoji) % 3]).unwrap();
                Command::React { conversation, seq: self.seq(conversation, *seq), emoji, on: *on }
            }
            Ask::OpenDirect(user) => Command::OpenDirect { user: self.user(*user) },
            Ask::CreateGroup(users) => Command::CreateGroup {
                title: name(&format!("group of step {}", self.step)),
                members: self.users(users),
                rules: GroupRules::default(),
            },
            Ask::AddMembers(choice, users) => {
                Command::AddMembers { conversation: chat(choice), users: self.users(users) }
            }
            Ask::RemoveMember(choice, user) => {
                let conversation = chat(choice);
                Command::RemoveMember { conversation, user: self.member(conversation, *user) }
            }
            Ask::Leave(choice) => Command::Leave { conversation: chat(choice) },
            Ask::Rename(choice) => {
                Command::Rename { conversation: chat(choice), title: name(&format!("title of step {}", self.step)) }
            }
            Ask::Pin(choice, pinned) => Command::Pin { conversation: chat(choice), pinned: *pinned },
            Ask::Mute(choice, until) => {
                let until = until.map(|hours| Timestamp(self.world.now + u64::from(hours) * 3_600_000));
                Command::Mute { conversation: chat(choice), until }
            }
            Ask::Hide(choice, hidden) => Command::Hide { conversation: chat(choice), hidden: *hidden },
            Ask::MarkUnread(choice) => Command::MarkUnread { conversation: chat(choice) },
            Ask::EndSession(choice) => Command::EndSession { session: self.session(person, *choice) },
            Ask::LogOut => Command::LogOut {},
            Ask::Group(ask) => self.group_command(person, ask),
            Ask::Message(ask) => self.message_command(person, ask),
            Ask::Contact(ask) => self.contact_command(ask),
        }
    }

    pub fn system(&self, server: &Server) -> SystemCommand {
        let users = self.world.users.len();
        let handle = |who: &u8| UserHandle(u64::from(*who) % (users as u64 + 2));
        match server {
            Server::AddUser { app, name, administrator } => {
                let id = ["fay", "gus", "ADA", "Admin", "hal", "eve"][usize::from(*name) % 6];
                let app = AppId(u32::from(*app));
                let (name, password) = (None, None);
                SystemCommand::AddUser {
                    app,
                    id: user(id),
                    name,
                    password,
                    administrator: *administrator,
                    kind: UserKind::Person,
                }
            }
            Server::LogIn { who, device, platform, stale } => {
                use Platform::{Android, Api, Ios, Linux, Macos, Web, Windows};
                let person = usize::from(*who) % users;
                let platform = [Web, Ios, Android, Macos, Windows, Linux, Api][usize::from(*platform) % 7];
                let credential = self.world.users[person].credential - u32::from(*stale);
                log_in(person as u64 + 1, credential, *device, platform, 1_000 + self.step as u64)
            }
            Server::SetPassword(who) => SystemCommand::SetPassword {
                user: handle(who),
                password: PasswordHash(format!("hash {}", self.step)),
                keep: None,
            },
            Server::SetFlags { who, suspended, silenced, contacts_disabled } => {
                let (suspended, silenced, contacts_disabled) = (*suspended, *silenced, *contacts_disabled);
                let flags = UserFlags { suspended, silenced, contacts_disabled };
                SystemCommand::SetFlags { user: handle(who), flags }
            }
            Server::SetPolicy { app, policy } => {
                use LoginPolicy::{All, One, Three, Two};
                // Now and then strangers are kept out.
                let strangers = if *policy > 5 { Strangers::Contacts } else { Strangers::Anyone };
                let policy = [All, One, Two, Three][usize::from(*policy) % 4];
                let settings = AppSettings { strangers, ..settings(policy) };
                SystemCommand::SetApp { app: AppId(u32::from(*app)), settings }
            }
            Server::Message(server) => self.message_system(server),
            Server::EndSessions(who) => SystemCommand::EndSessions { user: handle(who) },
            Server::TouchSession(choice) => {
                SystemCommand::TouchSession { session: SessionId(u64::from(*choice) % (self.world.sessions_made + 2)) }
            }
            Server::CreateApp(number) => SystemCommand::CreateApp {
                name: name(["Elsewhere", "third"][usize::from(*number)]),
                settings: settings(LoginPolicy::One),
            },
            Server::Cursors(moves) => SystemCommand::Cursors {
                moves: moves
                    .iter()
                    .map(|(who, session, chat, delivered, read)| {
                        let person = usize::from(*who) % users;
                        let conversation = self.chat(person, *chat);
                        CursorMove {
                            user: UserHandle(person as u64 + 1),
                            session: Some(self.session(person, *session)),
                            conversation,
                            delivered: delivered.map(|seq| self.seq(conversation, seq)),
                            read: read.map(|seq| self.seq(conversation, seq)),
                        }
                    })
                    .collect(),
            },
        }
    }
}
