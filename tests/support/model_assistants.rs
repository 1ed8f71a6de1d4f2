//! Random histories of questions and answers: whatever is asked, begun, finished, stopped, removed and restarted in whatever order, the
//! same commands batched differently give the same state, and what must hold of turns holds.

use super::history::START;
use super::play::{Asked, Batches, Server, StoreServer};
use crate::random::Random;
use std::collections::BTreeMap;
use tidings::auth;
use tidings::model::{
    Actor, AnswerDone, AnswerEnd, AnyCommand, AppId, AssistantAccess, AssistantSettings, Body, Command, CommandResult,
    Content, ConversationId, Device, DeviceId, GroupRules, Key, Line, Name, Platform, Seq, SystemCommand, Target, Text,
    Timestamp, TokenHash, TurnState, UserActor, UserHandle, UserId, UserKind, limits,
};
use tidings::store::Read;
use tidings::store::records::{AskedTurnRow, TurnRow};

/// Steps of one history.
const STEPS: usize = 120;
/// Histories.
const CASES: u64 = 40;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// One history on one server: what was answered to each command, and the state at the end.
struct History {
    server: StoreServer,
    random: Random,
    number: u64,
    now: u64,
    people: Vec<UserActor>,
    assistant: UserHandle,
    places: Vec<ConversationId>,
    answers: Vec<String>,
}

impl History {
    fn start(batches: Batches, seed: u64) -> Self {
        let nobody = UserHandle(0);
        let mut history = Self {
            server: StoreServer::new(batches),
            random: Random::new(seed),
            number: 0,
            now: START,
            people: Vec::new(),
            assistant: nobody,
            places: Vec::new(),
            answers: Vec::new(),
        };
        for id in ["ada", "bob"] {
            let add = SystemCommand::AddUser {
                app: AppId::HOME,
                id: user(id),
                name: None,
                password: None,
                administrator: false,
                kind: UserKind::Person,
            };
            let CommandResult::User { user: handle } = history.system(add) else { panic!() };
            let device =
                Device { id: DeviceId::new(id).unwrap(), platform: Platform::Linux, name: Name::new(id).unwrap() };
            let token = TokenHash([id.as_bytes()[0]; 32]);
            let log_in =
                SystemCommand::LogIn { user: handle, credential: 1, device, token, address: "127.0.0.1".to_owned() };
            let CommandResult::Session { session } = history.system(log_in) else { panic!() };
            history.people.push(auth::session_actor(AppId::HOME, handle, user(id), session));
        }
        let CommandResult::User { user: assistant } = history.system(set(AssistantAccess::Everyone, 60)) else {
            panic!()
        };
        history.assistant = assistant;
        for person in 0..2 {
            let open = Command::OpenAssistant { assistant: user("assistant"), title: None };
            let opened = history.ask(Actor::User(history.people[person].clone()), open.into());
            history.opened(&opened);
        }
        let members = vec![user("bob"), user("assistant")];
        let create = Command::CreateGroup { title: Name::new("x").unwrap(), members, rules: GroupRules::default() };
        let made = history.ask(Actor::User(history.people[0].clone()), create.into());
        history.opened(&made);
        history
    }

    fn opened(&mut self, result: &Option<CommandResult>) {
        if let Some(CommandResult::Conversation { conversation }) = result {
            self.places.push(*conversation);
        }
    }

    fn system(&mut self, command: SystemCommand) -> CommandResult {
        self.ask(auth::operator(), command.into()).unwrap()
    }

    fn asked(&mut self, actor: Actor, command: AnyCommand) -> Asked {
        self.number += 1;
        let mut key = Key([0; 16]);
        key.0[8..].copy_from_slice(&self.number.to_be_bytes());
        let key = matches!(command, AnyCommand::User(_)).then(|| key.at(Timestamp(self.now)));
        Asked { actor, key, command }
    }

    fn ask(&mut self, actor: Actor, command: AnyCommand) -> Option<CommandResult> {
        let asked = self.asked(actor, command);
        self.all(vec![asked]).pop().unwrap()
    }

