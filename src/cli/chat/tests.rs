//! The model and what is drawn of it.

use super::model::{Action, Asked, End, Input, Model, Pane};
use super::picture::{Chat, Opened, Picture};
use super::view;
use super::words::Offset;
use crate::client::{Event, Link};
use crate::model::{
    Body, Code, Command, CommandResult, Content, Conversation, ConversationId, ConversationKind, Cursor, EndReason,
    Entry, Inbox, Key, Lsn, Ordinal, Outcome, Reaction, Refusal, Role, Seq, Target, Text, Timestamp, UserId,
};
use crate::model::{PresenceOf, PresenceState};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;

/// 2026-01-01 12:00 UTC.
const NOON: u64 = 1_767_268_800_000;
const DIRECT: ConversationId = ConversationId(1);
const GROUP: ConversationId = ConversationId(2);

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

fn say(seq: u64, author: &str, text: &str) -> Entry {
    entry(seq, author, Body::Text(Text::plain(text)))
}

fn entry(seq: u64, author: &str, body: Body) -> Entry {
    Entry {
        seq: Seq(seq),
        lsn: Lsn(seq),
        changed: Lsn(seq),
        ordinal: Ordinal(seq),
        at: Timestamp(NOON + seq * 60_000),
        author: user(author),
        key: None,
        body,
        reactions: Vec::new(),
        edited_at: None,
        recalled_at: None,
        origin: None,
    }
}

fn about(id: ConversationId, head: u64) -> Conversation {
    let direct = id == DIRECT;
    let inbox = Inbox {
        conversation: id,
        lsn: Lsn(0),
        read: Seq(head),
        unread: 0,
        mentions: 0,
        pinned: false,
        muted_until: None,
        hidden: false,
        marked_unread: false,
        floor: Seq(1),
        gone: false,
    };
    Conversation {
        id,
        kind: if direct { ConversationKind::Direct } else { ConversationKind::Group },
        title: (!direct).then(|| "The team".parse().unwrap()),
        peer: direct.then(|| user("bob")),
        group: None,
        role: Role::Member,
        members: 3,
        head: Seq(head),
        head_ordinal: Ordinal(head),
        at: Timestamp(NOON),
        changed: Lsn(head),
        inbox,
        cursors: Vec::new(),
        entries: Vec::new(),
    }
}

fn cursor(id: &str, delivered: u64, read: u64) -> Cursor {
    Cursor { user: user(id), delivered: Some(Seq(delivered)), read: Seq(read) }
}

