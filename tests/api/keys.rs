//! `Idempotency-Key` with any word: one effect for a day, whatever happens to the answer or to the server.

use super::{start, text, user};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::time::Duration;
use tidings::model::{Clock, Timestamp};

const HOUR: Duration = Duration::from_hours(1);

/// The head of the only conversation of a user.
async fn head(api: &Api) -> Value {
    api.get("/conversations").await.ok(200)["conversations"][0]["head"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_word_gives_the_first_outcome_again_to_the_same_caller_on_the_same_route() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let named = |api: &Api| api.header("idempotency-key", "\"order-4711\"");
    let first = named(&ada).post("/users/bob/entries", text("once")).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = named(&ada).post("/users/bob/entries", text("once")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let (mut first, again) = (first.ok(201), again.ok(201));
    first["duplicate"] = json!(true);
    assert_eq!(first, again);
    let other = named(&ada).post("/users/bob/entries", text("twice")).await;
    assert_eq!(other.problem(), (422, "idempotency_conflict".to_owned()));
    let elsewhere = named(&ada).post("/users/ada/entries", text("once")).await;
    assert_eq!(elsewhere.problem(), (422, "idempotency_conflict".to_owned()), "it is the same route");
    assert_eq!(head(&bob).await, 1);
    // Another caller and another route have words of their own.
    named(&bob).post("/users/ada/entries", text("once")).await.ok(201);
    let path = format!("/conversations/{}/entries", first["entry"]["conversation"]);
    named(&ada).post(&path, text("once")).await.ok(201);
    assert_eq!(head(&bob).await, 3);
    // Two commands of one request are two, and both are repeated.
    let path = format!("/conversations/{}", first["entry"]["conversation"]);
    for _ in 0..2 {
        named(&ada).patch(&path, json!({"pinned": true, "muted_until": 4_000_000_000_000_u64})).await.ok(200);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_request_leaves_its_word_free() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    let named = ada.header("idempotency-key", "hello");
    assert_eq!(named.post("/users/bob/entries", text("hello")).await.problem(), (404, "not_found".to_owned()));
    let (_, bob) = user(&server, "bob").await;
    assert_eq!(named.post("/users/bob/entries", text("hello")).await.ok(201)["duplicate"], false);
    assert_eq!(head(&bob).await, 1);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_has_an_effect() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let named = ada.header("idempotency-key", "at-once");
        asking.spawn(async move { named.post("/users/bob/entries", text("once")).await.ok(201)["duplicate"] == false });
    }
    let effects = asking.join_all().await.into_iter().filter(|fresh| *fresh).count();
    assert_eq!((effects, head(&bob).await), (1, json!(1)));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_counts_for_a_day_and_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_700_000_000_000));
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let ((ada, _), (bob, _)) = (user(&server, "ada").await, user(&server, "bob").await);
    let send = |server: &Server, word: &str| {
        let named = Api::with_token(server.http, &ada.token).header("idempotency-key", word);
        async move { named.post("/users/bob/entries", text("once")).await.ok(201)["duplicate"] == true }
    };
    assert!(!send(&server, "daily").await);
    assert!(server.stop().await);
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    assert!(send(&server, "daily").await, "it is remembered on the disk");
    clock.advance(24 * HOUR);
    assert!(send(&server, "daily").await, "a day has not passed yet");
    clock.advance(Duration::from_millis(1));
    assert!(!send(&server, "daily").await, "it is new again");
    assert!(send(&server, "daily").await);
    clock.advance(HOUR);
    assert!(!send(&server, "other").await);
    assert!(send(&server, "daily").await, "a new word takes only those with it that are over");
    assert_eq!(head(&Api::with_token(server.http, &bob.token)).await, 3);
    assert!(server.stop().await);
}
