//! Contacts, profiles and settings, through the socket: requests and their answers, lists, labels, blocks, who may write to whom,
//! and who is found by whom.

use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, Way, soon};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{
    Answer, AppId, AppSettings, Body, Card, Code, Command, CommandResult, Contact, ContactPolicy, ContactRequest,
    Content, ConversationId, Directory, EndReason, Entry, Epoch, Extra, LabelId, Line, Lsn, Name, PresenceState, Query,
    Relation, RequestState, Seq, Strangers, SystemCommand, Target, Text, Timestamp, UserFlags, UserHandle, UserId,
    UserSettings,
};
use tidings::protocol::{ClientFrame, Encoding, ServerFrame, Sync};

const JSON: Way = Way::Tcp(Encoding::Json);
const POSTCARD: Way = Way::Tcp(Encoding::Postcard);

/// A server and some people with a connection each.
struct Scene {
    _folder: TempDir,
    server: Server,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), quick()).await;
        Self { _folder: folder, server }
    }

    async fn enter(&self, id: &str) -> (Person, Peer) {
        let person = self.server.person(id).await;
        let (peer, _) = Peer::log_in(&self.server, POSTCARD, &person.token).await;
        (person, peer)
    }

    async fn system(&self, command: SystemCommand) {
        self.server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    }

    async fn settings(&self, change: impl FnOnce(&mut AppSettings)) {
        let mut settings = AppSettings::default();
        change(&mut settings);
        self.system(SystemCommand::SetApp { app: AppId::HOME, settings }).await;
    }

    async fn flags(&self, user: UserHandle, flags: UserFlags) {
        self.system(SystemCommand::SetFlags { user, flags }).await;
    }

    async fn end(self) {
        assert!(self.server.stop().await);
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn line(text: &str) -> Option<Line> {
    Some(Line::new(text).unwrap())
}

fn ask(id: &str) -> Command {
    ask_with(id, None)
}

fn ask_with(id: &str, greeting: Option<Line>) -> Command {
    Command::RequestContact { user: user(id), greeting, remark: None, source: None }
}

fn answer(id: &str, accept: bool) -> Command {
    Command::AnswerContact { user: user(id), accept }
}

fn block(id: &str, on: bool) -> Command {
    Command::Block { user: user(id), on }
}

fn text_to(id: &str) -> Command {
    Command::Send { to: Target::User(user(id)), content: Content::Text(Text::plain("Hello")) }
}

async fn code(peer: &mut Peer, command: Command) -> Code {
    peer.execute(command).await.unwrap_err().code
}

async fn set(peer: &mut Peer, settings: UserSettings) {
    assert_eq!(peer.execute(Command::SetSettings { settings }).await.unwrap(), CommandResult::Done {});
}

async fn contacts_since(peer: &mut Peer, since: Option<Lsn>) -> Vec<Contact> {
    let query = Query::Contacts { after: None, limit: 200, since, blocked: false };
    match peer.query(query).await.unwrap() {
        Answer::Contacts { contacts, more: false, .. } => contacts,
        other => panic!("{other:?}"),
    }
}

async fn contacts(peer: &mut Peer) -> Vec<String> {
    contacts_since(peer, None).await.iter().map(|contact| contact.user.to_string()).collect()
}

async fn contact(peer: &mut Peer, id: &str) -> Option<Contact> {
    match peer.query(Query::Contact { user: user(id) }).await.unwrap() {
        Answer::Contacts { mut contacts, .. } => contacts.pop(),
        other => panic!("{other:?}"),
    }
}

async fn requests(peer: &mut Peer, sent: bool) -> (Vec<ContactRequest>, u32) {
    match peer.query(Query::ContactRequests { sent, after: None, limit: 100 }).await.unwrap() {
        Answer::ContactRequests { requests, unread, more: false, .. } => (requests, unread),
        other => panic!("{other:?}"),
    }
}

async fn relation(peer: &mut Peer, id: &str) -> Relation {
    match peer.query(Query::Relations { users: vec![user("nobody"), user(id)] }).await.unwrap() {
        Answer::Relations { mut relations, .. } if relations.len() == 1 => relations.remove(0),
        other => panic!("{other:?}"),
    }
}

async fn feed(peer: &mut Peer) -> ConversationId {
    match peer.query(Query::Me {}).await.unwrap() {
        Answer::Me { feed, .. } => feed,
        other => panic!("{other:?}"),
    }
}

/// The next entry that is pushed, which stands in the user's own feed.
async fn notice(peer: &mut Peer) -> Entry {
    let own = feed(peer).await;
    let (conversation, entry) = peer.entry().await;
    assert_eq!(conversation, own, "{entry:?}");
    entry
}

async fn find(peer: &mut Peer, text: &str) -> Vec<String> {
    let query = Query::FindUsers { text: text.to_owned(), after: None, limit: 100 };
    match peer.query(query).await.unwrap() {
        Answer::FoundUsers { users, .. } => users.iter().map(|profile| profile.user.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

async fn befriend(one: &mut Peer, ones: &str, other: &mut Peer, others: &str) {
    one.execute(ask(others)).await.unwrap();
    other.execute(answer(ones, true)).await.unwrap();
    one.ping(71).await;
    other.ping(72).await;
    one.early.clear();
    other.early.clear();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_told_to_both_sides_and_an_accepted_one_makes_two_contacts() {
    let scene = Scene::new().await;
    let (ada, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    let phone = scene.server.device("ada", ada.handle, "ada-phone").await;
    let (mut a2, _) = Peer::log_in(&scene.server, JSON, &phone.token).await;
    let request = Command::RequestContact {
        user: user("BOB"),
        greeting: line("We met at the fair"),
        remark: Some(name("Bob of the fair")),
        source: line("search"),
    };
    assert!(matches!(a.execute(request).await.unwrap(), CommandResult::Appended { .. }));
    for peer in [&mut a2, &mut b] {
        let entry = notice(peer).await;
        let body = Body::ContactRequested { user: user("bob"), greeting: line("We met at the fair") };
        assert_eq!((entry.author, entry.body), (user("ada"), body));
    }
    let (mut list, unread) = requests(&mut b, false).await;
    let waiting = list.remove(0);
    assert_eq!((waiting.state, waiting.unread, unread), (RequestState::Pending, true, 1));
    assert_eq!((waiting.from, waiting.to, waiting.source), (user("ada"), user("bob"), line("search")));
    assert_eq!(requests(&mut a, true).await.0[0].to, user("bob"));
    assert_eq!((contacts(&mut a).await.len(), contacts(&mut b).await.len()), (0, 0));

    assert!(matches!(b.execute(answer("ada", true)).await.unwrap(), CommandResult::Appended { .. }));
    for peer in [&mut a, &mut a2] {
        let entry = notice(peer).await;
        assert_eq!(
            (entry.author, entry.body),
            (user("bob"), Body::ContactAnswered { user: user("ada"), accepted: true })
        );
    }
    assert_eq!((contacts(&mut a).await, contacts(&mut b).await), (vec!["bob".to_owned()], vec!["ada".to_owned()]));
    assert_eq!(contact(&mut a, "bob").await.unwrap().remark, Some(name("Bob of the fair")));
    assert_eq!(contact(&mut b, "ada").await.unwrap().remark, None);
    assert_eq!(
        b.execute(answer("ada", true)).await.unwrap(),
        CommandResult::Done {},
        "accepting twice changes nothing"
    );
    assert_eq!(a.execute(ask("bob")).await.unwrap(), CommandResult::Done {}, "they are contacts already");
    assert_eq!(code(&mut b, answer("ada", false)).await, Code::Conflict);
    assert_eq!(requests(&mut b, false).await.1, 0);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_again_updates_the_request_and_after_a_decline_there_is_a_pause() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    a.execute(ask_with("bob", line("One"))).await.unwrap();
    assert_eq!(a.execute(ask_with("bob", line("One"))).await.unwrap(), CommandResult::Done {}, "nothing new");
    a.execute(ask_with("bob", line("Two"))).await.unwrap();
    notice(&mut b).await;
    notice(&mut b).await;
    let (list, unread) = requests(&mut b, false).await;
    assert_eq!((list.len(), list[0].greeting.clone(), unread), (1, line("Two"), 1));
    b.execute(answer("ada", false)).await.unwrap();
    let entry = notice(&mut a).await;
    assert_eq!(entry.body, Body::ContactAnswered { user: user("ada"), accepted: false }, "the applicant is told");
    assert_eq!(b.execute(answer("ada", false)).await.unwrap(), CommandResult::Done {});
    assert_eq!(code(&mut b, answer("ada", true)).await, Code::Conflict);
    assert_eq!(requests(&mut a, true).await.0[0].state, RequestState::Declined);
    assert_eq!(code(&mut a, ask("bob")).await, Code::Conflict);
    scene.settings(|settings| settings.contact_cooldown_ms = 0).await;
    a.execute(ask("bob")).await.unwrap();
    assert_eq!(requests(&mut b, false).await.0[0].state, RequestState::Pending);
    // Whoever asks somebody who has asked them says yes.
    b.execute(ask("ada")).await.unwrap();
    assert_eq!(contacts(&mut a).await, ["bob"]);
    assert_eq!(requests(&mut b, false).await.0[0].state, RequestState::Accepted);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_request_does_is_for_the_other_side_to_say() {
    let scene = Scene::new().await;
    let (ada, mut a) = scene.enter("ada").await;
    let (bob, mut b) = scene.enter("bob").await;
    assert_eq!(code(&mut a, ask("ada")).await, Code::Invalid);
    assert_eq!(code(&mut a, ask("nobody")).await, Code::NotFound);
    assert_eq!(code(&mut a, answer("bob", true)).await, Code::NotFound);
    set(&mut b, UserSettings { contact_policy: ContactPolicy::Closed, ..UserSettings::default() }).await;
    assert_eq!(code(&mut a, ask("bob")).await, Code::Forbidden);
    b.execute(block("ada", true)).await.unwrap();
    assert_eq!(code(&mut a, ask("bob")).await, Code::Blocked);
    b.execute(block("ada", false)).await.unwrap();
    let disabled = UserFlags { contacts_disabled: true, ..UserFlags::default() };
    for one in [ada.handle, bob.handle] {
        scene.flags(one, disabled).await;
        assert_eq!(code(&mut a, ask("bob")).await, Code::ContactsDisabled);
        scene.flags(one, UserFlags::default()).await;
    }
    set(&mut b, UserSettings { contact_policy: ContactPolicy::Open, ..UserSettings::default() }).await;
    a.execute(ask("bob")).await.unwrap();
    b.early.clear();
    assert_eq!((contacts(&mut a).await, contacts(&mut b).await), (vec!["bob".to_owned()], vec!["ada".to_owned()]));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_on_one_side_comes_back_with_everything_when_asked() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    let (_, mut c) = scene.enter("cyd").await;
    befriend(&mut a, "ada", &mut b, "bob").await;
    befriend(&mut a, "ada", &mut c, "cyd").await;
    let extra = Extra::new(BTreeMap::from([("crm".to_owned(), "17".to_owned())])).unwrap();
    let keep =
        Command::SetContact { user: user("bob"), remark: Some(name("Bobby")), labels: vec![], extra: extra.clone() };
    a.execute(keep.clone()).await.unwrap();
    assert_eq!(a.execute(keep).await.unwrap(), CommandResult::Done {});
    let before = contact(&mut a, "bob").await.unwrap().changed;
    a.execute(Command::DeleteContacts { users: vec![user("bob"), user("bob")] }).await.unwrap();
    assert_eq!(contacts(&mut a).await, ["cyd"]);
    assert_eq!(contacts(&mut b).await, ["ada"], "the other side keeps its row");
    let changed = contacts_since(&mut a, Some(before.next())).await;
    assert_eq!(changed.iter().map(|row| (row.user.clone(), row.contact)).collect::<Vec<_>>(), [(user("bob"), false)]);
    let theirs = relation(&mut b, "ada").await;
    assert!(theirs.contact && !theirs.contact_of);
    assert_eq!(
        code(&mut a, Command::SetContact { user: user("bob"), remark: None, labels: vec![], extra: Extra::default() })
            .await,
        Code::NotContact
    );
    // The other side still has her: she is back at once.
    assert!(matches!(a.execute(ask("bob")).await.unwrap(), CommandResult::Appended { .. }));
    let back = contact(&mut a, "bob").await.unwrap();
    assert_eq!((back.contact, back.remark, back.extra), (true, Some(name("Bobby")), extra));
    assert_eq!(
        a.execute(Command::DeleteAllContacts {}).await.unwrap(),
        CommandResult::Removed { count: 2, more: false }
    );
    assert!(contacts(&mut a).await.is_empty());
    assert_eq!(contacts(&mut c).await, ["ada"]);
    // When both have let go it takes a request again.
    b.execute(Command::DeleteContacts { users: vec![user("ada")] }).await.unwrap();
    a.execute(ask("bob")).await.unwrap();
    assert!(contacts(&mut a).await.is_empty());
    assert_eq!(requests(&mut b, false).await.0[0].state, RequestState::Pending);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_are_made_renamed_filled_and_deleted() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    scene.enter("eve").await;
    befriend(&mut a, "ada", &mut b, "bob").await;
    let mut make = async |text: &str| match a.execute(Command::CreateLabel { name: name(text) }).await {
        Ok(CommandResult::Label { label }) => Ok(label),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused.code),
    };
    let work = make("Work").await.unwrap();
    let home = make("Home").await.unwrap();
    assert_eq!(make("WORK").await, Err(Code::Conflict));
    let put = |label: LabelId, add: &[&str], remove: &[&str]| Command::LabelContacts {
        label,
        add: add.iter().map(|id| user(id)).collect(),
        remove: remove.iter().map(|id| user(id)).collect(),
    };
    a.execute(put(work, &["bob"], &[])).await.unwrap();
    assert_eq!(a.execute(put(work, &["bob"], &["eve"])).await.unwrap(), CommandResult::Done {});
    a.execute(put(home, &["bob"], &[])).await.unwrap();
    assert_eq!(code(&mut a, put(work, &["eve"], &[])).await, Code::NotContact);
    assert_eq!(code(&mut a, put(work, &[], &[])).await, Code::Invalid);
    assert_eq!(contact(&mut a, "bob").await.unwrap().labels, [work, home]);
    let rename = |label, text| Command::RenameLabel { label, name: name(text) };
    assert_eq!(code(&mut a, rename(work, "home")).await, Code::Conflict);
    assert_eq!(code(&mut b, rename(work, "mine")).await, Code::NotFound, "labels are one's own");
    a.execute(rename(work, "Office")).await.unwrap();
    a.execute(Command::DeleteLabel { label: home }).await.unwrap();
    assert_eq!(contact(&mut a, "bob").await.unwrap().labels, [work]);
    match a.query(Query::Labels {}).await.unwrap() {
        Answer::Labels { labels, .. } => {
            let labels: Vec<_> = labels.iter().map(|label| (label.label, label.name.to_string())).collect();
            assert_eq!(labels, [(work, "Office".to_owned())]);
        }
        other => panic!("{other:?}"),
    }
    a.execute(put(work, &[], &["bob"])).await.unwrap();
    assert!(contact(&mut a, "bob").await.unwrap().labels.is_empty());
    assert!(contact(&mut b, "ada").await.unwrap().labels.is_empty());
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_blocked_cannot_write_and_is_not_told() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    let (conversation, seq) = b.say(&user("ada"), "Hello").await;
    b.ping(1).await;
    b.early.clear();
    a.execute(block("bob", true)).await.unwrap();
    assert_eq!(a.execute(block("bob", true)).await.unwrap(), CommandResult::Done {});
    b.ping(2).await;
    // Who is blocked sees no presence, which looks like any other going; of the block they hear nothing. Their own message is read by
    // themselves, which they are told when cursors are written.
    let other = |frame: &ServerFrame| match frame {
        ServerFrame::Presence(of) => of.state == PresenceState::Offline,
        ServerFrame::Receipt { moved, .. } => moved.iter().all(|cursor| cursor.user == user("bob")),
        ServerFrame::Inbox(_) => true,
        _ => false,
    };
    let heard: Vec<_> = std::mem::take(&mut b.early).into_iter().filter(|frame| !other(frame)).collect();
    assert!(heard.is_empty(), "a block is private: {heard:?}");
    assert_eq!(code(&mut b, text_to("ada")).await, Code::Blocked);
    let edit = Command::Edit { conversation, seq, text: "Read this".to_owned() };
    assert_eq!(code(&mut b, edit).await, Code::Blocked);
    // Who blocks can still write, and what was said can be taken back.
    a.say(&user("bob"), "Good bye").await;
    b.execute(Command::Recall { conversation, seq }).await.unwrap();
    match a.query(Query::Contacts { after: None, limit: 10, since: None, blocked: true }).await.unwrap() {
        Answer::Contacts { contacts, .. } => {
            assert!(contacts.len() == 1 && contacts[0].blocked && !contacts[0].contact);
        }
        other => panic!("{other:?}"),
    }
    let (hers, his) = (relation(&mut a, "bob").await, relation(&mut b, "ada").await);
    assert!(hers.blocked && !hers.blocked_by && his.blocked_by && !his.blocked);
    assert_eq!(code(&mut a, block("ada", true)).await, Code::Invalid);
    a.execute(block("bob", false)).await.unwrap();
    b.say(&user("ada"), "Thank you").await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_write_only_where_they_may() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    b.say(&user("ada"), "Hello").await;
    let only_contacts = UserSettings { strangers: Some(Strangers::Contacts), ..UserSettings::default() };
    set(&mut a, only_contacts).await;
    assert_eq!(code(&mut b, text_to("ada")).await, Code::Stranger, "in a chat that is there too");
    a.say(&user("bob"), "You may not answer").await;
    a.say(&user("ada"), "A note to myself").await;
    befriend(&mut b, "bob", &mut a, "ada").await;
    b.say(&user("ada"), "Now I may").await;
    // What counts is whom the receiver has.
    b.execute(Command::DeleteContacts { users: vec![user("ada")] }).await.unwrap();
    b.say(&user("ada"), "And still").await;
    a.execute(Command::DeleteContacts { users: vec![user("bob")] }).await.unwrap();
    assert_eq!(code(&mut b, text_to("ada")).await, Code::Stranger);
    scene.settings(|settings| settings.strangers = Strangers::Contacts).await;
    assert_eq!(code(&mut a, text_to("bob")).await, Code::Stranger, "the app says so for those who say nothing");
    set(&mut b, UserSettings { strangers: Some(Strangers::Anyone), ..UserSettings::default() }).await;
    a.say(&user("bob"), "You allow it").await;
    // Blocked comes before stranger.
    a.execute(block("bob", true)).await.unwrap();
    assert_eq!(code(&mut b, text_to("ada")).await, Code::Blocked);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_accept_and_a_block_at_the_same_time_leave_both_true() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    scene.settings(|settings| settings.contact_cooldown_ms = 0).await;
    for _ in 0..20 {
        a.execute(ask("bob")).await.unwrap();
        let (accepted, blocked) = tokio::join!(b.execute(answer("ada", true)), a.execute(block("bob", true)));
        accepted.unwrap();
        blocked.unwrap();
        let hers = relation(&mut a, "bob").await;
        assert!(hers.contact && hers.contact_of && hers.blocked && !hers.blocked_by);
        assert_eq!(code(&mut b, text_to("ada")).await, Code::Blocked);
        assert_eq!(b.execute(ask("ada")).await.unwrap_err().code, Code::Blocked);
        a.execute(block("bob", false)).await.unwrap();
        a.execute(Command::DeleteAllContacts {}).await.unwrap();
        b.execute(Command::DeleteAllContacts {}).await.unwrap();
        // Two who accept at once, on two devices, make one contact.
        a.execute(ask("bob")).await.unwrap();
        let (one, other) = tokio::join!(b.execute(answer("ada", true)), a.execute(ask("bob")));
        one.unwrap();
        other.unwrap();
        assert_eq!(contacts(&mut a).await, ["bob"]);
        a.execute(Command::DeleteAllContacts {}).await.unwrap();
        b.execute(Command::DeleteAllContacts {}).await.unwrap();
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_read_on_all_devices_with_the_feed() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (bob, mut b) = scene.enter("bob").await;
    let phone = scene.server.device("bob", bob.handle, "bob-phone").await;
    let (mut b2, _) = Peer::log_in(&scene.server, JSON, &phone.token).await;
    a.execute(ask("bob")).await.unwrap();
    let entry = notice(&mut b).await;
    let own = feed(&mut b).await;
    b.send(&ClientFrame::Read { conversation: own, seq: entry.seq }).await;
    b2.until(|frame| match frame {
        ServerFrame::Inbox(inbox) if inbox.conversation == own && inbox.read == entry.seq => Some(()),
        _ => None,
    })
    .await;
    let (list, unread) = requests(&mut b2, false).await;
    assert_eq!((list[0].unread, unread), (false, 0));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_is_synchronised_and_nobody_writes_there() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (bob, mut b) = scene.enter("bob").await;
    let own = feed(&mut b).await;
    b.execute(block("ada", true)).await.unwrap();
    b.execute(block("ada", false)).await.unwrap();
    match b.query(Query::Conversations { skip: 0, limit: 100 }).await.unwrap() {
        Answer::Conversations { conversations, .. } => assert!(conversations.is_empty(), "a feed is no chat"),
        other => panic!("{other:?}"),
    }
    let content = || Content::Text(Text::plain("Dear diary"));
    for command in [
        Command::Send { to: Target::Conversation(own), content: content() },
        Command::Pin { conversation: own, pinned: true },
        Command::Mute { conversation: own, until: Some(Timestamp(1)) },
        Command::Hide { conversation: own, hidden: true },
        Command::MarkUnread { conversation: own },
        Command::Leave { conversation: own },
        Command::Rename { conversation: own, title: name("Mine") },
    ] {
        assert_eq!(code(&mut b, command.clone()).await, Code::Invalid, "{command:?}");
    }
    let other = Command::Send { to: Target::Conversation(own), content: content() };
    assert_eq!(code(&mut a, other).await, Code::NotFound);
    let epoch = scene.server.engine.epoch();
    let changes = b.sync(Sync { request: 9, epoch, cursor: Lsn(0), limit: 100 }).await;
    let ServerFrame::Changes(changes) = changes else { panic!("{changes:?}") };
    let found = changes.conversations.iter().find(|each| each.id == own).unwrap();
    let bodies: Vec<_> = found.entries.iter().map(|entry| entry.body.clone()).collect();
    assert_eq!(bodies, vec![Body::ContactsChanged { users: vec![user("ada")] }; 2]);
    assert_eq!((found.head, found.inbox.unread, found.peer.clone()), (Seq(2), 0, None));
    let _ = (bob, Epoch(0));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_changes_is_told_to_own_devices_and_contacts() {
    let scene = Scene::new().await;
    let (ada, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    let (eve, mut e) = scene.enter("eve").await;
    befriend(&mut a, "ada", &mut b, "bob").await;
    befriend(&mut a, "ada", &mut e, "eve").await;
    let phone = scene.server.device("ada", ada.handle, "ada-phone").await;
    let (mut a2, _) = Peer::log_in(&scene.server, JSON, &phone.token).await;
    drop(e);
    soon("eve has gone", || scene.server.gateway.stats().sessions == 3).await;
    let cursor = scene.server.engine.view().lsn().next();
    let card = Card {
        signature: line("Counting"),
        birthday: line("1815-12-10"),
        phone: line("+44 20 7946 0000"),
        email: line("ada@example.org"),
        ..Card::default()
    };
    let set_profile = Command::SetProfile { name: name("Ada Lovelace"), card: card.clone() };
    assert_eq!(a.execute(set_profile.clone()).await.unwrap(), CommandResult::Done {});
    a.execute(set_profile).await.unwrap();
    let told = |frame: &ServerFrame| match frame {
        ServerFrame::User(profile) => Some(profile.clone()),
        _ => None,
    };
    let (own, shown) = (a2.until(told).await, b.until(told).await);
    assert_eq!((own.name.clone(), own.card), (name("Ada Lovelace"), card.clone()));
    assert_eq!(shown.card, Card { phone: None, email: None, ..card.clone() });
    a2.ping(3).await;
    b.ping(3).await;
    let again = |peer: &Peer| peer.early.iter().any(|frame| matches!(frame, ServerFrame::User(_)));
    assert!(!again(&a2) && !again(&b), "the same again is no news");
    set(&mut a, UserSettings { show_email: true, ..UserSettings::default() }).await;
    assert_eq!(b.until(told).await.card.email, card.email);
    // Who was away learns it with the next sync.
    let (mut e, welcome) = Peer::log_in(&scene.server, POSTCARD, &eve.token).await;
    let changes = e.sync(Sync { request: 9, epoch: welcome.epoch, cursor, limit: 100 }).await;
    let ServerFrame::Changes(changes) = changes else { panic!("{changes:?}") };
    let users: Vec<_> = changes.users.iter().map(|profile| (profile.name.to_string(), profile.card.clone())).collect();
    assert_eq!(users, [("Ada Lovelace".to_owned(), Card { phone: None, ..card })]);
    for wrong in [
        Card { birthday: line("yesterday"), ..Card::default() },
        Card { phone: line("call me"), ..Card::default() },
        Card { email: line("nowhere"), ..Card::default() },
        Card { language: line("_"), ..Card::default() },
    ] {
        assert_eq!(code(&mut a, Command::SetProfile { name: name("Ada"), card: wrong }).await, Code::Invalid);
    }
    let avatar = Some(tidings::model::MediaId([7; 16]));
    let no_file = Command::SetProfile { name: name("Ada"), card: Card { avatar, ..Card::default() } };
    assert_eq!(code(&mut a, no_file).await, Code::NotFound);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_found_as_the_directory_allows() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (bob, mut b) = scene.enter("bob.builder").await;
    let (_, mut c) = scene.enter("cyd").await;
    let card = Card { phone: line("+49 30 1234"), email: line("Bob@Example.org"), ..Card::default() };
    b.execute(Command::SetProfile { name: name("Bob Builder"), card }).await.unwrap();
    c.execute(Command::SetProfile { name: name("Cyd 张伟"), card: Card::default() }).await.unwrap();
    for (text, expected) in [
        ("bob", &["bob.builder"][..]),
        ("BUIL", &["bob.builder"]),
        ("builder bo", &["bob.builder"]),
        ("builder cyd", &[]),
        ("uilder", &[]),
        ("张", &["cyd"]),
        ("+49 (30) 12-34", &["bob.builder"]),
        ("+49 30", &[]),
        ("bob@example.ORG", &["bob.builder"]),
        ("bob@example", &[]),
        ("c", &["cyd"]),
    ] {
        assert_eq!(find(&mut a, text).await, expected, "{text}");
    }
    c.execute(Command::SetProfile { name: name("Dora"), card: Card::default() }).await.unwrap();
    assert_eq!(find(&mut a, "张").await, [""; 0]);
    assert_eq!(find(&mut a, "dora").await, ["cyd"]);
    b.execute(block("ada", true)).await.unwrap();
    assert_eq!(find(&mut a, "bob").await, [""; 0], "who has blocked somebody is not found by them");
    b.execute(block("ada", false)).await.unwrap();
    scene.settings(|settings| settings.directory = Directory::Exact).await;
    for (text, expected) in
        [("bob", &[][..]), ("builder", &[]), ("Bob.Builder", &["bob.builder"]), ("+49301234", &["bob.builder"])]
    {
        assert_eq!(find(&mut a, text).await, expected, "{text}");
    }
    scene.settings(|settings| settings.directory = Directory::Off).await;
    let query = Query::FindUsers { text: "bob".to_owned(), after: None, limit: 10 };
    assert_eq!(a.query(query).await.unwrap_err().code, Code::Forbidden);
    scene.settings(|_| ()).await;
    scene.flags(bob.handle, UserFlags { suspended: true, ..UserFlags::default() }).await;
    assert_eq!(find(&mut a, "bob").await, [""; 0], "who is suspended is not found");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_users_sessions_are_closed_within_two_seconds_and_other_flags_hold_at_once() {
    let scene = Scene::new().await;
    let (ada, mut a) = scene.enter("ada").await;
    scene.enter("bob").await;
    let phone = scene.server.device("ada", ada.handle, "ada-phone").await;
    let (mut a2, _) = Peer::log_in(&scene.server, JSON, &phone.token).await;
    scene.flags(ada.handle, UserFlags { silenced: true, ..UserFlags::default() }).await;
    assert_eq!(code(&mut a, text_to("bob")).await, Code::Silenced);
    let began = tokio::time::Instant::now();
    scene.flags(ada.handle, UserFlags { suspended: true, ..UserFlags::default() }).await;
    for peer in [&mut a, &mut a2] {
        let last = peer.closed_with().await;
        assert!(matches!(last, Some(ServerFrame::Kicked { reason: EndReason::Suspended, .. })), "{last:?}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_apps_with_the_same_user_ids_never_meet() {
    let scene = Scene::new().await;
    let (_, mut a) = scene.enter("ada").await;
    let (_, mut b) = scene.enter("bob").await;
    let create = SystemCommand::CreateApp { name: name("elsewhere"), settings: AppSettings::default() };
    let created = scene.server.engine.execute(auth::operator(), None, create.into()).await.unwrap().result;
    let CommandResult::App { app } = created else { panic!("{created:?}") };
    let other = scene.server.person_of(app, "ada").await;
    scene.server.person_of(app, "eve").await;
    let (mut o, _) = Peer::log_in(&scene.server, JSON, &other.token).await;
    assert_eq!(code(&mut o, ask("bob")).await, Code::NotFound);
    assert_eq!(code(&mut a, ask("eve")).await, Code::NotFound);
    befriend(&mut a, "ada", &mut b, "bob").await;
    assert!(contacts(&mut o).await.is_empty());
    assert_eq!(find(&mut o, "bob").await, [""; 0]);
    assert_eq!(find(&mut a, "eve").await, [""; 0]);
    let hers = feed(&mut a).await;
    assert_eq!(o.query(Query::Conversation { conversation: hers }).await.unwrap_err().code, Code::NotFound);
    assert!(o.hears_nothing().await);
    scene.end().await;
}
