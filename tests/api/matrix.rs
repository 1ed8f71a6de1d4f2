//! Every door against everybody who must not come through it. The doors are read from the description, which is made from the
//! routes: a new route without a row here fails.

use super::{start, text};
use crate::support::http::{Api, Reply};
use crate::support::in_process::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidings::auth::{self, Token};
use tidings::model::{Secret, SystemCommand, UserFlags};

/// What a stranger must never see.
const SECRET: &str = "the-colour-of-the-door-is-green";

/// What somebody without a right gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    /// What is their own, or nobody's: no refusal.
    Own,
    /// 404 `not_found`, and word for word the same for what does not exist at all.
    Hidden,
    /// A refusal with this code.
    No(u16, &'static str),
}
use Gets::{Hidden, No, Own};

/// A door: what is asked of it, and what a user of the same app, a former member, and a user of another app get.
struct Door {
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    stranger: Gets,
    former: Gets,
    other_app: Gets,
    /// Nobody needs to be logged in.
    open: bool,
}

fn door(method: &'static str, path: &'static str, gets: [Gets; 3]) -> Door {
    let [stranger, former, other_app] = gets;
    Door { method, path, body: None, stranger, former, other_app, open: false }
}

impl Door {
    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn open(mut self) -> Self {
        self.open = true;
        self
    }
}

/// What belongs to nobody or to the caller.
const OWN: [Gets; 3] = [Own, Own, Own];
/// What only administrators do.
const ADMINISTRATORS: [Gets; 3] = [No(403, "forbidden"); 3];
/// What needs the caller's own password, which these do not know.
const NOT_PROVEN: [Gets; 3] = [No(403, "forbidden"); 3];
/// What members read, and former members still do.
const READ: [Gets; 3] = [Hidden, Own, Hidden];
/// What members do.
const MEMBERS: [Gets; 3] = [Hidden, Hidden, Hidden];

