//! Every door against keys of an app that have one scope each: what a key opens is what its scopes say. The doors are those of the
//! table that the routes are checked against; a new route of other systems without a row here fails.

use super::doors::doors;
use super::matrix::described;
use super::{start, text};
use crate::apps::{administrator, app, system};
use crate::support::http::{Api, Reply};
use crate::support::in_process::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tidings::auth;
use tidings::model::clock::monotonic;
use tidings::model::{Actor, AppId, Code, Command, Content, Key, SessionId, SystemCommand, Target, Text};
use tidings::store::Read;
use tidings::store::records::{UserIdKey, UserIdRow};

const SCOPES: [&str; 5] = ["users", "send", "act", "read", "settings"];

/// What other systems do, and the scopes that open it: one is enough. No scope is needed where none stands.
const APP_ROUTES: &[(&str, &[&str])] = &[
    ("GET /apps/{app}", &[]),
    ("GET /apps/{app}/origins", &["settings"]),
    ("PUT /apps/{app}/origins", &["settings"]),
    ("GET /apps/{app}/users", &["users", "read"]),
    ("POST /apps/{app}/users", &["users"]),
    ("GET /apps/{app}/users/{user}", &["users", "read"]),
    ("PUT /apps/{app}/users/{user}", &["users"]),
    ("DELETE /apps/{app}/users/{user}", &["users"]),
    ("PATCH /apps/{app}/users/{user}/flags", &["users"]),
    ("GET /apps/{app}/users/{user}/sessions", &["users"]),
    ("DELETE /apps/{app}/users/{user}/sessions", &["users"]),
    ("GET /apps/{app}/users/{user}/tokens", &["users"]),
    ("POST /apps/{app}/users/{user}/tokens", &["users"]),
    ("DELETE /apps/{app}/users/{user}/tokens/{token}", &["users"]),
    ("POST /apps/{app}/users/{user}/tokens/{token}/rotation", &["users"]),
    ("GET /apps/{app}/presence", &["read"]),
    ("GET /apps/{app}/events", &["read"]),
    ("POST /apps/{app}/token-revocation", &["users"]),
    ("POST /apps/{app}/imports/users", &["users"]),
    ("POST /apps/{app}/imports/contacts", &["users"]),
    ("POST /apps/{app}/imports/members", &["users"]),
    ("POST /apps/{app}/entries", &["send"]),
    ("POST /apps/{app}/push", &["send"]),
    ("GET /apps/{app}/webhooks", &["settings"]),
    ("POST /apps/{app}/webhooks", &["settings"]),
    ("GET /apps/{app}/webhooks/{webhook}", &["settings"]),
    ("PUT /apps/{app}/webhooks/{webhook}", &["settings"]),
    ("DELETE /apps/{app}/webhooks/{webhook}", &["settings"]),
    ("POST /apps/{app}/webhooks/{webhook}/rotation", &["settings"]),
    ("POST /apps/{app}/webhooks/{webhook}/test", &["settings"]),
    ("GET /apps/{app}/webhooks/{webhook}/deliveries", &["settings"]),
    ("GET /apps/{app}/webhooks/{webhook}/dead", &["settings"]),
    ("POST /apps/{app}/webhooks/{webhook}/replay", &["settings"]),
    ("GET /apps/{app}/before-hook", &["settings"]),
    ("PUT /apps/{app}/before-hook", &["settings"]),
    ("DELETE /apps/{app}/before-hook", &["settings"]),
    ("POST /apps/{app}/before-hook/rotation", &["settings"]),
    ("POST /apps/{app}/before-hook/test", &["settings"]),
];

/// What is done in nobody's name.
const NOBODYS: [&str; 5] = ["/admin", "/apps", "/accounts", "/setup", "/password-links"];

/// A key of an app with these scopes alone: its number, and who asks with it.
async fn narrow(server: &Server, admin: &Api, app: &str, scopes: &[&str]) -> (u64, Api) {
    let made = admin.post(&format!("/admin/apps/{app}/keys"), json!({"kind": "api", "scopes": scopes})).await.ok(201);
    let api = system(server, made["secret"].as_str().unwrap());
    (made["key"].as_u64().unwrap(), api)
}

