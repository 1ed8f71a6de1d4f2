//! Plays a history on a server and on the model, and compares.

use super::devices::Devices;
use super::history::{History, KeyKind, Maker, START, Step, Twist, beginning};
use super::rules::{self, Doer, Expected, Person, World};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidings::engine::{Before, Engine, EngineOptions, Published, ReplySink, Submission, Subscriber};
use tidings::ledger::{self, Accepted, Order, Stop, read};
use tidings::model::{
    Actor, Answer, AnyCommand, AppSettings, Clock, Code, Command, CommandResult, Content, Conversation, ConversationId,
    CursorMove, Effect, Entry, Epoch, Key, Lsn, MediaKind, Query, Refusal, Seq, SessionId, SystemCommand, Target, Text,
    Timestamp, UserActor, UserHandle,
};
use tidings::store::{self, Store, StoreOptions, View};

/// A command on its way to a server.
#[derive(Clone)]
pub struct Asked {
    pub actor: Actor,
    pub key: Option<Key>,
    pub command: AnyCommand,
}

/// Effects, with the lsn of each command.
type Told = Vec<(Lsn, Vec<Effect>)>;

/// What histories are played on.
pub trait Server {
    /// Asks all of them, one after the other, without waiting in between, and gives the answers.
    fn ask(&mut self, asked: Vec<Asked>) -> Result<Vec<Result<Accepted, Refusal>>, String>;
    fn pass(&mut self, ms: u64);
    fn restart(&mut self);
    /// Whether senders are noted as having read what they send, at the next restart at the latest.
    const NOTES_OWN_READS: bool;
    fn view(&self) -> Arc<View>;
    fn query(&self, actor: &UserActor, query: Query) -> Result<Answer, Refusal>;
    /// The effects of everything that was answered since the last time this was asked, in the log's order.
    fn effects(&mut self) -> Told;
}

/// A folder in memory where the system offers that: these tests are about rules, and need no disk to wait for.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

// --- the real engine ---

/// The engine in a temporary folder, with a clock that the history moves.
pub struct EngineServer {
    runtime: tokio::runtime::Runtime,
    engine: Option<Engine>,
    clock: Clock,
    folder: TempDir,
    effects: Arc<Mutex<Told>>,
}

/// Collects effects; the lock guards the list and nothing else.
struct Listener(Arc<Mutex<Told>>);

impl Subscriber for Listener {
    fn publish(&mut self, _: &Arc<View>, published: &Published) {
        self.0.lock().push((published.lsn, published.effects.clone()));
    }

    fn flush(&mut self) {}
}

/// Collects answers.
#[derive(Default)]
struct Answers {
    /// Guards the answers by number; `arrived` is told of each.
    come: Mutex<BTreeMap<u32, Result<Accepted, Refusal>>>,
    arrived: Condvar,
}

impl ReplySink for Answers {
    fn complete(&self, request: u32, outcome: Result<Accepted, Refusal>) {
        self.come.lock().insert(request, outcome);
        self.arrived.notify_all();
    }
}

impl EngineServer {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Clock::manual(Timestamp(START));
        let mut server = Self { runtime, engine: None, clock, folder: folder(), effects: Arc::default() };
        server.open();
        server
    }

    fn open(&mut self) {
        let options = EngineOptions {
            cache_bytes: 4 << 20,
            clock: self.clock.clone(),
            // Only at the stop, so that it is known when a sender's own reading is noted.
            cursors_every: Duration::from_hours(1),
            ..EngineOptions::new(self.folder.path())
        };
        self.engine = Some(Engine::open(options, vec![Box::new(Listener(self.effects.clone()))]).unwrap());
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }
}

impl Drop for EngineServer {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
    }
}

impl Server for EngineServer {
    const NOTES_OWN_READS: bool = true;

