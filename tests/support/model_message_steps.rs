//! Steps about messages and what happens to them: files, forwards, pins, naming everybody, clearing a history, retention.

use super::{Maker, Step, name, settings};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidings::model::{
    AppId, AppSettings, Attach, Command, ContactCard, Content, Emoji, Location, LoginPolicy, MediaId, MediaInfo,
    MediaKind, Seq, Sticker, SystemCommand, Target, Text, Timestamp, UserHandle,
};

/// How many files there are.
const FILES: u8 = 6;

#[derive(Clone, Debug)]
pub enum Said {
    All,
    AllIn { file: u8 },
    File { file: u8, kind: u8, caption: u8, mentions: Vec<u8> },
    Place(i8),
    Card(u8),
    Sticker,
}

#[derive(Clone, Debug)]
pub enum MessageAsk {
    Say(u8, Said),
    SayTo(u8, Said),
    Forward { chat: u8, seq: u8, to: u8, direct: bool },
    PinEntry(u8, u8, bool),
    ClearHistory(u8),
}

#[derive(Clone, Debug)]
pub enum MessageServer {
    AddFile { who: u8, file: u8 },
    SetRetention { chat: u8, ms: Option<u8>, entries: Option<u8>, hold: bool },
    SetAppRetention { app: u8, ms: u8, entries: u8, hold: bool },
    Trim { chat: u8, first: u8 },
}

fn said() -> impl Strategy<Value = Said> {
    let file = || 0..FILES;
    prop_oneof![
        3 => Just(Said::All),
        1 => file().prop_map(|file| Said::AllIn { file }),
        6 => (file(), 0..4u8, 0..12u8, vec(any::<u8>(), 0..3))
            .prop_map(|(file, kind, caption, mentions)| Said::File { file, kind, caption, mentions }),
        1 => any::<i8>().prop_map(Said::Place),
        1 => any::<u8>().prop_map(Said::Card),
        1 => Just(Said::Sticker),
    ]
}

pub fn message_ask() -> impl Strategy<Value = MessageAsk> {
    let (chat, seq) = (any::<u8>, any::<u8>);
    let on = || prop::bool::weighted(0.8);
    prop_oneof![
        6 => (chat(), said()).prop_map(|(chat, said)| MessageAsk::Say(chat, said)),
        1 => (chat(), said()).prop_map(|(user, said)| MessageAsk::SayTo(user, said)),
        5 => (chat(), seq(), any::<u8>(), prop::bool::weighted(0.3))
            .prop_map(|(chat, seq, to, direct)| MessageAsk::Forward { chat, seq, to, direct }),
        4 => (chat(), seq(), on()).prop_map(|(chat, seq, on)| MessageAsk::PinEntry(chat, seq, on)),
        2 => chat().prop_map(MessageAsk::ClearHistory),
    ]
}

pub fn message_server() -> impl Strategy<Value = MessageServer> {
    let rule = || option::of(0..4u8);
    let hold = || prop::bool::weighted(0.1);
    prop_oneof![
        4 => (any::<u8>(), 0..FILES).prop_map(|(who, file)| MessageServer::AddFile { who, file }),
        2 => (any::<u8>(), rule(), rule(), hold())
            .prop_map(|(chat, ms, entries, hold)| MessageServer::SetRetention { chat, ms, entries, hold }),
        2 => (0..4u8, 0..3u8, 0..4u8, hold())
            .prop_map(|(app, ms, entries, hold)| MessageServer::SetAppRetention { app, ms, entries, hold }),
        6 => (any::<u8>(), any::<u8>()).prop_map(|(chat, first)| MessageServer::Trim { chat, first }),
    ]
}

/// Two files, and a retention under which little is left, so that steps find both.
pub fn beginning() -> Vec<Step> {
    (0..2u8).map(|file| Step::Exactly(add_file(u64::from(file) + 1, AppId::HOME, file))).collect()
}

fn media(file: u8) -> MediaId {
    MediaId([file; 16])
}

fn add_file(owner: u64, app: AppId, file: u8) -> SystemCommand {
    let content_type = ["image/png", "audio/ogg", "video/mp4"][usize::from(file) % 3].to_owned();
    let info = MediaInfo {
        media: media(file),
        name: name(&format!("file {file}")),
        content_type,
        bytes: 1_000 + u64::from(file),
        width: None,
        height: None,
        duration_ms: None,
        thumbnail: false,
        created: Timestamp(0),
    };
    SystemCommand::AddMedia { app, owner: UserHandle(owner), info, sha256: [file; 32] }
}

