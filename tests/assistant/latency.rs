//! Slow providers never slow messaging. Not run by itself, because it measures: `cargo test --profile ci --test tidings -- --ignored
//! --nocapture a_stalled_provider`.

use crate::server::Server;
use crate::support::http::Api;
use crate::support::peer::{Peer, Way, password};
use crate::support::provider::{Act, Provider};
use serde_json::json;
use std::time::Duration;
use tidings::model::clock::monotonic;
use tidings::model::{Secret, UserId};
use tidings::protocol::{Encoding, ServerFrame};

/// Questions that wait.
const WAITING: usize = 50;
/// Messages of one block.
const MESSAGES: usize = 400;
/// Blocks with and without questions that wait, one after the other.
const BLOCKS: usize = 3;

async fn log_in(server: &Server, id: &str) -> Peer {
    let mut peer = Peer::connect(server, Way::Tcp(Encoding::Postcard)).await;
    peer.send(&crate::support::peer::hello(password(id, crate::server::PASSWORD), None)).await;
    assert!(matches!(peer.frame().await, ServerFrame::Welcome(_)));
    peer
}

/// From a send to the moment when the other one has it, in microseconds, sorted.
async fn latencies(from: &mut Peer, to: &mut Peer) -> Vec<u64> {
    let mut found = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        let text = format!("message {number}");
        let began = monotonic();
        from.say(&UserId::new("bob").unwrap(), &text).await;
        to.entry().await;
        found.push(began.elapsed().as_micros() as u64);
    }
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures, and takes a while"]
async fn a_stalled_provider_with_fifty_waiting_questions_leaves_the_latency_of_messages_as_it_is() {
    let server = Server::with(&[
        ("TIDINGS_LIMITS_RATE_PER_SECOND", "0"),
        ("TIDINGS_LIMITS_RATE_BURST", "0"),
        ("TIDINGS_LIMITS_REST_PER_SECOND", "0"),
    ]);
    for id in ["ada", "bob", "eve", "fay"] {
        server.add_user(id);
    }
    let provider = Provider::start().await;
    let url = provider.base_url();
    let add = ["assistant", "add", "assistant", "--base-url", &url, "--model", "m", "--parallel", "50"];
    server.command(&add, "").ok();
    let (mut ada, mut bob) = (log_in(&server, "ada").await, log_in(&server, "bob").await);
    // One user's questions that wait are at most 32, so two ask.
    let mut chats = Vec::new();
    for id in ["eve", "fay"] {
        let who = json!({"user": id, "password": crate::server::PASSWORD});
        let session = Api::at(server.http).post("/sessions", who).await.ok(201);
        let api = Api::with_token(server.http, &Secret::new(session["token"].as_str().unwrap())).patient();
        for _ in 0..WAITING / 2 {
            let chat = api.post("/assistants/assistant/conversations", json!({})).await.ok(201);
            chats.push((api.clone(), chat["conversation"]["id"].as_u64().unwrap()));
        }
    }
    latencies(&mut ada, &mut bob).await;
    let (mut free, mut stalled) = (Vec::new(), Vec::new());
    for _ in 0..BLOCKS {
        let before = provider.asked().len();
        free.extend(latencies(&mut ada, &mut bob).await);
        for (api, chat) in &chats {
            provider.then(Act::HangsBefore);
            api.post(&format!("/conversations/{chat}/entries"), json!({"text": {"text": "hello?"}})).await.ok(201);
        }
        // 32 are being asked, which is as many as there are in all; the others wait as rows.
        provider.question(before + 32).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(provider.asked().len(), before + 32);
        stalled.extend(latencies(&mut ada, &mut bob).await);
        let mut open = WAITING;
        while open > 0 {
            open = 0;
            for (api, chat) in &chats {
                let drafts = api.get(&format!("/conversations/{chat}/drafts")).await.ok(200);
                let waiting = drafts["drafts"].as_array().unwrap().len();
                open += waiting;
                if waiting > 0 {
                    api.delete(&format!("/conversations/{chat}/drafts")).await.ok(200);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        provider.forget();
    }
    free.sort_unstable();
    stalled.sort_unstable();
    let at = |sorted: &[u64], percent: usize| sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)];
    let ratio = |percent| at(&stalled, percent) as f64 / at(&free, percent) as f64;
    println!(
        "free: p50 {} us, p99 {} us; {WAITING} waiting: p50 {} us, p99 {} us; ratio p50 {:.2}, p99 {:.2}",
        at(&free, 50),
        at(&free, 99),
        at(&stalled, 50),
        at(&stalled, 99),
        ratio(50),
        ratio(99)
    );
    assert!(ratio(50) <= 1.2, "{:.2}", ratio(50));
}
