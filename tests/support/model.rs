//! The rules as a plain model: everything in lists, everything found by looking through them. No ordinals, no windows kept as
//! numbers, no rows: unread messages are counted one by one, mentions are looked up in the texts. Written from the documents, to be
//! compared with what the engine says.
//!
//! Times of changes are kept as numbers of steps; whoever compares knows which lsn each step got.

#[path = "model_contacts.rs"]
mod contacts;
#[path = "model_groups.rs"]
mod groups;
#[path = "model_messages.rs"]
mod messages;

pub use contacts::ContactLine;
use contacts::Contacts;
use groups::{Group, Link};
use messages::{File, Kept};
use std::collections::{BTreeMap, BTreeSet};
use tidings::model::{
    AppId, AppSettings, Body, Code, Command, CommandResult, Content, Conversation, ConversationId, ConversationKind,
    Cursor, CursorMove, Device, Entry, GroupRules, Inbox, Key, LoginPolicy, Lsn, Member, Ordinal, Platform, Reaction,
    Role, Seq, SessionId, SessionInfo, SystemCommand, Target, Text, Timestamp, TokenHash, UserFlags, UserHandle,
    UserId,
};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// The number of a step of the history.
pub type Step = usize;
/// A user, by the number of their creation from 0.
pub type Person = usize;

/// What a command should give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fine {
    /// The step that did it: an earlier one for a duplicate.
    pub step: Step,
    pub duplicate: bool,
    pub result: CommandResult,
}

/// What a command should give, or the code of the refusal.
pub type Expected = Result<Fine, Code>;

pub struct App {
    pub settings: AppSettings,
    name: String,
}

pub struct User {
    pub app: AppId,
    pub id: UserId,
    pub credential: u32,
    pub flags: UserFlags,
    pub administrator: bool,
}

pub struct Session {
    pub person: Person,
    pub device: Device,
    pub token: TokenHash,
    pub created: u64,
    pub seen: u64,
    pub address: String,
}

/// One entry of a conversation.
struct Said {
    made: Step,
    changed: Step,
    at: u64,
    author: Person,
    key: Option<Key>,
    body: Body,
    reactions: Vec<(tidings::model::Emoji, Vec<Person>)>,
    edited_at: Option<u64>,
    recalled_at: Option<u64>,
    /// Members whom it named when it was sent.
    mentioned: BTreeSet<Person>,
    /// Who said it first and when, when it was forwarded.
    origin: Option<(Person, u64)>,
    pinned: bool,
}

/// Somebody's place in a conversation: the entries `seen[0] .. ` up to `last`, counted from 1.
struct Stay {
    role: Role,
    first: usize,
    last: Option<usize>,
    read: usize,
    delivered: usize,
    place_changed: Step,
    pinned: bool,
    muted: Option<Timestamp>,
    /// Hidden when there was nothing above this entry.
    hidden_at: Option<usize>,
    marked: bool,
    side_changed: Step,
    alias: Option<tidings::model::Name>,
    silenced: Option<u64>,
    joined: u64,
    /// The entry of their joining.
    joined_at: usize,
}

pub struct Chat {
    app: AppId,
    direct: Option<BTreeSet<Person>>,
    /// Whose feed it is.
    feed: Option<Person>,
    title: Option<tidings::model::Name>,
    log: Vec<Said>,
    stays: BTreeMap<Person, Stay>,
    group: Option<Group>,
    created: u64,
    kept: Kept,
}

struct Memory {
    command: Command,
    step: Step,
    result: CommandResult,
}

/// Everything there is.
#[derive(Default)]
pub struct World {
    pub now: u64,
    pub apps: Vec<App>,
    pub users: Vec<User>,
    /// Those that are open.
    pub sessions: BTreeMap<SessionId, Session>,
    /// How many there ever were.
    pub sessions_made: u64,
    pub chats: Vec<Chat>,
    links: BTreeMap<tidings::model::InviteCode, Link>,
    remembered: BTreeMap<(Person, Key), Memory>,
    files: BTreeMap<tidings::model::MediaId, File>,
    contacts: Contacts,
}

/// Who does something, when, and with which key.
#[derive(Clone, Copy)]
pub struct Doer {
    pub step: Step,
    pub person: Person,
    pub session: SessionId,
    pub key: Option<Key>,
}

fn done() -> CommandResult {
    CommandResult::Done {}
}

fn is_message(body: &Body) -> bool {
    body.is_message()
}

impl Chat {
    fn head(&self) -> usize {
        self.log.len()
    }

    fn inside(&self, person: Person) -> Option<&Stay> {
        self.stays.get(&person).filter(|stay| stay.last.is_none())
    }

    /// Who is in it.
    pub fn members(&self) -> Vec<Person> {
        self.stays.iter().filter(|(_, stay)| stay.last.is_none()).map(|(person, _)| *person).collect()
    }

    /// The seqs somebody may see.
    fn seen_by(&self, person: Person) -> std::ops::RangeInclusive<usize> {
        let stay = &self.stays[&person];
        stay.first.max(self.kept.first)..=stay.last.unwrap_or(self.head())
    }