impl Maker<'_> {
    fn said(&self, said: &Said) -> Content {
        let all = Text { mention_all: true, ..Text::plain("all of you") };
        match said {
            Said::All => Content::Text(all),
            Said::AllIn { file } => Content::Media(Attach { kind: MediaKind::File, media: media(*file), caption: all }),
            Said::File { file, kind, caption, mentions } => {
                use MediaKind::{File, Image, Video, Voice};
                let kind = [Image, Voice, Video, File][usize::from(*kind)];
                // Mostly short; sometimes as long as the longest message, or one more.
                let bytes = if *caption < 10 { *caption } else { super::BYTES_MAX as u8 + caption - 10 };
                let text = "c".repeat(usize::from(bytes));
                let caption = Text { mentions: self.users(mentions), ..Text::plain(text) };
                Content::Media(Attach { kind, media: media(*file), caption })
            }
            Said::Place(degrees) => Content::Location(Location {
                latitude_e6: i32::from(*degrees) * 1_000_000,
                longitude_e6: i32::from(*degrees) * 1_000_000,
                name: None,
                reply_to: None,
            }),
            Said::Card(who) => Content::ContactCard(ContactCard { user: self.user(*who), reply_to: None }),
            Said::Sticker => Content::Sticker(Sticker { set: None, name: Emoji::new("🐈").unwrap(), reply_to: None }),
        }
    }

    pub(super) fn message_command(&self, person: usize, ask: &MessageAsk) -> Command {
        let chat = |choice: &u8| self.chat(person, *choice);
        match ask {
            MessageAsk::Say(choice, said) => {
                Command::Send { to: Target::Conversation(chat(choice)), content: self.said(said) }
            }
            MessageAsk::SayTo(who, said) => {
                Command::Send { to: Target::User(self.user(*who)), content: self.said(said) }
            }
            MessageAsk::Forward { chat: choice, seq, to, direct } => {
                let from = chat(choice);
                let to = if *direct { Target::User(self.user(*to)) } else { Target::Conversation(chat(to)) };
                Command::Forward { from, seq: self.seq(from, *seq), to }
            }
            MessageAsk::PinEntry(choice, seq, on) => {
                let conversation = chat(choice);
                Command::PinEntry { conversation, seq: self.seq(conversation, *seq), on: *on }
            }
            MessageAsk::ClearHistory(choice) => Command::ClearHistory { conversation: chat(choice) },
        }
    }

    pub(super) fn message_system(&self, server: &MessageServer) -> SystemCommand {
        let ms = |choice: u8| [0, 1_000, 3_600_000, 2_000_000][usize::from(choice) % 4];
        match server {
            MessageServer::AddFile { who, file } => {
                let person = usize::from(*who) % self.world.users.len();
                let app = if who.is_multiple_of(32) { AppId(9) } else { self.world.users[person].app };
                add_file(person as u64 + 1, app, *file)
            }
            MessageServer::SetRetention { chat, ms: age, entries, hold } => SystemCommand::SetRetention {
                conversation: self.any_chat(*chat),
                keep_ms: age.map(ms),
                keep_entries: entries.map(|entries| u64::from(entries) * 2),
                hold: *hold,
            },
            MessageServer::SetAppRetention { app, ms: age, entries, hold } => SystemCommand::SetApp {
                app: AppId(u32::from(*app)),
                settings: AppSettings {
                    retention_ms: ms(*age),
                    retention_entries: u64::from(*entries) * 3,
                    hold: *hold,
                    ..settings(LoginPolicy::All)
                },
            },
            MessageServer::Trim { chat, first } => {
                let conversation = self.any_chat(*chat);
                let first = if first.is_multiple_of(4) { Seq(1_000) } else { self.seq(conversation, *first) };
                SystemCommand::Trim { conversation, first }
            }
        }
    }

    /// Any conversation, now and then none.
    fn any_chat(&self, choice: u8) -> tidings::model::ConversationId {
        tidings::model::ConversationId(1 + u64::from(choice) % (self.world.chats.len() as u64 + 1))
    }
}
