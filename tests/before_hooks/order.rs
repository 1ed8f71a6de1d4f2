//! The order of what is sent stays, and nobody is held up by what is not theirs.

use super::receiver::{Act, Asked, Receiver, allow, refuse};
use super::{SHOP, Scene, hook};
use crate::apps::app;
use crate::support::peer::{self, Peer, Way, fresh_key, text_to};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidings::model::{AppId, Code, Command, CommandResult, Content, ConversationId, Query, Target, Text};
use tidings::protocol::Encoding;

const TCP: Way = Way::Tcp(Encoding::Postcard);

/// The number in the words `burst 17`.
fn number(asked: &Asked) -> Option<usize> {
    asked.words().strip_prefix("burst ")?.parse().ok()
}

/// How many commands a burst has; one of them nobody is asked about.
const BURST: usize = 40;
const UNASKED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_asked_about_at_once_and_stored_as_it_was_sent() {
    let scene = Scene::new(|_| allow()).await;
    for way in [TCP, Way::WebSocket(Encoding::Json)] {
        let mut done = false;
        // On a machine that has no time for it some questions may be too late; then once more.
        for attempt in 0..5 {
            done = burst(&scene, way, &format!("{way:?}{attempt}").replace(['(', ')'], "-")).await;
            if done {
                break;
            }
            scene.set(hook(&scene.receiver.url())).await;
        }
        assert!(done, "{way:?}");
    }
    assert!(scene.server.stop().await);
}