    fn messages_up_to(&self, seq: usize) -> u64 {
        self.log[..seq].iter().filter(|said| is_message(&said.body)).count() as u64
    }

    fn messages_above(&self, person: Person, seq: usize) -> usize {
        self.seen_by(person).filter(|at| *at > seq && is_message(&self.log[at - 1].body)).count()
    }

    /// How many entries there are.
    pub fn length(&self) -> usize {
        self.log.len()
    }

    /// Whether somebody's list leaves it out.
    pub fn hidden(&self, person: Person) -> bool {
        // A message that they deleted for themselves has brought it back all the same.
        let top = self.stays[&person].last.unwrap_or(self.head());
        let quiet = |at: usize| self.log[at.min(top)..top].iter().all(|said| !is_message(&said.body));
        self.stays[&person].hidden_at.is_some_and(quiet)
    }

    fn kind(&self) -> ConversationKind {
        match (&self.direct, &self.group) {
            (Some(_), _) => ConversationKind::Direct,
            (None, Some(_)) => ConversationKind::Group,
            (None, None) => ConversationKind::Feed,
        }
    }

    fn join(&mut self, person: Person, role: Role, step: Step, now: u64) {
        // The entry of their joining is the next one, and they see it as read.
        let join = self.head() + 1;
        let before = self.stays.remove(&person);
        let stay = Stay {
            role,
            first: self.first_of_joining(),
            last: None,
            read: join,
            delivered: join,
            place_changed: step,
            pinned: before.as_ref().is_some_and(|stay| stay.pinned),
            muted: before.as_ref().and_then(|stay| stay.muted),
            hidden_at: None,
            marked: false,
            side_changed: step,
            alias: None,
            silenced: before.as_ref().and_then(|stay| stay.silenced),
            joined: now,
            joined_at: join,
        };
        self.stop_waiting(person);
        self.stays.insert(person, stay);
    }
}

impl World {
    pub fn new(now: u64, settings: AppSettings) -> Self {
        let home = App { settings, name: "home".to_owned() };
        Self { now, apps: vec![home], ..Self::default() }
    }

    pub fn find(&self, app: AppId, id: &UserId) -> Option<Person> {
        let same = |user: &User| user.app == app && user.id.as_str().eq_ignore_ascii_case(id.as_str());
        self.users.iter().position(same)
    }

    fn id(&self, person: Person) -> UserId {
        self.users[person].id.clone()
    }

    fn settings(&self, app: AppId) -> &AppSettings {
        &self.apps[app.0 as usize - 1].settings
    }

    /// The sessions somebody has now.
    pub fn sessions_of(&self, person: Person) -> Vec<SessionId> {
        self.sessions.iter().filter(|(_, session)| session.person == person).map(|(id, _)| *id).collect()
    }

    // --- what people ask for ---

    /// A person's command.
    pub fn person(&mut self, doer: Doer, command: &Command) -> Expected {
        if let Some(key) = doer.key {
            let version = key.0[6] >> 4;
            if version != 7 || key.0[8] >> 6 != 2 {
                return Err(Code::Invalid);
            }
            let made = key.0[..6].iter().fold(0u64, |ms, byte| ms << 8 | u64::from(*byte));
            if made + 7 * DAY_MS < self.now || made > self.now + 10 * 60 * 1_000 {
                return Err(Code::KeyExpired);
            }
            if let Some(memory) = self.remembered.get(&(doer.person, key)) {
                if memory.command != *command {
                    return Err(Code::IdempotencyConflict);
                }
                return Ok(Fine { step: memory.step, duplicate: true, result: memory.result.clone() });
            }
        }
        let Some(key) = doer.key else { return Err(Code::Invalid) };
        if self.sessions.get(&doer.session).is_none_or(|session| session.person != doer.person) {
            return Err(Code::SessionRevoked);
        }
        if self.users[doer.person].flags.suspended {
            return Err(Code::Suspended);
        }
        let result = self.carry_out(doer, command)?;
        let memory = Memory { command: command.clone(), step: doer.step, result: result.clone() };
        self.remembered.insert((doer.person, key), memory);
        Ok(Fine { step: doer.step, duplicate: false, result })
    }

