//! Administration through its doors: the first run, the command line, and REST.

use crate::server::{PASSWORD, Server as Binary};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use crate::support::peer::{Peer, Way};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::clock::monotonic;
use tidings::model::{
    Clock, Command, CommandResult, Content, EndReason, Key, Secret, SystemCommand, Target, Text, Timestamp, UserHandle,
};
use tidings::protocol::{Encoding, ServerFrame};

const LONG: &str = "a quiet afternoon in may";

async fn start() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    (folder, server)
}

async fn system(server: &Server, command: SystemCommand) -> CommandResult {
    server.engine.execute(auth::operator(), None, command.into()).await.unwrap().result
}

/// An administrator who asks over HTTP.
async fn administrator(server: &Server, id: &str) -> (UserHandle, Api) {
    let person = server.person(id).await;
    system(server, SystemCommand::SetAdministrator { user: person.handle, administrator: true }).await;
    (person.handle, Api::with_token(server.http, &person.token))
}

async fn audit(api: &Api) -> Vec<(String, String, String)> {
    let lines = api.get("/admin/audit?limit=200").await.ok(200);
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = lines["lines"].as_array().unwrap().clone();
    lines.iter().map(|line| (text(line, "actor"), text(line, "action"), text(line, "subject"))).collect()
}

fn line(actor: &str, action: &str, subject: &str) -> (String, String, String) {
    (actor.to_owned(), action.to_owned(), subject.to_owned())
}

/// The secret of a link: what stands behind `#`.
fn secret(url: &str) -> String {
    url.trim_end().split_once('#').expect(url).1.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_the_first_start_makes_one_administrator() {
    let server = tokio::task::spawn_blocking(Binary::start).await.unwrap();
    let printed = server.line(Duration::from_secs(10)).unwrap();
    let url = printed.strip_prefix("setup ").unwrap();
    assert!(url.starts_with(&format!("http://{}/setup#tds_", server.http)), "{url}");
    let token = secret(url);
    assert!(!server.log().contains(&token), "the log has the secret");
    let api = Api::at(server.http);

    let weak = api.post("/setup", json!({"token": token, "user": "grace", "password": "eleven char"})).await;
    assert_eq!(weak.problem(), (400, "invalid".to_owned()), "an administrator's password is longer");
    let wrong = api.post("/setup", json!({"token": "tds_x", "user": "grace", "password": LONG})).await;
    assert_eq!(wrong.problem(), (404, "not_found".to_owned()));
    // A new link takes the place of the old one.
    let server = tokio::task::spawn_blocking(move || {
        let again = server.command(&["admin", "setup-link"], "").ok();
        (server, again)
    });
    let (server, again) = server.await.unwrap();
    let body = |token: &str, user: &str| json!({"token": token, "user": user, "password": LONG});
    assert_eq!(api.post("/setup", body(&token, "grace")).await.status, 404, "the old link");

    // Of many at once, one becomes the administrator.
    let token = secret(&again);
    let tries = (0..8).map(|n| {
        let (api, body) = (api.clone(), body(&token, &format!("admin{n}")));
        async move { api.post("/setup", body).await.status }
    });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| matches!(status, 404 | 409)), "{statuses:?}");

    let server = tokio::task::spawn_blocking(move || {
        let list = server.command(&["admin", "list", "--json"], "").ok();
        assert_eq!(list.lines().count(), 1, "{list}");
        let late = server.command(&["admin", "setup-link"], "").fails_with(65);
        assert!(late.contains("There is an administrator already"), "{late}");
        server
    });
    let server = server.await.unwrap();
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

