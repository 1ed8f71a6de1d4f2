//! One of the senders: a device that never gives up. It sends, edits, recalls and reacts, writes down what it asked and what it
//! was answered, and after every break sends again what was not acknowledged, under the same keys and in the same order.

use super::check::{Line, words};
use super::random::Random;
use super::record::Writer;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidings::client::wire::Connection;
use tidings::client::{Scheme, ServerUrl};
use tidings::model::{
    Answer, Body, Clock, Code, Command, CommandResult, ConversationId, Device, DeviceId, Emoji, Key, Lsn, Name,
    Platform, Query, Secret, Seq, Target, UserId,
};
use tidings::protocol::{Auth, ClientFrame, Encoding, Hello, Refused, ServerFrame};
use tokio::sync::{RwLock, watch};

/// Commands of one sender in flight.
const IN_FLIGHT: usize = 8;
/// Acknowledged commands that it remembers for sending them again.
const REMEMBERED: usize = 512;
/// Messages of others that it remembers for reacting to them.
const OTHERS: usize = 128;
/// A server that says nothing for this long, although it was asked something, is stuck.
const PATIENCE: Duration = Duration::from_mins(1);

/// What all senders share.
pub struct Shared {
    /// Where the server is; none while it is down or being read.
    pub address: watch::Sender<Option<SocketAddr>>,
    /// Held by every sender while it is connected, so that the check can wait until nobody writes.
    pub turns: RwLock<()>,
    /// Finish what is in flight and stop.
    pub stopping: AtomicBool,
    pub record: Writer,
    pub resent: AtomicU64,
    pub duplicates_answered: AtomicU64,
}

/// A command and what became of it.
struct Asked {
    request: u32,
    key: Key,
    command: Command,
    /// The first outcome, when this is sent again although it was acknowledged.
    first: Option<(Lsn, CommandResult)>,
}

/// One of the senders.
pub struct Sender {
    pub user: UserId,
    pub token: Secret,
    pub partner: UserId,
    pub group: ConversationId,
    /// Whether it writes down what it sees of others in the group too; one of them is enough.
    pub watches_group: bool,
    pub random: Random,
    shared: Arc<Shared>,
    outstanding: VecDeque<Asked>,
    done: VecDeque<(Key, Command, Lsn, CommandResult)>,
    own: Vec<(ConversationId, Seq)>,
    others: VecDeque<(ConversationId, Seq)>,
    sent: u64,
    next_request: u32,
}

/// Why a connection is over.
enum Break {
    /// It broke: come back.
    Connection,
    /// Something that must never happen.
    Wrong(String),
}

impl Sender {
    /// A sender of `user`, who writes to `partner` and into `group`.
    pub fn new(
        shared: Arc<Shared>,
        (user, token): (UserId, Secret),
        partner: UserId,
        group: ConversationId,
        watches_group: bool,
        random: Random,
    ) -> Self {
        Self {
            user,
            token,
            partner,
            group,
            watches_group,
            random,
            shared,
            outstanding: VecDeque::new(),
            done: VecDeque::new(),
            own: Vec::new(),
            others: VecDeque::new(),
            sent: 0,
            next_request: 0,
        }
    }

