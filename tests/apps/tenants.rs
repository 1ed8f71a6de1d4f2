//! Two apps with the same user ids: a matrix over every route finds no way across, neither with a session nor with a key, nor in
//! somebody's name.

use super::{administrator, app, start, text};
use crate::support::http::Api;
use crate::support::peer::SOON;
use serde_json::{Value, json};
use tidings::model::AppId;
use tidings::model::clock::monotonic;

const SECRET: &str = "the colour of the north wall";

/// Routes as the server describes them: method, path.
async fn routes(server: &crate::support::in_process::Server) -> Vec<(String, String)> {
    let described = Api::at(server.http).get("/api/openapi.json").await.ok(200);
    let mut routes = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                let below = path.strip_prefix("/api/v1").unwrap_or(path).to_owned();
                routes.push((method.to_uppercase(), below));
            }
        }
    }
    assert!(routes.len() > 120, "{}", routes.len());
    routes
}

/// A body that fits many routes: each reads the fields that it knows, so several are tried.
fn bodies() -> Vec<Option<Value>> {
    vec![
        None,
        Some(text("across")),
        Some(json!({})),
        Some(json!({"users": ["ada", "bob"]})),
        Some(json!({"users": ["ada", "bob"], "kind": "across"})),
        Some(json!({"user": "bob"})),
        Some(json!({"seq": 1})),
        Some(json!({"text": "across"})),
        Some(json!({"title": "across"})),
        Some(json!({"accept": true})),
        Some(json!({"to": {"conversation": "{conversation}"}, "content": text("across")})),
        Some(json!({"to": {"user": "bob"}})),
        Some(json!({"conversation": "{conversation}", "by": "ada", "users": ["eve"]})),
        Some(json!({"media": {"kind": "file", "media": "{media}"}})),
        Some(json!({"silenced": true})),
        Some(json!({"name": "across"})),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_one_app_is_seen_or_changed_from_another() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (one, other) = (app(&server, &admin, "one").await, app(&server, &admin, "other").await);
    let mut people = Vec::new();
    for number in [2, 3] {
        for id in ["ada", "bob", "eve"] {
            people.push(server.person_of(AppId(number), id).await);
        }
    }
    // What the first app has.
    let ada = Api::with_token(server.http, &people[0].token);
    let group = json!({"group": {"title": SECRET, "members": ["bob"], "rules": {"kind": "public"}}});
    let group = ada.post("/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let entries = format!("/conversations/{group}/entries");
    let seq = ada.post(&entries, text(SECRET)).await.ok(201)["entry"]["seq"].as_u64().unwrap();
    let media = ada.raw("POST", "/media?name=x", SECRET.as_bytes()).await.ok(201)["media"].as_str().unwrap().to_owned();
    ada.post(&entries, json!({"media": {"kind": "file", "media": media}})).await.ok(201);
    ada.put("/me/profile", json!({"name": SECRET, "card": {"location": SECRET}})).await.ok(200);
    let label = ada.post("/contact-labels", json!({"name": SECRET})).await.ok(201)["label"].as_u64().unwrap();
    let code =
        ada.post(&format!("/groups/{group}/invites"), json!({})).await.ok(201)["code"].as_str().unwrap().to_owned();
    let key = admin.get("/admin/apps/one/keys").await.ok(200)["keys"][0]["key"].as_u64().unwrap();
    let hook = ada.post(&format!("/conversations/{group}/hooks"), json!({"name": SECRET})).await.ok(201)["hook"]
        .as_u64()
        .unwrap();
    let webhook = json!({"url": "https://example.org/", "name": SECRET, "enabled": false});
    let webhook = one.post("/apps/one/webhooks", webhook).await.ok(201)["webhook"].as_u64().unwrap();
    let session = people[0].session.0;
    let fill = |text: &str| {
        text.replace("\"{conversation}\"", &group.to_string())
            .replace("{conversation}", &group.to_string())
            .replace("{seq}", &seq.to_string())
            .replace("{media}", &media)
            .replace("{upload}", &media)
            .replace("{label}", &label.to_string())
            .replace("{code}", &code)
            .replace("{session}", &session.to_string())
            .replace("{key}", &key.to_string())
            .replace("{hook}", &hook.to_string())
            .replace("{webhook}", &webhook.to_string())
            .replace("{token}", &session.to_string())
            .replace("{emoji}", "%F0%9F%91%8D")
            .replace("{user}", "ada")
    };
    // Everything that the first app can see of itself.
    let state = async || {
        let mut seen = Vec::new();
        for id in ["ada", "bob", "eve"] {
            for path in
                ["/me", "/conversations", "/contacts", "/contact-requests", "/contact-labels", "/sessions", "/blocks"]
            {
                let reply = one.get(&format!("/apps/one/as/{id}{path}")).await.ok(200).to_string();
                seen.push(reply);
            }
        }
        seen.push(one.get(&format!("/apps/one/as/ada{entries}")).await.ok(200)["entries"].to_string());
        seen.push(one.get("/apps/one/users").await.ok(200).to_string());
        seen.push(one.get("/apps/one/webhooks").await.ok(200).to_string());
        // Positions in the one order are no secret and go on with what others do.
        let mut text = seen.join("\n");
        while let Some(at) = text.find("\"as_of\":") {
            let end = text[at + 8..].find(['}', ',']).unwrap() + at + 8;
            text.replace_range(at..end, "");
        }
        text
    };
    // What one sends is read a moment later, with the merged cursors.
    let unread =
        async || ada.get(&format!("/conversations/{group}")).await.ok(200)["conversation"]["inbox"]["unread"].clone();
    let deadline = monotonic() + 3 * SOON;
    while unread().await != json!(0) {
        assert!(monotonic() < deadline, "what one sent is not read");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let before = state().await;
    let outsiders = [
        ("a session", String::new(), Api::with_token(server.http, &people[3].token)),
        ("a key", String::new(), other.clone()),
        ("a key in a user's name", "/apps/other/as/ada".to_owned(), other.clone()),
        ("a key in the name of the other app's user", "/apps/one/as/ada".to_owned(), other.clone()),
        ("a key in the system's name", "/apps/other/as/system".to_owned(), other.clone()),
    ];
    other.post("/apps/other/entries", json!({"to": {"user": "eve"}, "content": text("hello")})).await.ok(201);
    let (mut asked, mut wrong) = (0, Vec::new());
    for (method, path) in routes(&server).await {
        // Those that end a session, an account or everything of the one who asks: their own. The stream never ends.
        if path.contains("/stream") || path.ends_with("/export") || (method == "DELETE" && path == "/contacts") {
            continue;
        }
        for (who, prefix, api) in &outsiders {
            for app in ["one", "2"] {
                if !path.contains("{app}") && app == "2" {
                    continue;
                }
                let target = format!("{prefix}{}", fill(&path.replace("{app}", app)));
                for body in bodies() {
                    if method == "GET" && body.is_some() {
                        continue;
                    }
                    let body = body.map(|body| serde_json::from_str(&fill(&body.to_string())).unwrap());
                    let target = if path == "/search" { format!("{target}?q=colour") } else { target.clone() };
                    let reply = api.send(&method, &target, body).await;
                    asked += 1;
                    let said = String::from_utf8_lossy(&reply.body).into_owned();
                    if reply.status >= 500 || said.contains(SECRET) {
                        wrong.push(format!("{who}: {method} {target}: {} {said}", reply.status));
                    }
                    if path.starts_with("/apps/{app}") && !prefix.contains("other/as") && reply.status < 400 {
                        wrong.push(format!("{who}: {method} {target}: {}", reply.status));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(asked > 3_000, "{asked}");
    assert_eq!(state().await, before, "something of the first app has changed");
    assert!(server.stop().await);
}
