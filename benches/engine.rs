//! How many durable sends a second the engine alone takes, without sockets: `cargo bench --bench engine -- [PAIRS] [WINDOW] [SECONDS]`.
//!
//! Pairs of users send to each other with `WINDOW` messages in flight each; the outcome of one is what sends the next. Prints one line.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::let_underscore_must_use,
    reason = "a program for developers may stop at the first surprise"
)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tidings::engine::{Before, Engine, EngineOptions, ReplySink, Submission};
use tidings::ledger::Accepted;
use tidings::model::{
    Actor, AppId, Clock, Command, CommandResult, Content, Device, DeviceId, Key, Name, Platform, Refusal, SessionId,
    SystemCommand, Target, Text, TokenHash, UserActor, UserHandle, UserId,
};

struct Counter {
    done: AtomicU64,
    sender: tokio::sync::mpsc::Sender<()>,
}

impl ReplySink for Counter {
    fn complete(&self, _: u32, outcome: Result<Accepted, Refusal>) {
        outcome.expect("a send is accepted");
        self.done.fetch_add(1, Ordering::Relaxed);
        let _ = self.sender.try_send(());
    }
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let pairs = numbers.next().unwrap_or(128);
    let window = numbers.next().unwrap_or(16) as usize;
    let seconds = numbers.next().unwrap_or(5);
    let folder = std::env::current_dir().expect("a folder").join(format!("target/engine-bench-{}", std::process::id()));
    let engine = Engine::open(EngineOptions::new(&folder), Vec::new()).expect("the engine opens");
    let actors: Vec<_> = (0..pairs * 2).map(|n| actor(&engine, n)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = cpu_ms();
    let started = Instant::now();
    let total = runtime.block_on(async {
        let mut tasks = Vec::new();
        for (n, actor) in actors.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
            tasks.push(tokio::spawn(load(
                engine.clone(),
                actor.clone(),
                actors[n + 1].id.clone(),
                window,
                started + Duration::from_secs(seconds),
            )));
        }
        let mut total = 0;
        for task in tasks {
            total += task.await.expect("a sender ends");
        }
        total
    });
    let elapsed = started.elapsed().as_secs_f64();
    let stats = engine.stats();
    println!(
        "{:.0} durable sends/s, {:.2} us CPU each, {} commits ({} a batch), commit p50 {} us p99 {} us, file {} MiB",
        total as f64 / elapsed,
        (cpu_ms() - before) as f64 * 1_000.0 / total as f64,
        stats.commits,
        total / stats.commits.max(1),
        stats.commit_p50_us,
        stats.commit_p99_us,
        stats.file_bytes >> 20,
    );
    engine.stop();
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

async fn load(engine: Engine, actor: UserActor, to: UserId, window: usize, until: Instant) -> u64 {
    let clock = Clock::system();
    let (sender, mut done) = tokio::sync::mpsc::channel(window * 2);
    let sink = Arc::new(Counter { done: AtomicU64::new(0), sender });
    let text = "x".repeat(128);
    for _ in 0..window {
        sink.sender.try_send(()).expect("room");
    }
    let mut sent = 0;
    while Instant::now() < until {
        done.recv().await;
        let command = Command::Send { to: Target::User(to.clone()), content: Content::Text(Text::plain(text.clone())) };
        let submission = Submission {
            actor: Actor::User(actor.clone()),
            key: Some(Key::new(clock.now())),
            command: command.into(),
            reply: Some((Arc::<Counter>::clone(&sink), 0)),
            before: Before::Ask(None),
        };
        engine.submit(submission).await.expect("room in the queue");
        sent += 1;
    }
    for _ in 0..window {
        done.recv().await;
    }
    sent
}

fn actor(engine: &Engine, n: u64) -> UserActor {
    let id = UserId::new(format!("user{n}")).expect("an id");
    let add = SystemCommand::AddUser {
        app: AppId::HOME,
        id: id.clone(),
        name: None,
        password: None,
        administrator: false,
        kind: tidings::model::UserKind::Person,
    };
    let added = engine.execute_blocking(Actor::Server, None, add.into()).expect("a user");
    let CommandResult::User { user } = added.result else { panic!("a user") };
    let mut token = [0; 32];
    token[..8].copy_from_slice(&n.to_be_bytes());
    let device = Device {
        id: DeviceId::new("bench").expect("an id"),
        platform: Platform::Api,
        name: Name::new("bench").expect("a name"),
    };
    let log_in = SystemCommand::LogIn { user, credential: 1, device, token: TokenHash(token), address: String::new() };
    let session = match engine.execute_blocking(Actor::Server, None, log_in.clone().into()) {
        Ok(Accepted { result: CommandResult::Session { session }, .. }) => session,
        other => panic!("{other:?}"),
    };
    let _: (UserHandle, SessionId) = (user, session);
    UserActor { app: AppId::HOME, user, id, session }
}

/// CPU time of this process, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    // Fields 14 and 15 (user and system time, in hundredths of a second), counted from the third (the state) after the name.
    let hundredths = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    (hundredths(14) + hundredths(15)) * 10
}
