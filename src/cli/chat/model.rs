//! The chat without its terminal and its sockets: inputs go in, actions come out.
//!
//! What must stay true: what was written is either in the editor, in a draft, in the client's outbox, in the log or in
//! [`Model::failed`]; a refusal is always shown; the end of the session is always said.

mod answers;
mod chats;
mod keys;
mod lines;

use super::editor::Editor;
use super::picture::{Chat, Picture, same};
use super::words::{self, Offset};
use super::{transcript, view};
use crate::client::{ClientError, Event, Link};
use crate::model::PresenceOf;
use crate::model::{Answer, Code, Command, ConversationId, EndReason, Key, Query, Refusal, Seq, Timestamp, UserId};
use compact_str::CompactString;
use crossterm::event::{KeyEvent, KeyEventKind};
use std::collections::{BTreeMap, BTreeSet};

/// A sentence stays below the conversation for this long, in milliseconds.
const NOTE_MS: u64 = 10_000;
/// Somebody who is typing says so again within this time, in milliseconds.
const TYPING_SHOWN_MS: u64 = 7_000;
/// A time that never comes: 9999-12-31.
const FOR_EVER: Timestamp = Timestamp(253_402_300_799_000);
/// Typists that are remembered; more do not fit on a line anyway.
const TYPISTS_MAX: usize = 100;

/// What happens to the model.
#[derive(Debug)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Size(u16, u16),
    /// The user looks at the terminal, or has turned away.
    Focus(bool),
    /// The client library says something.
    Client(Event),
    /// The local copy, after it changed.
    Picture(Picture),
    /// A command is in the outbox.
    Submitted(Key, Asked),
    /// A command could not be put into the outbox.
    NotSubmitted(Asked, String),
    /// A query was answered.
    Answered(Result<Answer, ClientError>),
    /// Older entries came, so many.
    Older(ConversationId, Result<usize, ClientError>),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
pub enum Action {
    /// Put a command into the outbox.
    Submit(Command, Asked),
    /// Ask the server.
    Query(Query),
    /// Load older entries.
    LoadOlder(ConversationId),
    /// Everything up to here was seen.
    Read(ConversationId, Seq),
    /// The user is typing or has stopped.
    Typing(ConversationId, bool),
    /// Watch the presence of these users for so many seconds.
    Watch(Vec<UserId>, u32),
    /// Take a new look at the local copy: another conversation is open.
    Look,
    /// Leave.
    End(End),
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The user wants it.
    Quit,
    /// The server ended the session.
    Kicked(EndReason, String),
    /// The server does not let this user in.
    Refused(Refusal),
}

/// What a command in the outbox was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A message to a conversation.
    Message(ConversationId, String),
    /// A conversation to open when it is there.
    Open(String),
    /// A group to open when it is there, and what to add when a user is not found.
    Group(String),
    /// Something else, and what to say when it is done without a trace in the conversation.
    Other(String),
}

/// A message that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Where it should have gone.
    pub conversation: ConversationId,
    /// What it said.
    pub text: String,
    /// Why not, as a sentence.
    pub why: String,
}

/// A sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub text: String,
    /// Whether something did not work.
    pub bad: bool,
    until: Timestamp,
}

/// A window over the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// What stands above it.
    pub title: String,
    /// Its rows.
    pub rows: Vec<String>,
    /// How many of them are scrolled away.
    pub scroll: usize,
}

/// Which half is shown where there is room for one only; and where the keys go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    List,
    /// The conversation.
    Chat,
}