#[test]
fn the_command_line_administers_through_a_running_server_and_leaves_an_audit_trail() {
    let server = Binary::start();
    server.add_user("ada");
    server.add_user("bob");
    server.command(&["admin", "grant", "ada"], "").ok();
    server.command(&["user", "silence", "bob"], "").ok();
    server.command(&["user", "contacts", "bob", "--off"], "").ok();
    let shown: Value = serde_json::from_str(&server.command(&["user", "show", "bob", "--json"], "").ok()).unwrap();
    assert_eq!(shown["flags"], json!({"suspended": false, "silenced": true, "contacts_disabled": true}));
    assert!(server.command(&["user", "show", "bob"], "").ok().contains("silenced, contacts disabled"));
    server.command(&["user", "silence", "bob", "--undo"], "").ok();
    server.command(&["user", "contacts", "bob", "--on"], "").ok();
    server.command(&["user", "end-sessions", "bob"], "").ok();
    let link = server.command(&["user", "password-link", "bob"], "").ok();
    assert!(link.starts_with(&format!("http://{}/password#tds_", server.http)), "{link}");
    let invite = server.command(&["invite", "create", "--uses", "3"], "").ok();
    let code = secret(&invite);
    assert!(invite.contains("/register#"), "{invite}");
    assert!(server.command(&["invite", "list"], "").ok().contains(&format!("{code:<26} 0/3")));
    server.command(&["invite", "revoke", &code], "").ok();
    server.command(&["invite", "revoke", &code], "").fails_with(65);
    server.command(&["invite", "create", "--expires", "soon"], "").fails_with(64);
    server.command(&["app", "set", "home", "registration=closed", "retention_s=3600"], "").ok();
    server.command(&["user", "delete", "bob"], "").fails_with(64);
    server.command(&["user", "delete", "bob", "--yes"], "").ok();
    let gone = server.command(&["user", "add", "bob", "--password-stdin"], PASSWORD).fails_with(65);
    assert!(gone.contains("There is a user `bob` already"), "an id is never given again: {gone}");
    assert!(server.command(&["user", "list"], "").ok().contains("deleted"));
    // What was refused leaves no line; what was accepted one, newest first; no secret is in any.
    let audit = server.command(&["audit", "--json"], "").ok();
    assert!(!audit.contains(&code) && !audit.contains(&secret(&link)), "{audit}");
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<&str> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    let expected = [
        "user.delete",
        "app.set",
        "invite.revoke",
        "invite.create",
        "password_link.create",
        "user.end_sessions",
        "user.enable_contacts",
        "user.unsilence",
        "user.disable_contacts",
        "user.silence",
        "administrator.grant",
        "user.create",
        "user.create",
        "setup_link.create",
    ];
    assert_eq!(actions, expected);
    assert!(lines[..13].iter().all(|line| line["actor"] == "operator"), "{audit}");
    assert_eq!(lines[13]["actor"], "server");
    assert!(server.command(&["audit", "--limit", "2"], "").ok().contains("user.delete"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_administers_over_http_and_each_change_leaves_a_line() {
    let (_folder, server) = start().await;
    let (_, admin) = administrator(&server, "grace").await;
    let made = admin.post("/admin/users", json!({"user": "ada", "name": "Ada", "password": LONG})).await.ok(201);
    assert_eq!((made["id"].as_str(), made["password"].as_bool()), (Some("ada"), Some(true)));
    assert!(made.get("handle").is_none());
    assert_eq!(admin.post("/admin/users", json!({"user": "ADA"})).await.problem(), (409, "conflict".to_owned()));
    let list = admin.get("/admin/users?limit=1").await.ok(200);
    assert_eq!((&list["users"][0]["id"], &list["next"]), (&json!("ada"), &json!("ada")));
    let rest = admin.get("/admin/users?after=ada").await.ok(200);
    assert_eq!((&rest["users"][0]["id"], rest.get("next")), (&json!("grace"), None));
    assert_eq!(admin.get("/admin/users?prefix=gr").await.ok(200)["users"].as_array().unwrap().len(), 1);

    let session = json!({"user": "ada", "password": LONG});
    let token = admin.post("/sessions", session.clone()).await.ok(201)["token"].as_str().unwrap().to_owned();
    let ada = Api::with_token(server.http, &Secret::new(token));
    assert_eq!(admin.get("/admin/users/ada/sessions").await.ok(200)["sessions"].as_array().unwrap().len(), 1);
    let flags = admin.patch("/admin/users/ada/flags", json!({"silenced": true})).await.ok(200);
    assert_eq!(flags, json!({"suspended": false, "silenced": true, "contacts_disabled": false}));
    assert_eq!(admin.delete("/admin/users/ada/sessions").await.status, 204);
    assert_eq!(ada.get("/me").await.problem().0, 401);

    // A password link works once, and says whose password it set.
    let link = admin.post("/admin/users/ada/password-link", json!({})).await.ok(201);
    let token = secret(link["url"].as_str().unwrap());
    let new = json!({"token": token, "password": "another quiet afternoon"});
    let nobody = Api::at(server.http);
    assert_eq!(nobody.post("/password-links", new.clone()).await.ok(200), json!({"app": 1, "user": "ada"}));
    assert_eq!(nobody.post("/password-links", new).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(nobody.post("/sessions", session).await.problem(), (401, "unauthenticated".to_owned()));
    let session = json!({"user": "ada", "password": "another quiet afternoon"});
    nobody.post("/sessions", session).await.ok(201);

    // Settings, invite codes and registering.
    let settings = admin.patch("/admin/apps/home/settings", json!({"recall_window_ms": 5_000})).await.ok(200);
    assert_eq!((&settings["recall_window_ms"], &settings["registration"]), (&json!(5_000), &json!("invite")));
    assert_eq!(admin.patch("/admin/apps/1/settings", json!({"recall": 1})).await.problem().0, 400);
    let new = |user: &str, code: Option<&str>| json!({"user": user, "password": LONG, "code": code});
    assert_eq!(nobody.post("/accounts", new("cy", None)).await.problem(), (403, "forbidden".to_owned()));
    let invite = admin.post("/admin/invites", json!({"uses_max": 1})).await.ok(201);
    let code = invite["code"].as_str().unwrap();
    assert_eq!(nobody.post("/accounts", new("ada", Some(code))).await.problem().1, "conflict");
    nobody.post("/accounts", new("cy", Some(code))).await.ok(201);
    assert_eq!(nobody.post("/accounts", new("di", Some(code))).await.problem(), (410, "expired".to_owned()));
    assert_eq!(nobody.post("/accounts", new("di", Some("0123456789abcdefghij"))).await.problem().0, 404);
    assert_eq!(admin.get("/admin/invites").await.ok(200)["invites"][0]["uses"], 1);
    assert_eq!(admin.delete(&format!("/admin/invites/{code}")).await.status, 204);
    admin.patch("/admin/apps/home/settings", json!({"registration": "open"})).await.ok(200);
    nobody.post("/accounts", new("di", None)).await.ok(201);

    // A second app is another world.
    assert_eq!(admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201)["app"], 2);
    admin.post("/admin/users", json!({"app": "shop", "user": "ada"})).await.ok(201);
    assert_eq!(admin.get("/admin/users?app=shop").await.ok(200)["users"].as_array().unwrap().len(), 1);
    let status = admin.get("/admin/status").await.ok(200);
    assert!(status["commands"]["accepted"].as_u64().unwrap() > 5 && status["storage"]["file_bytes"].as_u64() > Some(0));

    // The first sample is taken as the server starts, by a task of its own.
    let deadline = monotonic() + Duration::from_mins(1);
    let history = loop {
        assert!(monotonic() < deadline, "no sample is taken");
        let history = admin.get("/admin/status/history").await.ok(200);
        if history["at"].as_array().is_some_and(|at| !at.is_empty()) {
            break history;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(history["every_ms"], 10_000);
    for column in
        ["connections", "commands_per_second", "commit_p99_us", "commands_queued", "queued_bytes", "file_bytes"]
    {
        assert_eq!(history[column].as_array().unwrap().len(), history["at"].as_array().unwrap().len(), "{column}");
    }
    let last = history["at"].as_array().unwrap().last().unwrap().as_u64().unwrap();
    let later = admin.get(&format!("/admin/status/history?after={}", last + 3_600_000)).await.ok(200);
    assert_eq!(later["at"], json!([]), "nothing is told twice");

    let code = &code[..4];
    let expected = [
        line("grace", "user.create", "shop/ada"),
        line("grace", "app.create", "shop"),
        line("grace", "app.set", "home"),
        line("grace", "invite.revoke", &format!("home: {code}…")),
        line("grace", "invite.create", &format!("home: {code}…")),
        line("grace", "app.set", "home"),
        line("ada", "password_link.use", "ada"),
        line("grace", "password_link.create", "ada"),
        line("grace", "user.end_sessions", "ada"),
        line("grace", "user.silence", "ada"),
        line("grace", "user.create", "ada"),
        line("operator", "administrator.grant", "grace"),
        line("operator", "user.create", "grace"),
    ];
    assert_eq!(audit(&admin).await, expected);
    let page = admin.get("/admin/audit?limit=2").await.ok(200);
    let next = page["next"].as_u64().unwrap();
    let older = admin.get(&format!("/admin/audit?limit=2&before={next}")).await.ok(200);
    assert_eq!(older["lines"][0]["action"], "app.set");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_administrator_stays_one_and_no_right_opens_other_peoples_messages() {
    let (_folder, server) = start().await;
    let (_, grace) = administrator(&server, "grace").await;
    let (_, heidi) = administrator(&server, "heidi").await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let ada = Api::with_token(server.http, &ada.token);
    let sent = ada.post("/users/bob/entries", json!({"text": {"text": "between us"}})).await.ok(201);
    let conversation = sent["entry"]["conversation"].as_u64().unwrap();
    let reading = grace.get(&format!("/conversations/{conversation}/entries")).await;
    assert_eq!(reading.problem(), (404, "not_found".to_owned()));
    drop(bob);

    assert_eq!(heidi.put("/admin/users/heidi/administrator", json!({"administrator": false})).await.status, 204);
    assert_eq!(heidi.get("/admin/users").await.problem(), (403, "forbidden".to_owned()), "at once");
    for (method, path, body) in [
        ("PUT", "/admin/users/grace/administrator", Some(json!({"administrator": false}))),
        ("PATCH", "/admin/users/grace/flags", Some(json!({"suspended": true}))),
        ("DELETE", "/admin/users/grace", None),
    ] {
        assert_eq!(grace.send(method, path, body).await.problem(), (409, "conflict".to_owned()), "{method} {path}");
    }
    // Whoever is no administrator of `home` cannot become one.
    grace.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let abroad = json!({"app": "shop", "user": "mallory", "administrator": true});
    assert_eq!(grace.post("/admin/users", abroad).await.problem(), (400, "invalid".to_owned()));
    assert!(!audit(&grace).await.iter().any(|(_, action, _)| action.starts_with("user.suspend")), "refused");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_account_is_gone_its_messages_stay_and_its_groups_pass_on() {
    let (_folder, server) = start().await;
    let hash = server.auth.passwords.hash(Secret::new(LONG)).await.unwrap();
    let handle = server.add_user("ada", Some(hash)).await;
    let ada = server.device("ada", handle, "ada-laptop").await;
    let (bob, cy) = (server.person("bob").await, server.person("cy").await);
    let api = |token| Api::with_token(server.http, token);
    let (ada_api, bob_api, cy_api) = (api(&ada.token), api(&bob.token), api(&cy.token));
    let new = json!({"group": {"title": "Ours", "members": ["bob", "cy"]}});
    let group = ada_api.post("/conversations", new).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let entries = format!("/conversations/{group}/entries");
    ada_api.post(&entries, json!({"text": {"text": "I was here"}})).await.ok(201);
    let alone = json!({"group": {"title": "Mine alone"}});
    ada_api.post("/conversations", alone).await.ok(201);
    let (mut live, _) = Peer::log_in(&server, Way::Tcp(Encoding::Postcard), &ada.token).await;

    let wrong = ada_api.send("POST", "/me/deletion", Some(json!({"password": "not it"}))).await;
    assert_eq!(wrong.problem(), (403, "forbidden".to_owned()));
    assert_eq!(ada_api.send("POST", "/me/deletion", Some(json!({"password": LONG}))).await.status, 204);
    let kicked = live
        .until(|frame| match frame {
            ServerFrame::Kicked { reason, .. } => Some(*reason),
            _ => None,
        })
        .await;
    assert_eq!(kicked, EndReason::AccountDeleted);
    assert_eq!(ada_api.get("/me").await.problem().0, 401);
    let again = json!({"user": "ada", "password": LONG});
    assert_eq!(Api::at(server.http).post("/sessions", again).await.problem().0, 401);

    // She leaves, and the group passes to who has been in it longest.
    let deadline = monotonic() + Duration::from_secs(10);
    let members = loop {
        let members = bob_api.get(&format!("/conversations/{group}/members")).await.ok(200);
        let members = members["members"].as_array().unwrap().clone();
        if members.len() == 2 || monotonic() > deadline {
            break members;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(members.len(), 2, "{members:?}");
    let owners: Vec<&Value> = members.iter().filter(|member| member["role"] == "owner").collect();
    assert_eq!(owners.len(), 1, "{members:?}");
    assert_eq!(owners[0]["user"], "bob", "both joined at once; the lower handle is first");
    let history = cy_api.get(&entries).await.ok(200).to_string();
    assert!(history.contains("I was here"), "{history}");
    let profile = bob_api.get("/users/ada").await.ok(200);
    assert_eq!((&profile["name"], &profile["deleted"]), (&json!("deleted user"), &json!(true)));
    assert_eq!(bob_api.post("/users/ada/entries", json!({"text": {"text": "hello?"}})).await.problem().0, 404);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changing_ones_password_ends_the_other_sessions_only() {
    let (_folder, server) = start().await;
    let hash = server.auth.passwords.hash(Secret::new(LONG)).await.unwrap();
    let handle = server.add_user("ada", Some(hash)).await;
    let (here, there) =
        (server.device("ada", handle, "ada-laptop").await, server.device("ada", handle, "ada-phone").await);
    let (here, there) = (Api::with_token(server.http, &here.token), Api::with_token(server.http, &there.token));
    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    assert_eq!(here.put("/me/password", change("wrong", LONG)).await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(here.put("/me/password", change(LONG, "short")).await.problem(), (400, "invalid".to_owned()));
    assert_eq!(here.put("/me/password", change(LONG, "a loud evening")).await.status, 204);
    here.get("/me").await.ok(200);
    assert_eq!(there.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    let nobody = Api::at(server.http);
    nobody.post("/sessions", json!({"user": "ada", "password": "a loud evening"})).await.ok(201);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_links_end_by_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let (_, admin) = administrator(&server, "grace").await;
    let link = admin.post("/admin/users/grace/password-link", json!({})).await.ok(201);
    let invite = admin.post("/admin/invites", json!({"expires": 1_800_000_060_000_u64})).await.ok(201);
    clock.advance(Duration::from_hours(24));
    let late = json!({"token": secret(link["url"].as_str().unwrap()), "password": LONG});
    let nobody = Api::at(server.http);
    assert_eq!(nobody.post("/password-links", late).await.problem(), (410, "expired".to_owned()));
    let late = json!({"user": "cy", "password": LONG, "code": invite["code"]});
    assert_eq!(nobody.post("/accounts", late).await.problem(), (410, "expired".to_owned()));

    // A session that is not used for 30 days ends, live or not, and so does one that is 180 days old.
    let (idle, used) = (server.person("idle").await, server.person("used").await);
    let (mut live, _) = Peer::log_in(&server, Way::WebSocket(Encoding::Json), &idle.token).await;
    clock.advance(Duration::from_hours(20 * 24));
    Api::with_token(server.http, &used.token).get("/me").await.ok(200);
    tidings::workers::sessions::run(server.engine.clone()).await;
    clock.advance(Duration::from_hours(11 * 24));
    assert_eq!(Api::with_token(server.http, &idle.token).get("/me").await.problem().1, "token_expired");
    tidings::workers::sessions::run(server.engine.clone()).await;
    let kicked = live
        .until(|frame| match frame {
            ServerFrame::Kicked { reason, .. } => Some(*reason),
            _ => None,
        })
        .await;
    assert_eq!(kicked, EndReason::Expired);
    assert_eq!(Api::with_token(server.http, &idle.token).get("/me").await.problem().1, "session_revoked");
    Api::with_token(server.http, &used.token).get("/me").await.ok(200);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_give_administrative_commands_and_only_those() {
    let (_folder, server) = start().await;
    let (grace, _) = administrator(&server, "grace").await;
    let ada = server.person("ada").await;
    let session = server.device("grace", grace, "another").await;
    let act = |person: &crate::support::in_process::Person| {
        let actor = auth::session_actor(tidings::model::AppId::HOME, person.handle, person.id.clone(), person.session);
        tidings::model::Actor::User(actor)
    };
    let flags = tidings::model::UserFlags { silenced: true, ..tidings::model::UserFlags::default() };
    let command = || SystemCommand::SetFlags { user: grace, flags };
    let refused = server.engine.execute(act(&ada), None, command().into()).await.unwrap_err();
    assert_eq!(refused.code, tidings::model::Code::Forbidden);
    server.engine.execute(act(&session), None, command().into()).await.unwrap();
    // What the server does for everybody is not an administrator's to ask for.
    let note = SystemCommand::Note { action: "forged", subject: tidings::model::Line::new("x").unwrap() };
    let refused = server.engine.execute(act(&session), None, note.into()).await.unwrap_err();
    assert_eq!(refused.code, tidings::model::Code::Forbidden);
    let send = Command::Send {
        to: Target::User(ada.id.clone()),
        content: Content::Text(Text { text: "x".to_owned(), ..Text::default() }),
    };
    let key = Key::new(server.engine.clock().now());
    let refused = server.engine.execute(act(&session), Some(key), send.into()).await.unwrap_err();
    assert_eq!(refused.code, tidings::model::Code::Silenced, "the flag counts for administrators too");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_says_how_long_a_conversation_is_kept_and_puts_it_on_hold() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (_, grace) = administrator(&server, "grace").await;
    let ada = Api::with_token(server.http, &server.person("ada").await.token);
    let group = ada.post("/conversations", json!({"group": {"title": "Kept"}})).await.ok(201);
    let id = group["conversation"]["id"].clone();
    for n in 0..5 {
        let body = json!({"text": {"text": format!("message {n}")}});
        ada.post(&format!("/conversations/{id}/entries"), body).await.ok(201);
    }
    let path = format!("/admin/conversations/{id}/retention");
    assert_eq!(grace.get(&path).await.ok(200), json!({"hold": false}));
    let held = json!({"keep_entries": 2, "hold": true});
    assert_eq!(grace.put(&path, held.clone()).await.ok(200), held);
    assert_eq!(grace.get(&path).await.ok(200), held);
    let (_trigger, shutdown) = tidings::shutdown::Shutdown::new();
    let round = || tidings::workers::retention::round(&server.engine, &shutdown);
    assert_eq!(round().await.entries, 0, "a hold keeps everything");
    grace.put(&path, json!({"keep_entries": 2})).await.ok(200);
    let trimmed = round().await;
    assert_eq!(trimmed.conversations, 1);
    let left = ada.get(&format!("/conversations/{id}/entries")).await.ok(200);
    assert_eq!(left["entries"].as_array().unwrap().len(), 2);
    // Back to what the app says.
    assert_eq!(grace.put(&path, json!({})).await.ok(200), json!({"hold": false}));
    let set = line("grace", "retention.set", &format!("conversation {id}"));
    assert_eq!(audit(&grace).await.into_iter().filter(|one| *one == set).count(), 3);
    // Neither those who are in it nor what is not there.
    assert_eq!(ada.put(&path, json!({})).await.problem(), (403, "forbidden".to_owned()));
    let nowhere = grace.put("/admin/conversations/999/retention", json!({})).await;
    assert_eq!(nowhere.problem(), (404, "not_found".to_owned()));
    assert_eq!(grace.put(&path, json!({"keep": 1})).await.problem(), (400, "invalid".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_another_app_logs_in_by_its_name_and_nobody_learns_what_apps_there_are() {
    let (_folder, server) = start().await;
    let (_, admin) = administrator(&server, "grace").await;
    assert_eq!(admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201)["app"], 2);
    admin.post("/admin/users", json!({"user": "ada", "password": LONG})).await.ok(201);
    let abroad = json!({"app": "shop", "user": "ada", "password": "another quiet afternoon"});
    admin.post("/admin/users", abroad).await.ok(201);

    let nobody = Api::at(server.http);
    let log_in = async |app: Value, password: &str| {
        nobody.post("/sessions", json!({"app": app, "user": "ada", "password": password})).await
    };
    for app in [json!("shop"), json!("Shop"), json!("2"), json!(2)] {
        let opened = log_in(app.clone(), "another quiet afternoon").await.ok(201);
        assert_eq!((&opened["app"], &opened["user"]), (&json!(2), &json!("ada")), "{app}");
        let token = Secret::new(opened["token"].as_str().unwrap());
        assert_eq!(Api::with_token(server.http, &token).get("/me").await.ok(200)["app"], 2);
    }
    assert_eq!(log_in(json!("home"), LONG).await.ok(201)["app"], 1);
    let link = admin.post("/admin/users/ada/password-link?app=shop", json!({})).await.ok(201);
    let secret = link["url"].as_str().unwrap().split('#').nth(1).unwrap();
    let new = json!({"token": secret, "password": "a third quiet afternoon"});
    assert_eq!(nobody.post("/password-links", new).await.ok(200), json!({"app": 2, "user": "ada"}));
    assert_eq!(log_in(json!("shop"), "a third quiet afternoon").await.ok(201)["app"], 2);
    let wrong = log_in(json!("shop"), LONG).await;
    let nowhere = log_in(json!("nowhere"), LONG).await;
    assert_eq!(wrong.problem(), (401, "unauthenticated".to_owned()));
    assert_eq!(nowhere.problem(), wrong.problem());
    assert_eq!(nowhere.json()["detail"], wrong.json()["detail"]);
    assert!(server.stop().await);
}
