//! How long a search takes among many messages: `cargo bench --bench search -- [MESSAGES] [CONVERSATIONS] [SEARCHES]`.
//!
//! Fills a data folder through the engine with synthetic messages in English, Chinese and Japanese, lets the search index them, and
//! asks it as a user who is in every conversation: a rare word, a common word, a phrase of two common words, phrases in Chinese and
//! Japanese, a single character, a word nobody wrote, and some of these in one conversation alone. Each search has other words or
//! another conversation where that is possible, and every answer is looked up and shown as for a client. Prints one line for each.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a program for developers may stop at the first surprise"
)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tidings::engine::{Before, Engine, EngineOptions, ReplySink, Submission};
use tidings::ledger::Accepted;
use tidings::model::{
    Actor, Answer, AppId, Clock, Command, CommandResult, Content, ConversationId, Device, DeviceId, GroupRules, Key,
    Name, Platform, Query, Refusal, Search as Asked, SystemCommand, Target, Text, TokenHash, UserActor, UserId,
    UserKind,
};
use tidings::search::Search;
use tidings::shutdown::Shutdown;
use tokio::sync::Semaphore;

/// Sends in flight while the folder is filled.
const WINDOW: usize = 1_024;
const COMMON: [&str; 40] = [
    "the", "to", "and", "of", "is", "in", "it", "for", "on", "we", "can", "you", "that", "be", "with", "are", "have",
    "this", "not", "will", "at", "as", "do", "but", "so", "if", "all", "by", "or", "what", "meeting", "today",
    "tomorrow", "please", "thanks", "team", "release", "customer", "morning", "report",
];
const CHINESE: [&str; 24] = [
    "我们", "明天", "上午", "十点", "在", "北京", "大学", "东门", "见面", "讨论", "新", "项目", "的", "计划", "请",
    "大家", "准时", "参加", "会议", "谢谢", "客户", "报告", "已经", "发送",
];
const JAPANESE: [&str; 20] = [
    "明日",
    "の",
    "会議",
    "は",
    "東京",
    "タワー",
    "近く",
    "で",
    "十時",
    "から",
    "です",
    "資料",
    "を",
    "送りました",
    "よろしく",
    "お願い",
    "します",
    "新しい",
    "計画",
    "確認",
];

struct Sink {
    places: Arc<Semaphore>,
    done: AtomicU64,
}

impl ReplySink for Sink {
    fn complete(&self, _: u32, outcome: Result<Accepted, Refusal>) {
        outcome.expect("a send is accepted");
        self.done.fetch_add(1, Ordering::Relaxed);
        self.places.add_permits(1);
    }
}

/// A generator whose numbers are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    /// A message: of three, one in each language; words of the first kind are common, one in ten is out of 100,000.
    fn message(&mut self) -> String {
        let words = 4 + self.below(12);
        match self.below(3) {
            0 => {
                let word = |dice: &mut Self| match dice.below(10) {
                    0 => rare(dice.below(100_000)),
                    _ => dice.pick(&COMMON).to_owned(),
                };
                (0..words).map(|_| word(self)).collect::<Vec<_>>().join(" ")
            }
            1 => (0..words).map(|_| self.pick(&CHINESE)).collect(),
            _ => (0..words).map(|_| self.pick(&JAPANESE)).collect(),
        }
    }
}