    fn carry_out(&mut self, doer: Doer, command: &Command) -> Result<CommandResult, Code> {
        if let Some(result) = self.group_command(doer, command) {
            return result;
        }
        if let Some(result) = self.message_command(doer, command) {
            return result;
        }
        if let Some(result) = self.contact_command(doer, command) {
            return result;
        }
        match command {
            Command::Send { to, content } => self.send(doer, to, content),
            Command::Edit { conversation, seq, text } => self.edit(doer, *conversation, *seq, text),
            Command::Recall { conversation, seq } => self.recall(doer, *conversation, *seq),
            Command::React { conversation, seq, emoji, on } => self.react(doer, *conversation, *seq, emoji, *on),
            Command::OpenDirect { user } => {
                let chat = match self.direct(doer, user)? {
                    Ok(chat) => chat,
                    Err(peer) => self.make_direct(doer, peer),
                };
                Ok(CommandResult::Conversation { conversation: ConversationId(chat as u64 + 1) })
            }
            Command::CreateGroup { title, members, rules } => self.create_group(doer, title, members, rules),
            Command::AddMembers { conversation, users } => self.add(doer, *conversation, users),
            Command::RemoveMember { conversation, user } => self.remove(doer, *conversation, user),
            Command::Leave { conversation } => self.leave(doer, *conversation),
            Command::Pin { conversation, pinned } => self.own_side(doer, *conversation, |stay, _| {
                let before = stay.pinned;
                stay.pinned = *pinned;
                before != *pinned
            }),
            Command::Mute { conversation, until } => self.own_side(doer, *conversation, |stay, _| {
                let before = stay.muted;
                stay.muted = *until;
                before != *until
            }),
            Command::MarkUnread { conversation } => self.own_side(doer, *conversation, |stay, _| {
                let before = stay.marked;
                stay.marked = true;
                !before
            }),
            Command::Hide { conversation, hidden } => {
                let chat = self.known(doer, *conversation)?;
                let is_hidden = self.chats[chat].hidden(doer.person);
                let top = *self.chats[chat].seen_by(doer.person).end();
                self.own_side(doer, *conversation, |stay, _| {
                    if is_hidden != *hidden {
                        stay.hidden_at = hidden.then_some(top);
                    }
                    is_hidden != *hidden
                })
            }
            Command::EndSession { session } => {
                if self.sessions.get(session).is_none_or(|other| other.person != doer.person) {
                    return Err(Code::NotFound);
                }
                self.sessions.remove(session);
                Ok(done())
            }
            Command::LogOut {} => {
                self.sessions.remove(&doer.session);
                Ok(done())
            }
            Command::Unreadable(what) if what.reason.is_some() => Err(Code::Invalid),
            _ => Err(Code::Unsupported),
        }
    }

    /// A conversation of somebody's, left or not.
    fn known(&self, doer: Doer, conversation: ConversationId) -> Result<usize, Code> {
        let chat = (conversation.0 as usize).checked_sub(1).ok_or(Code::NotFound)?;
        let there = self.chats.get(chat).is_some_and(|chat| chat.stays.contains_key(&doer.person));
        if there { Ok(chat) } else { Err(Code::NotFound) }
    }

    fn joined(&self, doer: Doer, conversation: ConversationId) -> Result<usize, Code> {
        let chat = self.known(doer, conversation)?;
        if self.chats[chat].feed.is_some() {
            return Err(Code::Invalid);
        }
        if self.chats[chat].inside(doer.person).is_some() { Ok(chat) } else { Err(Code::NotMember) }
    }

    fn may_speak(&self, doer: Doer) -> Result<(), Code> {
        if self.users[doer.person].flags.silenced { Err(Code::Silenced) } else { Ok(()) }
    }

    /// Appends an entry.
    fn say(&mut self, doer: Doer, chat: usize, body: Body) -> CommandResult {
        let at = self.now;
        let log = &mut self.chats[chat].log;
        log.push(Said {
            made: doer.step,
            changed: doer.step,
            at,
            author: doer.person,
            key: doer.key,
            body,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            mentioned: BTreeSet::new(),
            origin: None,
            pinned: false,
        });
        let seq = log.len();
        CommandResult::Appended {
            conversation: ConversationId(chat as u64 + 1),
            seq: Seq(seq as u64),
            ordinal: Ordinal(self.chats[chat].messages_up_to(seq)),
            at: Timestamp(at),
        }
    }

    /// The direct chat with somebody, or the person to make it with.
    fn direct(&self, doer: Doer, peer: &UserId) -> Result<Result<usize, Person>, Code> {
        let peer = self.find(self.users[doer.person].app, peer).ok_or(Code::NotFound)?;
        let pair = BTreeSet::from([doer.person, peer]);
        Ok(self.chats.iter().position(|chat| chat.direct.as_ref() == Some(&pair)).ok_or(peer))
    }

    fn make_direct(&mut self, doer: Doer, peer: Person) -> usize {
        let pair = BTreeSet::from([doer.person, peer]);
        let stay = |person: &Person| Stay {
            role: Role::Member,
            first: 1,
            last: None,
            read: 0,
            delivered: 0,
            place_changed: doer.step,
            pinned: false,
            muted: None,
            hidden_at: (*person != doer.person).then_some(0),
            marked: false,
            side_changed: doer.step,
            alias: None,
            silenced: None,
            joined: self.now,
            joined_at: 1,
        };
        self.chats.push(Chat {
            app: self.users[doer.person].app,
            stays: pair.iter().map(|person| (*person, stay(person))).collect(),
            direct: Some(pair),
            group: None,
            feed: None,
            title: None,
            log: Vec::new(),
            created: self.now,
            kept: Kept::default(),
        });
        self.chats.len() - 1
    }