    fn ask(&mut self, asked: Vec<Asked>) -> Result<Vec<Result<Accepted, Refusal>>, String> {
        let answers = Arc::new(Answers::default());
        let count = asked.len();
        for (number, Asked { actor, key, command }) in asked.into_iter().enumerate() {
            let reply: Arc<dyn ReplySink> = answers.clone();
            let submission =
                Submission { actor, key, command, reply: Some((reply, number as u32)), before: Before::Ask(None) };
            self.runtime.block_on(self.engine().submit(submission)).map_err(|refusal| refusal.to_string())?;
        }
        let mut come = answers.come.lock();
        while come.len() < count {
            if answers.arrived.wait_for(&mut come, Duration::from_secs(30)).timed_out() {
                return Err(format!("{count} commands were asked, and only {} answers came within 30 s", come.len()));
            }
        }
        Ok(std::mem::take(&mut *come).into_values().collect())
    }

    fn pass(&mut self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }

    fn restart(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
        self.open();
    }

    fn view(&self) -> Arc<View> {
        self.engine().view()
    }

    fn query(&self, actor: &UserActor, query: Query) -> Result<Answer, Refusal> {
        self.runtime.block_on(self.engine().query(actor.clone(), query))
    }

    fn effects(&mut self) -> Told {
        // A reply comes before the effects of its command, so wait for the reply to one more, which is refused.
        let last = self.engine().execute_blocking(Actor::Server, None, Command::LogOut {}.into());
        assert!(last.is_err());
        std::mem::take(&mut *self.effects.lock())
    }
}

// --- the ledger on the store, in batches of the test's own ---

/// How commands are put into batches.
#[derive(Clone, Copy, Debug)]
pub enum Batches {
    OneByOne,
    Few(usize),
    AsAsked,
}

/// The ledger and the store without the engine's threads, so that a test says where batches end.
pub struct StoreServer {
    store: Option<Store>,
    batches: Batches,
    now: u64,
    lsn: u64,
    folder: TempDir,
    effects: Told,
}

impl StoreServer {
    pub fn new(batches: Batches) -> Self {
        let mut server = Self { store: None, batches, now: START, lsn: 0, folder: folder(), effects: Vec::new() };
        server.open();
        let found = SystemCommand::Found { epoch: Epoch(7), settings: AppSettings::default() };
        let found = Asked { actor: Actor::Server, key: None, command: found.into() };
        server.batch(&[found]).unwrap()[0].as_ref().unwrap();
        server
    }

    fn open(&mut self) {
        let options = StoreOptions { cache_bytes: 4 << 20, quick_repair_always: false, new_epoch: Epoch(7) };
        self.store = Some(Store::open(self.folder.path(), options).unwrap());
    }

    fn batch(&mut self, asked: &[Asked]) -> Result<Vec<Result<Accepted, Refusal>>, String> {
        let store = self.store.as_mut().unwrap();
        let mut tables = store.batch();
        let mut answers = Vec::new();
        for asked in asked {
            self.lsn += 1;
            let hash = match &asked.command {
                AnyCommand::User(command) => xxhash_rust::xxh3::xxh3_64(&postcard::to_allocvec(command).unwrap()),
                AnyCommand::System(_) => 0,
            };
            let order = Order {
                lsn: Lsn(self.lsn),
                at: Timestamp(self.now),
                actor: asked.actor.clone(),
                key: asked.key,
                hash,
                command: asked.command.clone(),
            };
            let mut effects = Vec::new();
            match ledger::execute(&mut tables, &order, &mut effects) {
                Ok(accepted) => {
                    self.effects.push((order.lsn, effects));
                    answers.push(Ok(accepted));
                }
                Err(Stop::Refused(refusal)) => {
                    if !effects.is_empty() {
                        return Err(format!("a refusal left effects behind: {refusal}: {effects:?}"));
                    }
                    answers.push(Err(refusal));
                }
                Err(Stop::Fault(fault)) => return Err(fault.to_string()),
            }
        }
        let staged = tables.finish();
        store.commit(staged, Lsn(self.lsn), Timestamp(self.now)).map_err(|fault| fault.to_string())?;
        Ok(answers)
    }

