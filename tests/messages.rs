//! Conversations and messages, through the socket: every kind of message, what happens to it afterwards, what each user sees of
//! it, and what is left of it in the end.

#[path = "messages/history.rs"]
mod history;
#[path = "messages/kinds.rs"]
mod kinds;
#[path = "messages/later.rs"]
mod later;
#[path = "messages/retention.rs"]
mod retention;

use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, Way};
use std::path::PathBuf;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{
    Answer, AppId, AppSettings, Attach, Clock, Code, Command, CommandResult, Content, Conversation, ConversationId,
    Entry, GroupRules, Inbox, MediaId, MediaInfo, MediaKind, Name, Query, Seq, SystemCommand, Target, Text, Timestamp,
    UserFlags, UserId,
};
use tidings::protocol::{Encoding, ServerFrame};

const TCP: Way = Way::Tcp(Encoding::Postcard);

/// A server whose clock the test moves.
struct Site {
    folder: TempDir,
    data: PathBuf,
    server: Server,
    clock: Clock,
}

/// Somebody at a device.
struct Talker {
    id: UserId,
    person: Person,
    peer: Peer,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let clock = Clock::manual(Clock::system().now());
        let server = Server::start_at(&data, quick(), clock.clone()).await;
        Self { folder, data, server, clock }
    }

    /// Stops it, and gives its folder, which goes with it.
    async fn stop(self) -> TempDir {
        assert!(self.server.stop().await);
        self.folder
    }

    async fn talker(&self, id: &str) -> Talker {
        let person = self.server.person(id).await;
        self.at_device(person).await
    }

    async fn at_device(&self, person: Person) -> Talker {
        let (peer, _) = Peer::log_in(&self.server, TCP, &person.token).await;
        Talker { id: person.id.clone(), person, peer }
    }

    /// Another device of somebody.
    async fn second(&self, of: &Talker) -> Talker {
        let name = format!("{}-phone", of.id);
        self.at_device(self.server.device(of.id.as_str(), of.person.handle, &name).await).await
    }

    async fn system(&self, command: SystemCommand) -> Result<CommandResult, Code> {
        let outcome = self.server.engine.execute(auth::server(), None, command.into()).await;
        outcome.map(|accepted| accepted.result).map_err(|refusal| refusal.code)
    }

    async fn set(&self, change: impl FnOnce(&mut AppSettings)) {
        let mut settings = AppSettings::default();
        change(&mut settings);
        self.system(SystemCommand::SetApp { app: AppId::HOME, settings }).await.unwrap();
    }

    async fn flag(&self, who: &Talker, flags: UserFlags) {
        self.system(SystemCommand::SetFlags { user: who.person.handle, flags }).await.unwrap();
    }

    /// A file as if it had been uploaded.
    async fn file(&self, owner: &Talker, number: u8, content_type: &str) -> MediaInfo {
        let info = MediaInfo {
            media: MediaId([number; 16]),
            name: Name::new(format!("file {number}")).unwrap(),
            content_type: content_type.to_owned(),
            bytes: 1_000,
            width: None,
            height: None,
            duration_ms: None,
            thumbnail: false,
            created: self.clock.now(),
        };
        let added = SystemCommand::AddMedia {
            app: AppId::HOME,
            owner: owner.person.handle,
            info: info.clone(),
            sha256: [number; 32],
        };
        assert_eq!(self.system(added).await, Ok(CommandResult::Done {}));
        info
    }
}

impl Talker {
    async fn execute(&mut self, command: Command) -> Result<CommandResult, Code> {
        self.peer.execute(command).await.map_err(|refused| refused.code)
    }

    /// Something that appends an entry.
    async fn append(&mut self, command: Command) -> Result<(ConversationId, Seq), Code> {
        self.execute(command).await.map(|result| match result {
            CommandResult::Appended { conversation, seq, .. } => (conversation, seq),
            other => panic!("{other:?}"),
        })
    }

    async fn send(&mut self, to: Target, content: Content) -> Result<(ConversationId, Seq), Code> {
        self.append(Command::Send { to, content }).await
    }

    async fn say(&mut self, conversation: ConversationId, text: &str) -> Seq {
        let content = Content::Text(Text::plain(text));
        self.send(Target::Conversation(conversation), content).await.unwrap().1
    }

    async fn say_to(&mut self, other: &Self, text: &str) -> (ConversationId, Seq) {
        self.send(Target::User(other.id.clone()), Content::Text(Text::plain(text))).await.unwrap()
    }

    async fn group(&mut self, members: &[&Self], rules: GroupRules) -> ConversationId {
        let members = members.iter().map(|member| member.id.clone()).collect();
        let title = Name::new("a group").unwrap();
        match self.execute(Command::CreateGroup { title, members, rules }).await.unwrap() {
            CommandResult::Conversation { conversation } => conversation,
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&mut self, query: Query) -> Result<Answer, Code> {
        self.peer.query(query).await.map_err(|refused| refused.code)
    }

    async fn entries_of(&mut self, query: Query) -> Vec<Entry> {
        match self.ask(query).await.unwrap() {
            Answer::Entries { entries, .. } => entries,
            other => panic!("{other:?}"),
        }
    }

    async fn entries(&mut self, conversation: ConversationId) -> Vec<Entry> {
        self.entries_of(Query::Entries { conversation, from: None, to: None, limit: 200 }).await
    }

    async fn seqs(&mut self, query: Query) -> Vec<u64> {
        self.entries_of(query).await.iter().map(|entry| entry.seq.0).collect()
    }

    async fn entry(&mut self, conversation: ConversationId, seq: Seq) -> Entry {
        let query = Query::Entries { conversation, from: Some(seq), to: Some(seq), limit: 1 };
        self.entries_of(query).await.pop().expect("the entry is there")
    }

    async fn conversation(&mut self, conversation: ConversationId) -> Conversation {
        match self.ask(Query::Conversation { conversation }).await.unwrap() {
            Answer::Conversation { conversation, .. } => *conversation,
            other => panic!("{other:?}"),
        }
    }

    async fn listed(&mut self) -> Vec<ConversationId> {
        match self.ask(Query::Conversations { skip: 0, limit: 100 }).await.unwrap() {
            Answer::Conversations { conversations, .. } => conversations.iter().map(|each| each.id).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// The next own side of a conversation that this device is told, and that `wanted` takes.
    async fn told(&mut self, wanted: impl Fn(&Inbox) -> bool) -> Inbox {
        let found = self.peer.until(|frame| match frame {
            ServerFrame::Inbox(inbox) if wanted(inbox) => Some(inbox.clone()),
            _ => None,
        });
        found.await
    }
}

fn attach(kind: MediaKind, info: &MediaInfo, caption: &str) -> Content {
    Content::Media(Attach { kind, media: info.media, caption: Text::plain(caption) })
}

fn forward(from: ConversationId, seq: Seq, to: Target) -> Command {
    Command::Forward { from, seq, to }
}

/// A time so many milliseconds later.
fn later(at: Timestamp, ms: u64) -> Timestamp {
    Timestamp(at.0 + ms)
}
