//! What a hook is asked, and what becomes of a command by its answer.

use super::receiver::{Act, Receiver, allow, refuse, replace};
use super::{SHOP, Scene, hook};
use crate::apps::text;
use crate::support::http::{Api, Reply};
use crate::support::peer::{self, Peer, Way, fresh_key, text_to};
use serde_json::{Value, json};
use tidings::model::{Code, Command, CommandResult, Content, ConversationId, Seq, Target, Text};
use tidings::protocol::Encoding;
use tokio::net::TcpSocket;

const TCP: Way = Way::Tcp(Encoding::Postcard);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_asked_about_through_every_door_and_the_question_is_signed() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let mut chat = None;
    for (n, way) in Way::ALL.into_iter().enumerate() {
        let (mut peer, _) = Peer::log_in(&scene.server, way, &ada.token).await;
        let (conversation, _) = peer.say(&bob.id, &format!("socket {n}")).await;
        chat = Some(conversation);
    }
    let sent = scene.api(&ada).post("/users/bob/entries", text("session")).await.ok(201);
    assert_eq!(sent["entry"]["conversation"], json!(chat.unwrap().0));
    scene.shop.post("/apps/shop/as/ada/users/bob/entries", text("key")).await.ok(201);
    let asked = scene.receiver.asked();
    let words: Vec<&str> = asked.iter().map(super::Asked::words).collect();
    assert_eq!(words, ["socket 0", "socket 1", "socket 2", "socket 3", "session", "key"]);
    for (n, one) in asked.iter().enumerate() {
        assert_eq!((one.path.as_str(), one.header("content-type")), ("/before", "application/json"));
        assert!(one.is_signed_with(&scene.secret), "{one:?}");
        assert!(!one.header("webhook-id").contains('.'));
        assert_eq!(one.body["type"], "before.message_send");
        assert!(one.body["timestamp"].is_u64() && one.body.get("test").is_none());
        let data = &one.body["data"];
        assert_eq!((&data["app"], &data["user"]), (&json!(SHOP.0), &json!("ada")));
        assert_eq!((&data["command"], &data["peer"]), (&json!("send"), &json!("bob")));
        // The first one makes the chat.
        assert_eq!(data["conversation"]["kind"], if n == 0 { Value::Null } else { json!("direct") });
    }
    let ids: std::collections::BTreeSet<&str> = asked.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), asked.len());
    assert!(scene.receiver.connections() < asked.len(), "connections are used again");
    assert_eq!(scene.words(&bob, chat.unwrap().0).await, words);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_reaches_the_user_with_its_reason() {
    let scene =
        Scene::new(|asked| if asked.words().contains("darn") { refuse("No swearing here.") } else { allow() }).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let refused = peer.execute(text_to(&bob.id, "darn!")).await.unwrap_err();
    assert_eq!((refused.code, &*refused.message), (Code::HookRefused, "No swearing here."));
    assert!(!refused.fatal && refused.retry_after_ms.is_none());
    let (chat, _) = peer.say(&bob.id, "hello").await;
    for reply in [
        scene.api(&ada).post("/users/bob/entries", text("darn!")).await,
        scene.shop.post("/apps/shop/as/ada/users/bob/entries", text("darn!")).await,
    ] {
        assert_eq!(reply.problem(), (403, "hook_refused".to_owned()));
        assert_eq!(reply.json()["detail"], "No swearing here.");
    }
    assert_eq!(scene.words(&bob, chat.0).await, ["hello"]);
    // A refused key is free: what is decided anew may be allowed.
    let key = fresh_key();
    let first = peer.submit(key, text_to(&bob.id, "darn!")).await;
    assert_eq!(peer.outcome(first).await.unwrap_err().code, Code::HookRefused);
    let again = peer.submit(key, text_to(&bob.id, "gosh!")).await;
    assert!(!peer.outcome(again).await.unwrap().1);
    let metrics = Api::at(scene.server.http).at_root("GET", "/metrics").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    for line in [
        "tidings_before_hook_asked_total 6",
        "tidings_before_hook_allowed_total 2",
        "tidings_before_hook_refused_total 4",
        "tidings_before_hook_replaced_total 0",
        "tidings_before_hook_failed_total 0",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_words_take_the_place_of_a_message_and_the_rest_stays() {
    let scene = Scene::new(|asked| replace(json!({"text": asked.words().replace("darn", "d***")}))).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let (mut listening, _) = Peer::log_in(&scene.server, Way::Tcp(Encoding::Json), &bob.token).await;
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let (chat, first) = peer.say(&bob.id, "darn!").await;
    // Whoever sent it sees what became of it before they learn that it was done.
    let early = std::mem::take(&mut peer.early);
    let own = early.iter().find_map(|frame| match frame {
        tidings::protocol::ServerFrame::Entry { entry, .. } => Some(peer::text(entry).to_owned()),
        _ => None,
    });
    assert_eq!(own.as_deref(), Some("d***!"));
    let (_, entry) = listening.entry().await;
    assert_eq!(peer::text(&entry), "d***!");
    let content = Content::Text(Text {
        markdown: true,
        reply_to: Some(first),
        mentions: vec![bob.id.clone()],
        ..Text::plain("**darn**")
    });
    let send = Command::Send { to: Target::Conversation(chat), content };
    let key = fresh_key();
    let request = peer.submit(key, send.clone()).await;
    let (result, duplicate) = peer.outcome(request).await.unwrap();
    assert!(!duplicate);
    let (_, entry) = listening.entry().await;
    assert_eq!(peer::text(&entry), "**d*****");
    let tidings::model::Body::Text(stored) = &entry.body else { panic!("{entry:?}") };
    assert!(stored.markdown && stored.reply_to == Some(first) && stored.mentions == [bob.id.clone()]);
    // The same again is what it was, and nobody is asked.
    let count = scene.receiver.count();
    let request = peer.submit(key, send).await;
    assert_eq!(peer.outcome(request).await.unwrap(), (result, true));
    let request = peer.submit(key, text_to(&bob.id, "something else")).await;
    assert_eq!(peer.outcome(request).await.unwrap_err().code, Code::IdempotencyConflict);
    assert_eq!(scene.receiver.count(), count);
    // What has no words becomes a text.
    let content = json!({"location": {"latitude_e6": 51_500_000, "longitude_e6": 0}});
    scene.receiver.answers(|_| replace(json!({"text": "(a place)"})));
    let sent = scene.api(&ada).post("/users/bob/entries", content).await.ok(201);
    assert_eq!(sent["entry"]["seq"], 3);
    assert_eq!(scene.words(&bob, chat.0).await, ["d***!", "**d*****", "(a place)"]);
    // What takes the place is held to the rules as everything is.
    scene.admin.patch("/admin/apps/shop/settings", json!({"message_bytes_max": 1_000})).await.ok(200);
    scene.receiver.answers(|_| replace(json!({"text": "x".repeat(1_001)})));
    assert_eq!(scene.api(&ada).post("/users/bob/entries", text("y")).await.problem(), (413, "too_large".to_owned()));
    scene.receiver.answers(|_| replace(json!({"text": ""})));
    assert_eq!(scene.api(&ada).post("/users/bob/entries", text("y")).await.problem(), (400, "invalid".to_owned()));
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_and_forwards_are_asked_about_too() {
    let scene =
        Scene::new(|asked| if asked.words().contains("darn") { refuse("No swearing here.") } else { allow() }).await;
    let (ada, bob, carol) = (scene.person("ada").await, scene.person("bob").await, scene.person("carol").await);
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let (chat, seq) = peer.say(&bob.id, "hello").await;
    let edit = |text: &str| Command::Edit { conversation: chat, seq, text: text.to_owned() };
    assert_eq!(peer.execute(edit("darn")).await.unwrap_err().code, Code::HookRefused);
    let asked = scene.receiver.asked().pop().unwrap();
    assert_eq!((&asked.body["data"]["command"], &asked.body["data"]["seq"]), (&json!("edit"), &json!(seq.0)));
    let patched = scene.api(&ada).patch(&format!("/conversations/{chat}/entries/{seq}"), json!({"text": "darn"})).await;
    assert_eq!(patched.problem(), (403, "hook_refused".to_owned()));
    assert_eq!(scene.words(&bob, chat.0).await, ["hello"]);
    scene.receiver.answers(|_| replace(json!({"text": "better"})));
    peer.execute(edit("good")).await.unwrap();
    assert_eq!(scene.words(&bob, chat.0).await, ["better"]);
    // A message with buttons may be edited at any time.
    scene.receiver.answers(|_| allow());
    let rows = json!([[{"label": "Yes", "does": {"press": "paid"}}]]);
    let buttons = json!({"buttons": {"text": {"text": "Paid?"}, "rows": rows}});
    let asks = scene.shop.post("/apps/shop/as/ada/users/bob/entries", buttons).await.ok(201);
    let asks = format!("/apps/shop/as/ada/conversations/{chat}/entries/{}/buttons", asks["entry"]["seq"]);
    scene.receiver.answers(|_| refuse("No."));
    let edited = scene.shop.put(&asks, json!({"text": "darn"})).await;
    assert_eq!(edited.problem(), (403, "hook_refused".to_owned()));
    let asked = scene.receiver.asked().pop().unwrap();
    assert_eq!(asked.body["data"]["command"], "edit_buttons");
    assert_eq!(asked.body["data"]["body"]["buttons"]["text"]["text"], "darn");
    scene.receiver.answers(|_| replace(json!({"text": "better"})));
    scene.shop.put(&asks, json!({"text": "darn"})).await.ok(200);
    // Forwards: yes or no, but nothing else in their place.
    let forward = Command::Forward { from: chat, seq, to: Target::User(carol.id.clone()) };
    assert_eq!(peer.execute(forward.clone()).await.unwrap_err().code, Code::HookRefused);
    let asked = scene.receiver.asked().pop().unwrap();
    assert_eq!((&asked.body["data"]["command"], asked.words()), (&json!("forward"), "better"));
    assert_eq!(asked.body["data"]["peer"], "carol");
    scene.receiver.answers(|_| allow());
    let CommandResult::Appended { conversation, .. } = peer.execute(forward).await.unwrap() else { panic!() };
    assert_eq!(scene.words(&carol, conversation.0).await, ["better"]);
    // What is none of a hook's business is not asked about.
    let count = scene.receiver.count();
    peer.execute(Command::Recall { conversation: chat, seq }).await.unwrap();
    peer.execute(Command::Pin { conversation: chat, pinned: true }).await.unwrap();
    assert_eq!(scene.receiver.count(), count);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contact_requests_and_new_members_are_asked_about() {
    let scene = Scene::new(|asked| match asked.body["type"].as_str().unwrap() {
        "before.contact_request" if asked.body["data"]["peer"] == "eve" => refuse("Eve takes none."),
        "before.contact_request" => replace(json!({"greeting": "Hello."})),
        "before.member_add" if asked.body["data"]["users"].as_array().unwrap().contains(&json!("eve")) => {
            refuse("Eve is in no group.")
        }
        _ => allow(),
    })
    .await;
    for id in ["ada", "bob", "carol", "eve"] {
        scene.shop.put(&format!("/apps/shop/users/{id}"), json!({})).await.ok(201);
    }
    let (ada, bob) = ("/apps/shop/as/ada", "/apps/shop/as/bob");
    let ask = |user: &str| json!({"user": user, "greeting": "Buy my things!"});
    let refused = scene.shop.post(&format!("{ada}/contact-requests"), ask("eve")).await;
    assert_eq!((refused.problem().1.as_str(), &refused.json()["detail"]), ("hook_refused", &json!("Eve takes none.")));
    scene.shop.post(&format!("{ada}/contact-requests"), ask("bob")).await.ok(200);
    let requests = scene.shop.get(&format!("{bob}/contact-requests")).await.ok(200);
    assert_eq!(requests["requests"][0]["greeting"], "Hello.");
    let group = |members: Value| json!({"group": {"title": "Orders", "members": members}});
    let refused = scene.shop.post(&format!("{ada}/conversations"), group(json!(["bob", "eve"]))).await;
    assert_eq!(refused.problem(), (403, "hook_refused".to_owned()));
    let count = scene.receiver.count();
    let made = scene.shop.post(&format!("{ada}/conversations"), group(json!([]))).await.ok(201);
    assert_eq!(scene.receiver.count(), count, "nobody joins");
    let group = made["conversation"]["id"].as_u64().unwrap();
    let members = format!("{ada}/conversations/{group}/members");
    assert_eq!(scene.shop.post(&members, json!({"users": ["eve"]})).await.problem().1, "hook_refused");
    let data = scene.receiver.asked().pop().unwrap().body["data"].clone();
    assert_eq!((&data["command"], &data["users"]), (&json!("add_members"), &json!(["eve"])));
    assert_eq!((&data["conversation"]["id"], &data["conversation"]["title"]), (&json!(group), &json!("Orders")));
    scene.receiver.answers(|_| replace(json!({"users": ["carol"]})));
    scene.shop.post(&members, json!({"users": ["bob"]})).await.ok(200);
    let list = scene.shop.get(&members).await.ok(200);
    let ids: Vec<&Value> = list["members"].as_array().unwrap().iter().map(|member| &member["user"]).collect();
    assert_eq!(ids, ["ada", "carol"]);
    // By a link.
    scene.receiver.answers(|_| refuse("Full."));
    let invite = scene.shop.post(&format!("{ada}/groups/{group}/invites"), json!({})).await.ok(201);
    let code = invite["code"].as_str().unwrap();
    let joined = scene.shop.post(&format!("{bob}/invites/{code}/join"), json!({})).await;
    assert_eq!(joined.problem(), (403, "hook_refused".to_owned()));
    let data = scene.receiver.asked().pop().unwrap().body["data"].clone();
    assert_eq!((&data["command"], &data["users"]), (&json!("join_by_code"), &json!(["bob"])));
    assert_eq!(data["conversation"]["id"], group);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_answer_the_setting_decides() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let canary = Receiver::start(|_| allow()).await;
    // A port that is taken, so that nobody else gets it, and where nobody listens.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let down = taken.local_addr().unwrap();
    let (api, url) = (scene.api(&ada), scene.receiver.url());
    let cases: Vec<(&str, String, u32, Act)> = vec![
        ("hangs", url.clone(), 200, Act::Holds(0)),
        ("fails", url.clone(), 5_000, Act::Says(500, String::new())),
        ("is not there", url.clone(), 5_000, Act::Says(404, r#"{"decision": "allow"}"#.to_owned())),
        ("is a page", url.clone(), 5_000, Act::Says(200, "<html>Welcome!</html>".to_owned())),
        ("is unclear", url.clone(), 5_000, Act::Says(200, r#"{"decision": "perhaps"}"#.to_owned())),
        ("is endless", url.clone(), 5_000, Act::Says(200, " ".repeat(70_000) + r#"{"decision": "allow"}"#)),
        ("is elsewhere", url, 5_000, Act::Redirects(canary.url())),
        ("is down", format!("http://{down}/"), 5_000, allow()),
    ];
    let (mut expected, mut chat) = (Vec::new(), 0);
    for (what, url, timeout_ms, act) in cases {
        scene.receiver.answers(move |_| act.clone());
        for on_failure in ["open", "closed"] {
            let mut hook = hook(&url);
            (hook["timeout_ms"], hook["on_failure"]) = (json!(timeout_ms), json!(on_failure));
            scene.set(hook).await;
            let reply = api.post("/users/bob/entries", text(what)).await;
            if on_failure == "open" {
                assert_eq!(reply.status, 201, "{what}: {reply:?}");
                expected.push(what);
                chat = reply.json()["entry"]["conversation"].as_u64().unwrap();
            } else {
                assert_eq!(reply.problem(), (403, "hook_refused".to_owned()), "{what}");
            }
        }
    }
    assert_eq!(canary.count(), 0, "no redirect is followed");
    assert_eq!(scene.words(&bob, chat).await, expected);
    let metrics = Api::at(scene.server.http).at_root("GET", "/metrics").await.body;
    assert!(String::from_utf8(metrics).unwrap().contains("tidings_before_hook_failed_total 16"));
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_refused_anyway_is_not_asked_about() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob, carol) = (scene.person("ada").await, scene.person("bob").await, scene.person("carol").await);
    let api = scene.api(&ada);
    scene.api(&bob).put("/blocks/ada", json!({})).await.ok(200);
    let refused = |reply: Reply| reply.problem().1;
    let blocked = refused(api.post("/users/bob/entries", text("hello")).await);
    assert_eq!(blocked, "blocked");
    assert_eq!(refused(api.post("/users/nobody/entries", text("hello")).await), "not_found");
    assert_eq!(refused(api.post("/users/carol/entries", text(&"x".repeat(70_000))).await), "too_large");
    assert_eq!(refused(api.post("/conversations/999/entries", text("hello")).await), "not_found");
    assert_eq!(refused(api.post("/contact-requests", json!({"user": "bob"})).await), "blocked");
    let made = scene.api(&carol).post("/conversations", json!({"group": {"title": "Carol's"}})).await.ok(201);
    let group = made["conversation"]["id"].as_u64().unwrap();
    let members = format!("/conversations/{group}/members");
    assert_eq!(refused(api.post(&members, json!({"users": ["ada"]})).await), "not_found");
    scene.shop.patch("/apps/shop/users/ada/flags", json!({"silenced": true})).await.ok(200);
    assert_eq!(refused(api.post("/users/carol/entries", text("hello")).await), "silenced");
    assert_eq!(scene.receiver.count(), 0);
    scene.shop.patch("/apps/shop/users/ada/flags", json!({"silenced": false})).await.ok(200);
    let (mut peer, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let edit = Command::Edit { conversation: ConversationId(group), seq: Seq(1), text: "x".to_owned() };
    assert_eq!(peer.execute(edit).await.unwrap_err().code, Code::NotFound);
    assert_eq!(scene.receiver.count(), 0);
    api.post("/users/carol/entries", text("hello")).await.ok(201);
    assert_eq!(scene.receiver.count(), 1);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_twice_is_one_message_and_one_question() {
    let scene = Scene::new(|_| allow()).await;
    let (ada, bob) = (scene.person("ada").await, scene.person("bob").await);
    let named = scene.api(&ada).header("idempotency-key", "order-1");
    assert_eq!(named.post("/users/bob/entries", text("once")).await.ok(201)["duplicate"], false);
    let again = named.post("/users/bob/entries", text("once")).await.ok(201);
    assert_eq!(again["duplicate"], true);
    assert_eq!(named.post("/users/bob/entries", text("twice")).await.problem().1, "idempotency_conflict");
    assert_eq!(scene.receiver.count(), 1);
    // Both are asked about before either is done: it is one message all the same, whatever the answers put in its place.
    let number = std::sync::atomic::AtomicUsize::new(0);
    scene.receiver.answers(move |_| Act::Holds(number.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
    let key = fresh_key();
    let (mut one, _) = Peer::log_in(&scene.server, TCP, &ada.token).await;
    let phone = scene.server.device("ada", ada.handle, "ada-phone").await;
    let (mut other, _) = Peer::log_in(&scene.server, TCP, &phone.token).await;
    let first = one.submit(key, text_to(&bob.id, "again")).await;
    let second = other.submit(key, text_to(&bob.id, "again")).await;
    peer::soon("both are asked about", || scene.receiver.count() == 3).await;
    scene.receiver.release(2);
    let (first, second) = (one.outcome(first).await.unwrap(), other.outcome(second).await.unwrap());
    assert_eq!(first.0, second.0);
    assert!(first.1 != second.1, "one of them is a duplicate");
    let chat = again["entry"]["conversation"].as_u64().unwrap();
    assert_eq!(scene.words(&bob, chat).await, ["once", "again"]);
    assert!(scene.server.stop().await);
}