/// A chat whose conversations and entries a test sets as it likes.
struct Desk {
    model: Model,
    now: u64,
    chats: Vec<(Conversation, Vec<Entry>, bool)>,
    pending: Vec<(Key, Command)>,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let model = Model::new("tcp://here:9000".into(), user("ada"), Offset(0), (columns, rows), Timestamp(NOON));
        let mut desk = Self { model, now: NOON, chats: Vec::new(), pending: Vec::new() };
        desk.put(Input::Size(columns, rows));
        desk
    }

    /// One that is online, with these conversations.
    fn with(columns: u16, rows: u16, chats: Vec<(Conversation, Vec<Entry>)>) -> Self {
        let mut desk = Self::new(columns, rows);
        desk.chats = chats.into_iter().map(|(about, entries)| (about, entries, false)).collect();
        desk.event(Event::Link(Link::Online));
        desk.event(Event::Link(Link::Synced));
        desk
    }

    fn picture(&self) -> Picture {
        let chat = |(about, entries, _): &(Conversation, Vec<Entry>, bool)| Chat {
            about: about.clone(),
            newest: entries.last().cloned().map(Arc::new),
        };
        let opened = self.chats.iter().find(|(about, ..)| Some(about.id) == self.model.open);
        Picture {
            me: Some(user("ada")),
            chats: self.chats.iter().map(chat).collect(),
            opened: opened.map(|all| Opened {
                chat: Some(chat(all)),
                id: all.0.id,
                entries: all.1.iter().cloned().map(Arc::new).collect(),
                head: all.1.last().map_or(Seq(0), |entry| entry.seq),
                has_older: all.2,
            }),
            pending: self.pending.clone(),
        }
    }

    /// Gives an input as the loop does: with a new picture behind it.
    fn put(&mut self, input: Input) -> Vec<Action> {
        let mut actions = self.model.update(Timestamp(self.now), input);
        let picture = self.picture();
        actions.extend(self.model.update(Timestamp(self.now), Input::Picture(picture)));
        actions.retain(|action| !matches!(action, Action::Look));
        actions
    }

    fn event(&mut self, event: Event) -> Vec<Action> {
        self.put(Input::Client(event))
    }

    fn key(&mut self, code: KeyCode) -> Vec<Action> {
        self.put(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn enter(&mut self, text: &str) -> Vec<Action> {
        self.put(Input::Paste(text.into()));
        self.key(KeyCode::Enter).into_iter().filter(|action| !matches!(action, Action::Typing(..))).collect()
    }

    fn screen(&self) -> String {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| {
                let cursor = view::draw(&self.model, frame.buffer_mut());
                frame.set_cursor_position(cursor);
            })
            .unwrap();
        terminal.backend().to_string()
    }

    #[track_caller]
    fn shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not in\n{screen}");
    }

    #[track_caller]
    fn hides(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is in\n{screen}");
    }
}

fn two_chats() -> Vec<(Conversation, Vec<Entry>)> {
    let mut direct = about(DIRECT, 2);
    direct.cursors = vec![cursor("bob", 1, 0), cursor("ada", 2, 2)];
    let mut group = about(GROUP, 2);
    group.inbox.unread = 1;
    group.inbox.read = Seq(1);
    let created =
        Body::GroupCreated { title: "The team".parse().unwrap(), members: vec![user("cy"), user("ada"), user("bob")] };
    vec![
        (direct, vec![say(1, "ada", "hello 日本語"), say(2, "ada", "still there?")]),
        (group, vec![entry(1, "cy", created), say(2, "cy", "news")]),
    ]
}

#[test]
fn before_the_first_conversation_the_screen_says_what_to_do() {
    let mut desk = Desk::new(80, 24);
    desk.shows("connecting to tcp://here:9000");
    desk.shows("loading…");
    desk.event(Event::Link(Link::Synced));
    desk.shows("no conversations yet:");
    desk.shows("Write /dm NAME to talk to somebody");
    assert_eq!(desk.enter("hello"), []);
    desk.shows("No conversation is open. Start one with /dm NAME.");
    assert_eq!(desk.model.editor.text(), "hello", "what was written is kept");
}

#[test]
fn a_direct_chat_is_opened_when_the_server_has_made_it() {
    let mut desk = Desk::with(80, 24, Vec::new());
    let actions = desk.enter("/dm bob");
    let [Action::Submit(Command::OpenDirect { user: peer }, asked)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(peer, &user("bob"));
    let key = Key([1; 16]);
    desk.put(Input::Submitted(key, asked.clone()));
    desk.chats = vec![(about(DIRECT, 0), Vec::new(), false)];
    desk.chats[0].0.inbox.hidden = true;
    let result = CommandResult::Conversation { conversation: DIRECT };
    let actions = desk.event(Event::Done { key, outcome: Outcome { lsn: Lsn(1), duplicate: false, result } });
    assert!(matches!(&actions[..], [.., Action::Submit(Command::Hide { hidden: false, .. }, _)]), "{actions:?}");
    assert_eq!(desk.model.open, Some(DIRECT));
    desk.shows("no messages yet: write the first one");
}

#[test]
fn the_list_shows_unread_counts_and_newest_lines_and_opening_reads() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.shows("you: still there?");
    desk.shows("cy: news");
    desk.shows("The team            1 │");
    desk.shows("Choose a conversation with Tab");
    assert_eq!(desk.key(KeyCode::Tab), [], "everything there is read");
    assert_eq!(desk.key(KeyCode::Tab), [Action::Read(GROUP, Seq(2))]);
    desk.shows("cy created the group “The team” with you and bob");
    desk.shows("── new ──");
    desk.shows("12:02 cy: news");
    desk.shows("3 members");
    assert_eq!(desk.key(KeyCode::Left), [], "it is told once");
}