    fn all(&mut self, asked: Vec<Asked>) -> Vec<Option<CommandResult>> {
        let answers = self.server.ask(asked).unwrap();
        let mut results = Vec::new();
        for answer in answers {
            self.answers.push(format!("{answer:?}"));
            results.push(answer.ok().map(|accepted| accepted.result));
        }
        results
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.random.below(list.len() as u64) as usize]
    }

    /// Some random commands, asked at once.
    fn step(&mut self) {
        let count = 1 + self.random.below(4);
        let mut asked = Vec::new();
        for _ in 0..count {
            let (actor, command) = self.command();
            asked.push(self.asked(actor, command));
        }
        for result in self.all(asked) {
            self.opened(&result);
        }
        if self.random.below(12) == 0 {
            self.server.restart();
        }
        if self.random.below(6) == 0 {
            let ms = 1_000 * self.random.below(3_600 * 30);
            self.now += ms;
            self.server.pass(ms);
        }
    }

    fn command(&mut self) -> (Actor, AnyCommand) {
        let places = self.places.clone();
        let conversation = self.pick(&places);
        let seq = Seq(1 + self.random.below(24));
        let people = [0, 1];
        let person = self.pick(&people);
        let actor = Actor::User(self.people[person].clone());
        let server = auth::server();
        match self.random.below(20) {
            0..=6 => {
                let mentions = vec![user("assistant")];
                let reply_to = (self.random.below(4) == 0).then_some(seq);
                let text = Text { mentions, reply_to, ..Text::plain(format!("question {}", self.number)) };
                (actor, Command::Send { to: Target::Conversation(conversation), content: Content::Text(text) }.into())
            }
            7..=9 => (server, SystemCommand::BeginAnswer { conversation, question: seq }.into()),
            10..=12 => {
                let end = self.pick(&[AnswerEnd::Complete, AnswerEnd::Stopped, AnswerEnd::Failed]);
                let text = if self.random.below(3) == 0 { String::new() } else { format!("answer {}", self.number) };
                let problem = (end == AnswerEnd::Failed).then(|| Line::new("no").unwrap());
                let model = Line::new("m").unwrap();
                let done = AnswerDone { text, model, end, problem, usage: None, tokens: self.random.below(9) };
                let answer = (self.random.below(6) > 0).then(|| Box::new(done));
                (server, SystemCommand::FinishAnswer { conversation, question: seq, answer }.into())
            }
            13 => (actor, Command::StopAnswer { conversation }.into()),
            14 | 15 => (actor, Command::Regenerate { conversation, seq }.into()),
            16 => (actor, Command::Recall { conversation, seq }.into()),
            17 => match self.random.below(8) {
                0 => (actor, Command::Leave { conversation }.into()),
                1 => (actor, Command::ClearHistory { conversation }.into()),
                2 => (server, SystemCommand::Trim { conversation, first: seq }.into()),
                _ => (actor, Command::Rename { conversation, title: Name::new("y").unwrap() }.into()),
            },
            18 => match self.random.below(8) {
                0 => (auth::operator(), SystemCommand::RemoveAssistant { user: self.assistant }.into()),
                1 => (auth::operator(), set(AssistantAccess::Listed(vec![user("ada")]), 60).into()),
                _ => (auth::operator(), set(AssistantAccess::Everyone, 5 + self.random.below(60) as u32).into()),
            },
            _ => (actor, Command::OpenAssistant { assistant: user("assistant"), title: None }.into()),
        }
    }

    /// What must hold of turns and answers at any time.
    fn check(&self) {
        let view = self.server.view();
        // Whoever asked waits for what is open, and for nothing else.
        let mut open: BTreeMap<UserHandle, Vec<(ConversationId, Seq)>> = BTreeMap::new();
        let (first, last) = ((ConversationId(0), Seq(0)), (ConversationId(u64::MAX), Seq(u64::MAX)));
        for (place, turn) in view.range::<TurnRow>(&first, &last, 1_000).unwrap() {
            open.entry(turn.asker).or_default().push(place);
        }
        for person in &self.people {
            let (first, last) = ((person.user, first.0, first.1), (person.user, last.0, last.1));
            let waits = view.range::<AskedTurnRow>(&first, &last, 1_000).unwrap();
            let waits: Vec<_> = waits.into_iter().map(|((_, conversation, seq), _)| (conversation, seq)).collect();
            assert!(waits.len() <= limits::TURNS_PER_USER_MAX);
            assert_eq!(waits, open.remove(&person.user).unwrap_or_default());
        }
        assert!(open.is_empty(), "{open:?}");
        for conversation in &self.places {
            let (first, last) = ((*conversation, Seq(0)), (*conversation, Seq(u64::MAX)));
            let turns = view.range::<TurnRow>(&first, &last, 1_000).unwrap();
            assert!(turns.len() <= limits::TURNS_MAX, "{conversation}");
            let answering = turns.iter().filter(|(_, turn)| turn.state == TurnState::Answering).count();
            assert!(answering <= 1, "one question of a conversation at a time");
            let mut answers: BTreeMap<Seq, Vec<Seq>> = BTreeMap::new();
            for entry in view.entries(*conversation, Seq(1), Seq(u64::MAX), 10_000).unwrap() {
                if let Body::Answer(answer) = &entry.body {
                    assert!(answer.question < entry.seq && entry.author == user("assistant"));
                    answers.entry(answer.question).or_default().push(entry.seq);
                }
            }
            for (question, found) in answers {
                assert!(found.len() == 1, "{question} of {conversation} has {found:?}");
                let open = turns.iter().find(|((_, seq), _)| *seq == question);
                assert!(open.is_none_or(|(_, turn)| turn.replaces == Some(found[0])));
            }
        }
    }
}