/// Every door. `{conversation}` is a group of Ada and Bob, `{seq}` a message of hers there, `{user}` Bob, `{session}` a session
/// of hers.
fn doors() -> Vec<Door> {
    let group = json!({"group": {"title": "mine"}});
    vec![
        door("POST", "/sessions", OWN).with(json!({"user": "nobody", "password": "no such user"})).open(),
        door("GET", "/sessions", OWN),
        door("DELETE", "/sessions/{session}", [Hidden, Hidden, Hidden]),
        door("GET", "/me", OWN),
        door("PUT", "/me/password", NOT_PROVEN).with(json!({"old": "not the password", "new": "another password"})),
        door("DELETE", "/me", NOT_PROVEN).with(json!({"password": "not the password"})),
        door("POST", "/register", OWN).with(json!({"user": "new", "password": "a quiet afternoon"})).open(),
        door("POST", "/setup", OWN)
            .with(json!({"token": "no", "user": "root", "password": "a quiet afternoon"}))
            .open(),
        door("POST", "/password-links", OWN).with(json!({"token": "no", "password": "a quiet afternoon"})).open(),
        door("GET", "/admin/users", ADMINISTRATORS),
        door("POST", "/admin/users", ADMINISTRATORS).with(json!({"user": "new"})),
        door("GET", "/admin/users/{user}", ADMINISTRATORS),
        door("DELETE", "/admin/users/{user}", ADMINISTRATORS),
        door("PATCH", "/admin/users/{user}/flags", ADMINISTRATORS).with(json!({"suspended": true})),
        door("PUT", "/admin/users/{user}/administrator", ADMINISTRATORS).with(json!({"administrator": true})),
        door("PUT", "/admin/users/{user}/password", ADMINISTRATORS).with(json!({"password": "a quiet afternoon"})),
        door("GET", "/admin/users/{user}/sessions", ADMINISTRATORS),
        door("DELETE", "/admin/users/{user}/sessions", ADMINISTRATORS),
        door("POST", "/admin/users/{user}/password-link", ADMINISTRATORS),
        door("GET", "/admin/apps", ADMINISTRATORS),
        door("POST", "/admin/apps", ADMINISTRATORS).with(json!({"name": "mine"})),
        door("GET", "/admin/apps/{app}", ADMINISTRATORS),
        door("GET", "/admin/apps/{app}/settings", ADMINISTRATORS),
        door("PATCH", "/admin/apps/{app}/settings", ADMINISTRATORS).with(json!({"registration": "open"})),
        door("GET", "/admin/invites", ADMINISTRATORS),
        door("POST", "/admin/invites", ADMINISTRATORS).with(json!({})),
        door("DELETE", "/admin/invites/{code}", ADMINISTRATORS),
        door("GET", "/admin/audit", ADMINISTRATORS),
        door("GET", "/admin/status", ADMINISTRATORS),
        door("GET", "/users?ids=ada,bob", OWN),
        door("GET", "/users/{user}", [Own, Own, Hidden]),
        door("POST", "/users/{user}/entries", [Own, Own, Hidden]).with(text("hello")),
        door("GET", "/conversations", OWN),
        door("POST", "/conversations", OWN).with(group),
        door("GET", "/conversations/{conversation}", READ),
        door("PATCH", "/conversations/{conversation}", READ).with(json!({"pinned": true})),
        door("PUT", "/conversations/{conversation}/read", READ).with(json!({"seq": 1})),
        door("PUT", "/conversations/{conversation}/delivered", READ).with(json!({"seq": 1})),
        door("GET", "/conversations/{conversation}/entries", READ),
        door("POST", "/conversations/{conversation}/entries", MEMBERS).with(text("hello")),
        door("GET", "/conversations/{conversation}/entries/{seq}", READ),
        door("PATCH", "/conversations/{conversation}/entries/{seq}", MEMBERS).with(json!({"text": "forged"})),
        door("DELETE", "/conversations/{conversation}/entries/{seq}", MEMBERS),
        door("GET", "/conversations/{conversation}/entries/{seq}/receipts", [Hidden, No(403, "not_member"), Hidden]),
        door("PUT", "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", MEMBERS),
        door("DELETE", "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", MEMBERS),
        door("GET", "/conversations/{conversation}/members", [Hidden, No(403, "not_member"), Hidden]),
        door("POST", "/conversations/{conversation}/members", MEMBERS).with(json!({"users": ["eve"]})),
        door("DELETE", "/conversations/{conversation}/members/{user}", MEMBERS),
        door("POST", "/media?name=x", OWN).with(json!("a file")),
        door("GET", "/media/{media}", MEMBERS),
        door("GET", "/media/{media}/content", MEMBERS),
        door("GET", "/media/{media}/thumbnail", MEMBERS),
        door("POST", "/media/{media}/link", MEMBERS).with(json!({})),
        door("POST", "/uploads", OWN).with(json!({"name": "x", "bytes": 9})),
        door("GET", "/uploads/{upload}", MEMBERS),
        door("PATCH", "/uploads/{upload}", MEMBERS),
        door("DELETE", "/uploads/{upload}", MEMBERS),
        door("GET", "/search?q=colour", OWN),
        door("GET", "/search?q=colour&conversation={conversation}", READ),
        door("GET", "/stream?after=wrong", [No(400, "invalid"); 3]),
    ]
}

/// The doors of the description, as `METHOD /path`.
async fn described(server: &Server) -> BTreeSet<String> {
    let description = Api::at(server.http).get("/api/openapi.json").await.ok(200);
    let mut found = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").expect("everything is below /api/v1");
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            found.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    found
}

/// What is behind the doors.
struct Behind {
    conversation: u64,
    seq: u64,
    session: u64,
    media: String,
    upload: String,
}

