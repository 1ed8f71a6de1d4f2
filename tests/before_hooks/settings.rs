//! How a hook is set, by whom, and who is not asked about.

use super::receiver::{Act, Receiver, allow, refuse, replace};
use super::{Scene, hook};
use crate::apps::{app, text};
use crate::server::Server as Binary;
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use tidings::model::Secret;

const DOOR: &str = "/apps/shop/before-hook";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_is_set_shown_changed_and_taken_away() {
    let scene = Scene::new(|_| refuse("No.")).await;
    let (shop, url) = (&scene.shop, scene.receiver.url());
    assert!(scene.secret.starts_with("whsec_") && scene.secret.len() == 50);
    let shown = shop.get(DOOR).await.ok(200);
    assert_eq!((&shown["url"], &shown["timeout_ms"]), (&json!(url), &json!(5_000)));
    assert!(shown.get("secret").is_none() && shown.get("old_secret_until").is_none());
    // What is not said is as usual; the secret stays.
    let least = json!({"url": url, "actions": ["contact_request"]});
    let changed = shop.put(DOOR, least).await.ok(200);
    assert!(changed.get("secret").is_none());
    assert_eq!((&changed["timeout_ms"], &changed["on_failure"]), (&json!(1_000), &json!("closed")));
    assert_eq!(changed["created"], shown["created"]);
    let ada = scene.person("ada").await;
    scene.person("bob").await;
    scene.api(&ada).post("/users/bob/entries", text("nobody is asked about this")).await.ok(201);
    for (field, value) in [
        ("timeout_ms", json!(99)),
        ("timeout_ms", json!(5_001)),
        ("timeout_ms", json!("soon")),
        ("actions", json!([])),
        ("actions", json!(["everything"])),
        ("on_failure", json!("ajar")),
        ("url", json!("")),
        ("url", json!("ftp://example.org/")),
        ("url", json!("https://user:word@example.org/")),
        ("url", json!("https://example.org:25/")),
        ("url", json!("http://10.1.2.3/")),
        ("url", json!("https://192.168.1.1/")),
        ("url", json!("https://169.254.169.254/latest/meta-data")),
        ("url", json!("https://[::1]:8443/")),
        ("url", json!("https://[fd00::1]/")),
        ("url", json!("https://0x0a000001/")),
        ("url", json!("https://[::ffff:10.0.0.1]/")),
        ("something", json!(1)),
    ] {
        let mut wrong = hook(&url);
        wrong[field] = value.clone();
        assert_eq!(shop.put(DOOR, wrong).await.problem(), (400, "invalid".to_owned()), "{field}: {value}");
    }
    assert_eq!(shop.delete(DOOR).await.status, 204);
    assert_eq!(shop.get(DOOR).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(shop.delete(DOOR).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(shop.post(&format!("{DOOR}/rotation"), json!({})).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(shop.post(&format!("{DOOR}/test"), json!({})).await.problem(), (404, "not_found".to_owned()));
    // Administrators do the same, whatever the app.
    let door = "/admin/apps/shop/before-hook";
    let made = scene.admin.put(door, hook(&url)).await;
    assert_eq!(made.header("location"), Some("/api/v1/admin/apps/shop/before-hook"));
    let made = made.ok(201);
    assert!(made["secret"].as_str().unwrap() != scene.secret);
    assert_eq!(scene.admin.get(door).await.ok(200)["url"], json!(url));
    assert_eq!(scene.api(&ada).post("/users/bob/entries", text("x")).await.problem().1, "hook_refused");
    scene.admin.post(&format!("{door}/rotation"), json!({})).await.ok(200);
    assert_eq!(scene.admin.post(&format!("{door}/test"), json!({})).await.ok(200)["result"], "refused");
    assert_eq!(scene.admin.delete(door).await.status, 204);
    scene.api(&ada).post("/users/bob/entries", text("x")).await.ok(201);
    // All of it stands in the audit log, without a secret.
    let audit = scene.admin.get("/admin/audit?limit=100").await.ok(200);
    let lines: Vec<&Value> = audit["lines"].as_array().unwrap().iter().collect();
    let of = |action: &str| {
        let found = lines.iter().filter(|line| line["action"] == action && line["subject"] == "shop");
        found.map(|line| line["actor"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("before_hook.create").len(), 2);
    assert_eq!(of("before_hook.rotate"), ["grace"]);
    assert_eq!(of("before_hook.set").len(), 1);
    assert_eq!(of("before_hook.remove").len(), 2);
    assert!(of("before_hook.set")[0].starts_with("shop: key "));
    assert!(!audit.to_string().contains("whsec"));
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_app_has_its_own_and_reaches_no_other() {
    let scene = Scene::new(|_| refuse("Not in the shop.")).await;
    let other = app(&scene.server, &scene.admin, "other").await;
    let theirs = Receiver::start(|_| replace(json!({"text": "theirs"}))).await;
    for reply in [
        other.get(DOOR).await,
        other.put(DOOR, hook(&theirs.url())).await,
        other.delete(DOOR).await,
        other.post(&format!("{DOOR}/rotation"), json!({})).await,
        other.post(&format!("{DOOR}/test"), json!({})).await,
    ] {
        assert_eq!(reply.problem(), (404, "not_found".to_owned()));
    }
    other.put("/apps/other/before-hook", hook(&theirs.url())).await.ok(201);
    for id in ["ada", "bob"] {
        scene.shop.put(&format!("/apps/shop/users/{id}"), json!({})).await.ok(201);
        other.put(&format!("/apps/other/users/{id}"), json!({})).await.ok(201);
    }
    let refused = scene.shop.post("/apps/shop/as/ada/users/bob/entries", text("mine")).await;
    assert_eq!(refused.json()["detail"], "Not in the shop.");
    let sent = other.post("/apps/other/as/ada/users/bob/entries", text("mine")).await.ok(201);
    let chat = sent["entry"]["conversation"].as_u64().unwrap();
    let page = other.get(&format!("/apps/other/as/bob/conversations/{chat}/entries")).await.ok(200);
    assert_eq!(page["entries"][0]["body"]["text"]["text"], "theirs");
    // Nobody is asked about the server's own users.
    let grace = scene.admin.post("/users/grace/entries", text("a note")).await;
    grace.ok(201);
    assert_eq!((scene.receiver.count(), theirs.count()), (1, 1));
    // What goes with its app is asked no more.
    assert_eq!(scene.admin.delete("/admin/apps/shop").await.status, 202);
    assert_eq!(scene.shop.post("/apps/shop/as/ada/users/bob/entries", text("x")).await.problem().0, 401);
    assert_eq!(scene.receiver.count(), 1);
    let engine = scene.server.engine.clone();
    crate::support::peer::soon("the app is gone", || !engine.has_before_hook(super::SHOP)).await;
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_secrets_sign_for_a_day_after_a_rotation() {
    let scene = Scene::new(|_| allow()).await;
    let rotated = scene.shop.post(&format!("{DOOR}/rotation"), json!({})).await.ok(200);
    let new = rotated["secret"].as_str().unwrap();
    assert!(rotated["old_secret_until"].as_u64() > rotated["changed"].as_u64());
    let test = scene.shop.post(&format!("{DOOR}/test"), json!({})).await.ok(200);
    assert_eq!(test["result"], "allowed");
    let asked = scene.receiver.asked().pop().unwrap();
    assert!(asked.is_signed_with(new) && asked.is_signed_with(&scene.secret));
    assert_eq!((&asked.body["test"], &asked.body["type"]), (&json!(true), &json!("before.message_send")));
    // The one before that signs no more.
    let newest = scene.shop.post(&format!("{DOOR}/rotation"), json!({})).await.ok(200);
    scene.shop.post(&format!("{DOOR}/test"), json!({})).await.ok(200);
    let asked = scene.receiver.asked().pop().unwrap();
    assert!(asked.is_signed_with(newest["secret"].as_str().unwrap()) && asked.is_signed_with(new));
    assert!(!asked.is_signed_with(&scene.secret));
    // A test says what is wrong.
    for (act, result, reason) in [
        (refuse("Closed on Sundays."), "refused", Some("Closed on Sundays.")),
        (replace(json!({"text": "x"})), "replaced", None),
        (Act::Says(503, String::new()), "failed", Some("It answered with the status 503; only 2xx is an answer.")),
    ] {
        scene.receiver.answers(move |_| act.clone());
        let test = scene.shop.post(&format!("{DOOR}/test"), json!({})).await.ok(200);
        assert_eq!((test["result"].as_str(), test["reason"].as_str()), (Some(result), reason));
        assert!(test["ms"].is_u64());
    }
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_app_itself_does_is_not_asked_about() {
    let scene = Scene::new(|_| refuse("No.")).await;
    let shop = &scene.shop;
    let users = json!({"users": [{"user": "ada", "name": "Ada"}, {"user": "bob"}, {"user": "carol"}]});
    shop.post("/apps/shop/imports/users", users).await.ok(200);
    let contacts = json!({"contacts": [{"user": "ada", "contact": "bob"}]});
    let imported = shop.post("/apps/shop/imports/contacts", contacts).await.ok(200);
    assert_eq!(imported["results"][0]["status"], "created");
    let group = json!({"group": {"title": "Orders"}});
    let made = shop.post("/apps/shop/as/ada/conversations", group).await.ok(201);
    let group = made["conversation"]["id"].as_u64().unwrap();
    let members = json!({"conversation": group, "by": "ada", "users": ["bob", "carol"]});
    shop.post("/apps/shop/imports/members", members).await.ok(200);
    let said = json!({"to": {"conversation": group}, "content": {"text": {"text": "Your parcel is on its way."}}});
    shop.post("/apps/shop/entries", said).await.ok(201);
    // A webhook of the group.
    let hook =
        shop.post(&format!("/apps/shop/as/ada/conversations/{group}/hooks"), json!({"name": "CI"})).await.ok(201);
    let address = hook["url"].as_str().unwrap();
    let path = &address[address.find("/hooks/").unwrap()..];
    let posted = Api::at(scene.server.http).at_root_with("POST", path, br#"{"text": "built"}"#).await;
    assert_eq!(posted.status, 200);
    assert_eq!(scene.receiver.count(), 0);
    // But what is done in a user's name is theirs.
    let refused = shop.post(&format!("/apps/shop/as/ada/conversations/{group}/entries"), text("x")).await;
    assert_eq!(refused.problem().1, "hook_refused");
    assert_eq!(scene.receiver.count(), 1);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_fails_time_after_time_is_left_alone() {
    let scene = Scene::new(|_| Act::Says(500, String::new())).await;
    let ada = scene.person("ada").await;
    scene.person("bob").await;
    let api = scene.api(&ada);
    // Enough to find out, and some that are refused at once or are the one that tries again.
    for _ in 0..40 {
        assert_eq!(api.post("/users/bob/entries", text("x")).await.problem().1, "hook_refused");
    }
    let count = scene.receiver.count();
    assert!((8..40).contains(&count), "{count}");
    scene.receiver.answers(|_| allow());
    scene.set(hook(&scene.receiver.url())).await;
    api.post("/users/bob/entries", text("set anew")).await.ok(201);
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_counts_after_a_restart_and_one_without_its_secret_is_never_asked() {
    let scene = Scene::new(|_| allow()).await;
    let ada = scene.person("ada").await;
    scene.person("bob").await;
    let Scene { _folder: folder, server, receiver, .. } = scene;
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    let api = Api::with_token(server.http, &Secret::new(ada.token.reveal()));
    api.post("/users/bob/entries", text("x")).await.ok(201);
    assert_eq!(receiver.count(), 1);
    assert!(server.stop().await);
    // The key of secrets is lost, and the server makes another one.
    std::fs::remove_file(folder.path().join("secrets.key")).unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let api = Api::with_token(server.http, &Secret::new(ada.token.reveal()));
    assert_eq!(api.post("/users/bob/entries", text("x")).await.problem().1, "hook_refused");
    assert_eq!(receiver.count(), 1);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_the_server_sees_a_hook_and_takes_it_away() {
    let server = Binary::start();
    server.command(&["app", "create", "shop"], "").ok();
    let made = server.command(&["app", "key-create", "shop", "--kind", "api"], "").ok();
    let (_, secret) = made.trim_end().split_once(' ').unwrap();
    assert_eq!(server.command(&["app", "before-hook", "shop"], "").ok(), "null\n");
    server.command(&["app", "before-hook", "shop", "--remove"], "").fails_with(65);
    let shop = Api::with_token(server.http, &Secret::new(secret));
    // What is on this machine is nobody's to ask, unless the operator lets them.
    for url in ["http://127.0.0.1:9000/", "https://localhost.localdomain:22/", "https://127.1/"] {
        assert_eq!(shop.put(DOOR, hook(url)).await.problem(), (400, "invalid".to_owned()), "{url}");
    }
    shop.put(DOOR, hook("https://localhost:9/")).await.problem();
    shop.put(DOOR, hook("https://example.org/before")).await.ok(201);
    let shown: Value = serde_json::from_str(&server.command(&["app", "before-hook", "shop"], "").ok()).unwrap();
    assert_eq!((&shown["url"], &shown["timeout_ms"]), (&json!("https://example.org/before"), &json!(5_000)));
    assert!(shown.get("secret").is_none());
    // A name that stands for this machine is found out when it is asked.
    shop.put(DOOR, hook("https://localhost:8443/")).await.ok(200);
    let test = shop.post(&format!("{DOOR}/test"), json!({})).await.ok(200);
    assert_eq!(test["result"], "failed");
    assert!(test["reason"].as_str().unwrap().contains("localhost stands for no public address"), "{test}");
    server.command(&["app", "before-hook", "shop", "--remove"], "").ok();
    assert_eq!(shop.get(DOOR).await.problem(), (404, "not_found".to_owned()));
    let audit = server.command(&["audit", "--json"], "").ok();
    assert!(audit.contains("before_hook.remove") && !audit.contains("whsec_"));
}
