//! Another address for a webhook into a conversation: how long the one before it posts, and how it ends at once.

use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::time::Duration;
use tidings::model::{Clock, Timestamp};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Posts through a webhook; the status.
async fn post(server: &Server, made: &Value) -> u16 {
    let path = made["url"].as_str().unwrap().split_once("/hooks/").unwrap().1.to_owned();
    Api::at(server.http).at_root_with("POST", &format!("/hooks/{path}"), b"words").await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_rotation_both_addresses_post_for_a_day_unless_the_old_one_is_to_end() {
    let begin = 1_800_000_000_000;
    let clock = Clock::manual(Timestamp(begin));
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let ada = server.person("ada").await;
    let api = Api::with_token(server.http, &ada.token);
    let group =
        api.post("/conversations", json!({"group": {"title": "Alerts"}})).await.ok(201)["conversation"]["id"].clone();
    let hooks = format!("/conversations/{group}/hooks");
    let first = api.post(&hooks, json!({"name": "Monitoring"})).await.ok(201);
    assert!(first.get("old_secret_until").is_none(), "{first}");
    let rotation = format!("{hooks}/{}/rotation", first["hook"]);

    let second = api.post(&rotation, json!({})).await.ok(200);
    assert_eq!(second["old_secret_until"], begin + DAY_MS);
    assert_eq!((post(&server, &first).await, post(&server, &second).await), (200, 200));
    assert_eq!(api.get(&hooks).await.ok(200)["hooks"][0]["old_secret_until"], begin + DAY_MS);

    // A stop in between forgets neither; a day later the new one is alone.
    assert!(server.stop().await);
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let api = Api::with_token(server.http, &ada.token);
    clock.advance(Duration::from_millis(DAY_MS - 1));
    assert_eq!((post(&server, &first).await, post(&server, &second).await), (200, 200));
    clock.advance(Duration::from_millis(1));
    assert_eq!((post(&server, &first).await, post(&server, &second).await), (404, 200));
    assert!(api.get(&hooks).await.ok(200)["hooks"][0].get("old_secret_until").is_none());

    // There are never three.
    let third = api.post(&rotation, json!({})).await.ok(200);
    let fourth = api.post(&rotation, json!({})).await.ok(200);
    assert_eq!((post(&server, &second).await, post(&server, &third).await), (404, 200));

    // One that others have seen ends at once, with the one before it.
    let fifth = api.post(&format!("{rotation}?end_old=true"), json!({})).await.ok(200);
    assert!(fifth.get("old_secret_until").is_none(), "{fifth}");
    for (made, status) in [(&third, 404), (&fourth, 404), (&fifth, 200)] {
        assert_eq!(post(&server, made).await, status);
    }
    // A word that is not known keeps nothing open by mistake.
    assert_eq!(api.post(&format!("{rotation}?endold=true"), json!({})).await.problem().0, 400);

    // With the webhook both go, and leave nothing.
    let sixth = api.post(&rotation, json!({})).await.ok(200);
    assert_eq!(api.delete(&format!("{hooks}/{}", first["hook"])).await.status, 204);
    assert_eq!((post(&server, &fifth).await, post(&server, &sixth).await), (404, 404));
    let left = tidings::store::dump(&server.engine.view()).unwrap();
    assert_eq!(left.iter().filter(|line| line.starts_with("incoming_")).count(), 0, "{left:?}");
    assert!(server.stop().await);
}