impl Behind {
    fn path(&self, template: &str) -> String {
        template
            .replace("{conversation}", &self.conversation.to_string())
            .replace("{seq}", &self.seq.to_string())
            .replace("{session}", &self.session.to_string())
            .replace("{media}", &self.media)
            .replace("{upload}", &self.upload)
            .replace("{user}", "bob")
            .replace("{app}", "home")
            .replace("{code}", "0123456789abcdefghijkl")
            .replace("{emoji}", "%F0%9F%91%8D")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_has_a_row_and_every_row_a_route() {
    let (_folder, server) = start().await;
    let rows = doors().iter().map(|door| format!("{} {}", door.method, door.path.split('?').next().unwrap())).collect();
    let routes = described(&server).await;
    let missing: Vec<_> = routes.difference(&rows).collect();
    let stale: Vec<_> = rows.difference(&routes).collect();
    assert!(missing.is_empty() && stale.is_empty(), "without a row: {missing:?}; without a route: {stale:?}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_comes_through_a_door_that_is_not_theirs() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (stranger, former) = (server.person("stranger").await, server.person("former").await);
    let (revoked, suspended) = (server.person("revoked").await, server.person("suspended").await);
    server.person("eve").await;
    let other = server.app("other").await;
    let outsider = server.person_of(other, "ada").await;
    let api = |token: &Secret| Api::with_token(server.http, token);
    let (ada_api, former_api) = (api(&ada.token), api(&former.token));
    drop(bob);

    // The group, its message, and somebody who was in it.
    let new = json!({"group": {"title": "Door", "members": ["bob", "former"]}});
    let conversation = ada_api.post("/conversations", new).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let entries = format!("/conversations/{conversation}/entries");
    former_api.get(&entries).await.ok(200);
    former_api.delete(&format!("/conversations/{conversation}/members/former")).await.ok(200);
    let seq = ada_api.post(&entries, text(SECRET)).await.ok(201)["entry"]["seq"].as_u64().unwrap();
    // A file that was sent after that member had left, and one that is on its way.
    let media = ada_api.raw("POST", "/media?name=x", SECRET.as_bytes()).await.ok(201)["media"].clone();
    let file = json!({"media": {"kind": "file", "media": media}});
    ada_api.post(&entries, file).await.ok(201);
    let upload = ada_api.post("/uploads", json!({"name": "x", "bytes": 9})).await.ok(201)["id"].clone();
    let id = |id: &Value| id.as_str().unwrap().to_owned();
    let behind = Behind { conversation, seq, session: ada.session.0, media: id(&media), upload: id(&upload) };
    let nobodys = || "0".repeat(32);
    let nothing = Behind { conversation: 999_999, seq, session: 999_999, media: nobodys(), upload: nobodys() };
    let system = async |command: SystemCommand| {
        server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    };
    system(SystemCommand::EndSessions { user: revoked.handle }).await;
    let flags = UserFlags { suspended: true, ..UserFlags::default() };
    system(SystemCommand::SetFlags { user: suspended.handle, flags }).await;
    let shown = async || {
        let shown = ada_api.get(&format!("/conversations/{conversation}")).await.ok(200);
        (shown["conversation"]["head"].clone(), shown["conversation"]["members"].clone())
    };
    let before = shown().await;

    let unknown = Token::draw().secret();
    let mut wrong = Vec::new();
    for door in doors() {
        let name = format!("{} {}", door.method, door.path);
        let ask = async |api: &Api, behind: &Behind| -> Reply {
            let reply = api.send(door.method, &behind.path(door.path), door.body.clone()).await;
            assert!(!String::from_utf8_lossy(&reply.body).contains(SECRET), "{name} tells the secret");
            assert!(reply.status < 500, "{name}: {}", reply.status);
            reply
        };
        if !door.open {
            let nobodies = [
                ("no token", Api::at(server.http), "unauthenticated"),
                ("garbage", Api::at(server.http).header("authorization", "Bearer garbage"), "unauthenticated"),
                ("unknown token", api(&unknown), "session_revoked"),
                ("revoked", api(&revoked.token), "session_revoked"),
                ("suspended", api(&suspended.token), "session_revoked"),
            ];
            for (who, api, code) in &nobodies {
                let reply = ask(api, &behind).await;
                if reply.problem() != (401, (*code).to_owned()) {
                    wrong.push(format!("{name}, {who}: {:?}", reply.problem()));
                }
            }
        }
        // A former member reads up to when they left: the message after it does not exist for them.
        let beyond = door.path.contains("{seq}") && door.former == Own;
        let former_gets = if beyond { Gets::No(404, "not_found") } else { door.former };
        for (who, token, gets) in [
            ("stranger", &stranger.token, door.stranger),
            ("former member", &former.token, former_gets),
            ("other app", &outsider.token, door.other_app),
        ] {
            let reply = ask(&api(token), &behind).await;
            let right = match gets {
                Own => reply.status < 300 || door.open,
                No(status, code) => reply.problem() == (status, code.to_owned()),
                Hidden => {
                    let there = ask(&api(token), &nothing).await;
                    let same = door.path.contains("{user}") && !door.path.contains("{conversation}")
                        || reply.json() == there.json();
                    reply.problem() == (404, "not_found".to_owned()) && same
                }
            };
            if !right {
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                wrong.push(format!("{name}, {who}: {gets:?} expected, not {} {body}", reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(shown().await, before, "nothing has changed behind the doors");
    ada_api.get("/me").await.ok(200);
    assert!(server.stop().await);
}