    /// Where somebody may send to: a conversation, or somebody to make a direct chat with.
    fn target(&self, doer: Doer, to: &Target) -> Result<Result<usize, Person>, Code> {
        let chat = match to {
            Target::Conversation(conversation) => Ok(self.joined(doer, *conversation)?),
            Target::User(peer) => self.direct(doer, peer)?,
        };
        match &chat {
            Ok(chat) => self.may_speak_in(doer, *chat)?,
            Err(_) => self.may_speak(doer)?,
        }
        let peer = match &chat {
            Ok(chat) => self.peer_of(doer.person, *chat),
            Err(peer) => Some(*peer),
        };
        if let Some(peer) = peer {
            self.may_write_to(doer.person, peer)?;
        }
        Ok(chat)
    }

    fn send(&mut self, doer: Doer, to: &Target, content: &Content) -> Result<CommandResult, Code> {
        let chat = self.target(doer, to)?;
        let (body, named, _) = self.check_content(doer, chat.as_ref().ok().copied(), content)?;
        let chat = chat.unwrap_or_else(|peer| self.make_direct(doer, peer));
        let mentioned = self.named(self.users[doer.person].app, doer, chat, &named);
        let result = self.say(doer, chat, body);
        if let Some(said) = self.chats[chat].log.last_mut() {
            said.mentioned = mentioned;
        }
        Ok(result)
    }

    /// A message somebody can see.
    fn message(&self, doer: Doer, chat: usize, seq: Seq) -> Result<&Said, Code> {
        let seq = seq.0 as usize;
        if !self.chats[chat].seen_by(doer.person).contains(&seq) {
            return Err(Code::NotFound);
        }
        let said = &self.chats[chat].log[seq - 1];
        if is_message(&said.body) { Ok(said) } else { Err(Code::Invalid) }
    }

    fn change(&mut self, doer: Doer, chat: usize, seq: Seq, change: impl FnOnce(&mut Said)) {
        let said = &mut self.chats[chat].log[seq.0 as usize - 1];
        said.changed = doer.step;
        change(said);
    }

    fn edit(&mut self, doer: Doer, conversation: ConversationId, seq: Seq, words: &str) -> Result<CommandResult, Code> {
        let chat = self.joined(doer, conversation)?;
        self.may_speak_in(doer, chat)?;
        self.may_touch(doer.person, chat)?;
        let said = self.message(doer, chat, seq)?;
        if said.author != doer.person {
            return Err(Code::Forbidden);
        }
        if said.recalled_at.is_some() {
            return Err(Code::Conflict);
        }
        let Body::Text(text) = said.body.clone() else { return Err(Code::Invalid) };
        let settings = self.settings(self.chats[chat].app);
        if said.at + settings.edit_window_ms < self.now {
            return Err(Code::Expired);
        }
        check_words(words, settings.message_bytes_max as usize)?;
        let now = self.now;
        self.change(doer, chat, seq, |said| {
            said.body = Body::Text(Text { text: words.to_owned(), ..text });
            said.edited_at = Some(now);
        });
        Ok(self.say(doer, chat, Body::Edited { target: seq }))
    }

    fn recall(&mut self, doer: Doer, conversation: ConversationId, seq: Seq) -> Result<CommandResult, Code> {
        let chat = self.joined(doer, conversation)?;
        self.check_open(chat)?;
        let said = self.message(doer, chat, seq)?;
        let place = &self.chats[chat];
        let role = |person: Person| match (&place.direct, place.inside(person)) {
            (None, Some(stay)) => stay.role,
            (None, None) | (Some(_), _) => Role::Member,
        };
        let over_others = match role(doer.person) {
            Role::Owner => true,
            Role::Manager => said.author != doer.person && role(said.author) == Role::Member,
            Role::Member => false,
        };
        if !over_others {
            if said.author != doer.person {
                return Err(Code::Forbidden);
            }
            if said.at + self.settings(place.app).recall_window_ms < self.now {
                return Err(Code::Expired);
            }
        }
        if said.recalled_at.is_some() {
            return Ok(done());
        }
        let now = self.now;
        self.change(doer, chat, seq, |said| {
            said.body = Body::Recalled {};
            said.reactions.clear();
            said.mentioned.clear();
            said.origin = None;
            said.pinned = false;
            said.edited_at = None;
            said.recalled_at = Some(now);
        });
        Ok(self.say(doer, chat, Body::RecalledEntry { target: seq }))
    }

    fn react(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        seq: Seq,
        emoji: &tidings::model::Emoji,
        on: bool,
    ) -> Result<CommandResult, Code> {
        let chat = self.joined(doer, conversation)?;
        self.may_speak_in(doer, chat)?;
        self.may_touch(doer.person, chat)?;
        let said = self.message(doer, chat, seq)?;
        if said.recalled_at.is_some() {
            return Err(Code::Conflict);
        }
        let mut reactions = said.reactions.clone();
        let kinds = reactions.len();
        let there = reactions.iter().any(|(other, people)| other == emoji && people.contains(&doer.person));
        if there == on {
            return Ok(done());
        }
        match (on, reactions.iter_mut().find(|(other, _)| other == emoji)) {
            (true, Some((_, people))) => people.push(doer.person),
            (true, None) if kinds == 20 => return Err(Code::Full),
            (true, None) => reactions.push((emoji.clone(), vec![doer.person])),
            (false, Some((_, people))) => people.retain(|person| *person != doer.person),
            (false, None) => {}
        }
        reactions.retain(|(_, people)| !people.is_empty());
        self.change(doer, chat, seq, |said| said.reactions = reactions);
        Ok(self.say(doer, chat, Body::Reacted { target: seq, emoji: emoji.clone(), on }))
    }