fn set(access: AssistantAccess, questions_per_day: u32) -> SystemCommand {
    let settings = AssistantSettings {
        access,
        questions_per_day,
        tokens_per_day: 200,
        ..AssistantSettings::new(Line::new("http://x/v1").unwrap(), Line::new("m").unwrap())
    };
    SystemCommand::SetAssistant { app: AppId::HOME, id: user("assistant"), name: None, settings: Box::new(settings) }
}

fn play(batches: Batches, seed: u64) -> (Vec<String>, Vec<String>) {
    let mut history = History::start(batches, seed);
    for _ in 0..STEPS {
        history.step();
        history.check();
    }
    (history.answers, history.server.dump())
}

#[test]
fn questions_and_answers_in_any_order_give_the_same_state_however_they_are_batched() {
    let mut accepted = 0;
    for seed in 0..CASES {
        let (answers, state) = play(Batches::OneByOne, seed);
        accepted += answers.iter().filter(|answer| answer.starts_with("Ok")).count();
        for batches in [Batches::Few(3), Batches::AsAsked] {
            let (others, other) = play(batches, seed);
            super::play::same_lines("the answers", &answers, &others).unwrap_or_else(|error| panic!("{seed}: {error}"));
            super::play::same_lines("the dump", &state, &other).unwrap_or_else(|error| panic!("{seed}: {error}"));
        }
    }
    assert!(accepted as u64 > CASES * STEPS as u64 / 2, "most commands are worth something: {accepted}");
}

#[test]
fn a_user_waits_for_so_many_answers_in_all_chats_together() {
    let mut history = History::start(Batches::OneByOne, 7);
    let (ada, bob) = (Actor::User(history.people[0].clone()), Actor::User(history.people[1].clone()));
    let mut chats = vec![history.places[0]];
    for _ in 0..2 {
        let open = Command::OpenAssistant { assistant: user("assistant"), title: None };
        let opened = history.ask(ada.clone(), open.into());
        history.opened(&opened);
        chats.push(*history.places.last().unwrap());
    }
    let (bobs, group) = (history.places[1], history.places[2]);
    let question = |chat: ConversationId, text: Text| -> AnyCommand {
        Command::Send { to: Target::Conversation(chat), content: Content::Text(text) }.into()
    };
    let mut first = None;
    for n in 0..limits::TURNS_PER_USER_MAX {
        let asked = history.ask(ada.clone(), question(chats[n % 2], Text::plain("why?")));
        let Some(CommandResult::Appended { seq, .. }) = asked else { panic!("{n}: {:?}", history.answers.last()) };
        first.get_or_insert(seq);
    }
    history.check();
    assert_eq!(history.ask(ada.clone(), question(chats[2], Text::plain("one more?"))), None);
    assert!(history.answers.last().unwrap().contains("all chats together"), "{:?}", history.answers.last());
    // In a group, where others read it, it is said and not asked; whoever else asks is answered.
    let mention = Text { mentions: vec![user("assistant")], ..Text::plain("and here?") };
    assert!(history.ask(ada.clone(), question(group, mention)).is_some());
    assert!(history.ask(bob, question(bobs, Text::plain("and me?"))).is_some());
    let turns = |history: &History, place: ConversationId| {
        let (first, last) = ((place, Seq(0)), (place, Seq(u64::MAX)));
        history.server.view().range::<TurnRow>(&first, &last, 100).unwrap().len()
    };
    assert_eq!((turns(&history, group), turns(&history, bobs)), (0, 1));
    // One that ends makes room for one.
    let done = SystemCommand::FinishAnswer { conversation: chats[0], question: first.unwrap(), answer: None };
    history.ask(auth::server(), done.into()).unwrap();
    assert!(history.ask(ada.clone(), question(chats[2], Text::plain("one more?"))).is_some());
    assert_eq!(history.ask(ada, question(chats[2], Text::plain("and one more?"))), None);
    history.check();
}
