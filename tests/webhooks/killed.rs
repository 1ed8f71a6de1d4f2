//! The binary, killed again and again while events are made and its receiver is now and then gone: every event arrives, in order, and
//! their number is that of the log.

use super::receiver::{Receiver, Say};
use super::{check_order, feed, ids, text};
use crate::server::Server;
use crate::support::http::Api;
use serde_json::json;
use std::time::Duration;
use tidings::model::Secret;

/// How often the server is killed.
const KILLS: usize = 6;
/// Messages between two kills.
const MESSAGES: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_arrives_in_order_though_the_server_is_killed_and_the_receiver_is_gone_in_between() {
    // Soon at first, and for the better part of a minute, so that nothing is given up however long a start takes.
    let retries = [["100ms"; 22].as_slice(), &["5s"; 10]].concat();
    let mut server = tokio::task::spawn_blocking(move || {
        Server::with(&[
            ("TIDINGS_OUTBOUND_ALLOW", "127.0.0.0/8"),
            ("TIDINGS_WEBHOOKS_RETRIES", &retries.join(",")),
            ("TIDINGS_WEBHOOKS_TIMEOUT_S", "20"),
            ("TIDINGS_LIMITS_REST_PER_SECOND", "0"),
            ("TIDINGS_LIMITS_RATE_PER_SECOND", "0"),
            ("TIDINGS_LIMITS_RATE_BURST", "0"),
        ])
    })
    .await
    .unwrap();
    server.command(&["app", "create", "shop"], "").ok();
    let key = server.command(&["app", "key-create", "shop", "--kind", "api"], "").ok();
    let key = Secret::new(key.split_whitespace().find(|word| word.starts_with("tdk_")).unwrap());
    let shop = Api::with_token(server.http, &key).patient();
    for user in ["ada", "bob", "eve"] {
        shop.post("/apps/shop/users", json!({"user": user})).await.ok(201);
    }
    let mut receiver = Receiver::start().await;
    let made = shop.post("/apps/shop/webhooks", json!({"url": receiver.url("/")})).await.ok(201);
    let secret = made["secret"].as_str().unwrap().to_owned();
    let start = shop.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    for round in 0..KILLS {
        let shop = Api::with_token(server.http, &key).patient();
        // A receiver that does not always take what comes, and not everything of it at once.
        let mut nth = 0;
        receiver.script(move |_| {
            nth += 1;
            match (round + nth) % 7 {
                0 => Say::Status(500),
                1 => Say::Close,
                _ => Say::Status(200),
            }
        });
        for n in 0..MESSAGES {
            let (from, to) = [("ada", "bob"), ("bob", "eve"), ("eve", "ada")][n % 3];
            let path = format!("/apps/shop/as/{from}/users/{to}/entries");
            shop.post(&path, text(&format!("{round}/{n}"))).await.ok(201);
        }
        // In every other round the receiver is gone, too, until the server runs again.
        let gone = round % 2 == 0;
        let (mut stopped, mut there) = (None, Some(receiver));
        if gone {
            stopped = Some(there.take().unwrap().stop().await);
        }
        server = tokio::task::spawn_blocking(move || {
            server.kill();
            server.restart();
            server
        })
        .await
        .unwrap();
        receiver = match (stopped, there) {
            (Some(stopped), _) => stopped.again().await,
            (None, Some(receiver)) => receiver,
            (None, None) => unreachable!(),
        };
    }
    let shop = Api::with_token(server.http, &key).patient();
    let told = feed(&shop, &start).await;
    assert_eq!(told.len(), KILLS * MESSAGES, "nothing that was acknowledged is lost");
    let told: Vec<String> = told.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    receiver.say(200);
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    assert!(taken.iter().all(|got| got.is_signed_with(&secret)));
    // The command line has the same.
    let listed = server.command(&["app", "webhook", "list", "shop", "--json"], "").ok();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed["webhook"], &listed["url"]), (&made["webhook"], &json!(receiver.url("/"))));
    let out =
        server.command(&["app", "webhook", "create", "shop", "https://example.org/", "--types", "user.*"], "").ok();
    let (number, secret) = out.trim().split_once(' ').unwrap();
    assert!(secret.starts_with("whsec_"));
    assert!(server.command(&["app", "webhook", "list", "shop"], "").ok().contains("https://example.org/"));
    server.command(&["app", "webhook", "replay", "shop", number], "").ok();
    server.command(&["app", "webhook", "delete", "shop", number], "").ok();
    assert!(!server.command(&["app", "webhook", "list", "shop"], "").ok().contains("https://example.org/"));
    server.command(&["app", "webhook", "create", "shop", "ftp://example.org/"], "").fails_with(65);
    // All of it is noted: after another kill nothing is posted anew but what comes.
    let path = format!("/apps/shop/webhooks/{}", made["webhook"]);
    for _ in 0..3_000 {
        let shown = shop.get(&path).await.ok(200);
        let last: u64 = told.last().unwrap().split('.').nth(1).unwrap().parse().unwrap();
        if shown["waiting"] == 0 && shown["upto"].as_u64().unwrap() >= last {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{}", shop.get(&path).await.ok(200));
}