    pub fn dump(&self) -> Vec<String> {
        store::dump(&self.view()).unwrap()
    }
}

impl Server for StoreServer {
    const NOTES_OWN_READS: bool = false;

    fn ask(&mut self, asked: Vec<Asked>) -> Result<Vec<Result<Accepted, Refusal>>, String> {
        let most = match self.batches {
            Batches::OneByOne => 1,
            Batches::Few(count) => count,
            Batches::AsAsked => usize::MAX,
        };
        let mut answers = Vec::new();
        for batch in asked.chunks(most) {
            answers.extend(self.batch(batch)?);
        }
        Ok(answers)
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.store.as_mut().unwrap().rest(Timestamp(self.now)).unwrap();
    }

    fn restart(&mut self) {
        let store = self.store.take().unwrap();
        // Half of them are closed, the others only dropped, as a crash would leave them.
        match self.batches {
            Batches::OneByOne | Batches::AsAsked => store.close().unwrap(),
            Batches::Few(_) => drop(store),
        }
        self.open();
    }

    fn view(&self) -> Arc<View> {
        self.store.as_ref().unwrap().view().clone()
    }

    fn query(&self, actor: &UserActor, query: Query) -> Result<Answer, Refusal> {
        let view = self.view();
        match read::answer(&*view, view.lsn(), Timestamp(self.now), actor, &query) {
            Ok(answer) => Ok(answer),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Fault(fault)) => Err(Refusal::new(Code::Unavailable, fault.to_string())),
        }
    }

    fn effects(&mut self) -> Told {
        std::mem::take(&mut self.effects)
    }
}

// --- playing ---

/// A history being played.
pub struct Play<'a, S> {
    server: &'a mut S,
    world: World,
    /// Which lsn each step got; 0 where it was refused or asked for nothing.
    lsns: Vec<Lsn>,
    /// What was asked and not answered yet, with what the model expects.
    waiting: Vec<(usize, Asked, Expected)>,
    /// What people asked under a key.
    asked: Vec<(Doer, Command)>,
    /// Up to where senders have read what they sent themselves, not noted yet, and through which session they sent it.
    own_reads: BTreeMap<(Person, ConversationId), Seq>,
    /// What somebody's device makes of what it is told, for everybody.
    devices: Devices,
    /// What happened, a line a step.
    told: Vec<String>,
}

impl<'a, S: Server> Play<'a, S> {
    pub fn new(server: &'a mut S) -> Self {
        Self {
            server,
            world: World::new(START, AppSettings::default()),
            lsns: Vec::new(),
            waiting: Vec::new(),
            asked: Vec::new(),
            own_reads: BTreeMap::new(),
            devices: Devices::default(),
            told: Vec::new(),
        }
    }

    /// Plays it to the end; the error tells the story.
    pub fn play(mut self, history: &History) -> Result<(), String> {
        self.play_all(history).map_err(|error| {
            let story = self.told.join("\n");
            format!("{error}\n\nThe story up to there:\n{story}\n")
        })
    }