/// Whether a refusal says that the key lacks a scope; it names each that would do.
fn lacks(reply: &Reply, any_of: &[&str]) -> bool {
    let said = String::from_utf8_lossy(&reply.body).into_owned();
    let lacks = said.contains("lacks the scope");
    if lacks {
        assert_eq!(reply.problem(), (403, "forbidden".to_owned()), "{said}");
        assert!(any_of.iter().all(|scope| said.contains(&format!("`{scope}`"))), "{said}");
    }
    lacks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_other_systems_has_a_row_with_its_scopes() {
    let (_folder, server) = start().await;
    let rows: BTreeSet<String> = APP_ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    let routes = described(&server).await.into_iter().filter(|route| route.contains(" /apps/{app}")).collect();
    assert_eq!(rows.symmetric_difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_one_scope_opens_what_the_table_says_and_nothing_else() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await.patient();
    for user in ["ada", "bob", "eve"] {
        shop.put(&format!("/apps/shop/users/{user}"), json!({})).await.ok(201);
    }
    let group = json!({"group": {"title": "Door", "members": ["bob"]}});
    let group = shop.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].to_string();
    let mut keys = BTreeMap::new();
    for scope in SCOPES {
        keys.insert(scope, narrow(&server, &admin, "shop", &[scope]).await.1.patient());
    }
    let table: BTreeMap<&str, &[&str]> = APP_ROUTES.iter().copied().collect();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for door in doors() {
        let template = door.path.split('?').next().unwrap();
        let own = table.get(format!("{} {template}", door.method).as_str()).copied();
        if door.open || own.is_none() && NOBODYS.iter().any(|nobodys| template.starts_with(nobodys)) {
            continue;
        }
        let needs: &[&str] = match (own, door.method) {
            (Some(needs), _) => needs,
            (None, "GET") => &["read", "act"],
            (None, _) => &["act"],
        };
        let path = door.path.replace("{app}", "shop").replace("{user}", "bob").replace("{conversation}", &group);
        let path = path.replace("{media}", &"0".repeat(32)).replace("{upload}", &"0".repeat(32));
        let path = path.replace("{emoji}", "%F0%9F%91%8D").replace("{code}", "nowhere");
        let path = ["{seq}", "{session}", "{hook}", "{webhook}", "{token}", "{label}", "{key}"]
            .iter()
            .fold(path, |path, part| path.replace(part, "1"));
        let path = if own.is_some() { path } else { format!("/apps/shop/as/ada{path}") };
        // Nothing of this test goes out.
        let mut body = door.body.clone();
        if let Some(url) = body.as_mut().and_then(|body| body.get_mut("url")) {
            *url = json!("http://127.0.0.1:9/");
        }
        for (scope, api) in &keys {
            // A busy machine says so, and is asked again.
            let deadline = monotonic() + Duration::from_mins(1);
            let reply = loop {
                let reply = api.send(door.method, &path, body.clone()).await;
                if reply.status != 503 || monotonic() > deadline {
                    break reply;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            };
            let opens = needs.is_empty() || needs.contains(scope);
            asked += 1;
            if lacks(&reply, needs) == opens || reply.status >= 500 {
                let said = String::from_utf8_lossy(&reply.body).into_owned();
                wrong.push(format!("{} {path} with `{scope}`: {} {said}", door.method, reply.status));
            }
        }
    }
    assert!(asked > 500, "{asked}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_is_enough_for_what_it_is_there_for() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (_, users) = narrow(&server, &admin, "shop", &["users"]).await;
    let (_, send) = narrow(&server, &admin, "shop", &["send"]).await;
    let (_, act) = narrow(&server, &admin, "shop", &["act"]).await;
    let (_, read) = narrow(&server, &admin, "shop", &["read"]).await;
    let start = read.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    // Users are imported with their contacts and into groups.
    let rows = json!({"users": [{"user": "ada", "name": "Ada"}, {"user": "bob", "card": {"location": "Rome"}}]});
    assert_eq!(users.post("/apps/shop/imports/users", rows).await.ok(200)["refused"], 0);
    let rows = json!({"contacts": [{"user": "ada", "contact": "bob", "remark": "Bobby"}]});
    assert_eq!(users.post("/apps/shop/imports/contacts", rows).await.ok(200)["refused"], 0);
    users.put("/apps/shop/users/ada", json!({"name": "Ada L."})).await.ok(200);
    // The app itself speaks, also where nobody has spoken before, and takes back what it said.
    let said = json!({"to": {"user": "ada"}, "content": text("Welcome.")});
    let said = send.post("/apps/shop/entries", said).await.ok(201)["entry"].clone();
    let path = format!("/apps/shop/as/system/conversations/{}/entries/{}", said["conversation"], said["seq"]);
    send.patch(&path, json!({"text": "Welcome!"})).await.ok(200);
    assert!(lacks(&send.get(&path).await, &["read", "act"]), "it reads nothing");
    send.put(&format!("{path}/reactions/%F0%9F%91%8D"), json!({})).await.ok(200);
    send.put("/apps/shop/as/system/me/profile", json!({"name": "The shop"})).await.ok(200);
    send.raw("POST", "/apps/shop/as/system/media?name=list.txt", b"parcels").await.ok(201);
    send.delete(&path).await.ok(200);
    // And it is nobody who looks around, or joins and makes what others are in.
    for (method, path, body) in [
        ("GET", "conversations", None),
        ("GET", "users?ids=ada", None),
        ("POST", "conversations", Some(json!({"user": "ada"}))),
        ("POST", "conversations", Some(json!({"group": {"title": "x"}}))),
        ("POST", "groups/1/join", Some(json!({}))),
        ("PUT", "conversations/1/read", Some(json!({"seq": 1}))),
        ("POST", "conversations/1/hooks", Some(json!({"name": "x"}))),
    ] {
        let reply = send.send(method, &format!("/apps/shop/as/system/{path}"), body).await;
        assert!(lacks(&reply, if method == "GET" { &["read", "act"] } else { &["act"] }), "{method} {path}");
    }
    assert!(lacks(&send.post("/apps/shop/as/ada/users/bob/entries", text("x")).await, &["act"]));
    assert!(lacks(&send.post("/apps/shop/users", json!({"user": "robot", "kind": "service"})).await, &["users"]));
    // Users act, and somebody reads what they see.
    let group = json!({"group": {"title": "Orders"}});
    let group = act.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let rows = json!({"conversation": group, "by": "ada", "users": ["bob"]});
    assert_eq!(users.post("/apps/shop/imports/members", rows).await.ok(200)["refused"], 0);
    act.post("/apps/shop/as/ada/users/bob/entries", text("hello")).await.ok(201);
    let chats = read.get("/apps/shop/as/bob/conversations").await.ok(200);
    assert_eq!(chats["conversations"].as_array().unwrap().len(), 2);
    let events = read.get(&format!("/apps/shop/events?after={start}")).await.ok(200);
    assert!(!events["events"].as_array().unwrap().is_empty());
    read.get("/apps/shop/presence?ids=ada").await.ok(200);
    assert!(lacks(&read.post("/apps/shop/as/ada/users/bob/entries", text("x")).await, &["act"]));
    assert!(server.stop().await);
}

/// What stands in front of the ledger is a courtesy; this is asked behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_itself_refuses_what_a_key_has_no_scope_for() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let ada = server.person_of(AppId(2), "ada").await;
    let (read, _) = narrow(&server, &admin, "shop", &["read"]).await;
    let (act, _) = narrow(&server, &admin, "shop", &["act"]).await;
    let run = async |actor: Actor, command: tidings::model::AnyCommand| {
        let key = matches!(actor, Actor::User(_)).then(|| Key::new(server.engine.clock().now()));
        server
            .engine
            .execute(actor, key, command)
            .await
            .map(drop)
            .map_err(|refusal| (refusal.code, refusal.message.into_owned()))
    };
    let lacking = |outcome: Result<(), (Code, String)>, scope: &str| {
        let Err((code, message)) = outcome else { panic!("it was done without `{scope}`") };
        assert!(code == Code::Forbidden && message.contains(&format!("lacks the scope `{scope}`")), "{message}");
    };
    let as_ada = |key: u64| {
        let session = SessionId::of_key(tidings::model::AppKeyId(key));
        Actor::User(auth::session_actor(AppId(2), ada.handle, "ada".parse().unwrap(), session))
    };
    let send = || {
        let to = Target::User("ada".parse().unwrap());
        Command::Send { to, content: Content::Text(Text::plain("x")) }
    };
    lacking(run(as_ada(read), send().into()).await, "act");
    // Behind the routes, too, the app itself speaks with `send`, and does nothing else; nobody else speaks with it.
    let (speaks, speaking) = narrow(&server, &admin, "shop", &["send"]).await;
    speaking.post("/apps/shop/entries", json!({"to": {"user": "ada"}, "content": text("x")})).await.ok(201);
    lacking(run(as_ada(speaks), send().into()).await, "act");
    let view = server.engine.view();
    let system = view.get::<UserIdRow>(&UserIdKey::new(AppId(2), &"system".parse().unwrap())).unwrap().unwrap().user;
    let session = SessionId::of_key(tidings::model::AppKeyId(speaks));
    let as_system = || Actor::User(auth::session_actor(AppId(2), system, "system".parse().unwrap(), session));
    run(as_system(), send().into()).await.unwrap();
    let direct = Command::OpenDirect { user: "ada".parse().unwrap() };
    lacking(run(as_system(), direct.into()).await, "act");
    run(as_ada(act), send().into()).await.unwrap_or_else(|(code, _)| assert_ne!(code, Code::Forbidden));
    let app = |key: u64| Actor::App(auth::app_actor(AppId(2), tidings::model::AppKeyId(key)));
    lacking(run(app(act), SystemCommand::EndSessions { user: ada.handle }.into()).await, "users");
    lacking(
        run(app(read), SystemCommand::SetAppOrigins { app: AppId(2), origins: Vec::new() }.into()).await,
        "settings",
    );
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_said_when_a_key_is_made_and_shown_ever_after() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let make = async |body: Value| admin.post("/admin/apps/shop/keys", body).await;
    let made = make(json!({"kind": "api", "scopes": ["read", "send", "read"]})).await.ok(201);
    assert_eq!(made["scopes"], json!(["send", "read"]));
    assert_eq!(make(json!({"kind": "api"})).await.ok(201)["scopes"], json!(SCOPES));
    assert_eq!(make(json!({"kind": "hs256"})).await.ok(201)["scopes"], json!([]));
    for wrong in [
        json!({"kind": "api", "scopes": []}),
        json!({"kind": "api", "scopes": ["everything"]}),
        json!({"kind": "hs256", "scopes": ["send"]}),
    ] {
        assert_eq!(make(wrong).await.problem().0, 400);
    }
    let shown = admin.get("/admin/apps/shop/keys").await.ok(200);
    assert_eq!(shown["keys"][0]["scopes"], json!(["send", "read"]));
    assert_eq!(shown["keys"].as_array().unwrap().len(), 3);
    assert!(server.stop().await);
}