/// Everything that is shown, and what it takes to answer the next key.
#[derive(Debug)]
pub struct Model {
    /// The address of the server.
    pub server: String,
    /// Who this is.
    pub user: UserId,
    /// How times are shown.
    pub offset: Offset,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The connection.
    pub link: Link,
    /// Why there is no connection, as a sentence.
    pub trouble: Option<String>,
    /// When the connection changed.
    pub link_since: Timestamp,
    /// Whether everything was here once.
    pub synced: bool,
    /// The local copy.
    pub picture: Picture,
    /// The conversation that is open.
    pub open: Option<ConversationId>,
    /// The one that Enter would open, in the list of a narrow terminal.
    pub selected: Option<ConversationId>,
    /// What a narrow terminal shows.
    pub pane: Pane,
    /// The line that is being written.
    pub editor: Editor,
    /// Rows between the end of the conversation and the last one that is shown.
    pub scroll: usize,
    /// The first message that was unread when the conversation was opened.
    pub fresh_from: Option<Seq>,
    /// Older messages of this conversation are being loaded.
    pub loading: Option<ConversationId>,
    /// Messages that were refused.
    pub failed: Vec<Failed>,
    /// What is to be said.
    pub note: Option<Note>,
    /// A window, when there is one.
    pub panel: Option<Panel>,
    /// Now, by the server's clock.
    pub now: Timestamp,
    presence: BTreeMap<CompactString, PresenceOf>,
    typing: Vec<(ConversationId, UserId, Timestamp)>,
    drafts: BTreeMap<ConversationId, Editor>,
    asked: BTreeMap<Key, Asked>,
    read_told: BTreeMap<ConversationId, Seq>,
    typing_told: Option<(ConversationId, Timestamp)>,
    watched: Option<(BTreeSet<CompactString>, Timestamp)>,
    focused: bool,
    /// Older messages of this conversation are not loaded unasked any more: it did not work, or there were none.
    enough: Option<ConversationId>,
    /// This conversation was asked for by name, so that it belongs into the list.
    wanted: Option<ConversationId>,
}

