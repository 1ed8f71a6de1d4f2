//! Who asks when a proxy stands in front: what it says counts from the operator's own proxies, and from nobody else.

use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use tempfile::TempDir;
use tidings::gateway::GatewayOptions;
use tidings::model::Secret;

const PASSWORD: &str = "a quiet afternoon in may";
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 8);

async fn start(options: GatewayOptions) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let trusted_proxies = vec!["127.0.0.9/32".parse().unwrap()];
    let server = Server::start(folder.path(), GatewayOptions { trusted_proxies, ..options }).await;
    let hash = server.auth.passwords.hash(Secret::new(PASSWORD)).await.unwrap();
    server.add_user("ada", Some(hash)).await;
    (folder, server)
}

/// Somebody who asks through a peer that says from where and how.
fn through(server: &Server, peer: Ipv4Addr, forwarded: &str) -> Api {
    Api::at(server.http).from(peer).header("x-forwarded-for", forwarded).header("x-forwarded-proto", "https")
}

fn log_in(cookie: bool) -> Value {
    json!({"user": "ada", "password": PASSWORD, "cookie": cookie})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_cookies_are_those_of_whoever_is_behind_a_known_proxy() {
    let (_folder, server) = start(quick()).await;
    for (peer, forwarded, address, name) in [
        (PROXY, "203.0.113.9", "203.0.113.9", "__Host-tidings="),
        // What the client had claimed itself stands left of what the proxy saw.
        (PROXY, "10.0.0.1, 203.0.113.7", "203.0.113.7", "__Host-tidings="),
        (PROXY, "nonsense", "127.0.0.9", "__Host-tidings="),
        (STRANGER, "203.0.113.9", "127.0.0.8", "tidings="),
    ] {
        let opened = through(&server, peer, forwarded).post("/sessions", log_in(false)).await.ok(201);
        let api = Api::with_token(server.http, &Secret::new(opened["token"].as_str().unwrap()));
        let sessions = api.get("/sessions").await.ok(200);
        let own = sessions["sessions"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap().clone();
        assert_eq!(own["address"], address, "{peer} says {forwarded}");
        let browser = through(&server, peer, forwarded).header("sec-fetch-site", "same-origin");
        let reply = browser.post("/sessions", log_in(true)).await;
        let cookie = reply.header("set-cookie").unwrap().to_owned();
        assert!(cookie.starts_with(name), "{peer}: {cookie}");
        assert_eq!(cookie.contains("; Secure"), name.starts_with("__Host-"), "{cookie}");
        // The cookie comes back the same way, and no other.
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(through(&server, peer, forwarded).header("cookie", pair).get("/me").await.status, 200);
        let other = if peer == PROXY { STRANGER } else { PROXY };
        assert_eq!(through(&server, other, forwarded).header("cookie", pair).get("/me").await.status, 401);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_count_the_one_behind_the_proxy_and_no_header_is_a_way_around_them() {
    let (_folder, server) = start(GatewayOptions { rest_per_second: 1, rest_burst: 3, ..quick() }).await;
    let mut refused = 0;
    for n in 0..6 {
        // Each client behind the proxy has a bucket of their own.
        assert_eq!(through(&server, PROXY, &format!("203.0.113.{n}")).get("/me").await.status, 401);
        // Who only says so has one, whatever they say.
        refused += i32::from(through(&server, STRANGER, &format!("203.0.113.{n}")).get("/me").await.status == 429);
    }
    assert!(refused >= 2, "{refused}");
    let one = through(&server, PROXY, "203.0.113.200");
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(one.get("/me").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_count_for_the_one_behind_the_proxy() {
    let (_folder, server) = start(quick()).await;
    let wrong = json!({"user": "ada", "password": "not the password"});
    let guesser = through(&server, PROXY, "203.0.113.66");
    let mut last = 0;
    for _ in 0..12 {
        last = guesser.post("/sessions", wrong.clone()).await.status;
    }
    assert_eq!(last, 429);
    through(&server, PROXY, "203.0.113.9").post("/sessions", log_in(false)).await.ok(201);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_count_for_the_one_behind_the_proxy() {
    let (_folder, server) = start(GatewayOptions { connections_per_address_max: 1, ..quick() }).await;
    let ada = server.device("ada", tidings::model::UserHandle(1), "laptop").await;
    let token = format!("Bearer {}", ada.token.reveal());
    let behind = |client: &str| through(&server, PROXY, client).header("authorization", &token);
    let mut open = behind("203.0.113.1").events("/stream").await;
    assert!(open.next().await.is_some());
    let second = behind("203.0.113.1").get("/stream").await;
    assert_eq!(second.problem(), (503, "overloaded".to_owned()));
    // Another one behind the same proxy has a place.
    let mut other = behind("203.0.113.2").events("/stream").await;
    assert!(other.next().await.is_some());
    drop((open, other));
    assert!(server.stop().await);
}
