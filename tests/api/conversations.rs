//! What people do with each other, over REST alone.

use super::{start, text, user, with_password};
use crate::support::http::Api;
use serde_json::{Value, json};
use tidings::model::{Key, Timestamp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_gives_a_token_and_the_token_everything_else() {
    let (_folder, server) = start().await;
    with_password(&server, "Ada", "correct horse").await;
    let nobody = Api::at(server.http);
    let opened = nobody.post("/sessions", json!({"user": "ada", "password": "correct horse"})).await;
    let session = opened.ok(201);
    assert_eq!((&session["user"], &session["app"]), (&json!("Ada"), &json!(1)));
    assert_eq!(opened.header("location"), Some(&*format!("/api/v1/sessions/{}", session["session"])));
    let token = tidings::model::Secret::new(session["token"].as_str().unwrap());
    let ada = Api::with_token(server.http, &token);
    let me = ada.get("/me").await.ok(200);
    assert_eq!(
        (&me["profile"]["user"], &me["platform"], &me["session"]),
        (&json!("Ada"), &json!("api"), &session["session"])
    );
    let device = json!({"id": "laptop", "platform": "linux", "name": "Ada's laptop"});
    let second = json!({"user": "ada", "password": "correct horse", "device": device});
    let second = nobody.post("/sessions", second).await.ok(201);
    let list = ada.get("/sessions").await.ok(200);
    assert_eq!(list["sessions"].as_array().unwrap().len(), 2);
    ada.delete(&format!("/sessions/{}", second["session"])).await.ok(200);
    let list = ada.get("/sessions").await.ok(200);
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(ada.delete("/sessions/999999").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(ada.delete("/sessions/mine").await.problem(), (404, "not_found".to_owned()));
    ada.delete("/sessions/current").await.ok(200);
    assert_eq!(ada.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    let wrong = json!({"user": "ada", "password": "wrong horse"});
    let unknown = json!({"user": "nobody", "password": "wrong horse"});
    let (wrong, unknown) = (nobody.post("/sessions", wrong).await, nobody.post("/sessions", unknown).await);
    assert_eq!(wrong.problem(), (401, "unauthenticated".to_owned()));
    assert_eq!((wrong.status, wrong.json()), (unknown.status, unknown.json()), "who is not there looks the same");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_talk_with_nothing_but_http() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let made = ada.post("/conversations", json!({"direct": {"user": "bob"}})).await;
    let conversation = made.ok(201)["conversation"]["id"].as_u64().unwrap();
    let path = format!("/conversations/{conversation}");
    assert_eq!(made.header("location"), Some(&*format!("/api/v1{path}")));
    let sent = ada.post(&format!("{path}/entries"), text("Good morning, Bob. 👋🏽")).await;
    assert_eq!(sent.header("location"), Some(&*format!("/api/v1{path}/entries/1")));
    assert_eq!(sent.ok(201)["entry"]["seq"], 1);
    assert_eq!(
        ada.post("/users/BOB/entries", text("Are you there?")).await.ok(201)["entry"]["conversation"],
        conversation
    );

    let list = bob.get("/conversations").await.ok(200);
    let shown = &list["conversations"][0];
    assert_eq!((&shown["peer"], &shown["inbox"]["unread"]), (&json!("ada"), &json!(2)));
    assert_eq!(shown["entries"][0]["body"]["text"]["text"], "Are you there?");
    bob.put(&format!("{path}/delivered"), json!({"seq": 2})).await.ok(200);
    bob.put(&format!("{path}/read"), json!({"seq": 2})).await.ok(200);
    assert_eq!(bob.get(&path).await.ok(200)["conversation"]["inbox"]["unread"], 0);
    assert_eq!(bob.put(&format!("{path}/read"), json!({"seq": 3})).await.problem(), (404, "not_found".to_owned()));
    let receipts = ada.get(&format!("{path}/entries/2/receipts")).await.ok(200);
    assert!(
        receipts["cursors"].as_array().unwrap().iter().any(|cursor| cursor["user"] == "bob" && cursor["read"] == 2)
    );

    let entry = format!("{path}/entries/1");
    assert_eq!(bob.get(&entry).await.ok(200)["body"]["text"]["text"], "Good morning, Bob. 👋🏽");
    assert_eq!(ada.patch(&entry, json!({"text": "Good evening, Bob."})).await.ok(200)["entry"]["seq"], 3);
    let thumb = format!("{entry}/reactions/%F0%9F%91%8D");
    assert_eq!(bob.put(&thumb, json!({})).await.ok(200)["entry"]["seq"], 4);
    assert_eq!(bob.put(&thumb, json!({})).await.ok(200)["entry"], Value::Null, "it is there already");
    let entry_now = ada.get(&entry).await.ok(200);
    assert_eq!(entry_now["body"]["text"]["text"], "Good evening, Bob.");
    assert_eq!(entry_now["reactions"], json!([{"emoji": "👍", "users": ["bob"]}]));
    bob.delete(&thumb).await.ok(200);
    assert_eq!(bob.delete(&entry).await.problem().0, 403, "it is not his");
    ada.delete(&entry).await.ok(200);
    assert_eq!(bob.get(&entry).await.ok(200)["body"], json!({"recalled": {}}));
    assert_eq!(bob.get(&format!("{path}/entries/99")).await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_filled_left_and_emptied() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    let (_, bob) = user(&server, "bob").await;
    let (_, cleo) = user(&server, "cleo").await;
    let new = json!({"group": {"title": "Gardening", "members": ["bob"]}});
    let group = ada.post("/conversations", new).await.ok(201);
    assert_eq!(group["conversation"]["title"], "Gardening");
    let path = format!("/conversations/{}", group["conversation"]["id"]);
    assert_eq!(cleo.get(&path).await.problem(), (404, "not_found".to_owned()));
    ada.post(&format!("{path}/members"), json!({"users": ["cleo"]})).await.ok(200);
    let page = cleo.get(&format!("{path}/members?limit=2")).await.ok(200);
    assert_eq!((&page["members"][0]["user"], &page["next"]), (&json!("ada"), &json!("bob")));
    let page = cleo.get(&format!("{path}/members?limit=2&after=bob")).await.ok(200);
    assert_eq!((&page["members"][0]["user"], &page["next"]), (&json!("cleo"), &Value::Null));
    assert_eq!(cleo.delete(&format!("{path}/members/bob")).await.problem(), (403, "forbidden".to_owned()));
    ada.delete(&format!("{path}/members/bob")).await.ok(200);
    bob.get(&format!("{path}/entries")).await.ok(200);
    cleo.delete(&format!("{path}/members/Cleo")).await.ok(200);
    assert_eq!(
        cleo.post(&format!("{path}/entries"), text("Am I still here?")).await.problem(),
        (403, "not_member".to_owned())
    );
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_read_in_pages_up_down_and_around() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let mut conversation = Value::Null;
    for n in 1..=30 {
        conversation =
            ada.post("/users/bob/entries", text(&format!("number {n}"))).await.ok(201)["entry"]["conversation"].take();
    }
    let path = format!("/conversations/{conversation}/entries");
    let seqs = |page: &Value| -> Vec<u64> {
        page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect()
    };
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = bob.get(&format!("{path}?limit=7{next}")).await.ok(200);
        seen.splice(0..0, seqs(&page));
        let Some(before) = page["next"].as_u64() else { break };
        next = format!("&before={before}");
    }
    assert_eq!(seen, (1..=30).collect::<Vec<_>>());
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = bob.get(&format!("{path}?limit=7&after={after}")).await.ok(200);
        seen.extend(seqs(&page));
        let Some(next) = page["next"].as_u64() else { break };
        after = next;
    }
    assert_eq!(seen, (1..=30).collect::<Vec<_>>());
    let around = bob.get(&format!("{path}?around=15&limit=5")).await.ok(200);
    assert_eq!(seqs(&around), [13, 14, 15, 16, 17]);
    let range = bob.get(&format!("{path}?from=4&to=6")).await.ok(200);
    assert_eq!((seqs(&range), &range["next"]), (vec![4, 5, 6], &Value::Null));
    assert_eq!(bob.get(&format!("{path}?before=4&after=2")).await.problem(), (400, "invalid".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_side_is_changed_by_a_patch() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let sent = ada.post("/users/bob/entries", text("Hello")).await.ok(201);
    let path = format!("/conversations/{}", sent["entry"]["conversation"]);
    let later = 4_000_000_000_000_u64;
    let change = json!({"pinned": true, "muted_until": later, "hidden": true, "marked_unread": true});
    let inbox = bob.patch(&path, change).await.ok(200)["conversation"]["inbox"].take();
    assert_eq!((&inbox["pinned"], &inbox["muted_until"]), (&json!(true), &json!(later)));
    assert_eq!((&inbox["hidden"], &inbox["marked_unread"]), (&json!(true), &json!(true)));
    let change = json!({"muted_until": null, "hidden": false});
    let inbox = bob.patch(&path, change).await.ok(200)["conversation"]["inbox"].take();
    assert_eq!(
        (&inbox["pinned"], &inbox["muted_until"], &inbox["hidden"]),
        (&json!(true), &Value::Null, &json!(false))
    );
    assert_eq!(bob.patch(&path, json!({"marked_unread": false})).await.problem(), (400, "invalid".to_owned()));
    assert_eq!(bob.patch(&path, json!({"color": "red"})).await.problem(), (400, "invalid".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_again_gives_the_first_outcome_and_another_content_a_conflict() {
    let (_folder, server) = start().await;
    let ((_, ada), _) = (user(&server, "ada").await, user(&server, "bob").await);
    let key = Key::new(server.engine.clock().now()).to_string();
    let keyed = ada.header("idempotency-key", &key);
    let first = keyed.post("/users/bob/entries", text("once")).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = keyed.post("/users/bob/entries", text("once")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let (mut first, again) = (first.ok(201), again.ok(201));
    first["duplicate"] = json!(true);
    assert_eq!(first, again);
    let other = keyed.post("/users/bob/entries", text("twice")).await;
    assert_eq!(other.problem(), (422, "idempotency_conflict".to_owned()));
    let old = Key::new(Timestamp(1_000)).to_string();
    let old = ada.header("idempotency-key", &old).post("/users/bob/entries", text("late")).await;
    assert_eq!(old.problem(), (422, "key_expired".to_owned()));
    let list = ada.get("/conversations").await.ok(200);
    assert_eq!(list["conversations"][0]["head"], 1);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_newest_is_not_sent_it_again() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let sent = ada.post("/users/bob/entries", text("Hello")).await.ok(201);
    let path = format!("/conversations/{}", sent["entry"]["conversation"]);
    for path in [path.as_str(), "/me", "/users?ids=ada,bob", "/users/ada"] {
        // What was sent is read by its sender a moment later, with the merged cursors, which others see.
        let mut again = (0, 0);
        for _ in 0..400 {
            let first = bob.get(path).await;
            let tag = first.header("etag").unwrap().to_owned();
            let reply = bob.header("if-none-match", &tag).get(path).await;
            again = (reply.status, reply.body.len());
            if reply.status == 304 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_eq!(again, (304, 0), "{path}");
        assert_eq!(bob.header("if-none-match", "\"other\"").get(path).await.status, 200, "{path}");
    }
    let tag = bob.get(&path).await.header("etag").unwrap().to_owned();
    ada.post("/users/bob/entries", text("More")).await.ok(201);
    assert_eq!(bob.header("if-none-match", &tag).get(&path).await.status, 200, "it has changed");
    assert_eq!(bob.get("/users/nobody").await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}