    fn play_all(&mut self, history: &History) -> Result<(), String> {
        for step in beginning().iter().chain(&history.0) {
            self.step(step)?;
        }
        self.restart()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Do { who, session, key, ask } => {
                let maker = self.maker();
                let doer = maker.doer(*who, *session, *key);
                let command = maker.command(doer.person, ask);
                if let (KeyKind::Fresh, Some(_)) = (key, doer.key) {
                    self.asked.push((doer, command.clone()));
                }
                self.person(doer, &command);
            }
            Step::Again { back, twist } => {
                let Some(index) = self.asked.len().checked_sub(1 + usize::from(*back)) else { return Ok(()) };
                let (mut doer, mut command) = self.asked[index].clone();
                let maker = self.maker();
                doer.step = maker.step;
                match twist {
                    Twist::Same => {}
                    Twist::OtherSession => doer.session = maker.session(doer.person, 1 + *back),
                    Twist::OtherUser => {
                        doer.person = (doer.person + 1) % self.world.users.len();
                        doer.session = maker.session(doer.person, 1);
                    }
                    Twist::OtherContent => {
                        let to = Target::User(self.world.users[doer.person].id.clone());
                        command = Command::Send { to, content: Content::Text(Text::plain("other content")) };
                    }
                }
                self.person(doer, &command);
            }
            Step::Server(server) => {
                let command = self.maker().system(server);
                self.system(&command);
            }
            Step::Exactly(command) => self.system(command),
            Step::Pass(ms) => {
                self.settle()?;
                self.told.push(format!("     {} s pass", ms / 1_000));
                self.world.now += ms;
                self.server.pass(*ms);
            }
            Step::Pause => self.settle()?,
            Step::Restart => self.restart()?,
        }
        Ok(())
    }

    fn maker(&self) -> Maker<'_> {
        Maker { world: &self.world, step: self.lsns.len() }
    }

    fn person(&mut self, doer: Doer, command: &Command) {
        let user = &self.world.users[doer.person];
        let actor = Actor::User(UserActor {
            app: user.app,
            user: UserHandle(doer.person as u64 + 1),
            id: user.id.clone(),
            session: doer.session,
        });
        let key = doer.key.map_or_else(|| "no key".to_owned(), |key| key.to_string());
        self.told.push(format!("{:4} {}@{} ({}, {key}) {command:?}", doer.step, user.id, user.app, doer.session));
        let expected = self.world.person(doer, command);
        if let (Command::Send { .. } | Command::Forward { .. }, Ok(fine)) = (command, &expected)
            && let (CommandResult::Appended { conversation, seq, .. }, false) = (&fine.result, fine.duplicate)
        {
            self.own_reads.insert((doer.person, *conversation), *seq);
        }
        self.wait(Asked { actor, key: doer.key, command: command.clone().into() }, expected);
    }

    fn system(&mut self, command: &SystemCommand) {
        let step = self.lsns.len();
        self.told.push(format!("{step:4} server {command:?}"));
        let expected = self.world.system(step, command);
        self.wait(Asked { actor: Actor::Server, key: None, command: command.clone().into() }, expected);
    }

    fn wait(&mut self, asked: Asked, expected: Expected) {
        let expects = match &expected {
            Ok(fine) if fine.duplicate => format!(" → again {:?}", fine.result),
            Ok(fine) => format!(" → {:?}", fine.result),
            Err(code) => format!(" → {code}"),
        };
        if let Some(line) = self.told.last_mut() {
            line.push_str(&expects);
        }
        self.waiting.push((self.lsns.len(), asked, expected));
        self.lsns.push(Lsn(0));
    }

    /// Asks what waits, and compares the answers.
    fn settle(&mut self) -> Result<(), String> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let answers = self.server.ask(waiting.iter().map(|(_, asked, _)| asked.clone()).collect())?;
        let mut newest = self.lsns.iter().copied().max().unwrap_or_default();
        for ((step, _, expected), answer) in waiting.into_iter().zip(answers) {
            let wrong =
                |got: &dyn std::fmt::Debug| Err(format!("step {step} should give {expected:?}, and gave {got:?}"));
            match (&expected, &answer) {
                (Err(code), Err(refusal)) if refusal.code == *code => {}
                (Ok(fine), Ok(accepted)) => {
                    if fine.duplicate != accepted.duplicate || fine.result != accepted.result {
                        return wrong(accepted);
                    }
                    if fine.duplicate {
                        if self.lsns[fine.step] != accepted.lsn {
                            return Err(format!("step {step} should have the lsn of step {}: {accepted:?}", fine.step));
                        }
                    } else if accepted.lsn <= newest {
                        return Err(format!("step {step} got lsn {}, after {newest} was given", accepted.lsn));
                    } else {
                        newest = accepted.lsn;
                        self.lsns[step] = newest;
                    }
                }
                (Ok(_) | Err(_), Err(refusal)) => return wrong(refusal),
                (Err(_), Ok(accepted)) => return wrong(accepted),
            }
        }
        Ok(())
    }

    /// Lets the server note what it notes at the stop, and the model too.
    fn note_own_reads(&mut self) {
        let own_reads = std::mem::take(&mut self.own_reads);
        if !S::NOTES_OWN_READS || own_reads.is_empty() {
            return;
        }
        let moved = |((person, conversation), seq): ((Person, ConversationId), Seq)| CursorMove {
            user: UserHandle(person as u64 + 1),
            session: None,
            conversation,
            delivered: None,
            read: Some(seq),
        };
        let moves = own_reads.into_iter().map(moved).collect();
        self.server.restart();
        self.told.push(format!("{:4} the server starts anew, having noted {moves:?}", self.lsns.len()));
        // Accepted whatever it moves.
        drop(self.world.system(self.lsns.len(), &SystemCommand::Cursors { moves }));
        self.lsns.push(self.server.view().lsn());
    }

    /// What is rebuilt at start equals what was there before.
    fn restart(&mut self) -> Result<(), String> {
        self.settle()?;
        self.note_own_reads();
        self.compare()?;
        let before = store::dump(&self.server.view()).map_err(|fault| fault.to_string())?;
        self.server.restart();
        self.told.push("     the server starts anew".to_owned());
        let after = store::dump(&self.server.view()).map_err(|fault| fault.to_string())?;
        same_lines("the dump after a restart", &before, &after)?;
        self.compare()
    }

    // --- comparing what is seen ---

    fn compare(&mut self) -> Result<(), String> {
        let view = &*self.server.view();
        let members = |id| read::members(view, id).map_err(|fault| fault.to_string());
        for (lsn, effects) in self.server.effects() {
            self.devices.hear(lsn, &effects, members)?;
        }
        for person in 0..self.world.users.len() {
            self.compare_person(view, person).map_err(|error| {
                format!("what {} (user {}) sees is wrong: {error}", self.world.users[person].id, person + 1)
            })?;
        }
        for number in 0..self.world.chats.len() as u64 {
            let id = ConversationId(number + 1);
            let members = read::members(view, id).map_err(|fault| fault.to_string())?;
            let got: Vec<_> = members.into_iter().map(|each| (each.user, each.id, each.from, each.until)).collect();
            same(&format!("windows of conversation {id}"), &self.world.windows(id), &got)?;
        }
        Ok(())
    }

    fn compare_person(&self, view: &View, person: Person) -> Result<(), String> {
        let handle = UserHandle(person as u64 + 1);
        let fault = |fault: store::Fault| fault.to_string();
        let chats: Vec<_> = self.world.chats_of(person);
        let expected: Vec<_> = chats.iter().map(|id| self.world.view(person, *id, &self.lsns)).collect();
        for expected in &expected {
            let got = read::conversation(view, handle, expected.id, usize::MAX / 2).map_err(fault)?;
            same(&format!("conversation {}", expected.id), &Some(expected), &got.as_ref())?;
            self.devices.compare(handle, expected, Seq(self.world.joined_at(person, expected.id)))?;
        }
        let mut changed: Vec<_> = expected.iter().map(|each| (each.changed, each.id)).collect();
        changed.sort();
        let middle = changed.get(changed.len() / 2).map_or(Lsn(0), |(lsn, _)| *lsn);
        same("everything changed", &changed, &read::changed_since(view, handle, Lsn(0)).map_err(fault)?)?;
        changed.retain(|(lsn, _)| *lsn >= middle);
        same("what changed since", &changed, &read::changed_since(view, handle, middle).map_err(fault)?)?;
        let peers: Vec<_> = read::peers(view, handle).map_err(fault)?.iter().map(|peer| peer.user).collect();
        same("peers", &self.world.peers(person), &peers)?;
        match self.world.sessions_of(person).first() {
            Some(session) => self.compare_answers(person, *session, &expected),
            None => Ok(()),
        }
    }

    /// What somebody is answered about contacts.
    fn compare_contacts(&self, person: Person, ask: &impl Fn(Query) -> Result<Answer, Refusal>) -> Result<(), String> {
        let contacts = |since, blocked| match ask(Query::Contacts { after: None, limit: 200, since, blocked }) {
            Ok(Answer::Contacts { contacts, more: false, .. }) => Ok(World::told_contacts(contacts)),
            other => Err(format!("the contacts are {other:?}")),
        };
        let expected = self.world.contacts_of(person, &self.lsns);
        same("all rows of contacts", &expected, &contacts(Some(Lsn(0)), false)?)?;
        let only =
            |wanted: fn(&rules::ContactLine) -> bool| expected.iter().filter(|line| wanted(line)).cloned().collect();
        same("contacts", &only(|line| line.1), &contacts(None, false)?)?;
        same("the blocked", &only(|line| line.2), &contacts(None, true)?)?;
        let (requests, unread) = match ask(Query::ContactRequests { sent: false, after: None, limit: 200 }) {
            Ok(Answer::ContactRequests { requests, unread, more: false, .. }) => (requests, unread),
            other => return Err(format!("the requests are {other:?}")),
        };
        let requests: Vec<_> =
            requests.into_iter().map(|each| (each.from, each.state, each.greeting, each.unread)).collect();
        let expected = self.world.requests_to(person);
        same("unread requests", &(expected.iter().filter(|each| each.3).count() as u32), &unread)?;
        same("requests", &expected, &requests)?;
        match ask(Query::Labels {}) {
            Ok(Answer::Labels { labels, .. }) => same("labels", &self.world.labels_of(person), &labels)?,
            other => return Err(format!("the labels are {other:?}")),
        }
        let expected = self.world.relations_of(person);
        let users = expected.iter().map(|relation| relation.user.clone()).collect();
        match ask(Query::Relations { users }) {
            Ok(Answer::Relations { relations, .. }) => same("relations", &expected, &relations),
            other => Err(format!("the relations are {other:?}")),
        }
    }

    /// What a session is answered.
    fn compare_answers(&self, person: Person, session: SessionId, expected: &[Conversation]) -> Result<(), String> {
        let user = &self.world.users[person];
        let actor = UserActor { app: user.app, user: UserHandle(person as u64 + 1), id: user.id.clone(), session };
        let ask = |query: Query| self.server.query(&actor, query);
        let list = self.world.list(person, &self.lsns);
        let got = match ask(Query::Conversations { skip: 0, limit: 100 }) {
            Ok(Answer::Conversations { conversations, more: false, .. }) => conversations,
            other => return Err(format!("the list of conversations is {other:?}")),
        };
        same("the list of conversations", &list, &got.iter().map(|each| each.id).collect())?;
        match ask(Query::Conversations { skip: 1, limit: 1 }) {
            Ok(Answer::Conversations { conversations, more, .. }) => {
                let got: Vec<_> = conversations.iter().map(|each| each.id).collect();
                let second: Vec<_> = list.iter().skip(1).take(1).copied().collect();
                same("the second conversation", &(second, list.len() > 2), &(got, more))?;
            }
            other => return Err(format!("the second conversation is {other:?}")),
        }
        match ask(Query::Sessions {}) {
            Ok(Answer::Sessions { sessions }) => same("sessions", &self.world.session_list(session), &sessions)?,
            other => return Err(format!("the sessions are {other:?}")),
        }
        self.compare_contacts(person, &ask)?;
        for (media, expected) in self.world.files_for(person) {
            let got = match ask(Query::Media { media }) {
                Ok(Answer::Media { media }) => Some(*media),
                Err(refusal) if refusal.code == Code::NotFound => None,
                other => return Err(format!("the file {media} is {other:?}")),
            };
            same(&format!("file {media}"), &expected, &got)?;
        }
        for each in expected {
            self.compare_history(person, each, &ask)?;
            self.compare_conversation(person, each, &ask)?;
            self.compare_group(person, each.id, &ask)?;
        }
        for text in ["", "group", "ti st"] {
            let got = match ask(Query::FindGroups { text: text.to_owned(), after: None, limit: 100 }) {
                Ok(Answer::Groups { groups, more: false }) => groups,
                other => return Err(format!("the groups of “{text}” are {other:?}")),
            };
            same(&format!("the groups of “{text}”"), &self.world.found_groups(person, text), &got)?;
        }
        for code in self.world.codes() {
            let got = match ask(Query::GroupOfCode { code: code.clone() }) {
                Ok(Answer::Groups { mut groups, .. }) => Ok(groups.remove(0)),
                Ok(other) => return Err(format!("the group of {code} is {other:?}")),
                Err(refusal) => Err(refusal.code),
            };
            same(&format!("the group of {code}"), &self.world.group_of_code(person, &code), &got)?;
        }
        Ok(())
    }

    /// Who has links and who waits.
    fn compare_group(
        &self,
        person: Person,
        conversation: ConversationId,
        ask: &impl Fn(Query) -> Result<Answer, Refusal>,
    ) -> Result<(), String> {
        let links = match ask(Query::Invites { conversation }) {
            Ok(Answer::Invites { invites, .. }) => Ok(invites),
            Ok(other) => return Err(format!("the links of {conversation} are {other:?}")),
            Err(refusal) => Err(refusal.code),
        };
        same(&format!("links of {conversation}"), &self.world.links_for(person, conversation), &links)?;
        let waiting = match ask(Query::JoinRequests { conversation, after: None, limit: 200 }) {
            Ok(Answer::JoinRequests { requests, more: false, .. }) => Ok(requests),
            Ok(other) => return Err(format!("those who wait for {conversation} are {other:?}")),
            Err(refusal) => Err(refusal.code),
        };
        same(&format!("who waits for {conversation}"), &self.world.waiting_for(person, conversation), &waiting)
    }

    /// What is found in a history otherwise than by seq.
    fn compare_history(
        &self,
        person: Person,
        expected: &Conversation,
        ask: &impl Fn(Query) -> Result<Answer, Refusal>,
    ) -> Result<(), String> {
        let conversation = expected.id;
        let seqs = |query: Query| match ask(query) {
            Ok(Answer::Entries { entries, floor, head, .. })
                if (floor, head) == (expected.inbox.floor, expected.head) =>
            {
                Ok(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>())
            }
            other => Err(format!("{other:?}")),
        };
        let pins = seqs(Query::Pins { conversation })?;
        same(&format!("pins of {conversation}"), &self.world.pins(person, conversation), &pins)?;
        for kinds in [vec![], vec![MediaKind::Image, MediaKind::File]] {
            let shown = self.world.gallery(person, conversation, &kinds);
            let first = seqs(Query::Gallery { conversation, kinds: kinds.clone(), before: None, limit: 2 })?;
            same(&format!("the gallery of {conversation}"), &shown.iter().take(2).copied().collect(), &first)?;
            if let Some(before) = first.last() {
                let rest = seqs(Query::Gallery { conversation, kinds, before: Some(*before), limit: 100 })?;
                same(&format!("the rest of the gallery of {conversation}"), &shown[first.len()..].to_vec(), &rest)?;
            }
        }
        for at in [START, START + 1_000, START.midpoint(self.world.now), self.world.now, self.world.now + 1] {
            let found = match ask(Query::EntryAt { conversation, at: Timestamp(at) }) {
                Ok(Answer::Place { seq, .. }) => seq,
                other => return Err(format!("the entry of {conversation} at {at} is {other:?}")),
            };
            same(
                &format!("the entry of {conversation} at {at}"),
                &self.world.entry_at(person, conversation, at),
                &found,
            )?;
        }
        if expected.inbox.floor <= expected.head {
            let seq = expected.head;
            let read = match ask(Query::Receipts { conversation, seq }) {
                Ok(Answer::Receipts { read, .. }) => Some(read),
                Err(refusal) if refusal.code == Code::NotMember => None,
                other => return Err(format!("who has read {seq} of {conversation} is {other:?}")),
            };
            same(
                &format!("readers of {seq} of {conversation}"),
                &self.world.readers(person, conversation, seq),
                &read,
            )?;
        }
        Ok(())
    }

    fn compare_conversation(
        &self,
        person: Person,
        expected: &Conversation,
        ask: &impl Fn(Query) -> Result<Answer, Refusal>,
    ) -> Result<(), String> {
        let conversation = expected.id;
        let members = match ask(Query::Members { conversation, after: None, limit: 500 }) {
            Ok(Answer::Members { members, more: false, .. }) => Some(members),
            Err(refusal) if refusal.code == Code::NotMember => None,
            other => return Err(format!("the members of {conversation} are {other:?}")),
        };
        same(&format!("members of {conversation}"), &self.world.members_for(person, conversation), &members)?;
        for (from, to, limit) in [(None, None, 3), (Some(3), Some(6), 2), (None, Some(5), 200), (Some(9), None, 1)] {
            let (from, to) = (from.map(Seq), to.map(Seq));
            let got = match ask(Query::Entries { conversation, from, to, limit }) {
                Ok(Answer::Entries { entries, floor, head, .. }) => (entries, floor, head),
                other => return Err(format!("entries of {conversation} are {other:?}")),
            };
            let page = page(expected, from, to, limit as usize);
            let what = format!("entries {from:?} to {to:?} (at most {limit}) of {conversation}");
            same(&what, &(page, expected.inbox.floor, expected.head), &got)?;
        }
        Ok(())
    }
}

