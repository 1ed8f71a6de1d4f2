//! Webhooks into conversations: who makes them, what comes through each dialect, and what does not.

use super::{administrator, app, start, text};
use crate::support::http::{Api, Reply};
use serde_json::{Value, json};
use tidings::model::{SystemCommand, limits};

/// Where a webhook is, below the server.
fn path(made: &Value) -> String {
    let url = made["url"].as_str().unwrap();
    format!("/hooks/{}", url.split_once("/hooks/").unwrap().1)
}

struct Posting {
    api: Api,
    path: String,
}

impl Posting {
    async fn send(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        let api = headers.iter().fold(self.api.clone(), |api, (name, value)| api.header(name, value));
        api.at_root_with("POST", &self.path, body.as_bytes()).await
    }

    async fn json(&self, body: &Value) -> Reply {
        self.send(&[("content-type", "application/json")], &body.to_string()).await
    }
}

fn alert(status: &str, fingerprint: &str) -> Value {
    json!({"version": "4", "groupKey": "x", "status": status, "receiver": "team", "externalURL": "http://a:9093", "alerts": [{
        "status": status, "labels": {"alertname": "DiskFull", "severity": "critical"}, "annotations": {"summary": "Full"},
        "startsAt": "2026-01-01T00:00:00Z", "generatorURL": "http://p:9090/", "fingerprint": fingerprint}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_run_posts_into_a_group_as_it_is() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (ada, bob) = (Api::with_token(server.http, &ada.token), Api::with_token(server.http, &bob.token));
    let group = json!({"group": {"title": "Alerts", "members": ["bob"]}});
    let group = ada.post("/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let hooks = format!("/conversations/{group}/hooks");
    assert_eq!(bob.post(&hooks, json!({"name": "Mine"})).await.problem(), (403, "forbidden".to_owned()));
    let made = ada.post(&hooks, json!({"name": "Monitoring"})).await.ok(201);
    let hook = made["hook"].as_u64().unwrap();
    let url = made["url"].as_str().unwrap();
    assert!(!ada.get(&hooks).await.ok(200).to_string().contains(url.rsplit('/').next().unwrap()), "told once");
    let posting = Posting { api: Api::at(server.http), path: path(&made) };
    let newest = async || {
        let page = bob.get(&format!("/conversations/{group}/entries?limit=1")).await.ok(200);
        page["entries"].as_array().unwrap().last().unwrap().clone()
    };

    let reply = posting.json(&json!({"text": "*Hello* from <https://example.org|Slack>", "username": "CI"})).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"ok"[..]));
    let entry = newest().await;
    assert_eq!(entry["body"]["post"]["text"], "**Hello** from [Slack](https://example.org)");
    let author = entry["author"].as_str().unwrap();
    let profile = bob.get(&format!("/users/{author}")).await.ok(200);
    assert_eq!((&profile["name"], &profile["kind"]), (&json!("Monitoring"), &json!("service")));
    let shown = bob.get(&format!("/conversations/{group}")).await.ok(200);
    assert_eq!((&shown["conversation"]["inbox"]["unread"], &shown["conversation"]["members"]), (&json!(1), &json!(2)));
    // Found by its words.
    let mut hits = 0;
    for _ in 0..600 {
        hits = bob.get("/search?q=hello").await.ok(200)["hits"].as_array().unwrap().len();
        if hits > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(hits, 1);

    // An alert fires, fires again, and resolves: one post, edited.
    for (status, title) in
        [("firing", "Firing: DiskFull"), ("firing", "Firing: DiskFull"), ("resolved", "Resolved: DiskFull")]
    {
        assert_eq!(posting.json(&alert(status, "c0ffee")).await.status, 200);
        let page = bob.get(&format!("/conversations/{group}/entries")).await.ok(200);
        let alerts: Vec<&Value> = page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["body"]["post"]["attachments"][0].is_object())
            .collect();
        assert_eq!(alerts.len(), 1, "{status}");
        assert_eq!(alerts[0]["body"]["post"]["attachments"][0]["title"], title);
    }
    assert!(newest().await["body"]["edited"].is_object());
    // The next one of that name is another.
    posting.json(&alert("firing", "c0ffee")).await;
    assert_eq!(newest().await["body"]["post"]["attachments"][0]["title"], "Firing: DiskFull");

    // Words, ntfy's headers, Gotify's form, GitHub's header.
    assert_eq!(posting.send(&[], "just *words*").await.status, 200);
    assert_eq!(newest().await["body"]["post"]["text"], "just \\*words\\*");
    assert_eq!(posting.send(&[("title", "Backup"), ("priority", "5")], "failed").await.status, 200);
    assert_eq!(newest().await["body"]["post"]["attachments"][0]["title"], "Backup");
    let gotify = Posting { api: posting.api.clone(), path: format!("{}/message", posting.path) };
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(gotify.send(&form, "title=Door&message=It+rings%21&priority=8").await.status, 200);
    let rings = newest().await["body"]["post"]["attachments"][0].clone();
    assert_eq!(
        (&rings["text"], &rings["color"]),
        (&json!("It rings!"), &json!("#daa038")),
        "a form's priority is text"
    );
    // The group robots of WeCom, DingTalk and Feishu get the answer that their senders look for; so does who insists on Slack's address.
    let robot = json!({"msgtype": "markdown", "markdown": {"content": "<font color=\"warning\">132</font> new"}});
    let reply = posting.json(&robot).await;
    assert_eq!(reply.json()["errcode"], 0);
    assert_eq!(newest().await["body"]["post"]["text"], "132 new");
    let reply = posting.json(&json!({"msg_type": "text", "content": {"text": "新版本"}})).await;
    assert_eq!(reply.json()["code"], 0);
    let secret = posting.path.rsplit('/').next().unwrap();
    let like_slack = Posting { api: posting.api.clone(), path: format!("/services/T00000000/B00000000/{secret}") };
    assert_eq!(like_slack.json(&json!({"text": ":rocket: Deployed"})).await.body.as_slice(), b"ok");
    assert_eq!(newest().await["body"]["post"]["text"], "🚀 Deployed");
    let push = json!({"ref": "refs/heads/main", "repository": {"full_name": "a/b"}, "sender": {"login": "ada"},
        "commits": [{"id": "0123456789", "message": "docs: A sentence"}]});
    let github = [("content-type", "application/json"), ("x-github-event", "push")];
    assert_eq!(posting.send(&github, &push.to_string()).await.status, 200);
    assert!(newest().await["body"]["post"]["text"].as_str().unwrap().starts_with("ada pushed a commit to main"));

    // What is wrong is said, and stands in the list of calls.
    assert_eq!(posting.json(&json!({"a": 1})).await.status, 400);
    assert_eq!(posting.send(&[], &"x".repeat(300_000)).await.status, 413);
    let calls = ada.get(&format!("{hooks}/{hook}/calls")).await.ok(200);
    assert_eq!((&calls["calls"][0]["dialect"], &calls["calls"][1]["dialect"]), (&json!("unknown"), &json!("forge")));
    assert!(calls["calls"][0]["problem"].as_str().unwrap().contains("none of the forms"));
    // Nobody edits or speaks as a webhook, and it is no way in.
    let seq = newest().await["seq"].clone();
    let edit = ada.patch(&format!("/conversations/{group}/entries/{seq}"), json!({"text": "forged"})).await;
    assert_eq!(edit.problem(), (403, "forbidden".to_owned()));
    ada.delete(&format!("/conversations/{group}/entries/{seq}")).await.ok(200);

    // Another address; the old one ends with it. Then it goes, and what it said stays.
    let again = ada.post(&format!("{hooks}/{hook}/rotation?end_old=true"), json!({})).await.ok(200);
    assert_eq!(posting.send(&[], "late").await.status, 404);
    let posting = Posting { api: posting.api, path: path(&again) };
    assert_eq!(posting.send(&[], "in time").await.status, 200);
    assert_eq!(ada.delete(&format!("{hooks}/{hook}")).await.status, 204);
    assert_eq!(posting.send(&[], "too late").await.status, 404);
    assert_eq!(newest().await["body"]["post"]["text"], "in time");
    let profile = bob.get(&format!("/users/{author}")).await.ok(200);
    assert_eq!((&profile["name"], &profile["deleted"]), (&json!("Monitoring"), &json!(false)), "it is still called so");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_has_limits_and_ends_with_its_conversation() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (ada, bob) = (Api::with_token(server.http, &ada.token), Api::with_token(server.http, &bob.token));
    let sent = ada.post("/users/bob/entries", text("hello")).await.ok(201);
    let chat = sent["entry"]["conversation"].as_u64().unwrap();
    // Either side of a direct chat makes one, and so does an administrator, who reads nothing by that.
    let made = bob.post(&format!("/conversations/{chat}/hooks"), json!({"name": "Script"})).await.ok(201);
    let posting = Posting { api: Api::at(server.http), path: path(&made) };
    assert_eq!(posting.send(&[], "from a script").await.status, 200);
    let group =
        ada.post("/conversations", json!({"group": {"title": "G"}})).await.ok(201)["conversation"]["id"].clone();
    let hooks = format!("/conversations/{group}/hooks");
    let made = admin.post(&hooks, json!({"name": "Office"})).await.ok(201);
    assert_eq!(admin.get(&format!("/conversations/{group}")).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(bob.get(&hooks).await.problem(), (404, "not_found".to_owned()));
    let posting = Posting { api: Api::at(server.http), path: path(&made) };
    let mut refused = 0;
    for _ in 0..80 {
        refused += usize::from(posting.send(&[], "again and again").await.status == 429);
    }
    assert!(refused > 5, "{refused}");
    let mut fresh = Value::Null;
    for n in 1..20 {
        fresh = ada.post(&hooks, json!({"name": format!("hook {n}")})).await.ok(201);
    }
    assert_eq!(ada.post(&hooks, json!({"name": "one more"})).await.problem(), (409, "full".to_owned()));
    ada.post(&format!("{hooks}/{}/rotation", made["hook"]), json!({})).await.ok(200);
    ada.delete(&format!("/groups/{group}")).await.ok(200);
    let posting = Posting { api: Api::at(server.http), path: path(&fresh) };
    assert_eq!(posting.send(&[], "x").await.problem().1, "dissolved");
    // Guessing addresses is slowed down like guessing passwords.
    let mut throttled = false;
    for n in 0..150 {
        let guess = Posting { api: Api::at(server.http), path: format!("/hooks/{n:026}") };
        throttled |= guess.send(&[], "x").await.status == 429;
    }
    assert!(throttled);
    let audit = admin.get("/admin/audit?limit=100").await.ok(200).to_string();
    for action in ["hook.create", "hook.rotate"] {
        assert!(audit.contains(action), "{action}");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_gone_counts_no_more_and_alerts_without_an_end_make_room() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await.patient();
    for id in ["ada", "bob"] {
        shop.post("/apps/shop/users", json!({"user": id})).await.ok(201);
    }
    let group = json!({"group": {"title": "Alerts"}});
    let group = shop.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let hooks = format!("/apps/shop/as/ada/conversations/{group}/hooks");
    let users = async || admin.get("/admin/apps/shop/access").await.ok(200)["users"].as_u64().unwrap();
    let made = shop.post(&hooks, json!({"name": "Monitoring"})).await.ok(201);
    let user = made["user"].as_str().unwrap().to_owned();
    assert_eq!(users().await, 3);
    // More alerts than it may still change: the oldest is forgotten, and the newest is found again.
    let found = tidings::model::HookId(made["hook"].as_u64().unwrap());
    let fire = async |name: &str, closes: bool| {
        let post = tidings::model::Post { text: name.to_owned(), ..Default::default() };
        let command = SystemCommand::Post { hook: found, post, group: Some(name.to_owned()), closes };
        server.engine.execute(tidings::auth::server(), None, command.into()).await.unwrap();
    };
    for n in 0..=limits::HOOK_GROUPS_MAX {
        fire(&format!("alert {n}"), false).await;
    }
    let newest = async || {
        let page = shop.get(&format!("/apps/shop/as/ada/conversations/{group}/entries?limit=1")).await.ok(200);
        page["entries"].as_array().unwrap().last().unwrap()["body"].clone()
    };
    fire(&format!("alert {}", limits::HOOK_GROUPS_MAX), false).await;
    assert!(newest().await["edited"].is_object());
    fire("alert 1", true).await;
    assert!(newest().await["edited"].is_object(), "the second is still there");
    fire("alert 0", true).await;
    assert_eq!(newest().await["post"]["text"], "alert 0", "the first made room");
    // Taken away it is a deleted user, once.
    assert_eq!(shop.delete(&format!("{hooks}/{}", made["hook"])).await.status, 204);
    assert_eq!(users().await, 2);
    assert_eq!(shop.delete(&format!("/apps/shop/users/{user}")).await.problem().0, 404);
    assert_eq!(shop.put(&format!("/apps/shop/users/{user}"), json!({"name": "Back"})).await.problem().0, 409);
    assert_eq!(users().await, 2);
    // Nor does it count twice when its user was deleted first.
    let made = shop.post(&hooks, json!({"name": "Another"})).await.ok(201);
    assert_eq!(shop.delete(&format!("/apps/shop/users/{}", made["user"].as_str().unwrap())).await.status, 204);
    assert_eq!(users().await, 2);
    assert_eq!(shop.delete(&format!("{hooks}/{}", made["hook"])).await.status, 204);
    assert_eq!(users().await, 2);
    let left = tidings::store::dump(&server.engine.view()).unwrap();
    assert_eq!(left.iter().filter(|line| line.starts_with("incoming_")).count(), 0, "{left:?}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_which_something_was_posted_is_not_sent_again() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    shop.post("/apps/shop/users", json!({"user": "ada"})).await.ok(201);
    let group = json!({"group": {"title": "Alerts"}});
    let group = shop.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let hooks = format!("/apps/shop/as/ada/conversations/{group}/hooks");
    let made = shop.post(&hooks, json!({"name": "Monitoring"})).await.ok(201);
    admin.patch("/admin/apps/shop/access", json!({"commands_per_second": 2})).await.ok(200);
    let mut many = alert("firing", "0");
    let alerts: Vec<Value> = (0..10).map(|n| alert("firing", &n.to_string())["alerts"][0].clone()).collect();
    many["alerts"] = json!(alerts);
    let posting = Posting { api: Api::at(server.http), path: path(&made) };
    assert_eq!(posting.json(&many).await.status, 200);
    let calls = shop.get(&format!("{hooks}/{}/calls", made["hook"])).await.ok(200);
    let call = &calls["calls"][0];
    assert!((2..10).contains(&call["posts"].as_u64().unwrap()), "{call}");
    assert!(call["problem"].as_str().unwrap().contains("commands_per_second"), "{call}");
    assert!(server.stop().await);
}

/// What was once lost, garbled or misread of payloads that the others document, or that people try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documented_payloads_lose_no_words_and_what_is_not_known_is_refused_by_name() {
    let (_folder, server) = start().await;
    let ada = server.person("ada").await;
    let ada = Api::with_token(server.http, &ada.token);
    let group =
        ada.post("/conversations", json!({"group": {"title": "Alerts"}})).await.ok(201)["conversation"]["id"].clone();
    let made = ada.post(&format!("/conversations/{group}/hooks"), json!({"name": "All"})).await.ok(201);
    let posting = Posting { api: Api::at(server.http), path: path(&made) };
    let newest = async || {
        let page = ada.get(&format!("/conversations/{group}/entries?limit=1")).await.ok(200);
        page["entries"].as_array().unwrap().last().unwrap()["body"]["post"].clone()
    };

    // Slack: words beside an attachment of blocks, its escapes, a block of code that Markdown would read otherwise.
    let blocks = json!([{"type": "section", "text": {"type": "mrkdwn", "text": "<https://ci.example/a_b|Build> by <@U1>"},
        "accessory": {"type": "button", "text": {"type": "plain_text", "text": "R&amp;D"}, "url": "https://ci.example/1"}}]);
    let slack =
        json!({"text": "<!here> 1 &lt; 2: ```one\ntwo```", "attachments": [{"color": "#f00", "blocks": blocks}]});
    assert_eq!(posting.json(&slack).await.status, 200);
    let post = newest().await;
    assert_eq!(post["text"], "@here 1 < 2: \n```\none\ntwo\n```");
    assert_eq!(post["blocks"][0]["section"]["text"], "[Build](https://ci.example/a_b) by @U1");
    assert_eq!(post["blocks"][1]["buttons"]["buttons"][0], json!({"label": "R&D", "url": "https://ci.example/1"}));

    // A title of somebody else's makes no link of its own.
    let issue = json!({"number": 1, "title": r"x\](https://evil.example)", "html_url": "https://git.example/1"});
    let issue =
        json!({"action": "opened", "issue": issue, "sender": {"login": "eve"}, "repository": {"full_name": "a/b"}});
    let github = [("content-type", "application/json"), ("x-github-event", "issues")];
    assert_eq!(posting.send(&github, &issue.to_string()).await.status, 200);
    let text = newest().await["text"].as_str().unwrap().to_owned();
    assert!(text.contains(r"[#1 x\\\](https://evil.example)](https://git.example/1)"), "{text}");

    // Gotify as its page calls it (`curl -F`), ntfy with words in RFC 2047, buttons, and a query in place of headers.
    let form = "--b0\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nmy title\r\n\
                --b0\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nmy message\r\n--b0--\r\n";
    assert_eq!(posting.send(&[("content-type", "multipart/form-data; boundary=b0")], form).await.status, 200);
    let shown = newest().await["attachments"][0].clone();
    assert_eq!((&shown["title"], &shown["text"]), (&json!("my title"), &json!("my message")));
    let headers = [("x-title", "=?UTF-8?B?w5xiZXI=?="), ("x-actions", "view, Open, https://home.example/")];
    assert_eq!(posting.send(&headers, "see https://wiki.example/a_b").await.status, 200);
    let shown = newest().await["attachments"][0].clone();
    assert_eq!((&shown["title"], &shown["buttons"][0]["label"]), (&json!("Über"), &json!("Open")));
    assert_eq!(shown["text"], "see https://wiki.example/a_b", "an address stays whole");
    let asked = Posting { api: posting.api.clone(), path: format!("{}?title=Asked&priority=urgent", posting.path) };
    assert_eq!(asked.send(&[], "words").await.status, 200);
    let shown = newest().await["attachments"][0].clone();
    assert_eq!((&shown["title"], &shown["color"]), (&json!("Asked"), &json!("#a30200")));

    // What is written for others is refused by its name, with what is known.
    for (body, name) in [
        (json!({"content": "hello", "embeds": [{"title": "x"}]}), "Discord"),
        (json!({"@type": "MessageCard", "title": "x", "text": "y"}), "Microsoft Teams"),
    ] {
        let refused = posting.json(&body).await;
        let words = String::from_utf8(refused.body.clone()).unwrap();
        assert!(refused.status == 400 && words.contains(name) && words.contains("Slack's"), "{words}");
    }
    assert!(server.stop().await);
}