#[test]
fn what_comes_while_nobody_looks_is_not_read() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.put(Input::Focus(false));
    desk.key(KeyCode::BackTab);
    assert_eq!(desk.model.open, Some(GROUP));
    assert_eq!(desk.put(Input::Focus(true)), [Action::Read(GROUP, Seq(2))]);
}

#[test]
fn own_messages_show_how_far_they_got() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    desk.shows("12:01 ada: hello 日本語  delivered");
    desk.shows("12:02 ada: still there?  sent");
    desk.chats[0].0.cursors[0] = cursor("bob", 2, 1);
    desk.put(Input::Tick);
    desk.shows("hello 日本語  read");
    desk.shows("still there?  delivered");
    let actions = desk.enter("waiting");
    let [Action::Submit(command, Asked::Message(..))] = actions.as_slice() else { panic!("{actions:?}") };
    desk.pending = vec![(Key::new(Timestamp(NOON)), command.clone())];
    desk.put(Input::Tick);
    desk.shows("ada: waiting  sending…");
    desk.event(Event::Link(Link::Offline { reason: "no route".into(), retry_in_ms: 4_000 }));
    desk.shows("ada: waiting  waits for the connection");
    desk.shows("offline · trying again in 4 s");
    desk.shows("No route. What you write is kept");
    desk.event(Event::Link(Link::Connecting));
    desk.shows("No route.");
    desk.event(Event::Link(Link::Synced));
    desk.hides("No route.");
}

#[test]
fn a_group_counts_who_has_read() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.chats[1].1.push(say(3, "ada", "seen?"));
    desk.chats[1].0.cursors = vec![cursor("ada", 3, 3), cursor("bob", 3, 3), cursor("cy", 3, 3)];
    desk.key(KeyCode::BackTab);
    desk.shows("seen?  read by 2");
}

#[test]
fn marks_quotes_and_reactions_are_shown() {
    let mut desk = Desk::with(80, 24, two_chats());
    let entries = &mut desk.chats[0].1;
    entries[0].edited_at = Some(Timestamp(NOON));
    entries[0].reactions = vec![Reaction { emoji: "👍".parse().unwrap(), users: vec![user("bob"), user("ada")] }];
    let reply = Text { reply_to: Some(Seq(1)), ..Text::plain("good") };
    entries.push(entry(3, "bob", Body::Text(reply)));
    entries.push(entry(4, "bob", Body::Edited { target: Seq(1) }));
    entries.push(entry(5, "bob", Body::Recalled {}));
    desk.key(KeyCode::Tab);
    desk.shows("hello 日本語 (edited)  delivered");
    desk.shows("👍 bob and you");
    desk.shows("┃ ada: hello 日本語");
    desk.shows("12:05 bob recalled this message");
    desk.hides("12:04");
    // My reaction is there: asking for it again takes it away; bob's last message is the one that counts.
    let react = |action: &Action| match action {
        Action::Submit(Command::React { seq, on, .. }, _) => (seq.0, *on),
        other => panic!("{other:?}"),
    };
    assert_eq!(react(&desk.enter("/react 👍")[0]), (3, true));
    let edit = desk.enter("/edit new words");
    assert!(matches!(&edit[..], [Action::Submit(Command::Edit { seq: Seq(2), .. }, _)]), "{edit:?}");
}