/// Sends a burst to somebody new, and looks at what came of it; false when a question was too late.
async fn burst(scene: &Scene, way: Way, name: &str) -> bool {
    let (ada, bob) = (scene.person(&format!("ada-{name}")).await, scene.person(&format!("bob-{name}")).await);
    let (mut peer, _) = Peer::log_in(&scene.server, way, &ada.token).await;
    scene.receiver.answers(|_| allow());
    let (chat, _) = peer.say(&bob.id, "begin").await;
    let before = scene.receiver.count();
    // Those with a low number are answered last.
    scene.receiver.release(0);
    scene.receiver.answers(|asked| match number(asked) {
        Some(number) if number % 7 == 3 => refuse("Every seventh."),
        Some(number) => Act::Holds(BURST - number),
        None => allow(),
    });
    let mut requests = Vec::new();
    for n in 0..BURST {
        let command = if n == UNASKED {
            // It keeps its place.
            Command::Rename { conversation: chat, title: "no group".parse().unwrap() }
        } else {
            let content = Content::Text(Text::plain(format!("burst {n}")));
            Command::Send { to: Target::Conversation(chat), content }
        };
        requests.push(peer.submit(fresh_key(), command).await);
    }
    peer::soon("all of them are asked about", || scene.receiver.count() - before >= BURST - 1).await;
    // Meanwhile the connection is heard.
    peer.ping(7).await;
    peer.query(Query::Me {}).await.unwrap();
    for released in 0..=BURST {
        scene.receiver.release(released + 1);
    }
    let (mut last, mut late) = (None, false);
    for (n, request) in requests.into_iter().enumerate() {
        match peer.outcome(request).await {
            Ok((CommandResult::Appended { seq, .. }, false)) => {
                assert!(last < Some(seq), "{n}");
                last = Some(seq);
            }
            Err(refused) if n == UNASKED => assert_eq!(refused.code, Code::Invalid),
            Err(refused) if refused.message != "Every seventh." => {
                assert_eq!(refused.code, Code::HookRefused);
                late = true;
            }
            Err(refused) => assert_eq!((n % 7, refused.code), (3, Code::HookRefused), "{refused:?}"),
            other => panic!("{n}: {other:?}"),
        }
    }
    if !late {
        let expected = (0..BURST).filter(|n| *n != UNASKED && n % 7 != 3).map(|n| format!("burst {n}"));
        let expected: Vec<String> = std::iter::once("begin".to_owned()).chain(expected).collect();
        assert_eq!(scene.words(&bob, chat.0).await, expected);
    }
    !late
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_those_before_it_waits_for_them() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let api = scene.api(&bob);
    let rules = json!({"kind": "public", "join": "free"});
    let made = api.post("/conversations", json!({"group": {"title": "Open", "rules": rules}})).await.ok(201);
    let group = tidings::model::ConversationId(made["conversation"]["id"].as_u64().unwrap());
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    scene.receiver.answers(|asked| if asked.body["type"] == "before.member_add" { Act::Holds(0) } else { allow() });
    let say =
        |words: &str| Command::Send { to: Target::Conversation(group), content: Content::Text(Text::plain(words)) };
    let joining = peer.submit(fresh_key(), Command::Join { conversation: group, greeting: None }).await;
    let saying = peer.submit(fresh_key(), say("I am here.")).await;
    let leaving = peer.submit(fresh_key(), Command::Leave { conversation: group }).await;
    let after = peer.submit(fresh_key(), say("And gone.")).await;
    peer::soon("the joining is asked about", || scene.receiver.count() == 1).await;
    peer.ping(7).await;
    assert_eq!(scene.receiver.count(), 1, "whoever is not in the group yet says nothing there");
    scene.receiver.release(1);
    for request in [joining, saying, leaving] {
        peer.outcome(request).await.unwrap();
    }
    assert_eq!(peer.outcome(after).await.unwrap_err().code, Code::NotMember);
    assert_eq!(scene.words(&bob, group.0).await, ["I am here."]);
    assert_eq!(scene.receiver.asked().last().unwrap().words(), "I am here.");
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_hangs_holds_up_nobody_else() {
    let scene = Scene::new(|_| Act::Holds(0)).await;
    let other = app(&scene.server, &scene.admin, "other").await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let (yana, zoe) = (scene.server.person_of(AppId(3), "yana").await, scene.server.person_of(AppId(3), "zoe").await);
    let heard = Receiver::start(|_| allow()).await;
    other.put("/apps/other/before-hook", hook(&heard.url())).await.ok(201);
    let (mut held, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let (mut beside, _) = Peer::log_in(&scene.server, TCP, &bob.token).await;
    let (mut free, _) = Peer::log_in(&scene.server, TCP, &yana.token).await;
    // On a machine that has no time for it the question may be over before; then once more.
    let mut seen = false;
    for _ in 0..20 {
        let count = scene.receiver.count();
        let mut waiting: Vec<u32> = Vec::new();
        for n in 0..8 {
            waiting.push(held.submit(fresh_key(), text_to(&bob.id, &format!("held {n}"))).await);
        }
        peer::soon("the questions are asked", || scene.receiver.count() > count).await;
        // Users of the other app go on, and so does what this app's users do without a question.
        for n in 0..5 {
            free.say(&zoe.id, &format!("free {n}")).await;
        }
        let mute = Command::SetPresence { presence: tidings::model::OwnPresence::default() };
        beside.execute(mute.clone()).await.unwrap();
        // And the connection itself is heard while it waits.
        let answered = !held.hears_nothing().await;
        for request in waiting {
            // Those that have come were among the early ones that were looked at.
            if !answered {
                let refused = held.outcome(request).await.unwrap_err();
                assert_eq!(refused.code, Code::HookRefused);
            }
        }
        // A hook that was found to fail is left alone: it is set anew.
        scene.set(hook(&scene.receiver.url())).await;
        if !answered {
            seen = true;
            break;
        }
        (held, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    }
    assert!(seen, "the others were done before the one that waits");
    assert!(heard.count() >= 5 && heard.asked().iter().all(|asked| asked.body["data"]["app"] == 3));
    assert!(scene.receiver.asked().iter().all(|asked| asked.body["data"]["app"] == SHOP.0), "each app has its own");
    assert!(!heard.asked().iter().any(|asked| asked.is_signed_with(&scene.secret)));
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_questions_at_once_stay_within_their_bound_and_none_is_lost() {
    let scene = Scene::new(|_| allow()).await;
    let bob = scene.person("bob").await;
    let most = std::sync::Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    // Those that come first wait for the test.
    let counting = std::sync::Arc::clone(&most);
    scene.receiver.answers(move |_| Act::Holds(usize::from(counting.0.fetch_add(1, Ordering::SeqCst) >= 64)));
    let mut peers = Vec::new();
    for n in 0..4 {
        let person = scene.person(&format!("user{n}")).await;
        let (mut peer, _) = Peer::log_in(&scene.server, TCP, &person.token).await;
        let mut requests = Vec::new();
        for n in 0..30 {
            requests.push(peer.submit(fresh_key(), text_to(&bob.id, &format!("{n}"))).await);
        }
        peers.push((peer, requests));
    }
    peer::soon("as many as may be are asked about", || scene.receiver.count() >= 64).await;
    for (peer, _) in &mut peers {
        peer.ping(7).await;
    }
    let asked_before_any_answer = scene.receiver.count();
    scene.receiver.release(2);
    let mut late = 0;
    for (peer, requests) in &mut peers {
        for request in requests.drain(..) {
            if let Err(refused) = peer.outcome(request).await {
                assert_eq!(refused.code, Code::HookRefused);
                late += 1;
            }
        }
    }
    // On a machine that has no time for it some were too late, and made room for others.
    assert!(asked_before_any_answer == 64 || late > 0, "{asked_before_any_answer}");
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_something_else_while_it_waits_is_asked_about_as_it_is_then() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob, carol) = (scene.person("ada").await, scene.person("bob").await, scene.person("carol").await);
    let rules = json!({"kind": "public", "join": "approval"});
    let made =
        scene.api(&bob).post("/conversations", json!({"group": {"title": "Open", "rules": rules}})).await.ok(201);
    let open = ConversationId(made["conversation"]["id"].as_u64().unwrap());
    let mine = json!({"group": {"title": "Mine", "members": ["carol"]}});
    let made = scene.api(&ada).post("/conversations", mine).await.ok(201);
    let mine = ConversationId(made["conversation"]["id"].as_u64().unwrap());
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let (mut owner, _) = Peer::log_in(&scene.server, TCP, &bob.token).await;
    let (chat, seq) = peer.say(&bob.id, "harmless").await;
    // Nobody becomes a member and nobody swears, if anybody is asked; the first of each burst is answered late.
    let next = std::sync::Arc::new(AtomicUsize::new(0));
    let holds = std::sync::Arc::clone(&next);
    scene.receiver.answers(move |asked| match (asked.words(), asked.body["data"]["command"].as_str().unwrap()) {
        ("slow", _) => Act::Holds(holds.load(Ordering::SeqCst)),
        (_, "add_members" | "join") => refuse("Nobody new."),
        ("darn", "forward") => refuse("No swearing here."),
        _ => allow(),
    });
    let asked = |command: &str| {
        let found = scene.receiver.asked().into_iter().filter(|asked| asked.body["data"]["command"] == command);
        found.map(|asked| asked.words().to_owned()).collect::<Vec<_>>()
    };

    // Joining would have had to be approved, and then the group is free.
    let slow = scene.receiver.count();
    let first = peer.submit(fresh_key(), text_to(&bob.id, "slow")).await;
    let joining = peer.submit(fresh_key(), Command::Join { conversation: open, greeting: None }).await;
    peer::soon("the first is asked about", || scene.receiver.count() > slow).await;
    peer.ping(7).await;
    let rules = serde_json::from_value(json!({"kind": "public", "join": "free"})).unwrap();
    owner.execute(Command::SetGroupRules { conversation: open, rules }).await.unwrap();
    scene.receiver.release(1);
    drop(peer.outcome(first).await);
    let refused = peer.outcome(joining).await.unwrap_err();
    assert_eq!((refused.code, &*refused.message), (Code::HookRefused, "Nobody new."));
    assert_eq!(asked("join").len(), 1);

    // Who would be added was a member already, and then is none.
    next.store(1, Ordering::SeqCst);
    let first = peer.submit(fresh_key(), text_to(&bob.id, "slow")).await;
    let removing = peer.submit(fresh_key(), Command::RemoveMember { conversation: mine, user: carol.id.clone() }).await;
    let adding =
        peer.submit(fresh_key(), Command::AddMembers { conversation: mine, users: vec![carol.id.clone()] }).await;
    peer.ping(8).await;
    scene.receiver.release(2);
    drop(peer.outcome(first).await);
    peer.outcome(removing).await.unwrap();
    assert_eq!(peer.outcome(adding).await.unwrap_err().code, Code::HookRefused);
    assert_eq!(asked("add_members").len(), 1);

    // What is forwarded was harmless, and then is not.
    next.store(2, Ordering::SeqCst);
    let first = peer.submit(fresh_key(), text_to(&bob.id, "slow")).await;
    let edit = Command::Edit { conversation: chat, seq, text: "darn".to_owned() };
    let editing = peer.submit(fresh_key(), edit).await;
    let forward = Command::Forward { from: chat, seq, to: Target::User(carol.id.clone()) };
    let forwarding = peer.submit(fresh_key(), forward).await;
    peer::soon("the forward is asked about", || !asked("forward").is_empty()).await;
    scene.receiver.release(3);
    drop(peer.outcome(first).await);
    peer.outcome(editing).await.unwrap();
    assert_eq!(peer.outcome(forwarding).await.unwrap_err().message, "No swearing here.");
    assert_eq!(asked("forward").last().unwrap(), "darn");
    // What is the same in its turn as it was before is asked about once.
    let count = scene.receiver.count();
    next.store(3, Ordering::SeqCst);
    let first = peer.submit(fresh_key(), text_to(&bob.id, "slow")).await;
    let second = peer.submit(fresh_key(), text_to(&bob.id, "quick")).await;
    scene.receiver.release(4);
    drop(peer.outcome(first).await);
    drop(peer.outcome(second).await);
    assert_eq!(scene.receiver.count(), count + 2);
    assert!(scene.server.stop().await);
}
