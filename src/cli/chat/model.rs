//! The chat without its terminal and its sockets: inputs go in, actions come out.
//!
//! What must stay true: what was written is either in the editor, in a draft, in the client's outbox, in the log or in
//! [`Model::failed`]; a refusal is always shown; the end of the session is always said.

use super::command::{self, Line};
use super::editor::Editor;
use super::picture::{Chat, Picture, same};
use super::words::{self, Offset};
use super::{transcript, view};
use crate::client::{ClientError, Event, Link};
use crate::model::PresenceOf;
use crate::model::{
    Answer, Body, Code, Command, CommandResult, Content, ConversationId, ConversationKind, EndReason, Entry,
    GroupRules, Key, Outcome, Query, Refusal, Seq, Target, Text, Timestamp, UserId,
};
use compact_str::CompactString;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A sentence stays below the conversation for this long, in milliseconds.
const NOTE_MS: u64 = 10_000;
/// Somebody who is typing says so again within this time, in milliseconds.
const TYPING_SHOWN_MS: u64 = 7_000;
/// Own typing is said again after this time, in milliseconds.
const TYPING_SAID_MS: u64 = 3_000;
/// Users whose presence is watched at once; the protocol's limit.
const WATCHED_MAX: usize = 100;
/// How long the server tells presence, in seconds …
const WATCH_SECONDS: u32 = 3_600;
/// … and when it is asked again, in milliseconds.
const WATCH_AGAIN_MS: u64 = 3_000_000;
/// A time that never comes: 9999-12-31.
const FOR_EVER: Timestamp = Timestamp(253_402_300_799_000);
/// Messages that were refused and are still shown.
const FAILED_MAX: usize = 50;
/// Members that `/members` shows.
const MEMBERS_SHOWN: u32 = 200;
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

    fn done(&mut self, asked: Asked, outcome: &Outcome, actions: &mut Vec<Action>) {
        match (asked, &outcome.result) {
            (Asked::Open(_) | Asked::Group(_), CommandResult::Conversation { conversation }) => {
                self.open_chat(*conversation, actions);
                self.wanted = Some(*conversation);
            }
            // Whatever appends to a conversation shows there.
            (Asked::Other(words), CommandResult::Done {}) if !words.is_empty() => self.say(words),
            (Asked::Message(..) | Asked::Open(_) | Asked::Group(_) | Asked::Other(_), _) => {}
        }
    }

    fn refused(&mut self, asked: Asked, why: String) {
        if let Asked::Message(conversation, text) = asked {
            if self.open == Some(conversation) && self.editor.is_empty() {
                // It is there again, to be sent another way.
                self.editor = Editor::with(text);
                self.complain(format!("Not sent: {why}"));
                return;
            }
            if self.failed.len() >= FAILED_MAX {
                self.failed.remove(0);
            }
            self.failed.push(Failed { conversation, text, why });
        } else {
            self.complain(why);
        }
    }

    fn answered(&mut self, answer: Result<Answer, ClientError>) {
        let (title, rows) = match answer {
            Ok(Answer::Sessions { sessions }) => {
                let row = |info: crate::model::SessionInfo| {
                    format!(
                        "{} {} on {:?}, logged in {}, last used {}, from {}",
                        if info.current { "*" } else { " " },
                        super::text::one_line(info.device.name.as_str()),
                        info.device.platform,
                        self.offset.day(info.created),
                        self.offset.day(info.seen),
                        super::text::one_line(&info.address),
                    )
                };
                ("Your devices (* is this one)".to_owned(), sessions.into_iter().map(row).collect())
            }
            Ok(Answer::Members { members, more, .. }) => {
                let mut rows: Vec<String> = members
                    .into_iter()
                    .map(|member| {
                        let alias =
                            member.alias.as_ref().map(|alias| format!(" “{}”", super::text::one_line(alias.as_str())));
                        let role = match member.role {
                            crate::model::Role::Member => "",
                            crate::model::Role::Manager => " (manager)",
                            crate::model::Role::Owner => " (owner)",
                        };
                        format!("{}{}{role}", member.user, alias.unwrap_or_default())
                    })
                    .collect();
                if more {
                    rows.push("… and more".to_owned());
                }
                ("Members".to_owned(), rows)
            }
            Ok(_) => {
                return self.complain("The server answered something else than was asked; is it of another version?");
            }
            Err(error) => return self.complain(words::sentence(&error_text(&error))),
        };
        self.panel = Some(Panel { title, rows, scroll: 0 });
    }

    fn older(&mut self, id: ConversationId, result: Result<usize, ClientError>) {
        if self.loading == Some(id) {
            self.loading = None;
        }
        if !matches!(result, Ok(1..)) {
            self.enough = Some(id);
        }
        if let Err(error) = result {
            self.complain(format!("Older messages could not be loaded: {}", words::sentence(&error_text(&error))));
        }
    }

    // Conversations.

    /// Opens a conversation; keeps what was being written in the one before.
    fn open_chat(&mut self, id: ConversationId, actions: &mut Vec<Action>) {
        self.pane = Pane::Chat;
        self.selected = Some(id);
        self.panel = None;
        if self.open == Some(id) {
            return;
        }
        self.stop_typing(actions);
        self.keep_draft();
        self.editor = self.drafts.remove(&id).unwrap_or_default();
        self.open = Some(id);
        self.scroll = 0;
        self.read_told.remove(&id);
        self.enough = None;
        self.mark_fresh();
        actions.push(Action::Look);
    }

    fn close_chat(&mut self, actions: &mut Vec<Action>) {
        self.stop_typing(actions);
        self.keep_draft();
        self.open = None;
        self.pane = Pane::List;
        self.scroll = 0;
        actions.push(Action::Look);
    }

    fn keep_draft(&mut self) {
        let written = std::mem::take(&mut self.editor);
        if let Some(id) = self.open
            && !written.is_empty()
        {
            self.drafts.insert(id, written);
        }
    }

    /// Remembers what is unread now, for the line above it.
    fn mark_fresh(&mut self) {
        self.fresh_from =
            self.chat().filter(|chat| chat.about.inbox.unread > 0).map(|chat| chat.about.inbox.read.next());
    }

    /// Goes `by` conversations down the list (up when it is negative), around at its ends.
    fn step(&mut self, by: isize, actions: &mut Vec<Action>) {
        let chats = &self.picture.chats;
        let only_select = self.is_narrow() && self.pane == Pane::List;
        let from = if only_select { self.selected } else { self.open };
        let at = chats.iter().position(|chat| Some(chat.about.id) == from);
        let count = chats.len().cast_signed();
        let to = match at {
            _ if count == 0 => return,
            Some(at) => (at.cast_signed() + by).rem_euclid(count),
            None if by < 0 => count - 1,
            None => 0,
        };
        let id = chats[to.cast_unsigned()].about.id;
        if only_select {
            self.selected = Some(id);
        } else {
            self.open_chat(id, actions);
        }
    }

    // What is told.

    fn tell_read(&mut self, actions: &mut Vec<Action>) {
        if !self.focused || !self.shows_chat() || self.panel.is_some() || self.scroll > 0 {
            return;
        }
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let Some(chat) = &opened.chat else { return };
        let (inbox, head) = (&chat.about.inbox, opened.head);
        if (head > inbox.read || inbox.marked_unread) && self.read_told.get(&opened.id) != Some(&head) {
            actions.push(Action::Read(opened.id, head));
            self.read_told.insert(opened.id, head);
        }
    }

    fn tell_typing(&mut self, actions: &mut Vec<Action>) {
        let Some(id) = self.open.filter(|_| self.is_online()) else { return };
        let text = self.editor.text();
        if text.is_empty() || (text.starts_with('/') && !text.starts_with("//")) {
            self.stop_typing(actions);
        } else if self.typing_told.is_none_or(|(told, at)| told != id || self.now.since_ms(at) >= TYPING_SAID_MS) {
            self.typing_told = Some((id, self.now));
            actions.push(Action::Typing(id, true));
        }
    }

    fn stop_typing(&mut self, actions: &mut Vec<Action>) {
        if let Some((id, _)) = self.typing_told.take() {
            actions.push(Action::Typing(id, false));
        }
    }

    /// Watches whoever stands at the top of the list.
    fn watch(&mut self, actions: &mut Vec<Action>) {
        let open = self.chat().and_then(|chat| chat.about.peer.as_ref());
        let listed = self.picture.chats.iter().filter_map(|chat| chat.about.peer.as_ref());
        let mut users: BTreeMap<CompactString, &UserId> = BTreeMap::new();
        for user in open.into_iter().chain(listed).filter(|user| !self.picture.is_me(user)) {
            if users.len() >= WATCHED_MAX {
                break;
            }
            users.insert(user.folded(), user);
        }
        let stale = self.watched.as_ref().is_none_or(|(watched, since)| {
            self.now.since_ms(*since) >= WATCH_AGAIN_MS || users.keys().any(|user| !watched.contains(user))
        });
        if stale && !users.is_empty() && self.is_online() {
            actions.push(Action::Watch(users.values().map(|user| (*user).clone()).collect(), WATCH_SECONDS));
            self.watched = Some((users.into_keys().collect(), self.now));
        }
    }

    /// Loads what fits on the screen besides what is there.
    fn fill(&mut self, actions: &mut Vec<Action>) {
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let (id, height) = (opened.id, usize::from(view::transcript_size(self).1));
        let wanted = opened.has_older && self.loading.is_none() && self.enough != Some(id);
        if wanted && self.is_online() && transcript::tail(self, height).len() < height {
            self.loading = Some(id);
            actions.push(Action::LoadOlder(id));
        }
    }

    /// Whoever asks for a conversation that is hidden wants it back.
    fn bring_back(&mut self, actions: &mut Vec<Action>) {
        let Some(conversation) = self.wanted.filter(|id| self.open == Some(*id)) else { return };
        let Some(hidden) = self.chat().map(|chat| chat.about.inbox.hidden) else { return };
        self.wanted = None;
        if hidden {
            self.other(Command::Hide { conversation, hidden: false }, "", actions);
        }
    }

    // Keys.

    fn key(&mut self, key: KeyEvent, actions: &mut Vec<Action>) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('c' | 'q') if control => actions.push(Action::End(End::Quit)),
            KeyCode::Char('d') if control && self.editor.is_empty() => actions.push(Action::End(End::Quit)),
            KeyCode::Esc => self.escape(actions),
            KeyCode::PageUp => self.page(true, actions),
            KeyCode::PageDown => self.page(false, actions),
            KeyCode::Up if self.panel.is_some() => self.scroll_panel(-1),
            KeyCode::Down if self.panel.is_some() => self.scroll_panel(1),
            KeyCode::Tab | KeyCode::Down => self.step(1, actions),
            KeyCode::BackTab | KeyCode::Up => self.step(-1, actions),
            KeyCode::Char('n') if control => self.step(1, actions),
            KeyCode::Char('p') if control => self.step(-1, actions),
            KeyCode::Enter if alt => self.write(|editor| editor.insert("\n"), actions),
            KeyCode::Char('j') if control => self.write(|editor| editor.insert("\n"), actions),
            KeyCode::Enter => self.enter(actions),
            KeyCode::Left => self.editor.left(),
            KeyCode::Right => self.editor.right(),
            KeyCode::Home => self.editor.home(),
            KeyCode::End => self.editor.end(),
            KeyCode::Char('a') if control => self.editor.home(),
            KeyCode::Char('e') if control => self.editor.end(),
            KeyCode::Char('b') if control => self.editor.left(),
            KeyCode::Char('f') if control => self.editor.right(),
            KeyCode::Char('w') if control => self.write(Editor::cut_word, actions),
            KeyCode::Char('u') if control => self.write(Editor::cut_to_start, actions),
            KeyCode::Char('k') if control => self.write(Editor::cut_to_end, actions),
            KeyCode::Backspace if control || alt => self.write(Editor::cut_word, actions),
            KeyCode::Char('h') if control => self.write(Editor::backspace, actions),
            KeyCode::Backspace => self.write(Editor::backspace, actions),
            KeyCode::Delete => self.write(Editor::delete, actions),
            KeyCode::Char('d') if control => self.write(Editor::delete, actions),
            KeyCode::Char(typed) if !control && !alt => {
                let mut bytes = [0; 4];
                let typed: &str = typed.encode_utf8(&mut bytes);
                self.write(|editor| editor.insert(typed), actions);
            }
            _ => {}
        }
    }

    fn write(&mut self, change: impl FnOnce(&mut Editor), actions: &mut Vec<Action>) {
        change(&mut self.editor);
        self.tell_typing(actions);
    }

    fn escape(&mut self, actions: &mut Vec<Action>) {
        if self.panel.take().is_some() || self.note.take().is_some() {
            return;
        }
        let failed = self.failed.len();
        if self.scroll > 0 {
            self.scroll = 0;
            return;
        }
        self.failed.retain(|failed| Some(failed.conversation) != self.open);
        if self.failed.len() == failed && self.open.is_some() && (self.is_narrow() || self.editor.is_empty()) {
            self.close_chat(actions);
        }
    }

    fn scroll_panel(&mut self, by: isize) {
        let rows = view::panel_rows(self).len();
        let room = view::panel_room(self).1;
        if let Some(panel) = &mut self.panel {
            panel.scroll = panel.scroll.saturating_add_signed(by).min(rows.saturating_sub(room));
        }
    }

    fn page(&mut self, up: bool, actions: &mut Vec<Action>) {
        let height = usize::from(view::transcript_size(self).1).max(2);
        if self.panel.is_some() {
            let by = view::panel_room(self).1.cast_signed();
            self.scroll_panel(if up { -by } else { by });
            return;
        }
        if !up {
            self.scroll = self.scroll.saturating_sub(height - 1);
            return;
        }
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let (id, has_older) = (opened.id, opened.has_older);
        let wanted = self.scroll + height - 1;
        let there = transcript::tail(self, wanted + height).len();
        self.scroll = wanted.min(there.saturating_sub(height));
        if has_older && there < wanted + height && self.loading.is_none() {
            if self.is_online() {
                self.loading = Some(id);
                actions.push(Action::LoadOlder(id));
            } else {
                self.complain("Older messages are loaded when the connection is back.");
            }
        }
    }

    // What is entered.

    fn enter(&mut self, actions: &mut Vec<Action>) {
        if self.editor.is_empty() {
            if self.panel.take().is_none()
                && self.is_narrow()
                && self.pane == Pane::List
                && let Some(id) = self.selected
            {
                self.open_chat(id, actions);
            }
            return;
        }
        if self.editor.text().trim().is_empty() {
            self.editor.take();
            return;
        }
        self.note = None;
        self.panel = None;
        let text = self.editor.take();
        self.stop_typing(actions);
        if let Err(sentence) = command::parse(&text).and_then(|line| self.carry_out(line, actions)) {
            // It stays there to be put right.
            self.editor = Editor::with(text);
            self.complain(sentence);
        }
    }

    /// Carries out a line. The error is a sentence; then nothing was done.
    fn carry_out(&mut self, line: Line, actions: &mut Vec<Action>) -> Result<(), String> {
        match line {
            Line::Say(text) => self.send(text, None, actions)?,
            Line::Reply(text) => {
                let to = self
                    .last_message(|model, entry| !model.picture.is_me(&entry.author))
                    .ok_or("There is no message of somebody else here that could be answered.")?;
                self.send(text, Some(to.seq), actions)?;
            }
            Line::Direct(user) => self.direct(user, actions)?,
            Line::Group(title, members) => {
                // Who leaves the quotes out names the rest of the title as users.
                let hint = match members.first() {
                    Some(user) => format!("A title of several words goes in quotes: /group \"{title} {user}\" USER.."),
                    None => String::new(),
                };
                let command = Command::CreateGroup { title, members, rules: GroupRules::default() };
                self.submit(command, Asked::Group(hint), actions);
            }
            Line::Add(users) => {
                let conversation = self.group()?;
                // The notice in the conversation says who joined; nothing comes when all are there already.
                self.other(Command::AddMembers { conversation, users }, "They are in the group already.", actions);
            }
            Line::Remove(user) => {
                let conversation = self.group()?;
                self.other(Command::RemoveMember { conversation, user }, "", actions);
            }
            Line::Leave => {
                let conversation = self.group()?;
                self.other(Command::Leave { conversation }, "", actions);
            }
            Line::Rename(title) => {
                let conversation = self.group()?;
                self.other(Command::Rename { conversation, title }, "", actions);
            }
            Line::Members => {
                let conversation = self.here()?.about.id;
                actions.push(Action::Query(Query::Members { conversation, after: None, limit: MEMBERS_SHOWN }));
            }
            Line::Edit(text) => {
                let conversation = self.here()?.about.id;
                let last = self.last_message(|model, entry| {
                    model.picture.is_me(&entry.author) && matches!(entry.body, Body::Text(_))
                });
                let seq = last.ok_or("There is no message of yours here that could be edited.")?.seq;
                self.other(Command::Edit { conversation, seq, text }, "", actions);
            }
            Line::Recall => {
                let conversation = self.here()?.about.id;
                let last = self.last_message(|model, entry| model.picture.is_me(&entry.author));
                let seq = last.ok_or("There is no message of yours here that could be recalled.")?.seq;
                self.other(Command::Recall { conversation, seq }, "", actions);
            }
            Line::React(emoji) => {
                let conversation = self.here()?.about.id;
                let last = self
                    .last_message(|model, entry| !model.picture.is_me(&entry.author))
                    .or_else(|| self.last_message(|_, _| true));
                let entry = last.ok_or("There is no message here to react to.")?;
                let mine = |reaction: &crate::model::Reaction| {
                    reaction.emoji == emoji && reaction.users.iter().any(|user| self.picture.is_me(user))
                };
                let on = !entry.reactions.iter().any(mine);
                self.other(Command::React { conversation, seq: entry.seq, emoji, on }, "", actions);
            }
            Line::Mute => {
                let inbox = &self.here()?.about.inbox;
                let (conversation, muted) =
                    (inbox.conversation, inbox.muted_until.is_some_and(|until| until > self.now));
                let (until, words) = if muted { (None, "No longer muted.") } else { (Some(FOR_EVER), "Muted.") };
                self.other(Command::Mute { conversation, until }, words, actions);
            }
            Line::Pin => {
                let inbox = &self.here()?.about.inbox;
                let (conversation, pinned) = (inbox.conversation, !inbox.pinned);
                let words = if pinned { "Pinned to the top." } else { "No longer pinned." };
                self.other(Command::Pin { conversation, pinned }, words, actions);
            }
            Line::Hide => {
                let conversation = self.here()?.about.id;
                let words = "Hidden until its next message.";
                self.other(Command::Hide { conversation, hidden: true }, words, actions);
                self.close_chat(actions);
            }
            Line::Devices => actions.push(Action::Query(Query::Sessions {})),
            Line::Help => self.panel = Some(help(self.offset)),
            Line::Quit => actions.push(Action::End(End::Quit)),
        }
        Ok(())
    }

    fn submit(&mut self, command: Command, asked: Asked, actions: &mut Vec<Action>) {
        if !self.is_online() && !matches!(asked, Asked::Message(..)) {
            self.say("There is no connection; this is done when it is back.");
        }
        actions.push(Action::Submit(command, asked));
    }

    fn other(&mut self, command: Command, words: &str, actions: &mut Vec<Action>) {
        self.submit(command, Asked::Other(words.to_owned()), actions);
    }

    fn send(&mut self, text: String, reply_to: Option<Seq>, actions: &mut Vec<Action>) -> Result<(), String> {
        let chat = self.here()?;
        if chat.about.inbox.gone {
            return Err("You are no longer in this group; it can only be read.".to_owned());
        }
        let id = chat.about.id;
        let content = Content::Text(Text { reply_to, ..Text::plain(text.clone()) });
        self.submit(Command::Send { to: Target::Conversation(id), content }, Asked::Message(id, text), actions);
        self.scroll = 0;
        self.fresh_from = None;
        Ok(())
    }

    fn direct(&mut self, user: UserId, actions: &mut Vec<Action>) -> Result<(), String> {
        if same(&user, &self.user) {
            return Err("That is you; name somebody else.".to_owned());
        }
        if let Some(id) = self.picture.direct_with(&user).map(|chat| chat.about.id) {
            self.open_chat(id, actions);
        } else {
            let name = user.to_string();
            self.submit(Command::OpenDirect { user }, Asked::Open(name), actions);
        }
        Ok(())
    }

    /// The conversation that is open; the error is a sentence.
    fn here(&self) -> Result<&Chat, String> {
        match (self.open, self.chat()) {
            (_, Some(chat)) => Ok(chat),
            (Some(_), None) => Err("This conversation is still being loaded; try again in a moment.".to_owned()),
            (None, None) if self.picture.chats.is_empty() => {
                Err("No conversation is open. Start one with /dm NAME.".to_owned())
            }
            (None, None) => Err("No conversation is open. Choose one with Tab, or start one with /dm NAME.".to_owned()),
        }
    }

    fn group(&self) -> Result<ConversationId, String> {
        let about = &self.here()?.about;
        match about.kind {
            ConversationKind::Group => Ok(about.id),
            ConversationKind::Direct | ConversationKind::Feed | ConversationKind::Assistant => {
                Err("This is a chat of two; a group is made with /group TITLE USER..".to_owned())
            }
        }
    }

    /// The newest message here that is like this and was not recalled.
    fn last_message(&self, like: impl Fn(&Self, &Entry) -> bool) -> Option<Arc<Entry>> {
        let opened = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open)?;
        let is_it = |entry: &&Arc<Entry>| {
            matches!(entry.body, Body::Text(_) | Body::Custom(_) | Body::Answer(_)) && like(self, entry)
        };
        opened.entries.iter().rev().find(is_it).cloned()
    }
}

/// An error of the client in words. A refusal's own sentence says it better than its code.
fn error_text(error: &ClientError) -> String {
    match error {
        ClientError::Refused(refusal) => refusal.message.clone().into_owned(),
        other => other.to_string(),
    }
}

fn help(offset: Offset) -> Panel {
    let rows = |pairs: &[(&str, &str)]| -> Vec<String> {
        pairs.iter().map(|(left, right)| format!("{left:<22}{right}")).collect()
    };
    let mut all = rows(command::HELP);
    all.push(String::new());
    all.extend(rows(command::KEYS));
    all.push(String::new());
    let zone = match offset.0 {
        0 => "UTC".to_owned(),
        minutes => {
            format!("UTC{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
        }
    };
    all.push(format!("Times are in {zone}; --offset +02:00 changes that."));
    Panel { title: "Help (Esc closes, Up and Down scroll)".to_owned(), rows: all, scroll: 0 }
}