#[test]
fn a_refused_message_is_back_in_the_editor_or_stays_on_the_screen() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    for (written, key) in [("", Key([1; 16])), ("another", Key([2; 16]))] {
        let actions = desk.enter("rude");
        let [Action::Submit(Command::Send { to: Target::Conversation(DIRECT), content }, asked)] = &actions[..] else {
            panic!("{actions:?}")
        };
        assert!(matches!(content, Content::Text(text) if text.text == "rude"));
        desk.put(Input::Submitted(key, asked.clone()));
        desk.put(Input::Paste(written.into()));
        desk.event(Event::Refused { key, refusal: Refusal::new(Code::Blocked, "bob has blocked you") });
        desk.shows("bob has blocked you.".replace("bob", "Bob").as_str());
        if written.is_empty() {
            assert_eq!(desk.model.editor.take(), "rude");
        }
    }
    assert_eq!(desk.model.editor.text(), "another");
    desk.model.editor.take();
    desk.shows("ada: rude  not sent: Bob has blocked you.");
    desk.key(KeyCode::Esc);
    desk.key(KeyCode::Esc);
    desk.hides("not sent");
}

#[test]
fn typing_is_told_now_and_then_and_shown_for_a_while() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    assert_eq!(desk.key(KeyCode::Char('a')), [Action::Typing(DIRECT, true)]);
    assert_eq!(desk.key(KeyCode::Char('b')), []);
    desk.now += 4_000;
    assert_eq!(desk.key(KeyCode::Char('c')), [Action::Typing(DIRECT, true)]);
    assert!(desk.key(KeyCode::Enter).contains(&Action::Typing(DIRECT, false)));
    assert_eq!(desk.key(KeyCode::Char('/')), [], "commands are nobody's business");
    desk.event(Event::Typing { conversation: DIRECT, user: user("bob"), active: true });
    desk.shows("bob is typing…");
    desk.now += 8_000;
    desk.put(Input::Tick);
    desk.hides("is typing");
}

#[test]
fn the_presence_of_the_other_one_is_watched_and_shown() {
    let mut desk = Desk::new(80, 24);
    desk.chats = two_chats().into_iter().map(|(about, entries)| (about, entries, false)).collect();
    let watch = desk.event(Event::Link(Link::Synced));
    assert!(matches!(&watch[..], [Action::Watch(users, _)] if users == &[user("bob")]), "{watch:?}");
    let presence = |state, last_seen| {
        Event::Presence(PresenceOf {
            user: user("BOB"),
            state,
            text: None,
            emoji: None,
            until: None,
            platforms: Vec::new(),
            last_seen,
        })
    };
    desk.event(presence(PresenceState::Online, None));
    desk.key(KeyCode::Tab);
    desk.shows("bob  online");
    desk.event(presence(PresenceState::Offline, Some(Timestamp(NOON))));
    desk.shows("bob  last seen 12:00");
}

#[test]
fn a_long_conversation_is_scrolled_and_older_messages_are_loaded() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.chats[0].1 = (101..=160).map(|seq| say(seq, "bob", &format!("line {seq}"))).collect();
    desk.chats[0].0.inbox.read = Seq(160);
    desk.chats[0].2 = true;
    desk.key(KeyCode::Tab);
    desk.shows("bob: line 160");
    assert_eq!(desk.key(KeyCode::PageUp), []);
    desk.hides("bob: line 160");
    let top = desk.screen().lines().nth(8).unwrap().to_owned();
    // What comes below does not move what is being read.
    desk.chats[0].1.push(say(161, "bob", "line 161"));
    assert_eq!(desk.put(Input::Tick), [], "it is not read either");
    assert_eq!(desk.screen().lines().nth(8).unwrap(), top);
    desk.key(KeyCode::PageUp);
    assert_eq!(desk.key(KeyCode::PageUp), [Action::LoadOlder(DIRECT)]);
    desk.shows("loading older messages…");
    desk.chats[0].1.splice(0..0, (1..=100).map(|seq| say(seq, "bob", &format!("line {seq}"))));
    desk.chats[0].2 = false;
    desk.put(Input::Older(DIRECT, Ok(100)));
    desk.hides("loading older messages…");
    desk.key(KeyCode::PageUp);
    desk.shows("line 90");
    assert_eq!(desk.key(KeyCode::Esc), [Action::Read(DIRECT, Seq(161))]);
    desk.shows("bob: line 161");
}

