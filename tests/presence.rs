//! Presence, through the socket: who is told of whom, what users say about being there, when it ends, who may see what, and when
//! users were last there.

use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, Way, soon};
use std::path::Path;
use std::time::Duration;
use tidings::gateway::GatewayOptions;
use tidings::hot::LastSeen;
use tidings::model::{
    Answer, Availability, Clock, Code, Command, CommandResult, Emoji, Epoch, Line, OwnPresence, Platform, PresenceOf,
    PresenceState, Query, Timestamp, UserId, UserSettings, Visibility,
};
use tidings::protocol::{ClientFrame, Encoding, ServerFrame};

const JSON: Way = Way::Tcp(Encoding::Json);
const POSTCARD: Way = Way::Tcp(Encoding::Postcard);

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

async fn enter(server: &Server, person: &Person) -> Peer {
    Peer::log_in(server, POSTCARD, &person.token).await.0
}

/// The next presence of a user that is pushed.
async fn told(peer: &mut Peer, id: &str) -> PresenceOf {
    peer.until(|frame| match frame {
        ServerFrame::Presence(presence) if presence.user == user(id) => Some(presence.clone()),
        _ => None,
    })
    .await
}

/// Waits until somebody is told to be in this state. What was told before may be told twice: a change of settings and the end of a
/// connection each tell what is so when they are handled, and the two may meet.
async fn told_as(peer: &mut Peer, id: &str, state: PresenceState) -> PresenceOf {
    loop {
        let seen = told(peer, id).await;
        if seen.state == state {
            return seen;
        }
    }
}

/// Whether no presence came by the time a ping is answered.
async fn is_told_nothing(peer: &mut Peer) -> bool {
    peer.ping(99).await;
    !peer.early.iter().any(|frame| matches!(frame, ServerFrame::Presence(_)))
}

async fn presences(peer: &mut Peer, ids: &[&str]) -> Vec<PresenceOf> {
    let users = ids.iter().map(|id| user(id)).collect();
    match peer.query(Query::Presences { users }).await.unwrap() {
        Answer::Presences { presences } => presences,
        other => panic!("{other:?}"),
    }
}

async fn state(peer: &mut Peer, id: &str) -> PresenceState {
    presences(peer, &[id]).await[0].state
}

async fn say(peer: &mut Peer, presence: OwnPresence) {
    assert_eq!(peer.execute(Command::SetPresence { presence }).await.unwrap(), CommandResult::Done {});
}

fn as_(availability: Availability) -> OwnPresence {
    OwnPresence { availability, ..OwnPresence::default() }
}