impl Model {
    /// The chat of `user` before anything has happened.
    pub fn new(server: String, user: UserId, offset: Offset, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            server,
            user,
            offset,
            size,
            link: Link::Connecting,
            trouble: None,
            link_since: now,
            synced: false,
            picture: Picture::default(),
            open: None,
            selected: None,
            pane: Pane::List,
            editor: Editor::default(),
            scroll: 0,
            fresh_from: None,
            loading: None,
            failed: Vec::new(),
            note: None,
            panel: None,
            now,
            presence: BTreeMap::new(),
            typing: Vec::new(),
            drafts: BTreeMap::new(),
            asked: BTreeMap::new(),
            read_told: BTreeMap::new(),
            typing_told: None,
            watched: None,
            focused: true,
            enough: None,
            wanted: None,
        }
    }

    // What the view looks at.

    /// The conversation that is open, when it is known.
    pub fn chat(&self) -> Option<&Chat> {
        self.open.and_then(|id| self.picture.chat(id))
    }

    /// Whether there is room for the list or the conversation only.
    pub const fn is_narrow(&self) -> bool {
        self.size.0 < view::TWO_PANES_COLUMNS
    }

    /// Whether the conversation is on the screen.
    pub fn shows_chat(&self) -> bool {
        !self.is_narrow() || self.pane == Pane::Chat
    }

    /// Whether there is a connection.
    pub const fn is_online(&self) -> bool {
        matches!(self.link, Link::Online | Link::Synced)
    }

    /// Whether `user` is there, as far as it is known.
    pub fn presence(&self, user: &UserId) -> Option<&PresenceOf> {
        self.presence.get(&user.folded()).filter(|_| self.is_online())
    }

    /// Who is typing in a conversation.
    pub fn typists(&self, conversation: ConversationId) -> Vec<&UserId> {
        self.typing.iter().filter(|(id, ..)| *id == conversation).map(|(_, user, _)| user).collect()
    }

    // What happens.

    /// Takes one input.
    pub fn update(&mut self, now: Timestamp, input: Input) -> Vec<Action> {
        self.now = now;
        self.typing.retain(|(.., until)| *until > now);
        if self.note.as_ref().is_some_and(|note| note.until <= now) {
            self.note = None;
        }
        let mut actions = Vec::new();
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.key(key, &mut actions),
            Input::Key(_) | Input::Tick => {}
            Input::Paste(text) => {
                self.editor.insert(&text);
                self.tell_typing(&mut actions);
            }
            Input::Size(columns, rows) => self.size = (columns, rows),
            Input::Focus(focused) => self.focused = focused,
            Input::Client(event) => self.event(event, &mut actions),
            Input::Picture(picture) => self.take_picture(picture),
            Input::Submitted(key, asked) => {
                self.asked.insert(key, asked);
                actions.push(Action::Look);
            }
            Input::NotSubmitted(asked, why) => self.refused(asked, words::sentence(&why)),
            Input::Answered(answer) => self.answered(answer),
            Input::Older(id, result) => self.older(id, result),
        }
        self.tell_read(&mut actions);
        self.watch(&mut actions);
        self.fill(&mut actions);
        self.bring_back(&mut actions);
        actions
    }

    fn say(&mut self, text: impl Into<String>) {
        self.note = Some(Note { text: text.into(), bad: false, until: Timestamp(self.now.0 + NOTE_MS) });
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.note = Some(Note { text: text.into(), bad: true, until: Timestamp(self.now.0 + NOTE_MS) });
    }

    fn take_picture(&mut self, picture: Picture) {
        let same_chat = |opened: &super::picture::Opened| Some(opened.id) == self.open;
        if self.scroll > 0
            && let (Some(old), Some(new)) = (&self.picture.opened, &picture.opened)
            && same_chat(old)
            && same_chat(new)
        {
            // What is being read stays where it is when something comes below.
            let head = old.head;
            let before = transcript::rows_after(self, head);
            self.picture = picture;
            let after = transcript::rows_after(self, head);
            self.scroll = (self.scroll + after).saturating_sub(before).max(1);
        } else {
            self.picture = picture;
        }
        if self.selected.is_none_or(|id| self.picture.chats.iter().all(|chat| chat.about.id != id)) {
            self.selected = self.picture.chats.first().map(|chat| chat.about.id);
        }
        if self.fresh_from.is_none() && self.open.is_some() && !self.focused {
            // What comes while nobody looks is new.
            self.mark_fresh();
        }
    }

    fn event(&mut self, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Link(link) => {
                self.synced |= link == Link::Synced;
                match &link {
                    Link::Online | Link::Synced => self.trouble = None,
                    Link::Offline { reason, .. } => self.trouble = Some(words::sentence(reason)),
                    // While it is tried again the reason of the last time still holds.
                    Link::Connecting | Link::Over => {}
                }
                if !matches!(link, Link::Online | Link::Synced) {
                    self.typing.clear();
                    self.typing_told = None;
                }
                self.link = link;
                self.link_since = self.now;
            }
            Event::Entry { conversation, entry, rewritten } => {
                if !rewritten {
                    self.typing.retain(|(id, user, _)| *id != conversation || !same(user, &entry.author));
                }
            }
            Event::Typing { conversation, user, active } => {
                self.typing.retain(|(id, other, _)| *id != conversation || !same(other, &user));
                if active && !self.picture.is_me(&user) && self.typing.len() < TYPISTS_MAX {
                    self.typing.push((conversation, user, Timestamp(self.now.0 + TYPING_SHOWN_MS)));
                }
            }
            Event::Presence(presence) => {
                self.presence.insert(presence.user.folded(), presence);
            }
            Event::Done { key, outcome } => {
                if let Some(asked) = self.asked.remove(&key) {
                    self.done(asked, &outcome, actions);
                }
            }
            Event::Refused { key, refusal } => {
                if let Some(asked) = self.asked.remove(&key) {
                    let why = match (refusal.code, &asked) {
                        (Code::NotFound, Asked::Group(hint)) if !hint.is_empty() => {
                            format!("{} {hint}", words::refusal(&refusal))
                        }
                        (Code::IdempotencyConflict, _) => "This could not be sent; try again.".to_owned(),
                        _ => words::refusal(&refusal),
                    };
                    self.refused(asked, why);
                }
            }
            Event::Reset => self.say("The server's data was replaced; everything is being fetched anew."),
            Event::Kicked { reason, by } => {
                actions.push(Action::End(End::Kicked(reason, words::ended(reason, by.as_ref()))));
            }
            Event::Fatal(refusal) => actions.push(Action::End(End::Refused(refusal))),
            // The picture shows these.
            Event::Conversation(_)
            | Event::Receipt { .. }
            | Event::User(_)
            | Event::Draft { .. }
            | Event::Pushed { .. }
            | Event::CaughtUp
            | Event::Missed => {}
        }
    }
}