    fn people(&self, doer: Doer, ids: &[UserId]) -> Result<Vec<Person>, Code> {
        if ids.len() > 100 {
            return Err(Code::TooLarge);
        }
        let mut people = Vec::new();
        for id in ids {
            let person = self.find(self.users[doer.person].app, id).ok_or(Code::NotFound)?;
            if !people.contains(&person) {
                people.push(person);
            }
        }
        Ok(people)
    }

    fn create_group(
        &mut self,
        doer: Doer,
        title: &tidings::model::Name,
        ids: &[UserId],
        rules: &GroupRules,
    ) -> Result<CommandResult, Code> {
        let app = self.users[doer.person].app;
        self.check_new_rules(app, rules)?;
        let mut people = self.people(doer, ids)?;
        people.retain(|person| *person != doer.person);
        people.insert(0, doer.person);
        let most = rules.members_max.unwrap_or(u32::MAX).min(self.settings(app).group_members_max);
        if people.len() > most as usize {
            return Err(Code::Full);
        }
        let mut chat = Chat {
            app,
            direct: None,
            title: Some(title.clone()),
            log: Vec::new(),
            stays: BTreeMap::new(),
            group: Some(Group::new(*rules)),
            feed: None,
            created: self.now,
            kept: Kept::default(),
        };
        for person in &people {
            let role = if *person == doer.person { Role::Owner } else { Role::Member };
            chat.join(*person, role, doer.step, self.now);
        }
        self.chats.push(chat);
        let members = people.iter().map(|person| self.id(*person)).collect();
        let chat = self.chats.len() - 1;
        self.say(doer, chat, Body::GroupCreated { title: title.clone(), members });
        Ok(CommandResult::Conversation { conversation: ConversationId(chat as u64 + 1) })
    }