    /// Sends until it is told to stop and everything is acknowledged.
    pub async fn run(mut self) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let mut address = shared.address.subscribe();
        loop {
            let Ok(Some(server)) = address.wait_for(Option::is_some).await.map(|address| *address) else {
                return Err("the torture ended before its senders".to_owned());
            };
            let turn = shared.turns.read().await;
            if *shared.address.borrow() != Some(server) {
                continue;
            }
            match self.converse(server).await {
                Ok(()) => return Ok(()),
                Err(Break::Connection) => {}
                Err(Break::Wrong(what)) => return Err(format!("{}: {what}", self.user)),
            }
            drop(turn);
            // The server is being killed, or takes a moment: come back, but leave it room.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// One connection.
    async fn converse(&mut self, server: SocketAddr) -> Result<(), Break> {
        let mut connection = open(server, &self.token).await?;
        self.resend(&mut connection);
        loop {
            self.top_up(&mut connection)?;
            if self.outstanding.is_empty() {
                return Ok(());
            }
            let frame = match tokio::time::timeout(PATIENCE, connection.receive()).await {
                Ok(frame) => frame.map_err(|_| Break::Connection)?,
                Err(_) => return Err(Break::Wrong(format!("the server said nothing for {PATIENCE:?}"))),
            };
            match frame {
                ServerFrame::Outcome { request, lsn, duplicate, result } => {
                    self.acknowledged(request, lsn, duplicate, result)?;
                }
                ServerFrame::Refused(refused) => self.refused(&refused)?,
                ServerFrame::Entry { conversation, entry } if entry.author != self.user => {
                    if conversation != self.group || self.watches_group {
                        let (seq, lsn) = (entry.seq, entry.lsn);
                        self.write(&Line::Seen { conversation, seq, lsn })?;
                    }
                    if matches!(entry.body, Body::Text(_)) {
                        remember(&mut self.others, (conversation, entry.seq), OTHERS);
                    }
                }
                ServerFrame::Kicked { reason, .. } => return Err(Break::Wrong(format!("kicked: {reason:?}"))),
                _ => {}
            }
        }
    }

    /// First what was not acknowledged, in order; among it some that was.
    fn resend(&mut self, connection: &mut Connection) {
        self.outstanding.retain(|asked| asked.first.is_none());
        self.shared.resent.fetch_add(self.outstanding.len() as u64, Ordering::Relaxed);
        for _ in 0..self.random.below(4) {
            let at = self.random.below(self.done.len() as u64) as usize;
            if let Some((key, command, lsn, result)) = self.done.get(at).cloned() {
                let at = self.random.below(self.outstanding.len() as u64 + 1) as usize;
                self.outstanding.insert(at, Asked { request: 0, key, command, first: Some((lsn, result)) });
            }
        }
        for asked in &mut self.outstanding {
            self.next_request += 1;
            asked.request = self.next_request;
            connection.push(&submit(asked));
        }
    }

    /// New commands up to the window.
    fn top_up(&mut self, connection: &mut Connection) -> Result<(), Break> {
        while self.outstanding.len() < IN_FLIGHT && !self.shared.stopping.load(Ordering::Relaxed) {
            let command = self.make_up();
            let key = Key::new(Clock::system().now());
            self.next_request += 1;
            self.write(&Line::Asked { user: self.user.clone(), key, command: command.clone() })?;
            let asked = Asked { request: self.next_request, key, command, first: None };
            connection.push(&submit(&asked));
            self.outstanding.push_back(asked);
        }
        Ok(())
    }

    fn make_up(&mut self) -> Command {
        self.sent += 1;
        // A few long messages, so that pages of the file split and are freed.
        let padding = if self.random.percent(5) { self.random.below(4_000) } else { self.random.below(60) } as usize;
        let text = format!("{} {} {}", self.user, self.sent, "x".repeat(padding));
        let chance = self.random.below(100);
        let own = if self.random.percent(70) {
            // Mostly what is still in the log, sometimes what was folded away long ago.
            let recent = self.own.len().saturating_sub(64);
            self.random.one_of(&self.own[recent..]).copied()
        } else {
            self.random.one_of(&self.own).copied()
        };
        match (chance, own) {
            (0..10, Some((conversation, seq))) => Command::Edit { conversation, seq, text },
            (10..14, Some((conversation, seq))) => {
                // What is recalled cannot be edited any more.
                self.own.retain(|place| *place != (conversation, seq));
                Command::Recall { conversation, seq }
            }
            (14..28, _) if !self.others.is_empty() => {
                let at = self.random.below(self.others.len() as u64) as usize;
                let (conversation, seq) = self.others[at];
                let emoji = ["👍", "🎉", "❤️"][self.random.below(3) as usize];
                let on = self.random.percent(70);
                Emoji::new(emoji).map_or_else(
                    |_| Command::OpenDirect { user: self.partner.clone() },
                    |emoji| Command::React { conversation, seq, emoji, on },
                )
            }
            (28..60, _) => Command::Send { to: Target::Conversation(self.group), content: words(text) },
            _ => Command::Send { to: Target::User(self.partner.clone()), content: words(text) },
        }
    }

    fn acknowledged(&mut self, request: u32, lsn: Lsn, duplicate: bool, result: CommandResult) -> Result<(), Break> {
        let Some(at) = self.outstanding.iter().position(|asked| asked.request == request) else {
            return Err(Break::Wrong(format!("an outcome for {request}, which is not in flight")));
        };
        let key = self.outstanding[at].key;
        // The line first: from here on the server owes it.
        self.write(&Line::Acknowledged { user: self.user.clone(), key, lsn, duplicate, result: result.clone() })?;
        let Some(asked) = self.outstanding.remove(at) else { return Ok(()) };
        if duplicate {
            self.shared.duplicates_answered.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(first) = asked.first {
            if !duplicate || first != (lsn, result.clone()) {
                return Err(Break::Wrong(format!(
                    "{key} was acknowledged with {first:?}; sent again, with duplicate: {duplicate}, {lsn}, {result:?}"
                )));
            }
            return Ok(());
        }
        if let (Command::Send { .. }, CommandResult::Appended { conversation, seq, .. }) = (&asked.command, &result) {
            self.own.push((*conversation, *seq));
        }
        remember(&mut self.done, (key, asked.command, lsn, result), REMEMBERED);
        Ok(())
    }

    fn refused(&mut self, refused: &Refused) -> Result<(), Break> {
        let position = self.outstanding.iter().position(|asked| Some(asked.request) == refused.request);
        match (refused.code, position) {
            // Everything is sent again, in order, on the next connection.
            (Code::Overloaded | Code::Unavailable, _) => Err(Break::Connection),
            // Somebody reacts to what its author has just recalled: that is their right.
            (Code::Conflict, Some(at)) if matches!(self.outstanding[at].command, Command::React { .. }) => {
                let key = self.outstanding[at].key;
                self.write(&Line::Refused { user: self.user.clone(), key, code: refused.code })?;
                self.outstanding.remove(at);
                Ok(())
            }
            _ => Err(Break::Wrong(format!("refused: {} ({})", refused.message, refused.code))),
        }
    }

    fn write(&self, line: &Line) -> Result<(), Break> {
        self.shared.record.write(line).map_err(|error| Break::Wrong(format!("the record cannot be written: {error}")))
    }
}

fn submit(asked: &Asked) -> ClientFrame {
    ClientFrame::Submit { request: asked.request, key: asked.key, command: asked.command.clone() }
}

fn remember<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// Connects and logs in with a token.
async fn open(server: SocketAddr, token: &Secret) -> Result<Connection, Break> {
    let wrong = |what: &dyn std::fmt::Display| Break::Wrong(what.to_string());
    let url =
        ServerUrl { scheme: Scheme::Tcp, host: server.ip().to_string(), port: server.port(), ..ServerUrl::default() };
    let mut connection = Connection::open(&url, Encoding::Postcard).await.map_err(|_| Break::Connection)?;
    connection.push(&ClientFrame::Hello(Hello {
        auth: Auth::Token(token.clone()),
        device: Device {
            id: DeviceId::new("torture").map_err(|error| wrong(&error))?,
            platform: Platform::Api,
            name: Name::new("torture").map_err(|error| wrong(&error))?,
        },
        resume: None,
        client: "torture".to_owned(),
    }));
    match connection.receive().await.map_err(|_| Break::Connection)? {
        ServerFrame::Welcome(_) => Ok(connection),
        ServerFrame::Refused(Refused { code: Code::Overloaded | Code::Unavailable, .. }) => Err(Break::Connection),
        other => Err(Break::Wrong(format!("the session was acknowledged, but hello is answered with {other:?}"))),
    }
}

/// A connection that asks one thing after another, for the check.
pub struct Asker {
    connection: Connection,
    next_request: u32,
}

impl Asker {
    /// Logs in. Nobody else may use the token meanwhile.
    pub async fn open(server: SocketAddr, token: &Secret) -> Result<Self, String> {
        match open(server, token).await {
            Ok(connection) => Ok(Self { connection, next_request: 0 }),
            Err(Break::Connection) => Err("the connection for reading back broke".to_owned()),
            Err(Break::Wrong(what)) => Err(what),
        }
    }

    /// Asks and waits for the answer.
    pub async fn query(&mut self, query: Query) -> Result<Answer, String> {
        self.next_request += 1;
        self.connection.push(&ClientFrame::Query { request: self.next_request, query });
        loop {
            match self.receive().await? {
                ServerFrame::Answer { request, answer } if request == self.next_request => return Ok(answer),
                ServerFrame::Refused(refused) => return Err(format!("a query was refused: {}", refused.message)),
                _ => {}
            }
        }
    }

    /// Submits and waits for the outcome.
    pub async fn submit(&mut self, key: Key, command: Command) -> Result<(Lsn, CommandResult), String> {
        self.next_request += 1;
        self.connection.push(&ClientFrame::Submit { request: self.next_request, key, command });
        loop {
            match self.receive().await? {
                ServerFrame::Outcome { request, lsn, result, .. } if request == self.next_request => {
                    return Ok((lsn, result));
                }
                ServerFrame::Refused(refused) => return Err(format!("a command was refused: {}", refused.message)),
                _ => {}
            }
        }
    }

    async fn receive(&mut self) -> Result<ServerFrame, String> {
        tokio::time::timeout(PATIENCE, self.connection.receive())
            .await
            .map_err(|_| format!("the server said nothing for {PATIENCE:?}"))?
            .map_err(|error| error.to_string())
    }
}
