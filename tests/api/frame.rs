//! What is the same for every address: problems, limits, headers, the description.

use super::{start, start_with, text, user, with_password};
use crate::support::http::Api;
use crate::support::in_process::quick;
use serde_json::json;
use tidings::gateway::GatewayOptions;
use tidings::model::{AppId, SystemCommand, UserFlags};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_wrong_with_a_request_is_a_problem_that_names_it() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    let wrong = [
        ("GET", "/nowhere", "", 404, "not_found"),
        ("GET", "/api/nowhere/at/all", "", 404, "not_found"),
        ("DELETE", "/me", "", 405, "invalid"),
        ("GET", "/conversations/x", "", 400, "invalid"),
        ("GET", "/conversations/-1", "", 400, "invalid"),
        ("GET", "/conversations/99999999999999999999", "", 400, "invalid"),
        ("GET", "/conversations/%FF", "", 400, "invalid"),
        ("GET", "/conversations?limit=many", "", 400, "invalid"),
        ("GET", "/users", "", 400, "invalid"),
        ("GET", "/users?ids=", "", 400, "invalid"),
        ("GET", "/users?ids=a%20b", "", 400, "invalid"),
        ("GET", "/conversations/999999", "", 404, "not_found"),
        ("POST", "/users/ada/entries", "{", 400, "invalid"),
        ("POST", "/users/ada/entries", "[]", 400, "invalid"),
        ("POST", "/users/ada/entries", r#"{"poem": {}}"#, 400, "invalid"),
        ("POST", "/users/ada/entries", r#"{"text": {}}"#, 400, "invalid"),
        ("POST", "/users/ada/entries", "\u{ff}", 400, "invalid"),
        ("POST", "/conversations", r#"{"group": {"title": ""}}"#, 400, "invalid"),
    ];
    for (method, path, body, status, code) in wrong {
        let reply = ada.header("content-type", "application/json").raw(method, path, body.as_bytes()).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{method} {path} {body}");
    }
    let plain = ada.header("content-type", "text/plain").raw("POST", "/users/ada/entries", b"{}").await;
    assert_eq!(plain.problem(), (415, "invalid".to_owned()));
    let none = ada.raw("POST", "/users/ada/entries", b"{}").await;
    assert_eq!(none.problem(), (415, "invalid".to_owned()));
    let large = vec![b' '; 1024 * 1024 + 1];
    let large = ada.header("content-type", "application/json").raw("POST", "/users/ada/entries", &large).await;
    assert_eq!(large.problem(), (413, "too_large".to_owned()));
    let key = ada.header("idempotency-key", "my own key").post("/users/ada/entries", text("hello")).await;
    assert_eq!(key.problem(), (400, "invalid".to_owned()));
    assert_eq!(ada.send("DELETE", "/me", None).await.header("allow"), Some("GET,HEAD"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_logged_in_is_told_how_to() {
    let (_folder, server) = start().await;
    for api in [
        Api::at(server.http),
        Api::at(server.http).header("authorization", "Basic YTpi"),
        Api::at(server.http).header("authorization", "Bearer nonsense"),
    ] {
        let reply = api.get("/me").await;
        assert_eq!(reply.problem(), (401, "unauthenticated".to_owned()));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"tidings\""));
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_are_in_effect_on_the_next_request() {
    let (_folder, server) = start().await;
    let ((person, ada), _) = (user(&server, "ada").await, user(&server, "bob").await);
    let set = async |flags: UserFlags| {
        let command = SystemCommand::SetFlags { user: person.handle, flags };
        server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    };
    set(UserFlags { silenced: true, ..UserFlags::default() }).await;
    assert_eq!(ada.post("/users/bob/entries", text("hello")).await.problem(), (403, "silenced".to_owned()));
    ada.get("/conversations").await.ok(200);
    set(UserFlags { suspended: true, ..UserFlags::default() }).await;
    let reply = ada.get("/conversations").await;
    assert_eq!(reply.problem().0, 401, "her sessions are gone");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_has_a_limit_of_their_own_and_an_address_another() {
    let options = GatewayOptions { rest_per_second: 1, rest_burst: 5, ..quick() };
    let (_folder, server) = start_with(options).await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let nobody = Api::at(server.http);
    for (api, name) in [(&ada, "user"), (&nobody, "address")] {
        let mut refused = None;
        for _ in 0..20 {
            let reply = api.get("/me").await;
            assert_eq!(reply.header("ratelimit-policy"), Some(&*format!("\"{name}\";q=5;w=5")));
            assert!(reply.header("ratelimit").unwrap().starts_with(&format!("\"{name}\";r=")));
            if reply.status == 429 {
                refused = Some(reply);
                break;
            }
        }
        let refused = refused.expect("twenty at once are too many");
        assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert!(refused.json()["retry_after_ms"].as_u64().unwrap() > 0);
    }
    bob.get("/me").await.ok(200);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_over_rest_counts_in_the_same_bucket_as_on_the_socket() {
    let (_folder, server) = start_with(GatewayOptions { rate_per_second: 1, rate_burst: 3, ..quick() }).await;
    let ((_, ada), _) = (user(&server, "ada").await, user(&server, "bob").await);
    let mut sent = 0;
    loop {
        let reply = ada.post("/users/bob/entries", text("hello")).await;
        if reply.status != 201 {
            assert_eq!(reply.problem(), (429, "rate_limited".to_owned()));
            break;
        }
        sent += 1;
        assert!(sent < 20);
    }
    assert!(sent >= 3);
    ada.get("/conversations").await.ok(200);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_passwords_is_slowed_down() {
    let (_folder, server) = start().await;
    with_password(&server, "ada", "correct horse").await;
    let nobody = Api::at(server.http);
    let mut refused = None;
    for n in 0..15 {
        let reply = nobody.post("/sessions", json!({"user": "ada", "password": format!("guess {n}")})).await;
        if reply.status == 429 {
            refused = Some(n);
            break;
        }
        assert_eq!(reply.status, 401);
    }
    assert_eq!(refused, Some(10));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_security_headers() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    for path in ["/me", "/nowhere", "/api/openapi.json", "/api/docs/", "/healthz"] {
        let reply = ada.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path} {name}");
        }
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(policy.contains("script-src"), path == "/api/docs/");
        assert_eq!(reply.header("strict-transport-security"), None, "{path}");
        assert_eq!(reply.header("server"), None, "{path}");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_and_the_page_to_try_it_are_there_for_everybody() {
    let (_folder, server) = start().await;
    let nobody = Api::at(server.http);
    let description = nobody.get("/api/openapi.json").await.ok(200);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    let page = nobody.get("/api/docs/").await;
    assert!(String::from_utf8_lossy(&page.body).contains("swagger-ui"));
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        assert_eq!(nobody.get(&format!("/api/docs/{file}")).await.status, 200, "{file}");
    }
    let start = nobody.get("/api/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&start.body).contains("/api/openapi.json"));
    assert_eq!(nobody.get("/api/docs/other.js").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(nobody.get("/api/docs").await.header("location"), Some("/api/docs/"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_apps_with_the_same_user_ids_never_meet() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    let (_, bob) = user(&server, "bob").await;
    let other = server.app("other").await;
    assert_ne!(other, AppId::HOME);
    let eve = Api::with_token(server.http, &server.person_of(other, "bob").await.token);
    let sent = ada.post("/users/bob/entries", text("for the right Bob")).await.ok(201);
    let path = format!("/conversations/{}", sent["entry"]["conversation"]);
    bob.get(&path).await.ok(200);
    assert_eq!(eve.get(&path).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(eve.get("/users/ada").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(eve.post("/users/ada/entries", text("hello")).await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}

#[test]
fn no_two_types_of_the_description_have_one_name() {
    // The description finds types by their names: of two with the same one, only one would be there.
    let mut seen = std::collections::BTreeMap::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for after in text
                .split("ToSchema")
                .skip(1)
                .filter(|after| after.trim_start_matches([',', ' ', '\n']).starts_with(')'))
            {
                let item = after.lines().find_map(|line| {
                    let line = line.trim();
                    line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
                });
                let name: String = item.unwrap_or_default().chars().take_while(|c| c.is_alphanumeric()).collect();
                if name.is_empty() {
                    continue;
                }
                let before = seen.insert(name.clone(), path.clone());
                assert!(before.is_none(), "{name} is in {} and in {}", path.display(), before.unwrap().display());
            }
        }
    }
    assert!(seen.len() > 50, "the types were not found");
}