/// Makes contacts of two users who are there, and waits until each was told of the other: a relation and a user who comes are told of
/// apart, so the same may be told twice. What is told after this was said after it.
async fn befriend(one: &mut Peer, ones: &str, other: &mut Peer, others: &str) {
    let ask = Command::RequestContact { user: user(others), greeting: None, remark: None, source: None };
    one.execute(ask).await.unwrap();
    other.execute(Command::AnswerContact { user: user(ones), accept: true }).await.unwrap();
    // One task tells all, relations first.
    for (availability, state) in
        [(Availability::Busy, PresenceState::Busy), (Availability::Online, PresenceState::Online)]
    {
        say(one, as_(availability)).await;
        told_as(other, ones, state).await;
        told_as(one, ones, state).await;
    }
    told_as(one, others, PresenceState::Online).await;
    for peer in [one, other] {
        peer.early.retain(|frame| !matches!(frame, ServerFrame::Presence(_)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_says_about_being_there_is_told_and_follows_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    befriend(&mut a, "ada", &mut b, "bob").await;
    let busy = OwnPresence {
        availability: Availability::Busy,
        text: Some(Line::new("In a meeting").unwrap()),
        emoji: Some(Emoji::new("📅").unwrap()),
        until: None,
    };
    say(&mut a, busy.clone()).await;
    let seen = told(&mut b, "ada").await;
    assert_eq!((seen.state, seen.text, seen.emoji), (PresenceState::Busy, busy.text.clone(), busy.emoji.clone()));
    say(&mut a, busy.clone()).await;
    assert!(is_told_nothing(&mut b).await, "the same again is no news");
    let phone = server.device("ada", ada.handle, "ada-phone").await;
    let mut a2 = enter(&server, &phone).await;
    match a2.query(Query::Me {}).await.unwrap() {
        Answer::Me { presence, .. } => assert_eq!(presence, busy),
        other => panic!("{other:?}"),
    }
    say(&mut a2, as_(Availability::Away)).await;
    assert_eq!(told(&mut b, "ada").await.state, PresenceState::Away);
    assert_eq!(told(&mut a, "ada").await.state, PresenceState::Busy, "own devices are told too");
    assert_eq!(told(&mut a, "ada").await.state, PresenceState::Away);
    drop(a);
    soon("a device has gone", || server.gateway.stats().sessions == 2).await;
    assert!(is_told_nothing(&mut b).await, "one of two devices leaving changes nothing");
    let past = OwnPresence { until: Some(Timestamp(1)), ..busy };
    assert_eq!(a2.execute(Command::SetPresence { presence: past }).await.unwrap_err().code, Code::Invalid);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_for_a_time_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    // It begins now, because keys carry the time.
    let began = Clock::system().now();
    let clock = Clock::manual(began);
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    let open = Command::OpenDirect { user: user("bob") };
    a.execute(open).await.unwrap();
    let until = Some(Timestamp(began.0 + 60_000));
    let away = OwnPresence { until, text: Some(Line::new("Lunch").unwrap()), ..as_(Availability::Away) };
    say(&mut a, away).await;
    loop {
        let seen = told(&mut b, "ada").await;
        if seen.state == PresenceState::Away {
            assert_eq!(seen.until, until);
            break;
        }
    }
    clock.advance(Duration::from_secs(61));
    let seen = told(&mut b, "ada").await;
    assert_eq!((seen.state, seen.text, seen.until), (PresenceState::Online, None, None));
    match a.query(Query::Me {}).await.unwrap() {
        Answer::Me { presence, .. } => assert_eq!(presence, OwnPresence::default()),
        other => panic!("{other:?}"),
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_invisible_looks_like_somebody_who_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    befriend(&mut a, "ada", &mut b, "bob").await;
    say(&mut a, as_(Availability::Invisible)).await;
    let seen = told(&mut b, "ada").await;
    assert_eq!((seen.state, seen.platforms.clone()), (PresenceState::Offline, vec![]));
    assert!(seen.last_seen.is_some());
    assert_eq!(presences(&mut b, &["ada"]).await, vec![seen.clone()]);
    drop(a);
    soon("she has gone", || server.gateway.stats().sessions == 1).await;
    assert!(is_told_nothing(&mut b).await, "nobody learns that she was there");
    assert_eq!(presences(&mut b, &["ada"]).await, vec![seen]);
    let mut a = enter(&server, &ada).await;
    assert!(is_told_nothing(&mut b).await);
    say(&mut a, OwnPresence::default()).await;
    assert_eq!(told(&mut b, "ada").await.state, PresenceState::Online);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_blocked_never_sees_presence_and_who_was_let_go_stops_seeing_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    befriend(&mut a, "ada", &mut b, "bob").await;
    a.execute(Command::Block { user: user("bob"), on: true }).await.unwrap();
    assert_eq!(told(&mut b, "ada").await, PresenceOf { state: PresenceState::Offline, ..nothing("ada") });
    assert_eq!(state(&mut b, "ada").await, PresenceState::Offline);
    assert_eq!(state(&mut a, "bob").await, PresenceState::Online, "the blocker still sees");
    b.send(&ClientFrame::Watch { users: vec![user("ada")], seconds: 60 }).await;
    assert_eq!(told(&mut b, "ada").await.state, PresenceState::Offline);
    say(&mut a, as_(Availability::Busy)).await;
    assert!(is_told_nothing(&mut b).await);
    a.execute(Command::Block { user: user("bob"), on: false }).await.unwrap();
    told_as(&mut b, "ada", PresenceState::Busy).await;
    // As long as one of them has the other, they see each other.
    a.execute(Command::DeleteContacts { users: vec![user("bob")] }).await.unwrap();
    assert_eq!(told(&mut b, "ada").await.state, PresenceState::Busy);
    b.execute(Command::DeleteContacts { users: vec![user("ada")] }).await.unwrap();
    told_as(&mut b, "ada", PresenceState::Offline).await;
    assert_eq!(state(&mut b, "ada").await, PresenceState::Offline);
    assert!(server.stop().await);
}

fn nothing(id: &str) -> PresenceOf {
    PresenceOf {
        user: user(id),
        state: PresenceState::Offline,
        text: None,
        emoji: None,
        until: None,
        platforms: Vec::new(),
        last_seen: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_somebody_was_last_there_is_told_to_whom_they_allow() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let people = [server.person("ada").await, server.person("bob").await, server.person("cyd").await];
    let [ada, bob, cyd] = &people;
    let (mut a, mut b, mut c) = (enter(&server, ada).await, enter(&server, bob).await, enter(&server, cyd).await);
    befriend(&mut a, "ada", &mut b, "bob").await;
    c.execute(Command::OpenDirect { user: user("ada") }).await.unwrap();
    for (visibility, his, theirs) in
        [(Visibility::Everyone, true, true), (Visibility::Contacts, true, false), (Visibility::Nobody, false, false)]
    {
        let settings = UserSettings { last_seen: visibility, ..UserSettings::default() };
        a.execute(Command::SetSettings { settings }).await.unwrap();
        drop(a);
        for (peer, sees) in [(&mut b, his), (&mut c, theirs)] {
            let seen = told_as(peer, "ada", PresenceState::Offline).await;
            assert_eq!(seen.last_seen.is_some(), sees, "{visibility:?}");
            assert_eq!(presences(peer, &["ada"]).await[0].last_seen.is_some(), sees, "{visibility:?}");
        }
        a = enter(&server, ada).await;
        assert_eq!(presences(&mut a, &["ADA"]).await[0].platforms, [Platform::Linux], "one always sees oneself");
        told_as(&mut b, "ada", PresenceState::Online).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_users_is_answered_in_its_order_and_strangers_look_offline() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let (mut a, _b, _e) = (enter(&server, &ada).await, enter(&server, &bob).await, enter(&server, &eve).await);
    a.execute(Command::OpenDirect { user: user("bob") }).await.unwrap();
    let found = presences(&mut a, &["eve", "nobody", "bob", "ada"]).await;
    let states: Vec<_> = found.iter().map(|presence| (presence.user.to_string(), presence.state)).collect();
    let expected = [("eve", PresenceState::Offline), ("bob", PresenceState::Online), ("ada", PresenceState::Online)];
    assert_eq!(states, expected.map(|(id, state)| (id.to_owned(), state)));
    let none = a.query(Query::Presences { users: vec![] }).await.unwrap_err();
    assert_eq!(none.code, Code::Invalid);
    let many = a.query(Query::Presences { users: vec![user("bob"); 101] }).await.unwrap_err();
    assert_eq!(many.code, Code::Invalid);
    assert!(server.stop().await);
}

/// Starts a server that keeps in `hot` when users were last there.
async fn start_hot(folder: &Path, epoch: Option<Epoch>) -> Server {
    // The epoch is drawn with the folder, so the first start knows none yet.
    let last_seen = epoch.map_or_else(LastSeen::default, |epoch| LastSeen::open(&folder.join("hot"), epoch));
    Server::start(folder, GatewayOptions { last_seen, ..quick() }).await
}

/// Asks for somebody's presence until they are shown like this.
async fn shown(peer: &mut Peer, id: &str, state: PresenceState) -> PresenceOf {
    for _ in 0..400 {
        let of = presences(peer, &[id]).await.remove(0);
        if of.state == state {
            return of;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{id} is not shown as {state:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folder_hot_may_be_deleted_and_nothing_but_last_seen_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_hot(folder.path(), None).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    befriend(&mut a, "ada", &mut b, "bob").await;
    a.say(&user("bob"), "Hello").await;
    let epoch = Some(server.engine.epoch());
    assert!(server.stop().await);

    let server = start_hot(folder.path(), epoch).await;
    let (a, mut b) = (enter(&server, &ada).await, enter(&server, &bob).await);
    shown(&mut b, "ada", PresenceState::Online).await;
    drop(a);
    let gone = shown(&mut b, "ada", PresenceState::Offline).await;
    assert!(gone.last_seen.is_some());
    assert!(server.stop().await);
    let stopped = Clock::system().now();

    let server = start_hot(folder.path(), epoch).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    // Not the very same: that somebody has gone shows a moment before it is noted when.
    let kept = presences(&mut b, &["ada"]).await[0].last_seen;
    assert!(kept >= gone.last_seen && kept <= Some(stopped), "it survives a restart: {kept:?}, {gone:?}, {stopped:?}");
    let list = b.query(Query::Conversations { skip: 0, limit: 100 }).await.unwrap();
    assert!(server.stop().await);

    std::fs::remove_dir_all(folder.path().join("hot")).unwrap();
    let server = start_hot(folder.path(), epoch).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    assert_eq!(presences(&mut b, &["ada"]).await[0].last_seen, None);
    assert_eq!(b.query(Query::Conversations { skip: 0, limit: 100 }).await.unwrap(), list, "and nothing else is gone");
    b.say(&user("ada"), "Hello again").await;
    assert!(server.stop().await);
}
