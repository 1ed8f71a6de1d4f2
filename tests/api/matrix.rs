//! Every door against everybody who must not come through it. The doors are read from the description, which is made from the
//! routes: a new route without a row here fails.

use super::doors::Gets::{self, Hidden, No, Own};
use super::doors::doors;
use super::{start, text};
use crate::support::http::{Api, Reply};
use crate::support::in_process::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidings::auth::{self, Token};
use tidings::model::{Secret, SystemCommand, UserFlags};

/// What a stranger must never see.
const SECRET: &str = "the-colour-of-the-door-is-green";

/// The doors of the description, as `METHOD /path`.
pub(super) async fn described(server: &Server) -> BTreeSet<String> {
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
    code: String,
    label: u64,
    mcp_token: u64,
}

impl Behind {
    fn path(&self, template: &str) -> String {
        template
            .replace("{conversation}", &self.conversation.to_string())
            .replace("{seq}", &self.seq.to_string())
            .replace("{session}", &self.session.to_string())
            .replace("{media}", &self.media)
            .replace("{upload}", &self.upload)
            .replace("{app}", "home")
            .replace("{key}", "1")
            .replace("{hook}", "1")
            .replace("{webhook}", "1")
            .replace("{token}", &self.mcp_token.to_string())
            .replace("{code}", &self.code)
            .replace("{label}", &self.label.to_string())
            .replace("{user}", "bob")
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
    let invites = format!("/groups/{conversation}/invites");
    let code = ada_api.post(&invites, json!({})).await.ok(201)["code"].clone();
    let label = ada_api.post("/contact-labels", json!({"name": "friends"})).await.ok(201)["label"].as_u64().unwrap();
    let id = |id: &Value| id.as_str().unwrap().to_owned();
    let (session, media, upload) = (ada.session.0, id(&media), id(&upload));
    let new = json!({"name": "helper", "conversations": [conversation]});
    let mcp_token = ada_api.post("/mcp-tokens", new).await.ok(201)["token"].as_u64().unwrap();
    let behind = Behind { conversation, seq, session, media, upload, code: id(&code), label, mcp_token };
    let nobodys = || "0".repeat(32);
    let nothing = Behind {
        conversation: 999_999,
        seq,
        session: 999_999,
        media: nobodys(),
        upload: nobodys(),
        code: nobodys(),
        label: 999_999,
        mcp_token: 999_999,
    };
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
        assert_eq!(shown().await, before, "{name}: something has changed behind the doors");
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
    ada_api.get("/me").await.ok(200);
    assert!(server.stop().await);
}