#[test]
fn what_was_being_written_waits_in_its_conversation() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    desk.put(Input::Paste("half a thought".into()));
    desk.key(KeyCode::Tab);
    assert!(desk.model.editor.is_empty());
    desk.enter("/dm bob");
    assert_eq!((desk.model.open, desk.model.editor.text()), (Some(DIRECT), "half a thought"));
}

#[test]
fn a_narrow_terminal_shows_one_thing_at_a_time() {
    let mut desk = Desk::with(40, 12, two_chats());
    desk.shows("The team");
    desk.key(KeyCode::Down);
    assert_eq!((desk.model.open, desk.model.pane), (None, Pane::List));
    assert_eq!(desk.key(KeyCode::Enter), [Action::Read(GROUP, Seq(2))]);
    desk.shows("cy: news");
    desk.hides("still there?");
    desk.key(KeyCode::Esc);
    desk.shows("still there?");
    assert_eq!(desk.model.open, None);
}

#[test]
fn no_size_is_too_small_to_draw() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    desk.put(Input::Paste("日本語 and more words than fit on a line of any of these".into()));
    for open in [true, false] {
        for columns in 1..90 {
            for rows in [1, 2, 3, 4, 5, 6, 24] {
                desk.put(Input::Size(columns, rows));
                desk.screen();
            }
        }
        if open {
            desk.enter("/help");
        }
    }
}

#[test]
fn the_end_of_the_session_is_said_in_a_sentence() {
    let mut desk = Desk::with(80, 24, two_chats());
    let actions = desk.event(Event::Kicked { reason: EndReason::PasswordChanged, by: None });
    assert!(
        matches!(&actions[..], [Action::End(End::Kicked(_, words))] if words.contains("password was changed")),
        "{actions:?}"
    );
    let refusal = Refusal::new(Code::Unauthenticated, "wrong password");
    assert_eq!(desk.event(Event::Fatal(refusal.clone())), [Action::End(End::Refused(refusal))]);
    assert_eq!(desk.enter("/quit"), [Action::End(End::Quit)]);
}

#[test]
fn commands_for_groups_are_not_sent_from_a_chat_of_two() {
    let mut desk = Desk::with(80, 24, two_chats());
    desk.key(KeyCode::Tab);
    for line in ["/leave", "/add cy", "/remove cy", "/rename x"] {
        assert_eq!(desk.enter(line), [], "{line}");
        desk.shows("This is a chat of two");
        assert_eq!(desk.model.editor.take(), line);
    }
    desk.key(KeyCode::Tab);
    let leave = desk.enter("/leave");
    assert!(matches!(&leave[..], [Action::Submit(Command::Leave { conversation: GROUP }, _)]), "{leave:?}");
}

/// Somebody wrote `/group Tea round bob` and was told that there is no user `round`, and nothing else.
#[test]
fn a_title_without_quotes_is_answered_with_how_to_write_it() {
    let mut desk = Desk::with(100, 20, Vec::new());
    let actions = desk.enter("/group Tea round bob");
    let asked = actions.into_iter().find_map(|action| match action {
        Action::Submit(Command::CreateGroup { .. }, asked) => Some(asked),
        _ => None,
    });
    let key = Key::new(Timestamp(NOON));
    desk.put(Input::Submitted(key, asked.unwrap()));
    let refusal = Refusal::new(Code::NotFound, "There is no user `round` here; check the spelling of the id.");
    desk.event(Event::Refused { key, refusal });
    desk.shows("There is no user `round` here");
    desk.shows(r#"/group "Tea round" USER.."#);
}