    fn add(&mut self, doer: Doer, conversation: ConversationId, ids: &[UserId]) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow_inviting(doer, chat)?;
        if ids.is_empty() {
            return Err(Code::Invalid);
        }
        let mut people = self.people(doer, ids)?;
        let members = self.chats[chat].members();
        people.retain(|person| !members.contains(person));
        if people.is_empty() {
            return Ok(done());
        }
        self.check_room(chat, people.len())?;
        let now = self.now;
        for person in &people {
            self.chats[chat].join(*person, Role::Member, doer.step, now);
        }
        let users = people.iter().map(|person| self.id(*person)).collect();
        Ok(self.say(doer, chat, Body::MembersAdded { users }))
    }

    fn part(&mut self, doer: Doer, chat: usize, person: Person, body: Body) -> CommandResult {
        let result = self.say(doer, chat, body);
        let last = self.chats[chat].head();
        let first = self.chats[chat].first_of_leaving(self.chats[chat].stays[&person].first, last);
        self.chats[chat].stop_waiting(person);
        if let Some(stay) = self.chats[chat].stays.get_mut(&person) {
            stay.last = Some(last);
            stay.first = first;
            stay.alias = None;
            stay.role = Role::Member;
            stay.place_changed = doer.step;
        }
        result
    }

    fn remove(&mut self, doer: Doer, conversation: ConversationId, id: &UserId) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        let person = self.find(self.users[doer.person].app, id).ok_or(Code::NotMember)?;
        let theirs = self.chats[chat].inside(person).ok_or(Code::NotMember)?.role;
        if person == doer.person {
            return Err(Code::Invalid);
        }
        let own = self.chats[chat].stays[&doer.person].role;
        let may = own == Role::Owner || own == Role::Manager && theirs == Role::Member;
        if !may {
            return Err(Code::Forbidden);
        }
        let user = self.id(person);
        Ok(self.part(doer, chat, person, Body::MemberRemoved { user }))
    }

    fn leave(&mut self, doer: Doer, conversation: ConversationId) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        let place = &self.chats[chat];
        if place.stays[&doer.person].role == Role::Owner {
            return Err(Code::Forbidden);
        }
        Ok(self.part(doer, chat, doer.person, Body::MemberLeft {}))
    }

    fn own_side(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        change: impl FnOnce(&mut Stay, Step) -> bool,
    ) -> Result<CommandResult, Code> {
        let chat = self.known(doer, conversation)?;
        if self.chats[chat].feed.is_some() {
            return Err(Code::Invalid);
        }
        if let Some(stay) = self.chats[chat].stays.get_mut(&doer.person)
            && change(stay, doer.step)
        {
            stay.side_changed = doer.step;
        }
        Ok(done())
    }

    // --- what the server and its operator ask for ---

    /// The server's command.
    pub fn system(&mut self, step: Step, command: &SystemCommand) -> Expected {
        if let Some(result) = self.message_system(step, command) {
            return result.map(|result| Fine { step, duplicate: false, result });
        }
        let result = match command {
            SystemCommand::Found { .. } => Err(Code::Conflict),
            SystemCommand::CreateApp { name, settings } => {
                if self.apps.iter().any(|app| app.name.to_lowercase() == name.as_str().to_lowercase()) {
                    return Err(Code::Conflict);
                }
                self.apps.push(App { settings: settings.clone(), name: name.as_str().to_owned() });
                Ok(CommandResult::App { app: AppId(self.apps.len() as u32) })
            }
            SystemCommand::SetApp { app, settings } => match self.apps.get_mut((app.0 as usize).wrapping_sub(1)) {
                None => Err(Code::NotFound),
                Some(_) if settings.message_bytes_max == 0 || settings.group_members_max < 2 => Err(Code::Invalid),
                Some(app) => {
                    app.settings = settings.clone();
                    Ok(done())
                }
            },
            SystemCommand::AddUser { app, id, administrator, .. } => self.add_user(step, *app, id, *administrator),
            SystemCommand::SetPassword { user, .. } => self.with_user(*user, |world, person| {
                world.users[person].credential += 1;
                world.sessions.retain(|_, session| session.person != person);
                Ok(done())
            }),
            SystemCommand::SetFlags { user, flags } => self.with_user(*user, |world, person| {
                if flags.suspended && !world.users[person].flags.suspended && world.is_last_administrator(person) {
                    return Err(Code::Conflict);
                }
                world.users[person].flags = *flags;
                if flags.suspended {
                    world.sessions.retain(|_, session| session.person != person);
                }
                Ok(done())
            }),
            SystemCommand::SetAdministrator { user, administrator } => self.with_user(*user, |world, person| {
                if *administrator && world.users[person].app != AppId::HOME {
                    return Err(Code::Invalid);
                }
                if !administrator && world.is_last_administrator(person) {
                    return Err(Code::Conflict);
                }
                world.users[person].administrator = *administrator;
                Ok(done())
            }),
            SystemCommand::LogIn { user, credential, device, token, address } => {
                self.with_user(*user, |world, person| world.log_in(person, *credential, device, *token, address))
            }
            SystemCommand::TouchSession { session } => {
                let now = self.now;
                self.sessions
                    .get_mut(session)
                    .map(|session| session.seen = now)
                    .ok_or(Code::SessionRevoked)
                    .map(|()| done())
            }
            SystemCommand::EndSessions { user } => self.with_user(*user, |world, person| {
                world.sessions.retain(|_, session| session.person != person);
                Ok(done())
            }),
            SystemCommand::Cursors { moves } => {
                for moved in moves {
                    self.move_cursor(step, moved);
                }
                Ok(done())
            }
            _ => Err(Code::Unsupported),
        };
        result.map(|result| Fine { step, duplicate: false, result })
    }

    fn with_user(
        &mut self,
        user: UserHandle,
        then: impl FnOnce(&mut Self, Person) -> Result<CommandResult, Code>,
    ) -> Result<CommandResult, Code> {
        let person =
            (user.0 as usize).checked_sub(1).filter(|person| *person < self.users.len()).ok_or(Code::NotFound)?;
        then(self, person)
    }

    /// Whether nobody else could administer without this one.
    fn is_last_administrator(&self, person: Person) -> bool {
        let acts = |user: &User| user.administrator && !user.flags.suspended;
        let others = self.users.iter().enumerate().filter(|(other, _)| *other != person);
        self.users[person].administrator && !others.into_iter().any(|(_, user)| acts(user))
    }

    fn add_user(&mut self, step: Step, app: AppId, id: &UserId, administrator: bool) -> Result<CommandResult, Code> {
        if app.0 == 0 || app.0 as usize > self.apps.len() {
            return Err(Code::NotFound);
        }
        let reserved = ["system", "admin", "assistant", "operator", "server"]
            .iter()
            .any(|name| id.as_str().eq_ignore_ascii_case(name));
        if app == AppId::HOME && reserved || app != AppId::HOME && administrator {
            return Err(Code::Invalid);
        }
        if self.find(app, id).is_some() {
            return Err(Code::Conflict);
        }
        self.users.push(User { app, id: id.clone(), credential: 1, flags: UserFlags::default(), administrator });
        self.make_feed(step, self.users.len() - 1);
        Ok(CommandResult::User { user: UserHandle(self.users.len() as u64) })
    }

    fn log_in(
        &mut self,
        person: Person,
        credential: u32,
        device: &Device,
        token: TokenHash,
        address: &str,
    ) -> Result<CommandResult, Code> {
        let user = &self.users[person];
        if user.flags.suspended {
            return Err(Code::Suspended);
        }
        if user.credential != credential {
            return Err(Code::Unauthenticated);
        }
        if self.sessions.values().any(|session| session.token == token) {
            return Err(Code::Conflict);
        }
        let policy = self.settings(user.app).login_policy;
        self.sessions.retain(|_, other| {
            other.person != person
                || other.device.id != device.id && !clash(policy, other.device.platform, device.platform)
        });
        self.sessions_made += 1;
        let session = Session {
            person,
            device: device.clone(),
            token,
            created: self.now,
            seen: self.now,
            address: address.to_owned(),
        };
        let id = SessionId(self.sessions_made);
        self.sessions.insert(id, session);
        Ok(CommandResult::Session { session: id })
    }

    fn move_cursor(&mut self, step: Step, moved: &CursorMove) {
        let person = (moved.user.0 as usize).wrapping_sub(1);
        let other = |session| self.sessions.get(&session).is_none_or(|session| session.person != person);
        if moved.session.is_some_and(other) {
            return;
        }
        let Some(chat) = self.chats.get_mut((moved.conversation.0 as usize).wrapping_sub(1)) else { return };
        if !chat.stays.contains_key(&person) {
            return;
        }
        let seen = chat.seen_by(person);
        let top = *seen.end();
        let direct = chat.direct.is_some();
        let Some(stay) = chat.stays.get_mut(&person) else { return };
        let before = (stay.read, stay.delivered);
        if let Some(read) = moved.read.map(|seq| (seq.0 as usize).min(top)) {
            let looked = if moved.session.is_some() { read >= stay.read } else { read > stay.read };
            if looked && stay.marked {
                stay.marked = false;
                stay.side_changed = step;
            }
            if seen.contains(&read) {
                stay.read = stay.read.max(read);
            }
        }
        if let Some(delivered) = moved.delivered.filter(|_| direct) {
            stay.delivered = stay.delivered.max((delivered.0 as usize).min(top));
        }
        stay.delivered = stay.delivered.max(stay.read);
        if before != (stay.read, stay.delivered) {
            stay.place_changed = step;
        }
    }

    // --- what people see ---

    /// The conversations somebody has or had, by id.
    pub fn chats_of(&self, person: Person) -> Vec<ConversationId> {
        let theirs = self.chats.iter().enumerate().filter(|(_, chat)| chat.stays.contains_key(&person));
        theirs.map(|(chat, _)| ConversationId(chat as u64 + 1)).collect()
    }

    /// A conversation as somebody sees it, with all its entries. `lsns`: which lsn each step got.
    pub fn view(&self, person: Person, id: ConversationId, lsns: &[Lsn]) -> Conversation {
        let chat = &self.chats[id.0 as usize - 1];
        let stay = &chat.stays[&person];
        let seen = chat.seen_by(person);
        let top = *seen.end();
        let gone = stay.last.is_some();
        let other = chat.direct.as_ref().and_then(|pair| pair.iter().find(|other| **other != person)).copied();
        let head_lsn = if top == 0 { Lsn(0) } else { lsns[chat.log[top - 1].made] };
        let own_lsn = lsns[stay.side_changed].max(lsns[stay.place_changed]).max(chat.trimmed(lsns));
        // Of what was deleted it is not known any more when it was; but of the newest entry it is.
        let known_top = top >= chat.kept.first || top == chat.head();
        let other_lsn = other.map_or(Lsn(0), |other| lsns[chat.stays[&other].place_changed]);
        let unread = chat.messages_above(person, stay.read) as u64;
        let mentions = seen.clone().filter(|seq| *seq > stay.read && Self::names(&chat.log[seq - 1], person));
        let told: Vec<Person> = match &chat.direct {
            Some(_) => [Some(person), other].into_iter().flatten().collect(),
            None if gone || chat.feed.is_some() => Vec::new(),
            None => chat.members(),
        };
        let cursor = |person: &Person| Cursor {
            user: self.id(*person),
            delivered: chat.direct.is_some().then_some(Seq(chat.stays[person].delivered as u64)),
            read: Seq(chat.stays[person].read as u64),
        };
        Conversation {
            id,
            kind: chat.kind(),
            title: chat.title.clone(),
            peer: chat.direct.as_ref().map(|_| self.id(other.unwrap_or(person))),
            group: self.group_view(person, chat),
            role: stay.role,
            members: if gone { 0 } else { chat.members().len() as u32 },
            head: Seq(top as u64),
            head_ordinal: Ordinal(chat.messages_up_to(top)),
            at: Timestamp(if top == 0 || !known_top { chat.created } else { chat.log[top - 1].at }),
            changed: head_lsn.max(own_lsn).max(other_lsn),
            inbox: Inbox {
                conversation: id,
                lsn: own_lsn,
                read: Seq(stay.read as u64),
                unread,
                mentions: mentions.count().min(100) as u32,
                pinned: stay.pinned,
                muted_until: stay.muted,
                hidden: chat.hidden(person),
                marked_unread: stay.marked,
                floor: Seq(*seen.start() as u64),
                gone,
            },
            cursors: told.iter().map(cursor).collect(),
            entries: seen.map(|seq| self.entry(chat, seq, lsns)).collect(),
        }
    }

    fn entry(&self, chat: &Chat, seq: usize, lsns: &[Lsn]) -> Entry {
        let said = &chat.log[seq - 1];
        let reaction = |(emoji, people): &(tidings::model::Emoji, Vec<Person>)| Reaction {
            emoji: emoji.clone(),
            users: people.iter().map(|person| self.id(*person)).collect(),
        };
        Entry {
            seq: Seq(seq as u64),
            lsn: lsns[said.made],
            changed: lsns[said.changed],
            ordinal: Ordinal(chat.messages_up_to(seq)),
            at: Timestamp(said.at),
            author: self.id(said.author),
            key: said.key,
            body: said.body.clone(),
            reactions: said.reactions.iter().map(reaction).collect(),
            edited_at: said.edited_at.map(Timestamp),
            recalled_at: said.recalled_at.map(Timestamp),
            origin: self.origin(said),
        }
    }

    /// The list of somebody's conversations, in its order.
    pub fn list(&self, person: Person, lsns: &[Lsn]) -> Vec<ConversationId> {
        let mut list: Vec<_> = self
            .chats_of(person)
            .into_iter()
            .filter(|id| self.chats[id.0 as usize - 1].feed.is_none())
            .map(|id| self.view(person, id, lsns))
            .filter(|view| !view.inbox.hidden)
            .collect();
        list.sort_by_key(|view| {
            let log = &self.chats[view.id.0 as usize - 1].log;
            let newest = view.head.0.checked_sub(1).map_or(Lsn(0), |last| lsns[log[last as usize].made]);
            (!view.inbox.pinned, std::cmp::Reverse(view.at), std::cmp::Reverse(newest), view.id)
        });
        list.into_iter().map(|view| view.id).collect()
    }

    /// Who is in a conversation, by id; `None` when it is not for this person to know.
    pub fn members_for(&self, person: Person, id: ConversationId) -> Option<Vec<Member>> {
        let chat = &self.chats[id.0 as usize - 1];
        chat.inside(person)?;
        let mut members: Vec<_> = chat
            .members()
            .into_iter()
            .map(|person| Member {
                user: self.id(person),
                role: chat.stays[&person].role,
                alias: chat.stays[&person].alias.clone(),
                silenced_until: chat.stays[&person].silenced.filter(|until| *until > self.now).map(Timestamp),
                joined: Timestamp(chat.stays[&person].joined),
            })
            .collect();
        members.sort_by_key(|member| member.user.as_str().to_lowercase());
        Some(members)
    }

    /// Who was or is in a conversation, with the first and the last entry each may see.
    pub fn windows(&self, id: ConversationId) -> Vec<(UserHandle, UserId, Seq, Option<Seq>)> {
        let chat = &self.chats[id.0 as usize - 1];
        let window = |(person, stay): (&Person, &Stay)| {
            let last = stay.last.map(|last| Seq(last as u64));
            (UserHandle(*person as u64 + 1), self.id(*person), Seq(stay.first as u64 - 1), last)
        };
        chat.stays.iter().map(window).collect()
    }

    /// Those who share a conversation with somebody now.
    pub fn peers(&self, person: Person) -> Vec<UserHandle> {
        let shared = self.chats.iter().filter(|chat| chat.inside(person).is_some());
        let mut peers: BTreeSet<Person> = shared.flat_map(Chat::members).filter(|other| *other != person).collect();
        self.contact_peers(person, &mut peers);
        peers.into_iter().map(|person| UserHandle(person as u64 + 1)).collect()
    }

    /// The list of somebody's sessions, as one of them sees it.
    pub fn session_list(&self, current: SessionId) -> Vec<SessionInfo> {
        let person = self.sessions[&current].person;
        let theirs = self.sessions.iter().filter(|(_, session)| session.person == person);
        let info = |(id, session): (&SessionId, &Session)| SessionInfo {
            session: *id,
            device: session.device.clone(),
            created: Timestamp(session.created),
            seen: Timestamp(session.seen),
            address: session.address.clone(),
            current: *id == current,
        };
        theirs.map(info).collect()
    }
}

fn check_words(words: &str, most: usize) -> Result<(), Code> {
    match words.len() {
        0 => Err(Code::Invalid),
        bytes if bytes > most => Err(Code::TooLarge),
        _ => Ok(()),
    }
}

/// Whether two devices of one user cannot be logged in together.
fn clash(policy: LoginPolicy, one: Platform, other: Platform) -> bool {
    let kind = |platform| match platform {
        Platform::Web => "web",
        Platform::Ios | Platform::Android => "phone",
        Platform::Macos | Platform::Windows | Platform::Linux => "desktop",
        Platform::Api => "program",
    };
    let (one, other) = (kind(one), kind(other));
    if one == "program" || other == "program" {
        return false;
    }
    match policy {
        LoginPolicy::All => false,
        LoginPolicy::One => true,
        LoginPolicy::Two => (one == "web") == (other == "web"),
        LoginPolicy::Three => one == other,
    }
}