fn rare(number: u64) -> String {
    format!("w{number:05}x")
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let messages = numbers.next().unwrap_or(1_000_000);
    let conversations = numbers.next().unwrap_or(1_000).max(1);
    let searches = numbers.next().unwrap_or(500).max(1);
    let folder = std::env::current_dir().expect("a folder").join(format!("target/search-bench-{}", std::process::id()));
    let engine = Engine::open(EngineOptions::new(&folder), Vec::new()).expect("the engine opens");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (trigger, shutdown) = Shutdown::new();
    runtime.block_on(async {
        let search = Search::new(&engine, folder.join("search"));
        let running = tokio::task::spawn(search.clone().run(shutdown));
        let actor = actor(&engine).await;
        let groups = fill(&engine, &actor, messages, conversations).await;
        let lsn = engine.view().lsn();
        let began = Instant::now();
        while !search.status().is_some_and(|status| status.complete && status.lsn >= lsn) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let bytes = bytes_of(&folder.join("search"));
        println!(
            "{messages} messages in {conversations} conversations; the index caught up {:.1} s after the last send and has {} MiB",
            began.elapsed().as_secs_f64(),
            bytes >> 20
        );
        for kind in 0..KINDS.len() {
            measure(&engine, &actor, &groups, kind, searches).await;
        }
        trigger.fire();
        running.await.expect("the index ends");
    });
    engine.stop();
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

const KINDS: [&str; 9] = [
    "rare word",
    "common word",
    "two common words",
    "phrase of two common words",
    "Chinese phrase",
    "Japanese phrase",
    "single Chinese character",
    "word nobody wrote",
    "Chinese phrase, in:",
];

fn asked(kind: usize, dice: &mut Dice, groups: &[ConversationId]) -> String {
    match kind {
        0 => rare(dice.below(100_000)),
        1 => dice.pick(&COMMON).to_owned(),
        2 => format!("{} {}", dice.pick(&COMMON), dice.pick(&COMMON)),
        3 => format!("\"{} {}\"", dice.pick(&COMMON), dice.pick(&COMMON)),
        4 => format!("{}{}", dice.pick(&CHINESE), dice.pick(&CHINESE)),
        5 => format!("{}{}", dice.pick(&JAPANESE), dice.pick(&JAPANESE)),
        6 => dice.pick(&["我", "京", "会", "新", "请", "的"]).to_owned(),
        7 => format!("nobody{}", dice.below(1_000_000)),
        _ => {
            let group = groups[dice.below(groups.len() as u64) as usize];
            format!("{}{} in:{group}", dice.pick(&CHINESE), dice.pick(&CHINESE))
        }
    }
}

async fn measure(engine: &Engine, actor: &UserActor, groups: &[ConversationId], kind: usize, searches: u64) {
    let mut dice = Dice(kind as u64);
    let mut times = Vec::new();
    let mut hits = 0;
    for _ in 0..searches {
        let q = asked(kind, &mut dice, groups);
        let query = Query::Search(Box::new(Asked { q: q.clone(), limit: 20, ..Asked::default() }));
        let began = Instant::now();
        let answer = engine.query(actor.clone(), query).await.expect("an answer");
        times.push(began.elapsed());
        let Answer::Found { hits: found, complete: true, .. } = answer else { panic!("{q}: {answer:?}") };
        hits += found.len();
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!(
        "{:28} p50 {:7.2} ms   p99 {:7.2} ms   max {:7.2} ms   {:.1} hits each",
        KINDS[kind],
        at(50),
        at(99),
        at(100),
        hits as f64 / searches as f64
    );
}

async fn fill(engine: &Engine, actor: &UserActor, messages: u64, conversations: u64) -> Vec<ConversationId> {
    let clock = Clock::system();
    let mut groups = Vec::new();
    for number in 0..conversations {
        let title = Name::new(format!("group {number}")).expect("a title");
        let create = Command::CreateGroup { title, members: Vec::new(), rules: GroupRules::default() };
        let key = Some(Key::new(clock.now()));
        let made = engine.execute(Actor::User(actor.clone()), key, create.into()).await.expect("a group");
        let CommandResult::Conversation { conversation } = made.result else { panic!("{made:?}") };
        groups.push(conversation);
    }
    let mut dice = Dice(42);
    let sink = Arc::new(Sink { places: Arc::new(Semaphore::new(WINDOW)), done: AtomicU64::new(0) });
    let began = Instant::now();
    for _ in 0..messages {
        sink.places.acquire().await.expect("a place").forget();
        let to = Target::Conversation(groups[dice.below(conversations) as usize]);
        let command = Command::Send { to, content: Content::Text(Text::plain(dice.message())) };
        let submission = Submission {
            actor: Actor::User(actor.clone()),
            key: Some(Key::new(clock.now())),
            command: command.into(),
            reply: Some((Arc::<Sink>::clone(&sink), 0)),
            before: Before::OWN,
        };
        engine.submit(submission).await.expect("room in the queue");
    }
    while sink.done.load(Ordering::Relaxed) < messages {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("{:.0} durable sends/s while they are indexed", messages as f64 / began.elapsed().as_secs_f64());
    groups
}

async fn actor(engine: &Engine) -> UserActor {
    let id = UserId::new("bench").expect("an id");
    let add = SystemCommand::AddUser {
        app: AppId::HOME,
        id: id.clone(),
        name: None,
        password: None,
        administrator: false,
        kind: UserKind::Person,
    };
    let added = engine.execute(Actor::Server, None, add.into()).await.expect("a user");
    let CommandResult::User { user } = added.result else { panic!("{added:?}") };
    let device = Device {
        id: DeviceId::new("bench").expect("an id"),
        platform: Platform::Api,
        name: Name::new("bench").expect("a name"),
    };
    let log_in =
        SystemCommand::LogIn { user, credential: 1, device, token: TokenHash([1; 32]), address: String::new() };
    let opened = engine.execute(Actor::Server, None, log_in.into()).await.expect("a session");
    let CommandResult::Session { session } = opened.result else { panic!("{opened:?}") };
    UserActor { app: AppId::HOME, user, id, session }
}

fn bytes_of(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("the index");
    files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum()
}