/// A page of entries as the query describes it.
fn page(conversation: &Conversation, from: Option<Seq>, to: Option<Seq>, limit: usize) -> Vec<Entry> {
    let all = &conversation.entries;
    let inside = |seq: Seq| from.is_none_or(|from| seq >= from) && to.is_none_or(|to| seq <= to);
    let mut range: Vec<_> = all.iter().filter(|entry| inside(entry.seq)).cloned().collect();
    if from.is_some() {
        range.truncate(limit);
    } else {
        range.drain(..range.len().saturating_sub(limit));
    }
    let there: BTreeSet<Seq> = range.iter().map(|entry| entry.seq).collect();
    let targets: BTreeSet<Seq> = range.iter().filter_map(|entry| entry.body.target()).collect();
    let mut page: Vec<_> =
        all.iter().filter(|entry| targets.contains(&entry.seq) && !there.contains(&entry.seq)).cloned().collect();
    page.append(&mut range);
    page
}

/// Compares; the error shows only the lines that differ.
pub fn same<T: std::fmt::Debug + PartialEq>(what: &str, expected: &T, got: &T) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let lines = |value: &T| format!("{value:#?}").lines().map(str::to_owned).collect::<Vec<_>>();
    same_lines(what, &lines(expected), &lines(got))
}

/// The same for lines.
pub fn same_lines(what: &str, expected: &[String], got: &[String]) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let start = expected.iter().zip(got).take_while(|(left, right)| left == right).count();
    let end = expected.iter().rev().zip(got.iter().rev()).take_while(|(left, right)| left == right).count();
    let part = |lines: &[String]| {
        let from = start.saturating_sub(3).min(lines.len());
        let to = (lines.len() - end.min(lines.len() - start.min(lines.len()))).max(from);
        lines[from..to].join("\n")
    };
    Err(format!("{what} differ; expected …\n{}\n… but got …\n{}", part(expected), part(got)))
}
