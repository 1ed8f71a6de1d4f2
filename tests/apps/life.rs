//! The life of an app: made, limited, suspended, deleted with everything, and its keys.

use super::{administrator, app, key, start, system, text};
use crate::server::Server as Binary;
use crate::support::http::Api;
use crate::support::in_process::Server;
use crate::support::peer::{Peer, SOON, Way};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tidings::auth::{self, Vault};
use tidings::model::clock::monotonic;
use tidings::model::{AppId, AssistantSettings, EndReason, HookId, Line, Post, SystemCommand};
use tidings::protocol::{Encoding, ServerFrame};

/// Asks again until it is so.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = monotonic() + SOON;
    while !holds().await {
        assert!(monotonic() < deadline, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn use_of(admin: &Api, name: &str) -> Value {
    admin.get(&format!("/admin/apps/{name}/access")).await.ok(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_told_once_several_count_at_once_and_a_revoked_one_opens_nothing() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (old, first) = key(&admin, "shop", "api").await;
    assert!(first.starts_with("tdk_"));
    let (_, second) = key(&admin, "2", "api").await;
    let (mut more, mut last) = (Vec::new(), admin.post("/admin/apps/shop/keys", json!({"kind": "api"})).await);
    while last.status == 201 {
        more.push(last.json()["key"].as_u64().unwrap());
        last = admin.post("/admin/apps/shop/keys", json!({"kind": "api"})).await;
    }
    assert_eq!((last.problem(), more.len()), ((409, "full".to_owned()), 6), "eight of this sort");
    for key in more {
        assert_eq!(admin.delete(&format!("/admin/apps/shop/keys/{key}")).await.status, 204);
    }
    // Those that sign are another sort, of which there are two.
    assert!(key(&admin, "shop", "hs256").await.1.starts_with("tdh_"));
    key(&admin, "shop", "hs256").await;
    let third = admin.post("/admin/apps/shop/keys", json!({"kind": "hs256"})).await;
    assert_eq!(third.problem(), (409, "full".to_owned()), "two of that sort");
    let (one, other) = (system(&server, &first), system(&server, &second));
    for api in [&one, &other] {
        assert_eq!(api.get("/apps/shop").await.ok(200)["name"], "shop");
        assert_eq!(api.get("/apps/2").await.ok(200)["app"], 2);
    }
    let shown = admin.get("/admin/apps/shop/keys").await.ok(200);
    assert!(!shown.to_string().contains(&first) && !shown.to_string().contains("tdh_"), "{shown}");
    until("the use of the key", async || use_of(&admin, "shop").await["keys"][0]["used"].is_u64()).await;
    assert_eq!(admin.delete(&format!("/admin/apps/shop/keys/{old}")).await.status, 204);
    assert_eq!(one.get("/apps/shop").await.problem(), (401, "session_revoked".to_owned()));
    other.get("/apps/shop").await.ok(200);
    key(&admin, "shop", "api").await;
    // A key is no session, nor is a session a key, and no key of anybody else's is one.
    assert_eq!(other.get("/me").await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(admin.get("/apps/shop").await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(system(&server, "tdk_nonsense").get("/apps/shop").await.problem().0, 401);
    assert_eq!(system(&server, &second).get("/admin/apps").await.problem().0, 403);
    assert_eq!(other.get("/apps/home").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(other.get("/apps/nowhere").await.json(), other.get("/apps/home").await.json());
    let eddsa = json!({"kind": "eddsa", "public_key": "not a key"});
    assert_eq!(admin.post("/admin/apps/shop/keys", eddsa).await.problem().0, 400);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_app_is_still_at_once_and_acts_again_when_that_ends() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let ada = server.person_of(AppId(2), "ada").await;
    let api = Api::with_token(server.http, &ada.token);
    api.get("/me").await.ok(200);
    let (mut live, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &ada.token).await;
    assert_eq!(admin.put("/admin/apps/shop/suspension", json!({})).await.status, 204);
    let reason = live
        .until(|frame| match frame {
            ServerFrame::Kicked { reason, .. } => Some(*reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, EndReason::Suspended);
    assert_eq!(shop.get("/apps/shop").await.problem(), (403, "suspended".to_owned()));
    assert!(matches!(api.get("/me").await.problem().0, 401 | 403));
    assert_eq!(use_of(&admin, "shop").await["state"], "suspended");
    assert_eq!(admin.delete("/admin/apps/shop/suspension").await.status, 204);
    assert_eq!(shop.get("/apps/shop").await.ok(200)["state"], "active");
    let back = server.device("ada", ada.handle, "another").await;
    Api::with_token(server.http, &back.token).get("/me").await.ok(200);
    // The server's own app is neither suspended nor deleted.
    assert_eq!(admin.put("/admin/apps/home/suspension", json!({})).await.problem().0, 400);
    assert_eq!(admin.delete("/admin/apps/home").await.problem().0, 400);
    assert!(server.stop().await);
}

/// How many rows each table has.
fn rows(server: &Server) -> BTreeMap<String, u32> {
    let mut tables = BTreeMap::new();
    for line in tidings::store::dump(&server.engine.view()).unwrap() {
        *tables.entry(line.split(' ').next().unwrap_or_default().to_owned()).or_insert(0) += 1;
    }
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_app_is_gone_with_everything_in_it_and_nothing_else() {
    let (folder, server) = start().await;
    let admin = administrator(&server).await;
    let keep = server.person("user0").await;
    let keep = Api::with_token(server.http, &keep.token);
    keep.post("/users/grace/entries", text("words of home")).await.ok(201);
    let before = rows(&server);
    let shop = app(&server, &admin, "shop").await;
    let mut tokens = Vec::new();
    for n in 0..20 {
        tokens.push(server.person_of(AppId(2), &format!("user{n}")).await.token);
    }
    let one = Api::with_token(server.http, &tokens[0]);
    let members: Vec<String> = (1..20).map(|n| format!("user{n}")).collect();
    let new = json!({"group": {"title": "A public shop", "members": members, "rules": {"kind": "public"}}});
    let group = one.post("/conversations", new).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let entries = format!("/conversations/{group}/entries");
    for n in 0..450 {
        let body = json!({"text": {"text": format!("words of the shop {n}"), "mentions": ["user1", "user2"]}});
        one.post(&entries, body).await.ok(201);
    }
    one.post(&format!("/groups/{group}/invites"), json!({})).await.ok(201);
    let media = one.raw("POST", "/media?name=x", b"a file of the shop").await.ok(201)["media"].clone();
    one.post(&entries, json!({"media": {"kind": "file", "media": media}})).await.ok(201);
    one.post("/contact-requests", json!({"user": "user1"})).await.ok(200);
    one.post("/mcp-tokens", json!({"name": "Helper", "conversations": [group]})).await.ok(201);
    one.post("/users/user2/entries", text("between two")).await.ok(201);
    shop.put("/apps/shop/users/dice", json!({"kind": "bot"})).await.ok(201);
    let dice = shop.post("/apps/shop/users/dice/tokens", json!({})).await.ok(201);
    let dice = system(&server, dice["secret"].as_str().unwrap());
    dice.put("/me/commands", json!({"commands": [{"name": "roll", "description": "Rolls"}]})).await.ok(200);
    admin.post("/admin/invites?app=shop", json!({})).await.ok(201);
    // An assistant that was asked, and a webhook with more posts to be changed than one step takes.
    let settings = AssistantSettings::new(Line::new("http://127.0.0.1:9/v1").unwrap(), Line::new("m").unwrap());
    let (id, settings) = ("clerk".parse().unwrap(), Box::new(settings));
    let clerk = SystemCommand::SetAssistant { app: AppId(2), id, name: None, settings };
    server.engine.execute(auth::operator(), None, clerk.into()).await.unwrap();
    let chat = one.post("/assistants/clerk/conversations", json!({})).await.ok(201)["conversation"]["id"].clone();
    one.post(&format!("/conversations/{chat}/entries"), text("a question")).await.ok(201);
    until("the question", async || rows(&server).contains_key("assistant_use")).await;
    let hook = one.post(&format!("/conversations/{group}/hooks"), json!({"name": "Monitoring"})).await.ok(201);
    one.post(&format!("/conversations/{group}/hooks/{}/rotation", hook["hook"]), json!({})).await.ok(200);
    let hook = HookId(hook["hook"].as_u64().unwrap());
    for n in 0..120 {
        let post = Post { text: "an alert".to_owned(), ..Post::default() };
        let command = SystemCommand::Post { hook, post, group: Some(n.to_string()), closes: false };
        server.engine.execute(auth::server(), None, command.into()).await.unwrap();
    }
    let full = rows(&server);
    for table in [
        "assistants",
        "assistant_use",
        "bots",
        "incoming_groups",
        "incoming_hooks",
        "incoming_olds",
        "contact_requests",
    ] {
        assert!(full.contains_key(table), "{table}: {full:?}");
    }

    // Under legal hold nothing goes.
    admin.patch("/admin/apps/shop/settings", json!({"hold": true})).await.ok(200);
    assert_eq!(admin.delete("/admin/apps/shop").await.problem(), (409, "conflict".to_owned()));
    admin.patch("/admin/apps/shop/settings", json!({"hold": false})).await.ok(200);

    assert_eq!(admin.delete("/admin/apps/shop").await.status, 202);
    assert!(matches!(shop.get("/apps/shop").await.problem().0, 401 | 403), "at once");
    assert!(matches!(one.get("/me").await.problem().0, 401 | 403), "at once");
    until("the end of the app", async || admin.get("/admin/apps/shop").await.status == 404).await;
    assert_eq!(admin.get("/admin/apps").await.ok(200)["apps"].as_array().unwrap().len(), 1);
    assert_eq!(one.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    // Each table has as many rows as before; what it did stays in the audit log, and files go later.
    let after = rows(&server);
    for table in before.keys().chain(after.keys()).filter(|table| !["audit", "media"].contains(&table.as_str())) {
        assert_eq!(after.get(table), before.get(table), "{table}");
    }
    let own = keep.get("/conversations").await.ok(200);
    assert_eq!(own["conversations"].as_array().unwrap().len(), 1);
    // Its name can be had again, and what has it then has nothing of the old one.
    assert_eq!(admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201)["app"], 3);
    assert_eq!(admin.get("/admin/users?app=shop").await.ok(200)["users"], json!([]));
    assert!(server.stop().await);
    // The file holds together, and starts again.
    let report = tidings::store::check(folder.path()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    let server = Server::start(folder.path(), crate::support::in_process::quick()).await;
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_has_as_much_as_it_may() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let change = async |changes: Value| admin.patch("/admin/apps/shop/access", changes).await;
    change(json!({"users_max": 2, "storage_bytes_max": 10_000})).await.ok(200);
    assert_eq!(change(json!({"users": 2})).await.problem().0, 400);
    assert_eq!(change(json!({"signed_age_max_ms": 5})).await.problem().0, 400);
    for id in ["ada", "bob"] {
        shop.post("/apps/shop/users", json!({"user": id})).await.ok(201);
    }
    let third = shop.post("/apps/shop/users", json!({"user": "cy"})).await;
    assert_eq!(third.problem(), (403, "quota_exceeded".to_owned()));
    assert_eq!(shop.delete("/apps/shop/users/bob").await.status, 204);
    shop.post("/apps/shop/users", json!({"user": "cy"})).await.ok(201);
    let ada = |api: &Api| api.clone();
    let upload =
        async |bytes: usize| ada(&shop).raw("POST", "/apps/shop/as/ada/media?name=x", &vec![b'x'; bytes]).await;
    upload(6_000).await.ok(201);
    assert_eq!(upload(6_000).await.problem(), (403, "quota_exceeded".to_owned()));
    let used = use_of(&admin, "shop").await;
    assert_eq!((&used["users"], &used["media_bytes"]), (&json!(2), &json!(6_000)));
    // All of its users and keys together.
    change(json!({"commands_per_second": 5})).await.ok(200);
    let mut refused = 0;
    for n in 0..20 {
        let (from, to) = if n % 2 == 0 { ("ada", "cy") } else { ("cy", "ada") };
        let reply = shop.post(&format!("/apps/shop/as/{from}/users/{to}/entries"), text("hello")).await;
        refused += usize::from(reply.status == 429);
    }
    assert!(refused > 3, "{refused}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_app_itself_does_counts_as_what_its_users_do() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    for id in ["ada", "bob"] {
        shop.post("/apps/shop/users", json!({"user": id})).await.ok(201);
    }
    let group = json!({"group": {"title": "G"}});
    let group = shop.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let hooks = format!("/apps/shop/as/ada/conversations/{group}/hooks");
    let made = shop.post(&hooks, json!({"name": "Monitoring"})).await.ok(201);
    let address = made["url"].as_str().unwrap().split_once("/hooks/").unwrap().1.to_owned();
    admin.patch("/admin/apps/shop/access", json!({"commands_per_second": 1})).await.ok(200);
    // Each door with more than one second lets through: some of it is refused.
    let slow = async |what: &str, go: &dyn Fn(usize) -> (String, String, Value)| {
        let mut refused = 0;
        for n in 0..6 {
            let (method, path, body) = go(n);
            let reply = shop.send(&method, &path, Some(body)).await;
            refused += usize::from(reply.status == 429);
        }
        assert!(refused > 0, "{what}");
    };
    let put = |method: &str, path: String, body: Value| (method.to_owned(), path, body);
    slow("create", &|n| put("POST", "/apps/shop/users".to_owned(), json!({"user": format!("new{n}")}))).await;
    slow("put", &|n| put("PUT", format!("/apps/shop/users/put{n}"), json!({}))).await;
    slow("delete", &|n| put("DELETE", format!("/apps/shop/users/new{n}"), json!({}))).await;
    slow("flags", &|n| put("PATCH", "/apps/shop/users/ada/flags".to_owned(), json!({"silenced": n % 2 == 0}))).await;
    let words = json!({"to": {"user": "ada"}, "content": text("x")});
    slow("system", &|_| put("POST", "/apps/shop/entries".to_owned(), words.clone())).await;
    slow("hooks", &|n| put("POST", hooks.clone(), json!({"name": format!("H{n}")}))).await;
    let mut refused = 0;
    for _ in 0..6 {
        let reply = Api::at(server.http).at_root_with("POST", &format!("/hooks/{address}"), b"x").await;
        refused += usize::from(reply.status == 429);
    }
    assert!(refused > 0, "posts of webhooks");
    // Of an import each row counts, and says so.
    let users: Vec<Value> = (0..20).map(|n| json!({"user": format!("more{n}")})).collect();
    let done = shop.post("/apps/shop/imports/users", json!({ "users": users })).await.ok(200);
    assert!(done["refused"].as_u64().unwrap() > 10, "{done}");
    assert_eq!(done["results"][19]["code"], "rate_limited");
    assert!(server.stop().await);
}

#[test]
fn the_command_line_makes_an_app_its_keys_and_an_end_of_both() {
    let server = Binary::start();
    server.command(&["app", "create", "shop"], "").ok();
    server.command(&["app", "create", "7"], "").fails_with(65);
    let made = server.command(&["app", "key-create", "shop", "--kind", "hs256", "--called", "backend"], "").ok();
    let (number, secret) = made.trim_end().split_once(' ').unwrap();
    assert!(secret.starts_with("tdh_"), "{made}");
    let shown = server.command(&["app", "show", "shop"], "").ok();
    assert!(shown.contains(&format!("key {number} hs256 never used backend")), "{shown}");
    assert!(!shown.contains(secret));
    let changed = server.command(&["app", "access", "shop", "users_max=5", "signed_users=false"], "").ok();
    assert!(changed.contains("users_max = 5") && changed.contains("signed_users = false"), "{changed}");
    let wrong = server.command(&["app", "access", "shop", "user_max=5"], "").fails_with(65);
    assert!(wrong.contains("users_max"), "{wrong}");
    let json: Value = serde_json::from_str(&server.command(&["app", "show", "shop", "--json"], "").ok()).unwrap();
    assert_eq!(json["access"]["users_max"], 5);
    server.command(&["app", "revoke-tokens", "shop"], "").ok();
    server.command(&["app", "suspend", "shop"], "").ok();
    assert!(server.command(&["app", "list"], "").ok().contains("shop (suspended)"));
    server.command(&["app", "suspend", "shop", "--undo"], "").ok();
    server.command(&["app", "key-revoke", "shop", number], "").ok();
    server.command(&["app", "key-revoke", "shop", number], "").fails_with(65);
    server.command(&["app", "delete", "shop"], "").fails_with(64);
    server.command(&["app", "delete", "shop", "--yes"], "").ok();
    let deadline = monotonic() + 3 * SOON;
    while server.command(&["app", "list"], "").ok().contains("shop") {
        assert!(monotonic() < deadline, "the app does not go");
        std::thread::sleep(Duration::from_millis(100));
    }
    // Each of it is in the audit log, and no secret is.
    let audit = server.command(&["audit", "--json"], "").ok();
    for action in [
        "app.delete",
        "app_key.revoke",
        "app.unsuspend",
        "app.suspend",
        "app.revoke_tokens",
        "app.access",
        "app_key.create",
        "app.create",
    ] {
        assert!(audit.contains(&format!("\"{action}\"")), "{action}: {audit}");
    }
    assert!(!audit.contains("tdh_"));
    // The secret is nowhere on the disk, and its key is for the owner alone.
    let file = std::fs::read(server.folder().join("tidings.redb")).unwrap();
    assert!(!file.windows(secret.len()).any(|part| part == secret.as_bytes()), "in the clear");
    let key = std::fs::metadata(server.folder().join("secrets.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    drop(Vault::open(server.folder()).unwrap());
}
