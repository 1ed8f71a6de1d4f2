//! Kills the real server again and again under load, and looks for what it had acknowledged.
//!
//! Eight senders chat, directly and in a group; they edit, recall and react. Everything they ask and every answer goes into an
//! append-only file first. The server is killed with SIGKILL at random moments (some of them during its start), started again
//! on the same data, and gets again, under the same keys, what it had not acknowledged, and some of what it had. Every few kills, and at
//! the end, everything is read back through the protocol and compared with the file.
//!
//! `cargo build --release --bins && cargo run --release --example torture -- --kills 100 --json`
//!
//! Exit code 0 when nothing is lost, nothing is there twice and no seq is missing; else 1, and the data folder is kept.
#![allow(missing_docs, reason = "a program; its files say what they are for")]

#[path = "torture/check.rs"]
mod check;
#[path = "torture/random.rs"]
mod random;
#[path = "torture/record.rs"]
mod record;
#[path = "torture/sender.rs"]
mod sender;
#[path = "torture/server.rs"]
mod server;

use check::{Findings, Line, Record, Shown};
use clap::Parser;
use random::Random;
use record::{Reader, Writer};
use sender::{Asker, Sender, Shared};
use serde::Serialize;
use server::{Launcher, Server};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidings::control::{self, BenchUser, Request, Response};
use tidings::model::clock::monotonic;
use tidings::model::{Answer, Clock, Command, CommandResult, ConversationId, GroupRules, Key, Name, Query, Seq};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;

/// Users who send.
const SENDERS: u32 = 8;
/// The server lives at most this long, in milliseconds.
const LIFE_MS: u64 = 500;
/// So often in a hundred it is killed this early after its start, in milliseconds, ready or not.
const EARLY_PERCENT: u64 = 10;
const EARLY_MS: u64 = 40;
/// Everything is read back after so many kills.
const CHECK_EVERY: u64 = 10;
/// What is in flight is acknowledged within this time at the end.
const FINISH: Duration = Duration::from_mins(1);

#[derive(Parser)]
#[command(about = "Kills the real server under load and looks for what it had acknowledged.")]
struct Args {
    /// How often the server is killed.
    #[arg(long, default_value_t = 100)]
    kills: u64,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
    /// The server's binary; the one that was built beside this program when absent.
    #[arg(long, value_name = "PATH")]
    server_binary: Option<PathBuf>,
    /// Where chance begins; the time when absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Keep the data folder and the record also when all is well.
    #[arg(long)]
    keep: bool,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    kills: u64,
    acknowledged: u64,
    resent: u64,
    duplicates_answered: u64,
    entries: u64,
    checks: u64,
    #[serde(flatten)]
    findings: Findings,
    seconds: f64,
    restart_p50_ms: u64,
    restart_max_ms: u64,
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no threads: {error}")),
    };
    let report = runtime.block_on(async {
        tokio::select! {
            report = torture(&args) => report,
            // The server is a process of ours: it ends with this, also when somebody loses patience.
            () = asked_to_stop() => Err("stopped before the end".to_owned()),
        }
    });
    match report {
        Ok(report) => print(&args, &report),
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("torture: {error}");
    ExitCode::FAILURE
}

fn print(args: &Args, report: &Report) -> ExitCode {
    for note in &report.findings.notes {
        eprintln!("torture: {note}");
    }
    match serde_json::to_string(report) {
        Ok(line) if args.json => println!("{line}"),
        _ => println!(
            "{} kills in {:.1} s: {} commands acknowledged, {} sent again, {} answered as duplicates, {} entries read \
             back, {} times\nlost {}, duplicated {}, gaps {}\nready again after {} ms (median), {} ms (longest)",
            report.kills,
            report.seconds,
            report.acknowledged,
            report.resent,
            report.duplicates_answered,
            report.entries,
            report.checks,
            report.findings.lost,
            report.findings.duplicated,
            report.findings.gaps,
            report.restart_p50_ms,
            report.restart_max_ms,
        ),
    }
    if report.findings.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}

/// The binary to torture.
fn binary(args: &Args) -> Result<PathBuf, String> {
    let beside = || {
        let example = std::env::current_exe().ok()?;
        Some(example.parent()?.parent()?.join("tidings"))
    };
    let binary = args.server_binary.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("tidings"));
    let binary = std::path::absolute(&binary).unwrap_or(binary);
    if binary.is_file() {
        return Ok(binary);
    }
    Err(format!(
        "there is no server at {}. Build it with `cargo build --bins` (and --release, if this program was built so), or \
         name it with --server-binary PATH",
        binary.display()
    ))
}

