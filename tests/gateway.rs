//! Sessions over real sockets: both encodings, TCP and WebSocket.

use crate::support::in_process::{Server, quick};
use crate::support::peer::{Peer, SOON, Way, fresh_key, hello, password, soon, tcp, text, text_to};
use std::time::Duration;
use tempfile::TempDir;
use tidings::gateway::GatewayOptions;
use tidings::model::PresenceState;
use tidings::model::{
    Answer, Code, Command, CommandResult, EndReason, Epoch, GroupRules, Lsn, Name, Platform, Query, Secret, Seq, UserId,
};
use tidings::net::{Tls, TlsMode};
use tidings::protocol::{Auth, ClientFrame, Encoding, Refused, Resume, ServerFrame, Sync, Welcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const POSTCARD: Way = Way::Tcp(Encoding::Postcard);
const JSON: Way = Way::Tcp(Encoding::Json);

async fn start(options: GatewayOptions) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), options).await;
    (folder, server)
}

fn sync(welcome: &Welcome, request: u32, cursor: Lsn, limit: u32) -> Sync {
    Sync { request, epoch: welcome.epoch, cursor, limit }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_chat_over_every_transport_and_encoding() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for one in Way::ALL {
        for other in Way::ALL {
            let (mut a, welcome) = Peer::log_in(&server, one, &ada.token).await;
            assert_eq!((welcome.user.as_str(), welcome.session, welcome.token), ("ada", ada.session, None));
            let (mut b, _) = Peer::log_in(&server, other, &bob.token).await;
            let (conversation, seq) = a.say(&bob.id, "Good morning, Bob.").await;
            let (there, entry) = b.entry().await;
            assert_eq!((there, entry.seq, entry.author.as_str()), (conversation, seq, "ada"));
            assert_eq!(text(&entry), "Good morning, Bob.");
            let long = "A long answer. ".repeat(500);
            let (_, seq) = b.say(&ada.id, &long).await;
            let (_, entry) = a.entry().await;
            assert_eq!((entry.seq, text(&entry)), (seq, &*long));
            a.early.clear();
        }
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_opens_a_session_whose_token_opens_it_again() {
    let (_folder, server) = start(quick()).await;
    let hash = server.auth.passwords.hash(Secret::new("correct horse")).await.unwrap();
    server.add_user("Ada", Some(hash)).await;
    let mut a = Peer::connect(&server, JSON).await;
    a.send(&hello(password("ada", "correct horse"), None)).await;
    let ServerFrame::Welcome(welcome) = a.frame().await else { panic!() };
    assert_eq!(welcome.user.as_str(), "Ada");
    let token = welcome.token.unwrap();
    let (_, again) = Peer::log_in(&server, POSTCARD, &token).await;
    assert_eq!((again.session, again.token), (welcome.session, None));
    for (user, secret) in [("ada", "wrong horse"), ("nobody", "correct horse")] {
        let mut peer = Peer::connect(&server, POSTCARD).await;
        peer.send(&hello(password(user, secret), None)).await;
        assert_eq!(peer.fatal().await, Code::Unauthenticated);
    }
    for (auth, code) in [
        (Auth::Token(Secret::new("tds_nonsense")), Code::Unauthenticated),
        (Auth::Token(tidings::auth::Token::draw().secret()), Code::SessionRevoked),
        (Auth::Signed(Secret::new("x.y.z")), Code::Unauthenticated),
        (Auth::Cookie {}, Code::Unauthenticated),
    ] {
        let mut peer = Peer::connect(&server, POSTCARD).await;
        peer.send(&hello(auth, None)).await;
        assert_eq!(peer.fatal().await, code);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_a_password_is_slowed_down() {
    let (_folder, server) = start(quick()).await;
    let hash = server.auth.passwords.hash(Secret::new("correct horse")).await.unwrap();
    server.add_user("ada", Some(hash)).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        let mut peer = Peer::connect(&server, POSTCARD).await;
        peer.send(&hello(password("ada", "wrong"), None)).await;
        codes.push(peer.fatal().await);
    }
    assert_eq!(codes[9], Code::Unauthenticated);
    assert_eq!(codes[10..], [Code::RateLimited; 2]);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_devices_of_a_user_hear_but_the_one_that_sends() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = server.device("ada", ada.handle, "ada-phone").await;
    let (mut laptop, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut phone, _) = Peer::log_in(&server, JSON, &phone.token).await;
    let (mut bob_peer, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let (_, seq) = laptop.say(&bob.id, "Hello").await;
    assert_eq!(phone.entry().await.1.seq, seq);
    assert_eq!(bob_peer.entry().await.1.seq, seq);
    laptop.ping(1).await;
    assert!(!laptop.early.iter().any(|frame| matches!(frame, ServerFrame::Entry { .. })));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_reaches_everybody_as_the_rewritten_entry_and_its_notice() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let (conversation, seq) = a.say(&bob.id, "Helo").await;
    b.entry().await;
    a.execute(Command::Edit { conversation, seq, text: "Hello".to_owned() }).await.unwrap();
    let mut heard = [b.entry().await.1, b.entry().await.1];
    heard.sort_by_key(|entry| entry.seq);
    assert_eq!((text(&heard[0]), heard[0].changed), ("Hello", heard[1].lsn));
    assert_eq!(heard[1].body.target(), Some(seq));
    let (_, own) = a.entry().await;
    assert_eq!((own.seq, text(&own)), (seq, "Hello"), "the one who asked gets the rewritten entry too");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_heard_by_those_who_belong_to_them() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let (mut e, _) = Peer::log_in(&server, POSTCARD, &eve.token).await;
    let title = Name::new("Friends").unwrap();
    let created = a
        .execute(Command::CreateGroup { title, members: vec![bob.id.clone()], rules: GroupRules::default() })
        .await
        .unwrap();
    let CommandResult::Conversation { conversation } = created else { panic!("{created:?}") };
    assert_eq!(b.entry().await.0, conversation);
    let send = |words: &str| Command::Send {
        to: tidings::model::Target::Conversation(conversation),
        content: tidings::model::Content::Text(tidings::model::Text::plain(words)),
    };
    a.execute(send("before Eve")).await.unwrap();
    a.execute(Command::AddMembers { conversation, users: vec![eve.id.clone()] }).await.unwrap();
    let (_, joined) = e.entry().await;
    assert!(matches!(joined.body, tidings::model::Body::MembersAdded { .. }), "{joined:?}");
    a.execute(send("with Eve")).await.unwrap();
    assert_eq!(text(&e.entry().await.1), "with Eve");
    a.execute(Command::RemoveMember { conversation, user: eve.id.clone() }).await.unwrap();
    a.execute(send("without Eve")).await.unwrap();
    let (_, last) = e.entry().await;
    assert!(matches!(last.body, tidings::model::Body::MemberRemoved { .. }), "{last:?}");
    e.ping(1).await;
    assert!(!e.early.iter().any(|frame| matches!(frame, ServerFrame::Entry { .. })), "{:?}", e.early);
    let mut heard = Vec::new();
    while heard.last() != Some(&"without Eve".to_owned()) {
        let (_, entry) = b.entry().await;
        if matches!(entry.body, tidings::model::Body::Text(_)) {
            heard.push(text(&entry).to_owned());
        }
    }
    assert_eq!(heard, ["before Eve", "with Eve", "without Eve"]);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_away_learns_what_it_missed() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (b, welcome) = Peer::log_in(&server, JSON, &bob.token).await;
    drop(b);
    for n in 0..5 {
        a.say(&bob.id, &format!("message {n}")).await;
    }
    let resume = Resume { epoch: welcome.epoch, cursor: welcome.cursor };
    let (mut b, _) = Peer::resume(&server, JSON, &bob.token, Some(resume)).await;
    let ServerFrame::Changes(changes) = b.frame().await else { panic!() };
    assert_eq!((changes.request, changes.more, changes.conversations.len()), (0, false, 1));
    let texts: Vec<_> = changes.conversations[0].entries.iter().map(text).collect();
    assert_eq!(texts, ["message 0", "message 1", "message 2", "message 3", "message 4"]);
    assert_eq!(changes.conversations[0].inbox.unread, 5);
    let ServerFrame::Changes(nothing) = b.sync(sync(&welcome, 7, changes.cursor, 10)).await else { panic!() };
    assert!(nothing.conversations.len() <= 1 && !nothing.more);
    // A whole sync in pages of one conversation.
    for n in 0..4 {
        let other = server.person(&format!("other{n}")).await;
        b.say(&other.id, "hi").await;
    }
    // (Those that one command changed are on one page.)
    let (mut cursor, mut found, mut request) = (Lsn(0), std::collections::BTreeSet::new(), 10);
    loop {
        let ServerFrame::Changes(page) = b.sync(sync(&welcome, request, cursor, 1)).await else { panic!() };
        found.extend(page.conversations.iter().map(|conversation| conversation.id));
        cursor = page.cursor;
        request += 1;
        if !page.more {
            break;
        }
    }
    assert_eq!(found.len(), 6, "five chats and the feed");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_epoch_or_a_cursor_from_the_future_means_restart() {
    let (_folder, server) = start(quick()).await;
    let ada = server.person("ada").await;
    let (mut a, welcome) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let wrong = Sync { epoch: Epoch(welcome.epoch.0 ^ 1), ..sync(&welcome, 1, Lsn(0), 10) };
    assert_eq!(a.sync(wrong).await, ServerFrame::Restart { epoch: welcome.epoch });
    let future = sync(&welcome, 2, Lsn(1_000_000), 10);
    assert_eq!(a.sync(future).await, ServerFrame::Restart { epoch: welcome.epoch });
    assert!(matches!(a.sync(sync(&welcome, 3, Lsn(0), 10)).await, ServerFrame::Changes(_)));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_of_the_server_the_token_and_the_key_still_hold() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let key = fresh_key();
    let request = a.submit(key, text_to(&bob.id, "once")).await;
    let (first, duplicate) = a.outcome(request).await.unwrap();
    assert!(!duplicate);
    let epoch = server.engine.epoch();
    assert!(server.stop().await);
    assert!(matches!(a.closed_with().await, Some(ServerFrame::Closing { .. })));
    let server = Server::start(folder.path(), quick()).await;
    assert_eq!(server.engine.epoch(), epoch);
    let (mut a, _) = Peer::log_in(&server, JSON, &ada.token).await;
    let request = a.submit(key, text_to(&bob.id, "once")).await;
    assert_eq!(a.outcome(request).await.unwrap(), (first, true));
    let request = a.submit(key, text_to(&bob.id, "twice")).await;
    assert_eq!(a.outcome(request).await.unwrap_err().code, Code::IdempotencyConflict);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_session_is_kicked_and_hears_nothing_more() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = server.device("ada", ada.handle, "ada-phone").await;
    let (mut laptop, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut phone_peer, _) = Peer::log_in(&server, JSON, &phone.token).await;
    laptop.execute(Command::EndSession { session: phone.session }).await.unwrap();
    laptop.say(&bob.id, "The phone must not hear this.").await;
    let mut heard = Vec::new();
    while let Some(frame) = phone_peer.next_frame().await {
        heard.push(frame);
    }
    assert!(matches!(heard.last(), Some(ServerFrame::Kicked { reason: EndReason::Revoked, .. })), "{heard:?}");
    assert!(!heard.iter().any(|frame| matches!(frame, ServerFrame::Entry { .. })));
    // The token is worth nothing now.
    let mut phone_peer = Peer::connect(&server, JSON).await;
    phone_peer.send(&hello(Auth::Token(phone.token.clone()), None)).await;
    assert_eq!(phone_peer.fatal().await, Code::SessionRevoked);
    // Whoever logs out is told the outcome, and needs no other word.
    let request = laptop.submit(fresh_key(), Command::LogOut {}).await;
    assert!(laptop.outcome(request).await.is_ok());
    assert!(!matches!(laptop.closed_with().await, Some(ServerFrame::Kicked { .. })));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_connection_of_a_session_replaces_the_first() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut first, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut second, _) = Peer::log_in(&server, JSON, &ada.token).await;
    let last = first.closed_with().await;
    assert!(matches!(last, Some(ServerFrame::Kicked { reason: EndReason::ReplacedBySameDevice, .. })), "{last:?}");
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    b.say(&ada.id, "Still there?").await;
    assert_eq!(text(&second.entry().await.1), "Still there?");
    assert_eq!(server.gateway.stats().sessions, 2);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_in_flight_than_the_window_is_refused() {
    let (_folder, server) = start(GatewayOptions { window: 4, ..quick() }).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, welcome) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    assert_eq!(welcome.limits.window, 4);
    let mut requests = Vec::new();
    let mut burst = Vec::new();
    for n in 0..200 {
        let command = text_to(&bob.id, &format!("{n}"));
        requests.push(n);
        let frame = ClientFrame::Submit { request: n, key: fresh_key(), command };
        burst.extend_from_slice(&Encoding::Postcard.encode_framed(&frame));
    }
    a.raw(&burst).await;
    let (mut accepted, mut refused) = (0, 0);
    for request in requests {
        match a.outcome(request).await {
            Ok(_) => accepted += 1,
            Err(Refused { code: Code::WindowExceeded, fatal: false, .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(accepted >= 4 && refused > 0, "{accepted} {refused}");
    a.say(&bob.id, "within the window again").await;
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_is_the_users_whatever_connection_they_use_and_order_is_kept() {
    let (_folder, server) = start(GatewayOptions { rate_per_second: 50, rate_burst: 5, ..quick() }).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = server.device("ada", ada.handle, "ada-phone").await;
    let (mut laptop, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut phone, _) = Peer::log_in(&server, JSON, &phone.token).await;
    for n in 0..5 {
        laptop.say(&bob.id, &format!("{n}")).await;
    }
    let refused = loop {
        let request = phone.submit(fresh_key(), text_to(&bob.id, "too fast")).await;
        if let Err(refused) = phone.outcome(request).await {
            break refused;
        }
    };
    assert_eq!(refused.code, Code::RateLimited);
    assert!(refused.retry_after_ms.is_some_and(|ms| (1..=20).contains(&ms)), "{refused:?}");
    // Resending in order, as a client does, everything arrives in order.
    let words: Vec<String> = (0..20).map(|n| format!("in order {n}")).collect();
    let keys: Vec<_> = words.iter().map(|_| fresh_key()).collect();
    let mut done = 0;
    while done < words.len() {
        let mut requests = Vec::new();
        for n in done..words.len() {
            requests.push(laptop.submit(keys[n], text_to(&bob.id, &words[n])).await);
        }
        let mut wait = 0;
        for request in requests {
            match laptop.outcome(request).await {
                Ok(_) => {
                    assert_eq!(wait, 0, "nothing is accepted after a refusal");
                    done += 1;
                }
                Err(refused) => wait = refused.retry_after_ms.unwrap().max(wait),
            }
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_is_told_to_the_others_and_only_to_them() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let (mut e, _) = Peer::log_in(&server, JSON, &eve.token).await;
    let (conversation, _) = a.say(&bob.id, "Hello").await;
    a.send(&ClientFrame::Typing { conversation, active: true }).await;
    let typing = b.until(|frame| matches!(frame, ServerFrame::Typing { .. }).then(|| frame.clone())).await;
    assert_eq!(typing, ServerFrame::Typing { conversation, user: ada.id.clone(), active: true });
    e.send(&ClientFrame::Typing { conversation, active: true }).await;
    e.ping(1).await;
    for peer in [&mut a, &mut b, &mut e] {
        peer.ping(2).await;
        assert!(!peer.early.iter().any(|frame| matches!(frame, ServerFrame::Typing { .. })));
    }
    assert!(server.stop().await);
}

async fn presence_of(peer: &mut Peer, id: &UserId) -> tidings::model::PresenceOf {
    peer.until(|frame| match frame {
        ServerFrame::Presence(presence) if presence.user == *id => Some(presence.clone()),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_is_told_once_per_real_change_to_those_who_share_a_chat() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let phone = server.device("bob", bob.handle, "bob-phone").await;
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut e, _) = Peer::log_in(&server, POSTCARD, &eve.token).await;
    a.say(&bob.id, "Are you there?").await;
    let (laptop, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let presence = presence_of(&mut a, &bob.id).await;
    assert_eq!((presence.state, &presence.platforms[..]), (PresenceState::Online, &[Platform::Linux][..]));
    let (second, _) = Peer::log_in(&server, JSON, &phone.token).await;
    drop(laptop);
    soon("one device is left", || server.gateway.stats().sessions == 3).await;
    a.send(&ClientFrame::Watch { users: vec![bob.id.clone(), eve.id.clone()], seconds: 0 }).await;
    assert_eq!(presence_of(&mut a, &bob.id).await.state, PresenceState::Online);
    assert_eq!(presence_of(&mut a, &eve.id).await.state, PresenceState::Offline, "a stranger may not be seen");
    drop(second);
    let gone = presence_of(&mut a, &bob.id).await;
    assert_eq!(gone.state, PresenceState::Offline);
    assert!(gone.last_seen.is_some());
    a.ping(1).await;
    assert!(!a.early.iter().any(|frame| matches!(frame, ServerFrame::Presence(_))), "{:?}", a.early);
    assert!(e.hears_nothing().await);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_move_receipts_and_unread_counts() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let (conversation, seq) = a.say(&bob.id, "Read me.").await;
    b.entry().await;
    b.send(&ClientFrame::Delivered { conversation, seq }).await;
    b.send(&ClientFrame::Read { conversation, seq }).await;
    let read = a
        .until(|frame| match frame {
            ServerFrame::Receipt { moved, .. } => {
                moved.iter().find(|cursor| cursor.user == bob.id && cursor.read == seq).cloned()
            }
            _ => None,
        })
        .await;
    assert_eq!(read.read, seq);
    let answer = b.query(Query::Conversation { conversation }).await.unwrap();
    let Answer::Conversation { conversation, .. } = answer else { panic!("{answer:?}") };
    assert_eq!((conversation.inbox.unread, conversation.inbox.read), (0, seq));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_or_is_not_known_is_refused_and_the_session_goes_on() {
    let (_folder, server) = start(quick()).await;
    let ada = server.person("ada").await;
    let (mut a, _) = Peer::log_in(&server, JSON, &ada.token).await;
    a.raw_json(r#"{"dance":{"steps":3}}"#).await;
    let key = fresh_key();
    a.raw_json(&format!(r#"{{"submit":{{"request":8,"key":"{key}","command":{{"teleport":{{}}}}}}}}"#)).await;
    a.raw_json(r#"{"query":{"request":9,"query":{"weather":{}}}}"#).await;
    a.raw_json(&format!(r#"{{"submit":{{"request":10,"key":"{key}","command":{{"leave":{{"conversation":"x"}}}}}}}}"#))
        .await;
    let unknown = a
        .until(|frame| match frame {
            ServerFrame::Refused(refused) if refused.request.is_none() => Some(refused.clone()),
            _ => None,
        })
        .await;
    assert_eq!((unknown.code, unknown.fatal), (Code::UnknownFrame, false));
    assert_eq!(a.outcome(8).await.unwrap_err().code, Code::Unsupported);
    assert_eq!(a.outcome(9).await.unwrap_err().code, Code::Unsupported);
    assert_eq!(a.outcome(10).await.unwrap_err().code, Code::Invalid);
    a.ping(1).await;
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_lags_loses_nothing_and_holds_up_nobody() {
    let frame = 64 * 1024;
    let (_folder, server) = start(GatewayOptions { max_frame: frame, queue_bytes: 2 * frame, ..quick() }).await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut slow, welcome) = Peer::log_in(&server, POSTCARD, &bob.token).await;
    let (mut fast, _) = Peer::log_in(&server, JSON, &eve.token).await;
    let title = Name::new("Readers").unwrap();
    let created = a
        .execute(Command::CreateGroup {
            title,
            members: vec![bob.id.clone(), eve.id.clone()],
            rules: GroupRules::default(),
        })
        .await
        .unwrap();
    let CommandResult::Conversation { conversation } = created else { panic!("{created:?}") };
    let words = "many words ".repeat(1_000);
    let mut sent = 0u32;
    // The slow one reads nothing; the kernel's buffers take some, then the queue fills.
    while server.gateway.stats().lagging == 0 {
        let content = tidings::model::Content::Text(tidings::model::Text::plain(words.as_str()));
        a.execute(Command::Send { to: tidings::model::Target::Conversation(conversation), content }).await.unwrap();
        while fast.entry().await.1.ordinal.0 < u64::from(sent + 1) {}
        fast.early.clear();
        a.early.clear();
        sent += 1;
        assert!(sent < 5_000, "it never lags");
    }
    // Now it reads again: everything up to `lagging`, then it synchronises and is whole.
    slow.until(|frame| matches!(frame, ServerFrame::Lagging {}).then_some(())).await;
    let heard = slow.early.iter().filter(|frame| matches!(frame, ServerFrame::Entry { .. })).count();
    assert!(heard < sent as usize);
    slow.early.clear();
    let mut cursor = welcome.cursor;
    let head = loop {
        let ServerFrame::Changes(page) = slow.sync(sync(&welcome, 77, cursor, 10)).await else { panic!() };
        cursor = page.cursor;
        if !page.more {
            break page.conversations.iter().find(|found| found.id == conversation).unwrap().head;
        }
    };
    let answer = slow.query(Query::Entries { conversation, from: Some(Seq(1)), to: None, limit: 3 }).await.unwrap();
    let Answer::Entries { entries, head: newest, .. } = answer else { panic!("{answer:?}") };
    assert_eq!((entries.len(), newest), (3, head));
    // And it is told of new things again.
    slow.early.clear();
    let content = tidings::model::Content::Text(tidings::model::Text::plain("again"));
    a.execute(Command::Send { to: tidings::model::Target::Conversation(conversation), content }).await.unwrap();
    assert_eq!(text(&slow.entry().await.1), "again");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draining_tells_everybody_and_answers_what_is_in_flight() {
    let (_folder, server) = start(quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, Way::WebSocket(Encoding::Json), &bob.token).await;
    let request = a.submit(fresh_key(), text_to(&bob.id, "last words")).await;
    b.entry().await;
    let address = server.tcp;
    assert!(server.stop().await, "every task ends by itself");
    assert!(a.outcome(request).await.is_ok());
    let closing = a.closed_with().await.or_else(|| a.early.pop());
    assert!(matches!(closing, Some(ServerFrame::Closing { retry_after_ms: 500..1_500, .. })), "{closing:?}");
    assert!(matches!(b.closed_with().await, Some(ServerFrame::Closing { .. })));
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_closed_and_pings_keep_a_session() {
    let (_folder, server) = start(GatewayOptions { silence_timeout_ms: 1_500, ..quick() }).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut silent, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut alive, _) = Peer::log_in(&server, JSON, &bob.token).await;
    let closed = async { while silent.next_frame().await.is_some() {} };
    let pings = async {
        loop {
            alive.ping(1).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = closed => {}
        () = pings => {}
    }
    alive.ping(2).await;
    assert_eq!(server.gateway.stats().timeouts, 1);
    assert!(server.stop().await);
}

async fn get(address: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = tcp(address).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_tells_health_and_metrics_and_carries_its_headers() {
    let (_folder, server) = start(quick()).await;
    let ada = server.person("canary-user").await;
    let (_a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (head, body) = get(server.http, "/healthz").await;
    assert!(head.starts_with("http/1.1 200") && body.contains("true"), "{head} {body}");
    let (head, body) = get(server.http, "/readyz").await;
    assert!(head.starts_with("http/1.1 200"), "{head} {body}");
    let (head, body) = get(server.http, "/metrics").await;
    assert!(head.contains("text/plain; version=0.0.4"));
    for line in ["tidings_sessions 1", "tidings_ready 1", "tidings_logins_total 1"] {
        assert!(body.lines().any(|found| found == line), "{line} in {body}");
    }
    assert!(!body.contains("canary"));
    for path in ["/", "/healthz", "/readyz", "/metrics", "/ws", "/nothing"] {
        let (head, _) = get(server.http, path).await;
        for header in [
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "frame-ancestors 'none'",
        ] {
            assert!(head.contains(header), "{path}: {header} in {head}");
        }
        assert!(!head.contains("\nserver:"));
    }
    server.gateway.drain("test", 100);
    let (head, body) = get_if_there(server.http, "/readyz").await;
    assert!(head.is_empty() || head.starts_with("http/1.1 503") && body.contains("stopping"), "{head} {body}");
    assert!(server.stop().await);
}

/// While the server drains nobody is let in, so there may be no answer.
async fn get_if_there(address: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = tcp(address).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    if stream.write_all(request.as_bytes()).await.is_err() || stream.read_to_string(&mut answer).await.is_err() {
        return (String::new(), String::new());
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_carries_the_same_sessions() {
    use std::sync::Arc;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::load(&TlsMode::SelfSigned, folder.path(), &[]).unwrap();
    let server = Server::start_with(&folder.path().join("data"), quick(), tls).await;
    let ada = server.person("ada").await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.path().join("self-signed-cert.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = tcp(server.tcp).await;
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    stream.write_all(&Encoding::Json.preface()).await.unwrap();
    stream.write_all(&Encoding::Json.encode_framed(&hello(Auth::Token(ada.token.clone()), None))).await.unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.unwrap();
    let mut frame = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut frame).await.unwrap();
    assert!(matches!(Encoding::Json.decode(&frame).unwrap(), ServerFrame::Welcome(_)));
    assert!(server.stop().await);
}
