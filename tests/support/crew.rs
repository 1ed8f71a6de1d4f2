//! People who are logged in over a socket each, by name: what tests of groups are played with.

use super::in_process::{Person, Server, quick};
use super::peer::{Peer, Way};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tidings::model::{
    Answer, AppId, AppSettings, Body, Clock, Code, Command, CommandResult, Content, Conversation, ConversationId,
    Entry, GroupRules, InviteCode, Line, Member, Name, Query, Seq, SystemCommand, Target, Text, UserId,
};
use tidings::protocol::{Encoding, Refused, ServerFrame};

pub struct Crew {
    pub server: Server,
    pub people: BTreeMap<&'static str, Person>,
    pub clock: Clock,
    #[allow(dead_code, reason = "it is removed when the crew goes")]
    pub folder: TempDir,
    peers: BTreeMap<&'static str, Peer>,
}

pub fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub fn code(text: &str) -> InviteCode {
    InviteCode::new(format!("code-for-tests-{text}")).unwrap()
}

pub fn greeting(text: &str) -> Option<Line> {
    Some(Line::new(text).unwrap())
}

pub fn named(text: &str) -> Name {
    Name::new(text).unwrap()
}

impl Crew {
    /// A server whose clock stands still until the test moves it, and people on it.
    pub async fn start(names: &[&'static str]) -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let clock = Clock::manual(Clock::system().now());
        let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
        let mut crew = Self { server, people: BTreeMap::new(), clock, folder, peers: BTreeMap::new() };
        for name in names {
            let person = crew.server.person(name).await;
            let (peer, _) = Peer::log_in(&crew.server, Way::Tcp(Encoding::Postcard), &person.token).await;
            crew.people.insert(name, person);
            crew.peers.insert(name, peer);
        }
        crew
    }

    pub async fn stop(self) {
        drop(self.peers);
        assert!(self.server.stop().await);
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub async fn settings(&self, settings: AppSettings) {
        let command = SystemCommand::SetApp { app: AppId::HOME, settings };
        self.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    }

    pub fn peer(&mut self, who: &str) -> &mut Peer {
        self.peers.get_mut(who).unwrap()
    }

    /// The code of the refusal, or what it gave.
    pub async fn tries(&mut self, who: &str, command: Command) -> Result<CommandResult, Code> {
        self.attempt(who, command).await.map_err(|refused| refused.code)
    }

    pub async fn attempt(&mut self, who: &str, command: Command) -> Result<CommandResult, Refused> {
        self.peer(who).execute(command).await
    }

    pub async fn does(&mut self, who: &str, command: Command) -> CommandResult {
        let said = format!("{command:?}");
        self.attempt(who, command).await.unwrap_or_else(|refused| panic!("{who}: {said}: {refused:?}"))
    }

    /// What an accepted command appended.
    pub async fn appends(&mut self, who: &str, command: Command) -> Seq {
        match self.does(who, command).await {
            CommandResult::Appended { seq, .. } => seq,
            other => panic!("{other:?}"),
        }
    }

    pub async fn creates(&mut self, who: &str, members: &[&str], rules: GroupRules) -> ConversationId {
        let members = members.iter().map(|member| user(member)).collect();
        let command = Command::CreateGroup { title: named("The tea room"), members, rules };
        match self.does(who, command).await {
            CommandResult::Conversation { conversation } => conversation,
            other => panic!("{other:?}"),
        }
    }

    pub async fn says(&mut self, who: &str, group: ConversationId, text: &str) -> Result<Seq, Code> {
        let content = Content::Text(Text::plain(text));
        match self.tries(who, Command::Send { to: Target::Conversation(group), content }).await? {
            CommandResult::Appended { seq, .. } => Ok(seq),
            other => panic!("{other:?}"),
        }
    }

    pub async fn asks(&mut self, who: &str, query: Query) -> Result<Answer, Code> {
        self.peer(who).query(query).await.map_err(|refused| refused.code)
    }

    pub async fn sees(&mut self, who: &str, conversation: ConversationId) -> Conversation {
        match self.asks(who, Query::Conversation { conversation }).await.unwrap() {
            Answer::Conversation { conversation, .. } => *conversation,
            other => panic!("{other:?}"),
        }
    }

    /// All entries that somebody may see.
    pub async fn reads(&mut self, who: &str, conversation: ConversationId) -> Vec<Entry> {
        let query = Query::Entries { conversation, from: Some(Seq(1)), to: None, limit: 200 };
        match self.asks(who, query).await.unwrap() {
            Answer::Entries { entries, .. } => entries,
            other => panic!("{other:?}"),
        }
    }

    pub async fn members(&mut self, who: &str, conversation: ConversationId) -> Vec<Member> {
        match self.asks(who, Query::Members { conversation, after: None, limit: 500 }).await.unwrap() {
            Answer::Members { members, .. } => members,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until somebody is told of an entry with this body.
    pub async fn hears(&mut self, who: &str, group: ConversationId, body: &Body) -> Entry {
        self.peer(who)
            .until(|frame| match frame {
                ServerFrame::Entry { conversation, entry } if *conversation == group && entry.body == *body => {
                    Some(Entry::clone(entry))
                }
                _ => None,
            })
            .await
    }

    /// What was pushed to somebody and not looked at yet.
    pub async fn heard(&mut self, who: &str) -> Vec<ServerFrame> {
        let peer = self.peer(who);
        peer.ping(777).await;
        std::mem::take(&mut peer.early)
    }
}