async fn torture(args: &Args) -> Result<Report, String> {
    let binary = binary(args)?;
    let folder = tempfile::Builder::new()
        .prefix("tidings-torture-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    let result = torture_in(args, binary, folder.path()).await;
    if args.keep || !result.as_ref().is_ok_and(|report| report.findings.is_clean()) {
        eprintln!("torture: the data and the record are kept in {}", folder.keep().display());
    }
    result
}

async fn torture_in(args: &Args, binary: PathBuf, folder: &Path) -> Result<Report, String> {
    let began = monotonic();
    let seed = args.seed.unwrap_or_else(|| Clock::system().now().0);
    let mut random = Random::new(seed);
    let launcher = Launcher::new(binary, folder).map_err(|error| format!("the folder cannot be used: {error}"))?;
    let record_file = folder.join("record.jsonl");
    let io = |error: std::io::Error| format!("the record failed: {error}");
    let shared = Arc::new(Shared {
        address: watch::Sender::new(None),
        turns: RwLock::new(()),
        stopping: AtomicBool::new(false),
        record: Writer::create(&record_file).map_err(io)?,
        resent: AtomicU64::new(0),
        duplicates_answered: AtomicU64::new(0),
    });
    let mut torture = Torture {
        launcher,
        reader: Reader::open(&record_file).map_err(io)?,
        users: Vec::new(),
        restarts: Vec::new(),
        entries: 0,
        checks: 0,
    };

    let mut server = torture.launcher.start(None)?;
    let group = torture.set_up(&shared, address(&server)?).await?;
    let mut senders = torture.senders(&shared, group, &mut random);

    let mut kills = 0;
    let mut findings = Findings::default();
    while findings.is_clean() {
        if server.address.is_some() {
            shared.address.send_replace(server.address);
            if kills == args.kills {
                break;
            }
            let life = Duration::from_millis(random.below(LIFE_MS + 1));
            if let Ok(Some(ended)) = tokio::time::timeout(life, senders.join_next()).await {
                return Err(said(ended).err().unwrap_or_else(|| "a sender stopped before it was told to".to_owned()));
            }
        }
        server.kill()?;
        kills += 1;
        shared.address.send_replace(None);
        // Until nobody is connected any more: a server that reads back is not written to.
        drop(tokio::time::timeout(FINISH, shared.turns.write()).await.map_err(|_| "a sender hangs".to_owned())?);
        let checks = kills % CHECK_EVERY == 0;
        let early = !checks && kills < args.kills && random.percent(EARLY_PERCENT);
        server = torture.launcher.start(early.then(|| Duration::from_millis(random.below(EARLY_MS))))?;
        if server.address.is_some() {
            torture.restarts.push(server.ready_ms);
        }
        if checks {
            findings = torture.check(address(&server)?).await?;
        }
    }
    if findings.is_clean() {
        shared.stopping.store(true, Ordering::Relaxed);
        let finished = async {
            while let Some(ended) = senders.join_next().await {
                said(ended)?;
            }
            Ok::<_, String>(())
        };
        tokio::time::timeout(FINISH, finished)
            .await
            .map_err(|_| "not everything was acknowledged in time at the end".to_owned())??;
        // Once as it is, and once more after a last kill.
        findings = torture.check(address(&server)?).await?;
        server.kill()?;
        server = torture.launcher.start(None)?;
        if findings.is_clean() {
            findings = torture.check(address(&server)?).await?;
        }
    }
    senders.shutdown().await;
    server.kill()?;
    torture.launcher.check()?;

    torture.restarts.sort_unstable();
    Ok(Report {
        kills,
        acknowledged: torture.reader.record.acknowledged() as u64,
        resent: shared.resent.load(Ordering::Relaxed),
        duplicates_answered: shared.duplicates_answered.load(Ordering::Relaxed),
        entries: torture.entries,
        checks: torture.checks,
        findings,
        seconds: (began.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        restart_p50_ms: torture.restarts.get(torture.restarts.len() / 2).copied().unwrap_or(0),
        restart_max_ms: torture.restarts.last().copied().unwrap_or(0),
        seed,
    })
}

/// Where it listens.
fn address(server: &Server) -> Result<SocketAddr, String> {
    server.address.ok_or_else(|| "the server is not ready".to_owned())
}

/// How a sender ended.
fn said(ended: Result<Result<(), String>, tokio::task::JoinError>) -> Result<(), String> {
    ended.unwrap_or_else(|error| Err(format!("a sender failed: {error}")))
}

struct Torture {
    launcher: Launcher,
    reader: Reader,
    users: Vec<BenchUser>,
    restarts: Vec<u64>,
    entries: u64,
    checks: u64,
}

impl Torture {
    /// Makes the users and their group.
    async fn set_up(&mut self, shared: &Shared, server: SocketAddr) -> Result<ConversationId, String> {
        let request = Request::BenchUsers { count: SENDERS, prefix: "sender".to_owned() };
        self.users = match control::ask(&self.launcher.data(), &request).await {
            Ok(Response::BenchUsers { users }) => users,
            Ok(other) => return Err(format!("users were not made: {other:?}")),
            Err(error) => return Err(format!("users were not made: {error}")),
        };
        let [owner, members @ ..] = self.users.as_slice() else { return Err("there are no users".to_owned()) };
        let title = Name::new("torture").map_err(|error| error.to_string())?;
        let members = members.iter().map(|member| member.user.clone()).collect();
        let (user, key) = (owner.user.clone(), Key::new(Clock::system().now()));
        let command = Command::CreateGroup { title, members, rules: GroupRules::default() };
        let write = |line: &Line| shared.record.write(line).map_err(|error| error.to_string());
        write(&Line::Asked { user: user.clone(), key, command: command.clone() })?;
        let (lsn, result) = Asker::open(server, &owner.token).await?.submit(key, command).await?;
        let CommandResult::Conversation { conversation } = result else {
            return Err(format!("the group was not made: {result:?}"));
        };
        write(&Line::Acknowledged { user, key, lsn, duplicate: false, result })?;
        Ok(conversation)
    }

    /// Lets everybody go. Each pair has a direct chat.
    fn senders(&self, shared: &Arc<Shared>, group: ConversationId, random: &mut Random) -> JoinSet<Result<(), String>> {
        let mut senders = JoinSet::new();
        for (number, user) in self.users.iter().enumerate() {
            let Some(partner) = self.users.get(number ^ 1) else { continue };
            let who = (user.user.clone(), user.token.clone());
            let random = Random::new(random.next());
            let sender = Sender::new(Arc::clone(shared), who, partner.user.clone(), group, number == 0, random);
            senders.spawn(sender.run());
        }
        senders
    }

    /// Reads everything back, as every user, and compares it with the record.
    async fn check(&mut self, server: SocketAddr) -> Result<Findings, String> {
        self.reader.read_on().map_err(|error| format!("the record cannot be read: {error}"))?;
        let mut shown = Vec::new();
        for user in &self.users {
            let mut asker = Asker::open(server, &user.token).await?;
            for (conversation, head) in conversations(&mut asker).await? {
                let entries = entries(&mut asker, conversation, head).await?;
                shown.push(Shown { reader: user.user.clone(), conversation, head, entries });
            }
        }
        self.entries = shown.iter().map(|shown| shown.entries.len() as u64).sum();
        self.checks += 1;
        let record: &Record = &self.reader.record;
        Ok(check::check(record, &shown))
    }
}

/// All conversations of a user, with their heads.
async fn conversations(asker: &mut Asker) -> Result<Vec<(ConversationId, Seq)>, String> {
    let mut found = Vec::new();
    loop {
        match asker.query(Query::Conversations { skip: found.len() as u32, limit: 100 }).await? {
            Answer::Conversations { conversations, more, .. } => {
                found.extend(conversations.iter().map(|conversation| (conversation.id, conversation.head)));
                if !more {
                    return Ok(found);
                }
            }
            other => return Err(format!("conversations were answered with {other:?}")),
        }
    }
}

/// All entries of a conversation, page by page.
async fn entries(
    asker: &mut Asker,
    conversation: ConversationId,
    head: Seq,
) -> Result<Vec<tidings::model::Entry>, String> {
    let mut found = Vec::new();
    let mut next = Seq(1);
    while next <= head {
        let query = Query::Entries { conversation, from: Some(next), to: None, limit: 200 };
        let Answer::Entries { entries, .. } = asker.query(query).await? else {
            return Err("entries were answered with something else".to_owned());
        };
        // What notices of this page rewrote comes along; it was on an earlier page.
        let page: Vec<_> = entries.into_iter().filter(|entry| entry.seq >= next).collect();
        let Some(last) = page.last().map(|entry| entry.seq) else { break };
        next = last.next();
        found.extend(page);
    }
    Ok(found)
}
