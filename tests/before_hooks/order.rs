//! The order of what is sent stays, and nobody is held up by what is not theirs.

use super::receiver::{Act, Asked, Receiver, allow, refuse};
use super::{SHOP, Scene, hook};
use crate::apps::app;
use crate::support::peer::{self, Peer, Way, fresh_key, text_to};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidings::model::{AppId, Code, Command, CommandResult, Content, Query, Target, Text};
use tidings::protocol::Encoding;

const TCP: Way = Way::Tcp(Encoding::Postcard);

/// The number in the words `burst 17`.
fn number(asked: &Asked) -> Option<usize> {
    asked.words().strip_prefix("burst ")?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_asked_about_at_once_and_stored_as_it_was_sent() {
    const BURST: usize = 40;
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    for way in [TCP, Way::WebSocket(Encoding::Json)] {
        let before = scene.receiver.count();
        let (mut peer, _) = Peer::log_in(&scene.server, way, &ada.token).await;
        let (chat, _) = peer.say(&bob.id, "begin").await;
        // Those with a low number are answered last.
        scene.receiver.answers(|asked| match number(asked) {
            Some(number) if number % 7 == 3 => refuse("Every seventh."),
            Some(number) => Act::Holds(BURST - number),
            None => allow(),
        });
        scene.receiver.release(0);
        let mut requests = Vec::new();
        for n in 0..BURST {
            let command = if n == 20 {
                // Nobody is asked about it, and it keeps its place.
                Command::Rename { conversation: chat, title: "no group".parse().unwrap() }
            } else {
                let content = Content::Text(Text::plain(format!("burst {n}")));
                Command::Send { to: Target::Conversation(chat), content }
            };
            requests.push(peer.submit(fresh_key(), command).await);
        }
        peer::soon("all of them are asked about", || scene.receiver.count() - before == BURST).await;
        // Meanwhile the connection is heard.
        peer.ping(7).await;
        peer.query(Query::Me {}).await.unwrap();
        for released in 0..=BURST {
            scene.receiver.release(released + 1);
        }
        let mut last = None;
        for (n, request) in requests.into_iter().enumerate() {
            match peer.outcome(request).await {
                Ok((CommandResult::Appended { seq, .. }, false)) => {
                    assert!(last < Some(seq), "{n}");
                    last = Some(seq);
                }
                Err(refused) if n == 20 => assert_eq!(refused.code, Code::Invalid),
                Err(refused) => assert_eq!((n % 7, refused.code), (3, Code::HookRefused), "{refused:?}"),
                other => panic!("{n}: {other:?}"),
            }
        }
        let expected = (0..BURST).filter(|n| *n != 20 && n % 7 != 3).map(|n| format!("burst {n}"));
        let words = scene.words(&bob, chat.0).await;
        let burst = words.iter().rev().take_while(|words| *words != "begin").cloned().collect::<Vec<_>>();
        assert_eq!(burst.into_iter().rev().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
    assert!(scene.server.stop().await);
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
    let mut done = 0;
    for (peer, requests) in &mut peers {
        for request in requests.drain(..) {
            match peer.outcome(request).await {
                Ok(_) => done += 1,
                // On a machine that has no time for it.
                Err(refused) => assert_eq!(refused.code, Code::HookRefused),
            }
        }
    }
    assert_eq!(asked_before_any_answer, 64);
    assert!(done > 0, "{done}");
    assert!(scene.server.stop().await);
}
